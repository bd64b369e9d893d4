import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import type { DirectChoice } from '../../bench/settings.js';
import { runTune, type TuneOptions, type TuneResult } from '../../bench/tune.js';
import type { Warning } from '../../bench/warnings.js';
import { QUEUE_DEPTH_LIMIT, RINGS_MAX } from '../../engine/open.js';
import { LsioError } from '../../errors.js';
import { renderTune } from '../../report/tune.js';
import { lsioVersion } from '../../results/version.js';
import { parseBytes, parseCount } from '../../units.js';
import { makeWorkload, possibleCases } from '../../workload/cases.js';
import { listFiles } from '../../workload/list-files.js';
import { DEFAULT_DIR } from '../../workload/manifest.js';
import { CASES, type CaseName } from '../../workload/workload.js';
import type { Context } from '../app/context.js';
import { addRunOptions, named, type RunConfig, type RunFlags, runConfigOf, startRun } from '../app/options.js';
import { print } from '../app/talk.js';
import { wantsColor } from '../app/terminal.js';
import {
  addExportOptions,
  CASES_HELP,
  DIR_HELP,
  directoryOf,
  followSteps,
  list,
  MEASURING_RUN,
  oneOf,
} from './bench-options.js';
import { givenCommand } from './command-line.js';
import { type AskedExport, type ExportFlags, Exports, exportsOf, type Renderers } from './exports.js';

const QUEUE_DEPTHS = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const BLOCK_SIZES_BYTES = [4, 64, 256].map((kibibytes) => kibibytes * 1024);
const RINGS_DEFAULT = [1, 2];

const EXAMPLES = `
Examples:
  lsio tune                           files made by lsio files create
  lsio tune data/ --case whole-files  any directory of files
  lsio tune --block-size 4Ki --queue-depth 16,32,64,128 --rings 1`;
const MEANING = `
The knee is the smallest depth whose throughput is within 5 % of the best of its block size and number of rings. A deeper
queue mostly adds latency. For each block size lsio recommends the fewest rings whose best is within 5 % of the best of
all, at their knee.`;

interface Flags extends RunFlags, ExportFlags {
  readonly engine: TuneOptions['engine'];
  readonly case?: CaseName;
  readonly queueDepth: readonly number[];
  readonly rings: readonly number[];
  readonly blockSize?: readonly number[];
  readonly cache: 'cold' | 'warm';
  readonly direct: DirectChoice;
  readonly reads?: number;
  readonly runs: number;
}

export function define(command: Command, context: Context): void {
  const ringsDefault = RINGS_DEFAULT.filter((rings) => rings <= availableParallelism());
  command
    .argument('[dir]', DIR_HELP)
    .option('--files <dir>', 'the same as [dir]', DEFAULT_DIR)
    .addOption(
      new Option('--engine <engine>', 'what reads: io_uring, or node:fs; auto takes io_uring where it works')
        .choices(['auto', 'uring', 'node'])
        .default('auto'),
    )
    .addOption(
      new Option('--case <case>', 'what to read (default: big-random with a big file, else whole-files)')
        .choices(CASES)
        .argParser(oneOf('--case', CASES)),
    )
    .addOption(
      new Option('--queue-depth <list>', 'reads in flight per ring')
        .argParser(sweep(count('--queue-depth', QUEUE_DEPTH_LIMIT)))
        .default(QUEUE_DEPTHS, QUEUE_DEPTHS.join()),
    )
    .addOption(
      new Option('--rings <list>', 'rings that share the work')
        .argParser(sweep(count('--rings', RINGS_MAX)))
        .default(ringsDefault, ringsDefault.join()),
    )
    .option(
      '--block-size <list>',
      'of all cases but whole-files (default: 4Ki,64Ki,256Ki)',
      sweep(named('--block-size', parseBytes)),
    )
    .addOption(
      new Option('--cache <state>', 'page-cache state before each run').choices(['cold', 'warm']).default('cold'),
    )
    .addOption(
      new Option('--direct <choice>', 'read with O_DIRECT; auto: in cold runs, where the file system has it')
        .choices(['auto', 'on', 'off'])
        .default('auto'),
    )
    .option('--reads <n>', 'reads of a run (default: what takes about half a second)', count('--reads', 1e9))
    .option('--runs <n>', 'counted runs', count('--runs', 1000), 3)
    .option('--json', 'print one JSON document instead of tables');
  addExportOptions(command);
  addRunOptions(command, MEASURING_RUN)
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', CASES_HELP)
    .addHelpText('after', MEANING)
    .action((dir: string | undefined, flags: Flags, self: Command) =>
      tune(resolve(directoryOf(dir, self), flags), context),
    );
}

/** What tune is to do: every option, resolved once. */
interface TuneConfig {
  readonly dir: string;
  /** Undefined: as the files allow. */
  readonly case: CaseName | undefined;
  readonly blockSizesBytes: readonly number[] | undefined;
  readonly settings: Pick<
    TuneOptions,
    'dir' | 'engine' | 'cache' | 'direct' | 'rings' | 'queueDepths' | 'reads' | 'runs' | 'version' | 'commandLine'
  >;
  readonly exports: readonly AskedExport[];
  readonly run: RunConfig;
}

function resolve(dir: string, flags: Flags): TuneConfig {
  const { engine, cache, direct, rings, queueDepth: queueDepths, reads, runs } = flags;
  const about = { dir, version: lsioVersion(), commandLine: givenCommand() };
  return {
    dir,
    case: flags.case,
    blockSizesBytes: flags.blockSize,
    settings: { ...about, engine, cache, direct, rings, queueDepths, reads, runs },
    exports: exportsOf(flags),
    run: runConfigOf(flags),
  };
}

const RENDERERS: Renderers<TuneResult> = {
  csv: async () => (await import('../../report/tune-exports.js')).tuneCsv,
  markdown: async () => (await import('../../report/tune-exports.js')).tuneMarkdown,
  html: async () => (await import('../../report/tune-exports.js')).tuneHtml,
};

async function tune(config: TuneConfig, context: Context): Promise<void> {
  const { run, settings } = config;
  const log = startRun(run, context);
  const work = await chooseWork(config, context.signal);
  const exports = await Exports.open<TuneResult>(config.exports, RENDERERS);
  const steps = followSteps(run, log);
  try {
    const result = await runTune({ ...work, ...settings, signal: context.signal, onStep: steps.onStep });
    steps.stop();
    log.info('engine', { engine: result.engine, reason: result.engineReason, direct: result.direct });
    // The document tells of the interruption: no second document follows.
    context.finishJson = () => Promise.resolve();
    exports.save(result, true);
    print(exports.stdout?.(result) ?? renderTune(result, wantsColor(run.color)));
    if (result.interrupted) throw context.signal.reason;
  } finally {
    steps.stop();
  }
}

/** @throws {LsioError} `usage` when the directory is absent or empty, or its files don't allow what was asked for. */
async function chooseWork(
  { dir, case: asked, blockSizesBytes: blockSizes }: TuneConfig,
  signal: AbortSignal,
): Promise<Pick<TuneOptions, 'case' | 'blockSizesBytes' | 'workFor' | 'warnings'>> {
  const { files, skipped } = await listFiles(dir, signal);
  const name = asked ?? (possibleCases(files).includes('big-random') ? 'big-random' : 'whole-files');
  if (name === 'whole-files' && blockSizes !== undefined) {
    const remedy = 'leave it out, or take another --case';
    throw new LsioError('usage', '--block-size: whole-files has no blocks', { remedy });
  }
  const blockSizesBytes = name === 'whole-files' ? [undefined] : (blockSizes ?? BLOCK_SIZES_BYTES);
  const workFor: TuneOptions['workFor'] = (blockSizeBytes, reads) =>
    makeWorkload(name, files, { dir, blockSizeBytes, reads });
  for (const blockSizeBytes of blockSizesBytes) workFor(blockSizeBytes, 1);
  const warnings = skipped.map(({ path, reason }): Warning => ({ kind: 'file-skipped', path, reason }));
  return { case: name, blockSizesBytes, workFor, warnings };
}

/** A list of what to sweep, each value once, in ascending order. */
function sweep(parse: (text: string) => number): (text: string) => number[] {
  return (text) => [...new Set(list(parse)(text))].sort((a, b) => a - b);
}

function count(name: string, max: number): (text: string) => number {
  return (text) => parseCount(text, { name, min: 1, max });
}
