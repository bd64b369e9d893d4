import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';

import { CACHE_STATES, type CacheState } from '../../bench/cache.js';
import type { DirectChoice, MeasureSettings, Step } from '../../bench/settings.js';
import type { Warning } from '../../bench/warnings.js';
import { QUEUE_DEPTH_LIMIT, RINGS_MAX } from '../../engine/open.js';
import { LsioError } from '../../errors.js';
import { lsioVersion } from '../../results/version.js';
import type { ReadOrder } from '../../store/local/device-order.js';
import { parseBytes, parseCount, parseDurationNs } from '../../units.js';
import { makeWorkload, possibleCases, type WorkloadOptions } from '../../workload/cases.js';
import { listFiles } from '../../workload/list-files.js';
import { DEFAULT_DIR } from '../../workload/manifest.js';
import { CASES, type CaseName, type Workload } from '../../workload/workload.js';
import type { Log } from '../app/log.js';
import {
  addCoalesceOptions,
  addRunOptions,
  type CoalesceFlags,
  collect,
  named,
  type RunConfig,
  type RunFlags,
  runConfigOf,
} from '../app/options.js';
import { startProgress } from '../app/progress.js';
import { givenCommand } from './command-line.js';
import { type AskedExport, type ExportFlags, exportsOf } from './exports.js';

/** Ten minutes. */
const RUN_NS_LIMIT = 600e9;

/** The options of `bench` and `compare-fio`, as commander hands them over. */
export interface BenchingFlags extends RunFlags, ExportFlags, CoalesceFlags {
  readonly files: string;
  readonly case: readonly CaseName[];
  readonly blockSize?: number;
  readonly gap?: number;
  readonly reads?: number;
  readonly seed?: number;
  readonly order: 'sorted' | 'random';
  readonly readOrder: ReadOrder;
  readonly queueDepth: readonly (number | undefined)[];
  readonly rings: number;
  readonly cache: readonly CacheState[];
  readonly direct: DirectChoice;
  readonly runs: number;
  readonly warmup: number;
  readonly minTime?: number;
  readonly verify: 'all' | 'sample' | 'none';
  readonly baseline?: string;
  readonly failIf: readonly string[];
}

/** Descriptions of the run options of the commands that measure. */
export const MEASURING_RUN = { quiet: 'no progress', progress: 'progress on stderr', color: 'colours' };

export function addBenchingOptions(
  command: Command,
  { runsDefault, readOrderDefault }: { readonly runsDefault: number; readonly readOrderDefault: ReadOrder },
): Command {
  command
    .argument('[dir]', DIR_HELP)
    .option('--files <dir>', 'the same as [dir]', DEFAULT_DIR)
    .addOption(
      new Option('--case <case>', 'what to read; repeatable (default: all that the files allow)')
        .choices(CASES)
        .argParser(collect(oneOf('--case', CASES)))
        .default([]),
    )
    .option('--block-size <bytes>', 'size of a block (default: 4 KiB, file-heads 16 KiB)', bytes('--block-size'))
    .option('--gap <bytes>', 'gap between blocks (default: file-gaps 32 KiB, big-gaps 64 KiB)', bytes('--gap'))
    .option('--reads <n>', 'operations of a case (default: all; big-random 65,536)', count('--reads', 1, 1e9))
    .option('--seed <n>', 'seed of random offsets and orders (default: 1)', count('--seed', 0, 2 ** 32 - 1))
    .addOption(
      new Option('--order <order>', 'order in which files are given').choices(['sorted', 'random']).default('sorted'),
    )
    .addOption(
      new Option('--read-order <order>', 'order in which lsio reads cold files: as on the device, or as given')
        .choices(['device', 'given'])
        .default(readOrderDefault),
    )
    .addOption(
      new Option('--queue-depth <list>', 'reads in flight: 1,8,64 (default: by the size of the reads)')
        .argParser(list(count('--queue-depth', 1, QUEUE_DEPTH_LIMIT)))
        .default([undefined], 'auto'),
    )
    .option('--rings <n>', 'rings that share the work, or auto: one for each CPU', parseRings, 1)
    .addOption(
      new Option('--cache <list>', 'page-cache state before each run')
        .choices(CACHE_STATES)
        .argParser(list(oneOf('--cache', CACHE_STATES)))
        .default(['cold', 'warm'], 'cold,warm'),
    )
    .addOption(
      new Option('--direct <choice>', 'read with O_DIRECT; auto: in cold runs, where the file system has it')
        .choices(['auto', 'on', 'off'])
        .default('auto'),
    );
  addCoalesceOptions(command)
    .option('--runs <n>', 'counted runs', count('--runs', 1, 1000), runsDefault)
    .option('--warmup <n>', 'runs before these, not counted', count('--warmup', 1, 1000), 1)
    .option('--min-time <time>', 'shortest run: the work is repeated until then (default: 1s)', parseMinTimeNs)
    .addOption(
      new Option('--verify <share>', 'compare the bytes, outside the timed runs')
        .choices(['all', 'sample', 'none'])
        .default('sample'),
    )
    .option('--json', 'print one JSON document instead of tables')
    .option('--baseline <file>', 'show the changes since an earlier JSON document')
    .addOption(
      new Option('--fail-if <expr>', "exit with 6 where this holds, such as 'throughput<-10%'; repeatable")
        .argParser(collect(String))
        .default([]),
    );
  addExportOptions(command);
  return addRunOptions(command, MEASURING_RUN);
}

/** Where the result goes besides the tables. */
export function addExportOptions(command: Command): void {
  command
    .option('--export-json <file>', 'save that document; exports are saved after each case; - is stdout')
    .option('--export-csv <file>', 'save the figures as comma-separated values')
    .option('--export-markdown <file>', 'save a report in Markdown')
    .option('--export-html <file>', 'save a report with charts, in one file');
}

export const DIR_HELP = 'the directory whose files are read, recursively (default: /tmp/fio)';

/** The cases, in a line each. */
export const CASES_HELP = `
Cases:
  whole-files  every file whole
  file-heads   the first 16 KiB of every file
  file-gaps    blocks of 4 KiB with gaps of 32 KiB, in every file
  big-gaps     blocks of 4 KiB with gaps of 64 KiB, in the big file
  big-random   blocks of 4 KiB at random offsets of the big file
The big file is the largest of at least 64 MiB.`;

/** The help on `--fail-if`. */
export function failIfHelp(metrics: readonly string[]): string {
  return `
--fail-if METRIC<THRESHOLD or METRIC>THRESHOLD, where METRIC is one of: ${metrics.join(', ')}.
cpu is the CPU time of an operation. A THRESHOLD with a sign and % is a change against --baseline. Any other is a value:
1GiB (per second), 5000 (operations per second), 2ms, or a ratio. Of a figure with a 95 % interval, the edge nearest to
the threshold must be across. A case without a valid run counts as across.`;
}

/** The directory that was named, by argument or by --files. */
export function directoryOf(given: string | undefined, command: Command): string {
  const { files } = command.opts<{ files: string }>();
  if (given === undefined) return files;
  if (command.getOptionValueSource('files') === 'default' || files === given) return given;
  throw new LsioError('usage', `two directories, ${given} and --files ${files}`, { remedy: 'name one' });
}

/** What a command that measures is to do: every option, resolved once. */
export interface MeasureConfig {
  readonly work: WorkConfig;
  readonly settings: Omit<MeasureSettings, 'workloads' | 'warnings' | 'signal' | 'onStep'>;
  /** The file of an earlier result. */
  readonly baseline: string | undefined;
  /** As `--fail-if` gave them. */
  readonly conditions: readonly string[];
  readonly exports: readonly AskedExport[];
  readonly run: RunConfig;
}

/** The work to measure. */
interface WorkConfig extends WorkloadOptions {
  /** None: all that the files allow. */
  readonly cases: readonly CaseName[];
}

export function resolve(dir: string, flags: BenchingFlags): MeasureConfig {
  const { blockSize: blockSizeBytes, gap: gapBytes, reads, seed, order, readOrder, rings, direct } = flags;
  const { case: cases, cache: caches, queueDepth: queueDepths, coalesce, maxRead: readBytesMax } = flags;
  const { runs, warmup: warmups, minTime: runNsMin, verify, baseline, failIf: conditions } = flags;
  return {
    work: { dir, blockSizeBytes, gapBytes, reads, seed, order, cases },
    settings: {
      ...{ dir, version: lsioVersion(), commandLine: givenCommand() },
      ...{ order, readOrder, caches, queueDepths, rings, direct, coalesce, readBytesMax },
      ...{ runs, warmups, runNsMin, verify },
    },
    baseline,
    conditions,
    exports: exportsOf(flags),
    run: runConfigOf(flags),
  };
}

/** The work, and the files that are left out. */
export interface Workloads {
  readonly workloads: readonly Workload[];
  readonly warnings: readonly Warning[];
}

/** @throws {LsioError} `usage` when the directory is absent or empty, or a case that was asked for is impossible. */
export async function workloadsFor({ cases, ...settings }: WorkConfig, signal: AbortSignal): Promise<Workloads> {
  const { files, skipped } = await listFiles(settings.dir, signal);
  const names = cases.length > 0 ? cases : possibleCases(files);
  const warnings = skipped.map(({ path, reason }): Warning => ({ kind: 'file-skipped', path, reason }));
  return { workloads: names.map((name) => makeWorkload(name, files, settings)), warnings };
}

/** Shows the current run on stderr, and how many are done. */
export function followSteps(
  run: RunConfig,
  log: Log,
): { readonly onStep: (step: Step) => void; readonly stop: () => void } {
  let latest: Step = { text: '', done: 0, total: 0 };
  const { stop } = startProgress(run, () => ({
    items: latest.done,
    itemsTotal: latest.total,
    unit: 'runs',
    note: latest.text,
  }));
  function onStep(step: Step): void {
    latest = step;
    log.debug('step', step);
  }
  return { onStep, stop };
}

function bytes(option: string): (text: string) => number {
  return named(option, parseBytes);
}

function count(name: string, min: number, max: number): (text: string) => number {
  return (text) => parseCount(text, { name, min, max });
}

function parseMinTimeNs(text: string): number {
  const timeNs = named('--min-time', parseDurationNs)(text);
  if (timeNs <= RUN_NS_LIMIT) return timeNs;
  throw new LsioError('usage', `--min-time: ${JSON.stringify(text)} is more than 10 minutes`);
}

function parseRings(text: string): number {
  if (text === 'auto') return Math.min(availableParallelism(), RINGS_MAX);
  return parseCount(text, { name: '--rings', min: 1, max: RINGS_MAX });
}

export function oneOf<Value extends string>(option: string, values: readonly Value[]): (text: string) => Value {
  return (text) => {
    const value = values.find((candidate) => candidate === text);
    if (value !== undefined) return value;
    throw new LsioError('usage', `${option}: ${JSON.stringify(text)} is none of ${values.join(', ')}`);
  };
}

export function list<Value>(parse: (text: string) => Value): (text: string) => Value[] {
  return (text) => text.split(',').map(parse);
}
