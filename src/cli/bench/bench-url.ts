import type { Command } from 'commander';
import { runUrlBench } from '../../bench/url.js';
import type { UrlClientName } from '../../bench/url-result.js';
import { LsioError } from '../../errors.js';
import { renderUrlBench } from '../../report/bench-url.js';
import { lsioVersion } from '../../results/version.js';
import { isRemoteUrl, shownAddress, splitUrl } from '../../store/locator.js';
import type { Context } from '../app/context.js';
import { mergingOf, runConfigOf, startRun } from '../app/options.js';
import { type RemoteFlags, remoteOptionsOf } from '../app/remote-options.js';
import { print } from '../app/talk.js';
import { wantsColor } from '../app/terminal.js';
import { type BenchingFlags, followSteps } from './bench-options.js';
import { shellWord } from './command-line.js';

const IN_FLIGHT_DEFAULT = 64;

/** Options of files and of tables that a bench of URLs has no use for. */
const ONLY_FILES = [
  ...['files', 'readOrder', 'rings', 'cache', 'direct', 'minTime', 'baseline', 'failIf', 'engines', 'perf'],
  ...['exportJson', 'exportCsv', 'exportMarkdown', 'exportHtml'],
];
/** What follows them may be secret. */
const SECRET_VALUES = /^--(header|proxy)(=|$)/;

export interface UrlBenchFlags extends BenchingFlags, RemoteFlags {
  readonly url?: string;
  readonly clients: readonly UrlClientName[];
}

export async function benchUrl(url: string, flags: UrlBenchFlags, command: Command, context: Context): Promise<void> {
  const { json = false } = flags;
  context.finishJson = async ({ exitCode, ...error }) => {
    if (json) print(`${JSON.stringify({ schema: 'lsio.bench-url/1', error, exitCode })}\n`);
  };
  checkFlags(url, command);
  const run = runConfigOf(flags);
  const log = startRun(run, context);
  const { connections, blockSize, gap, reads, seed, order, runs, warmup, verify, clients } = flags;
  const depths = flags.queueDepth.filter((depth) => depth !== undefined);
  const single = connections === 'auto' ? IN_FLIGHT_DEFAULT : connections;
  const steps = followSteps(run, log);
  try {
    const result = await runUrlBench({
      ...{
        url,
        remote: remoteOptionsOf(flags),
        merging: mergingOf(flags),
        cases: flags.case,
        clients,
        order,
        seed,
        reads,
      },
      ...{ blockSizeBytes: blockSize, gapBytes: gap, runs, warmups: warmup, verify, version: lsioVersion() },
      inFlight: depths.length > 0 ? depths : [single],
      commandLine: shownCommand(process.argv.slice(2)),
      signal: context.signal,
      onStep: steps.onStep,
    });
    steps.stop();
    print(json ? `${JSON.stringify(result)}\n` : renderUrlBench(result, wantsColor(run.color)));
  } finally {
    steps.stop();
  }
}

function checkFlags(url: string, command: Command): void {
  if (!isRemoteUrl(url))
    throw new LsioError('usage', `--url ${shownAddress(url)}: write https://, s3://, gs:// or az://`);
  splitUrl(url);
  const dir = command.processedArgs[0] as string | undefined;
  if (dir !== undefined) throw new LsioError('usage', `${dir}: --url reads objects in place of files`);
  const given = command.options.find(
    (option) =>
      ONLY_FILES.includes(option.attributeName()) && command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (given !== undefined) throw new LsioError('usage', `${given.long} is for files, not for --url`);
}

/** The command as it may be shown. */
function shownCommand(args: readonly string[]): string {
  const shown = args.map((arg, at) => {
    if (SECRET_VALUES.test(args[at - 1] ?? '') && !args[at - 1]!.includes('=')) return '…';
    if (SECRET_VALUES.test(arg) && arg.includes('=')) return `${arg.slice(0, arg.indexOf('='))}=…`;
    const begin = arg.startsWith('--') ? arg.indexOf('=') + 1 : 0;
    const value = arg.slice(begin);
    return value.includes('://') ? arg.slice(0, begin) + shownAddress(value) : arg;
  });
  return ['lsio', ...shown].map(shellWord).join(' ');
}
