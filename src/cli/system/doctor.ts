import type { Command } from 'commander';
import type { CodecAvailability } from '../../codec/availability.js';
import type { EngineName } from '../../engine/engine.js';
import type { DirectoryFacts, DoctorDocument, UrlFacts } from '../../results/doctor.js';
import { isRemoteUrl, splitUrl } from '../../store/locator.js';
import { probeUrl } from '../../store/probe.js';
import type { RemoteOptions } from '../../store/remote-options.js';
import { formatBytes, formatCount } from '../../units.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { addRemoteOptions, type RemoteFlags, remoteOptionsOf } from '../app/remote-options.js';
import { print } from '../app/talk.js';
import { type DoctorFacts, gatherFacts } from './doctor-facts.js';
import { renderUrl } from './doctor-url.js';

const EXAMPLES = `
Examples:
  lsio doctor                  does io_uring work here?
  lsio doctor /data /scratch   and what are these directories on?
  lsio doctor s3://bucket/key  what does its server allow?`;

const URLS_HELP = `
For a URL some 300 short requests are sent to the object, or to the first one below
it, each tried twice unless --retries says otherwise. Exit code 1: ranges of it
can't be read, or have wrong bytes.`;
const LABEL_CHARS = 10;

export function define(command: Command, context: Context): void {
  command
    .argument('[directories...]', 'tell what these are on; URLs: what their servers allow', ['.'])
    .option('--json', 'print one JSON document', false);
  addRemoteOptions(command)
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', URLS_HELP)
    .action((places: string[], flags: Flags) => {
      return doctor({ places, remote: remoteOptionsOf(flags), json: flags.json }, context);
    });
}

interface Flags extends RemoteFlags {
  readonly json: boolean;
}

/** What doctor is to do: every option, resolved once. */
interface DoctorConfig {
  readonly places: readonly string[];
  readonly remote: RemoteOptions;
  readonly json: boolean;
}

async function doctor({ places, remote, json }: DoctorConfig, context: Context): Promise<void> {
  const urls = places.filter(isRemoteUrl);
  const directories = places.filter((place) => !isRemoteUrl(place));
  // Malformed addresses are told before anything is tried.
  for (const url of urls) splitUrl(url);
  const found: UrlFacts[] = [];
  for (const url of urls) found.push(await probeUrl(url, remote, context.signal));
  const onlyUrls = directories.length === 0;
  const facts = json || !onlyUrls ? await gatherFacts(directories, context.signal) : undefined;
  // Set before printing: a document that can't be written is another failure.
  if (found.some(({ readable }) => !readable)) process.exitCode = EXIT.someFailed;
  if (!onlyUrls && facts?.engine === null) process.exitCode = EXIT.unavailable;
  const lines = () => [
    ...(onlyUrls || facts === undefined ? [] : renderDoctor(facts)),
    ...found.flatMap((each) => renderUrl(each)),
  ];
  print(json ? `${JSON.stringify({ ...documentOf(facts!), urls: found })}\n` : `${lines().join('\n')}\n`);
}

/** JSON has no Infinity: a limit that isn't there is null. */
function documentOf({ engine, limits, ...facts }: DoctorFacts): Omit<DoctorDocument, 'urls'> {
  return {
    schema: 'lsio.doctor/1',
    engine: (engine?.engine as EngineName | undefined) ?? null,
    engineReason: engine?.reason ?? null,
    queueDepth: engine?.queueDepth ?? null,
    slabBytes: engine?.slabBytes ?? null,
    ringFlags: engine?.flags ?? [],
    limits: { openFiles: finite(limits.openFiles), lockedBytes: finite(limits.lockedBytes) },
    ...facts,
  };
}

function finite(limit: number): number | null {
  return Number.isFinite(limit) ? limit : null;
}

/** The lines for people. */
function renderDoctor(facts: DoctorFacts): string[] {
  const { engine, kernel, kernels, codecs, node, koffi, liburing, limits, hugePages, fio, directories, problems } =
    facts;
  const openFiles = Number.isFinite(limits.openFiles) ? formatCount(limits.openFiles) : 'unlimited';
  const lockedBytes = Number.isFinite(limits.lockedBytes) ? formatBytes(limits.lockedBytes) : 'unlimited';
  const lines = [
    row('engine', engine === null ? 'none works' : `${engine.engine}: ${engine.reason}`),
    row('kernel', kernel),
    row('liburing', liburing === null ? 'not found' : `${liburing.path}${missing(liburing.functions)}`),
  ];
  if (engine?.engine === 'uring') {
    const memory = `${engine.queueDepth} reads in flight, ${formatBytes(engine.slabBytes)} for them`;
    lines.push(row('ring', memory), row('flags', engine.flags.join(' ')));
  }
  lines.push(
    row('limits', `open files ${openFiles}, locked memory ${lockedBytes}`),
    row('huge pages', hugePages ?? 'none'),
    row('kernels', kernels === 'wasm' ? 'WebAssembly SIMD' : 'plain JavaScript: arrays are computed slowly'),
    row('codecs', codecs.map(codecText).join(' · ')),
    row('node', node),
    row('koffi', koffi ?? 'not found'),
    row('fio', fio === null ? 'not found' : `${fio.version} (${fio.path})`),
    ...directories.map((directory) => row(directory.path, directoryText(directory))),
  );
  if (problems.length === 0) return [...lines, 'No problems found.'];
  lines.push('Problems:');
  for (const { problem, remedy } of problems) {
    lines.push(`  ${problem}`);
    if (remedy !== null) lines.push(`    → ${remedy}`);
  }
  return lines;
}

function row(label: string, text: string): string {
  return `${label.padEnd(LABEL_CHARS)} ${text}`;
}

function codecText({ codec, decoder, library }: CodecAvailability): string {
  return decoder === null ? `${codec} not found` : `${codec} ${decoder} (${library})`;
}

/** What liburing 2.0 lacks of what newer ones have. */
function missing(functions: Readonly<Record<string, boolean>>): string {
  const names = Object.keys(functions).filter((name) => !functions[name]);
  return names.length === 0 ? '' : `, without ${names.join(', ')}`;
}

function directoryText({ fileSystem, device, scheduler, direct }: DirectoryFacts): string {
  const on = device === null ? '' : ` on ${device}`;
  const scheduled = scheduler === null ? '' : ` (scheduler ${scheduler})`;
  const aligned = direct === null ? 'no O_DIRECT' : `O_DIRECT in multiples of ${formatBytes(direct.offsetBytes)}`;
  return `${fileSystem ?? 'unknown file system'}${on}${scheduled}, ${aligned}`;
}
