import { type Command, Option } from 'commander';
import { LsioError } from '../../errors.js';
import type { RemoteOptions } from '../../store/remote-options.js';
import { parseBytes, parseCount } from '../../units.js';
import { named } from './options.js';

/** The options of every command that takes URLs, as commander hands them over. */
export interface RemoteFlags {
  readonly anonymous: boolean;
  readonly profile?: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly pathStyle: boolean;
  readonly requesterPays: boolean;
  readonly header: readonly string[];
  readonly connections: number | 'auto';
  readonly limitRate?: number;
  readonly retries?: number;
  readonly ca?: string;
  readonly proxy?: string;
  readonly pin: 'etag' | 'compare' | 'off';
  readonly absent: readonly number[];
}

const CONNECTIONS_MAX = 4096;
const RETRIES_MAX = 1000;
const HEADING = 'Options for URLs (https, s3, az, gs):';

/** Adds them under a heading of their own. */
export function addRemoteOptions(command: Command): Command {
  return command
    .optionsGroup(HEADING)
    .option('--anonymous', 'send no credentials', false)
    .option('--profile <name>', 'a profile of the AWS configuration files')
    .option('--region <region>', 'the region of the bucket')
    .option('--endpoint <url>', "another server of the service's kind")
    .option('--path-style', 'put the bucket into the path (default: with --endpoint)', false)
    .option('--requester-pays', 'pay for the requests', false)
    .option('--header <line>', "'Name: value' with each request over http (repeatable)", collectHeader, [])
    .option('--connections <n>', 'requests in flight; auto: what the server takes, up to 256', parseConnections, 'auto')
    .option('--limit-rate <bytes>', 'bytes a second at most', named('--limit-rate', parseRate))
    .option('--retries <n>', 'tries again of a failed request (default: 9)', parseRetries)
    .option('--ca <file>', 'certificates of an authority of your own, in PEM')
    .option('--proxy <url>', 'send everything through this proxy')
    .addOption(
      new Option('--pin <how>', 'hold one call to one version: by If-Match, by comparing, or not')
        .choices(['etag', 'compare', 'off'])
        .default('etag'),
    )
    .option('--absent <status>', 'statuses that mean "no such object": 404, 404,403', parseAbsent, [])
    .optionsGroup('Options:');
}

/** What the options mean for a store. */
export function remoteOptionsOf(flags: RemoteFlags): RemoteOptions {
  return {
    anonymous: flags.anonymous,
    profile: flags.profile,
    region: flags.region,
    endpoint: flags.endpoint,
    pathStyle: flags.pathStyle || undefined,
    requesterPays: flags.requesterPays || undefined,
    headers: Object.fromEntries(flags.header.map(splitHeader)),
    connections: flags.connections,
    bytesPerSecondMax: flags.limitRate,
    retry: flags.retries === undefined ? undefined : { tries: flags.retries + 1 },
    ca: flags.ca,
    proxy: flags.proxy,
    pin: flags.pin,
    absent: flags.absent,
  };
}

function collectHeader(line: string, before: readonly string[]): readonly string[] {
  splitHeader(line);
  return [...before, line];
}

function splitHeader(line: string): [name: string, value: string] {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*([^\r\n\0]*)$/.exec(line);
  // The line itself may hold a secret.
  if (match === null) throw new LsioError('usage', "--header: write 'Name: value'");
  return [match[1]!, match[2]!.trim()];
}

function parseConnections(text: string): number | 'auto' {
  return text === 'auto' ? text : parseCount(text, { name: '--connections', min: 1, max: CONNECTIONS_MAX });
}

function parseRate(text: string): number {
  const bytes = parseBytes(text);
  if (bytes > 0) return bytes;
  throw new LsioError('usage', `${JSON.stringify(text)} is no rate`);
}

function parseRetries(text: string): number {
  return parseCount(text, { name: '--retries', min: 0, max: RETRIES_MAX });
}

function parseAbsent(text: string): readonly number[] {
  const statuses = text.split(',').map(Number);
  if (statuses.every((status) => Number.isInteger(status) && status >= 400 && status <= 499)) return statuses;
  throw new LsioError('usage', `--absent: ${JSON.stringify(text)} is not a list of statuses from 400 to 499`);
}
