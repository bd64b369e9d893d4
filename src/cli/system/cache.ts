import { Argument, type Command, Option } from 'commander';
import { dropCaches, requireRoot } from '../../bench/cache.js';
import { LsioError } from '../../errors.js';
import { byteTextOf } from '../../paths/byte-text.js';
import { renderCache, ShownFiles } from '../../report/cache.js';
import { inkFor } from '../../report/table.js';
import type { CacheResult } from '../../results/cache.js';
import { formatBytes } from '../../units.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { JsonStream } from '../app/json-stream.js';
import { PROGRESS_MODES, type ProgressMode, startProgress } from '../app/progress.js';
import { print, say } from '../app/talk.js';
import { wantsColor } from '../app/terminal.js';
import { Survey, type SurveyAction } from './cache-survey.js';

const EXAMPLES = `
Examples:
  lsio cache status big.bin            how much of it would be read from memory?
  lsio cache status --all data/        of every file below data/
  lsio cache evict data/               the next read comes from the disk
  sudo lsio cache evict --drop-caches data/`;

type Action = 'status' | 'evict';

interface Flags {
  readonly all: boolean;
  readonly dropCaches: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly progress: ProgressMode;
}

export function define(command: Command, context: Context): void {
  command
    .addArgument(
      new Argument(
        '<action>',
        'status tells what the page cache holds of them; evict drops it from there, and tells what is left',
      ).choices(['status', 'evict']),
    )
    .argument('<paths...>', 'files, and directories with all that is below them')
    .option('--all', 'a line for each file, also above 40 of them', false)
    .option('--drop-caches', 'evict: drop the caches of the whole machine, as root', false)
    .option('--json', 'print one JSON document', false)
    .option('-q, --quiet', 'no notes, no progress; errors only', false)
    .addOption(new Option('--progress <when>', 'a progress bar on stderr').choices([...PROGRESS_MODES]).default('auto'))
    .addHelpText('after', EXAMPLES)
    .addHelpText(
      'after',
      `
Recent kernels tell this only of files that you own or may write. A file that is named twice counts twice.`,
    )
    .action((action: Action, paths: string[], flags: Flags) => cache(resolve(action, paths, flags), context));
}

/** What cache is to do: every option, resolved once. */
interface CacheConfig extends Omit<Flags, 'dropCaches'> {
  readonly action: Action;
  readonly survey: SurveyAction;
  readonly paths: readonly string[];
}

/** @throws {LsioError} `usage` for options that contradict one another, `unavailable` for what can't be done here. */
function resolve(action: Action, paths: readonly string[], flags: Flags): CacheConfig {
  const { all, dropCaches: dropping, json, quiet, progress } = flags;
  if (dropping && action !== 'evict') throw new LsioError('usage', '--drop-caches goes with evict only');
  if (dropping) requireRoot();
  if (process.platform !== 'linux') throw new LsioError('unavailable', 'only Linux tells what its page cache holds');
  const survey = action === 'status' ? action : dropping ? 'evict-all' : 'evict-each';
  return { action, survey, paths, all, json, quiet, progress };
}

async function cache(config: CacheConfig, context: Context): Promise<void> {
  const { action, paths, all, json } = config;
  const shown = new ShownFiles(all);
  const stream = json ? new JsonStream('items') : undefined;
  const survey = new Survey(config.survey, context.signal, (item) => {
    if (stream !== undefined) return stream.add(item);
    if (!('error' in item)) shown.add(item);
    return undefined;
  });
  if (stream !== undefined) {
    await stream.begin({ schema: 'lsio.cache/1', action });
    context.finishJson = ({ exitCode, ...error }) => stream.end({ ...tailOf(survey), error, exitCode });
  }
  const progress = startProgress(config, () => ({ items: survey.probes, unit: 'files' }));
  try {
    for (const path of paths) await survey.add(byteTextOf(path));
    if (config.survey === 'evict-all') {
      await dropCaches();
      await survey.probeAgain();
    }
  } finally {
    progress.stop();
  }
  const { total } = survey;
  if (survey.failed > 0) process.exitCode = EXIT.someFailed;
  if (action === 'evict' && total.residentBytes > 0 && !config.quiet) {
    const why = 'others have these files mapped or are reading them, or they lie in memory (tmpfs)';
    say(`lsio: ${formatBytes(total.residentBytes)} stay in the page cache: ${why}`);
  }
  if (stream === undefined) {
    print(renderCache({ ...shown, paths: survey.paths, total }, { all, ink: inkFor(wantsColor()) }));
    return;
  }
  context.finishJson = async () => {};
  await stream.end(tailOf(survey));
}

/** What follows the items in the document. */
function tailOf({ paths, total, failed }: Survey): Omit<CacheResult, 'action' | 'items'> {
  return { paths, ...total, failed };
}
