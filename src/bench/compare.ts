import { type ErrorDetails, isLsioError, LsioError } from '../errors.js';
import { takesClassic } from '../fio/job.js';
import { findFio } from '../fio/run.js';
import { coalesceFor } from '../plan/coalesce.js';
import type { ReadOrder } from '../store/local/device-order.js';
import type { Workload } from '../workload/workload.js';
import { alignFor } from './bench.js';
import type { CacheState } from './cache.js';
import { ChildRunner } from './child-runner.js';
import { describeEnvironment } from './environment.js';
import { FioRunner } from './fio-runner.js';
import { interleave, type RunnerRuns } from './interleave.js';
import { speedOf } from './observed-run.js';
import type { CompareResult, Comparison, SideResult } from './result.js';
import { machineWarnings, runWarnings } from './run-warnings.js';
import type { Runner } from './runner.js';
import type { MeasureSettings } from './settings.js';
import { estimateMedian, verdictOf } from './stats.js';
import { lanesFor, readOrderOf, readsText, runRecord } from './summary.js';
import { dedupe, type Warning } from './warnings.js';

/** What `lsio compare-fio` compares: every workload in every cache state at every depth, lsio against fio. */
export interface CompareOptions extends MeasureSettings {
  /** lsio against itself: shows what the method reports without a difference. */
  readonly self: boolean;
  /** The lsio command that does lsio's side of a comparison again. */
  readonly commandLineOf: (work: Workload, cache: CacheState, queueDepth: number) => string;
  /** Called after each comparison, so that complete results are saved. */
  readonly onResult?: ((result: CompareResult) => void) | undefined;
}

/**
 * Compares. An abort ends it between two runs: the result then holds what is complete.
 *
 * @throws {LsioError} `unavailable` when fio or io_uring is missing, or when the two sides did unequal work.
 */
export async function runComparison(options: CompareOptions): Promise<CompareResult> {
  const { workloads, caches, queueDepths, signal } = options;
  const fio = options.self ? null : (await findFio(signal)).version;
  const environment = describeEnvironment(options.dir, options.version, fio);
  const comparisons: Comparison[] = [];
  const warnings: Warning[] = [...options.warnings, ...machineWarnings(environment)];
  const baselines = workloads.reduce((sum, work) => sum + baselinesFor(work, options).length, 0);
  const total = baselines * caches.length * queueDepths.length * (options.runs + 1) * 2;
  let done = 0;
  function result(interrupted: boolean): CompareResult {
    const { commandLine } = options;
    return {
      schema: 'lsio.compare-fio/1',
      commandLine,
      environment,
      comparisons,
      warnings: dedupe(warnings),
      interrupted,
    };
  }
  for (const work of workloads) {
    for (const cache of caches) {
      for (const depth of queueDepths) {
        for (const baseline of baselinesFor(work, options)) {
          const cell = { work, cache, baseline, queueDepth: lanesFor(work, depth) };
          try {
            const step = (text: string) => options.onStep?.({ text, done: done++, total });
            comparisons.push(await compareCell(cell, options, warnings, step));
          } catch (error) {
            if (signal?.aborted) return result(true);
            // fio's classic job opens all files at once, which limits may forbid. The matched job needs few.
            const spared =
              error instanceof NotCompared || (baseline === 'classic' && isLsioError(error, 'unavailable'));
            if (!spared) throw error;
            const { message: reason, remedy } = error;
            warnings.push({
              kind: 'not-compared',
              case: `${work.case} ${cache} ${baseline}, depth ${cell.queueDepth}`,
              reason,
              remedy,
            });
          }
          options.onResult?.(result(false));
        }
      }
    }
  }
  if (comparisons.length === 0) throw nothingCompared(warnings);
  return result(false);
}

/** Without any comparison the command fails, with the reason of the last one. */
function nothingCompared(warnings: readonly Warning[]): LsioError {
  const last = warnings.filter((warning) => warning.kind === 'not-compared').at(-1);
  return new LsioError('unavailable', last === undefined ? 'nothing to compare' : `${last.case}: ${last.reason}`, {
    remedy: last?.remedy,
  });
}

/** One comparison is impossible; the others go on. */
class NotCompared extends LsioError {
  constructor(message: string, details: ErrorDetails) {
    super('unavailable', message, details);
  }
}

/** io_uring uses no threads of libuv. */
const THREADS = 4;

type BaselineKind = Comparison['baseline'];

interface ComparisonCell {
  readonly work: Workload;
  readonly cache: CacheState;
  readonly queueDepth: number;
  readonly baseline: BaselineKind;
}

function baselinesFor(work: Workload, { self }: CompareOptions): BaselineKind[] {
  if (self) return ['self'];
  return takesClassic(work) ? ['matched', 'classic'] : ['matched'];
}

async function compareCell(
  cell: ComparisonCell,
  options: CompareOptions,
  warnings: Warning[],
  onRun: (text: string) => void,
): Promise<Comparison> {
  const { work, cache, queueDepth, baseline } = cell;
  const alignBytes = alignFor(options, work, cache, warnings);
  const coalesce = coalesceFor(options, { direct: alignBytes !== undefined });
  const { rings, readBytesMax } = options;
  const setup = {
    reader: 'uring',
    work,
    queueDepth,
    rings,
    alignBytes,
    latency: false,
    readOrder: options.readOrder,
    coalesce,
    readBytesMax,
  } as const;
  const lsio = await ChildRunner.start(setup, THREADS, options.signal);
  let other: ChildRunner | FioRunner | undefined;
  try {
    const fio = baseline === 'self' ? undefined : await startFio(cell, baseline, options, alignBytes !== undefined);
    other = fio ?? (await ChildRunner.start(setup, THREADS, options.signal));
    const [lsioRuns, otherRuns] = await interleave([lsio, other], {
      ...options,
      files: work.files,
      bytes: work.bytes,
      cache,
      equalPasses: true,
      passesMax: fio?.passesMax,
      onRun: (name, run) =>
        onRun(`${work.case} ${cache} ${name}, ${run < 0 ? 'warm-up' : `run ${run + 1} of ${options.runs}`}`),
    });
    if (options.verify !== 'none') await lsio.verify(options.verify);
    return comparison(cell, options, {
      lsioRuns: lsioRuns!,
      otherRuns: otherRuns!,
      direct: alignBytes !== undefined,
      other,
      warnings,
    });
  } finally {
    await Promise.allSettled([lsio.close(), other?.close()]);
  }
}

/** @throws {NotCompared} when fio can't be given this work. */
async function startFio(
  { work, cache, queueDepth }: ComparisonCell,
  baseline: Exclude<BaselineKind, 'self'>,
  { rings, signal }: CompareOptions,
  direct: boolean,
): Promise<FioRunner> {
  const options = { queueDepth, rings, direct, baseline, latency: false };
  try {
    return await FioRunner.create(work, options, {
      name: `${work.case}-${cache}-${queueDepth}-${baseline}`,
      signal,
    });
  } catch (error) {
    if (!isLsioError(error, 'usage')) throw error;
    throw new NotCompared(error.message, { remedy: error.remedy, cause: error });
  }
}

interface MeasuredPair {
  readonly lsioRuns: RunnerRuns;
  /** Of the baseline. */
  readonly otherRuns: RunnerRuns;
  readonly direct: boolean;
  readonly other: Runner;
  readonly warnings: Warning[];
}

function comparison(cell: ComparisonCell, options: CompareOptions, measured: MeasuredPair): Comparison {
  const { work, cache, queueDepth, baseline } = cell;
  const { lsioRuns, otherRuns, other, direct } = measured;
  for (const side of [lsioRuns, otherRuns]) {
    refuseUnequalWork(work, side);
    measured.warnings.push(...runWarnings({ work, cache, direct, depth: queueDepth }, side));
  }
  const pairs = lsioRuns.runs.flatMap((run, index) => {
    const against = otherRuns.runs[index]!;
    return run.valid && against.valid ? [{ run, against }] : [];
  });
  if (pairs.length === 0) {
    throw new NotCompared('no pair of runs found the cache in that state', {
      remedy: 'end what else reads these files, or take --cache as-is',
    });
  }
  const ratio = estimateMedian(pairs.map(({ run, against }) => speedOf(run) / speedOf(against)));
  const commandLine = options.commandLineOf(work, cache, queueDepth);
  const fio = other instanceof FioRunner ? other : undefined;
  const readOrder = readOrderOf(lsioRuns.runs.filter((run) => run.valid));
  return {
    case: work.case,
    cache,
    direct,
    queueDepth,
    rings: options.rings,
    baseline,
    files: work.files.length,
    operations: work.operations,
    bytes: work.bytes,
    passes: lsioRuns.passes,
    engine: 'uring',
    lsio: sideResult(lsioRuns, commandLine, options.version),
    fio: {
      ...sideResult(otherRuns, fio?.commandLine ?? commandLine, fio?.version ?? options.version),
      ...(fio !== undefined && { job: fio.job }),
    },
    ratio: ratio.value,
    ratioLow: ratio.low,
    ratioHigh: ratio.high,
    verdict: verdictOf(ratio, pairs.length),
    readOrder,
    asymmetries:
      fio === undefined
        ? []
        : [...fio.caveats, ...deliveryCaveats(work), ...orderCaveats(readOrder), ...mergingCaveats(work, lsioRuns)],
  };
}

function deliveryCaveats({ wholeFiles }: Workload): string[] {
  return [
    'lsio reads by getMany, as users do: it plans and delivers to JavaScript within its clock; fio only reads',
    ...(wholeFiles ? ['lsio learns the length of each file as it reads; fio is told'] : []),
  ];
}

function orderCaveats(readOrder: ReadOrder): string[] {
  if (readOrder === 'given') return [];
  const how = 'by inode numbers that it gets from the directories within its clock';
  return [`lsio reads in the order of the device, ${how}; fio in the order given`];
}

function mergingCaveats(work: Workload, { passes, runs }: RunnerRuns): string[] {
  const text = readsText({ case: work.case, passes, runs: runs.map(runRecord) });
  return text === undefined ? [] : [`lsio ${text}; fio has no such thing`];
}

/** A ratio of unequal work would say nothing. */
export function refuseUnequalWork(work: Workload, { runner, passes, runs }: RunnerRuns): void {
  for (const { sample } of runs) {
    const operations = work.operations * passes;
    const bytes = work.bytes * passes;
    if (sample.operations === operations && sample.bytes === bytes) continue;
    throw new LsioError(
      'unavailable',
      `${work.case}: ${runner.name} did ${sample.operations} operations of ${sample.bytes} bytes in all, ` +
        `asked for were ${operations} of ${bytes}: no ratio for unequal work`,
      { remedy: 'see that nothing changes the files meanwhile, and report it if that is not the cause' },
    );
  }
}

export function sideResult({ runs }: Pick<RunnerRuns, 'runs'>, commandLine: string, version: string): SideResult {
  const samples = runs.filter((run) => run.valid).map((run) => run.sample);
  const sum = (amount: (sample: (typeof samples)[number]) => number) =>
    samples.reduce((all, one) => all + amount(one), 0);
  const cpuNs = sum((sample) => sample.cpuUserNs + sample.cpuSystemNs);
  return {
    bytesPerSecond: estimateMedian(samples.map((sample) => sample.bytes / (sample.wallNs / 1e9))).value,
    operationsPerSecond: estimateMedian(samples.map((sample) => sample.operations / (sample.wallNs / 1e9))).value,
    cpuNsPerOperation: cpuNs / sum((sample) => sample.operations),
    cpuUserShare: sum((sample) => sample.cpuUserNs) / sum((sample) => sample.wallNs),
    runs: runs.map(runRecord),
    commandLine,
    version,
  };
}
