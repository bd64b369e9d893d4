import { assert } from '../assert.js';
import { isLsioError, LsioError } from '../errors.js';
import { directAlignment } from '../native/libc.js';
import { type CoalesceChoice, coalesceFor } from '../plan/coalesce.js';
import type { ReadOrder } from '../store/local/device-order.js';
import type { Workload } from '../workload/workload.js';
import type { CacheState } from './cache.js';
import { ChildRunner } from './child-runner.js';
import { describeEnvironment } from './environment.js';
import { interleave, prepareFiles, type RunnerRuns } from './interleave.js';
import { perfStat } from './perf.js';
import { type ReaderName, SYNC_READERS } from './reader.js';
import type { BenchResult, CaseResult } from './result.js';
import { machineWarnings, runWarnings } from './run-warnings.js';
import type { DirectChoice, MeasureSettings } from './settings.js';
import { caseResult, lanesFor } from './summary.js';
import { dedupe, type Warning } from './warnings.js';

/** What `lsio bench` measures: every workload in every cache state, at every depth, by every reader. */
export interface BenchOptions extends MeasureSettings {
  readonly readers: readonly ReaderName[];
  readonly latency: boolean;
  /** One more run of each reader, not counted, under `perf stat`. */
  readonly perf: boolean;
  /** Called after each case, so that complete results are saved. */
  readonly onResult?: ((result: BenchResult) => void) | undefined;
}

/** libuv's default of 4 threads, and more. Each reader that uses them gets the faster number. */
const THREAD_POOL_SIZES = [4, 16];
const HAS_RINGS: readonly ReaderName[] = ['uring', 'uring-raw'];
const USES_THREAD_POOL: readonly ReaderName[] = ['promises', 'callback', 'node', 'node-raw'];

/** Runs the benchmark. An abort ends it between two runs: the result then holds what is complete. */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const { workloads, caches, queueDepths, readers, runs, signal, onResult } = options;
  const environment = describeEnvironment(options.dir, options.version, null);
  const cases: CaseResult[] = [];
  const warnings: Warning[] = [...options.warnings];
  const total = workloads.length * caches.length * queueDepths.length * readers.length * (runs + 1);
  let done = 0;
  function result(interrupted: boolean): BenchResult {
    const { commandLine } = options;
    return { schema: 'lsio.bench/1', commandLine, environment, cases, warnings: dedupe(warnings), interrupted };
  }
  warnings.push(...machineWarnings(environment));
  for (const work of workloads) {
    for (const cache of caches) {
      for (const queueDepth of queueDepths) {
        const cell: Cell = { work, cache, queueDepth, alignBytes: alignFor(options, work, cache, warnings) };
        try {
          cases.push(
            ...(await runCell(cell, options, warnings, (text) => options.onStep?.({ text, done: done++, total }))),
          );
        } catch (error) {
          if (signal?.aborted) return result(true);
          throw error;
        }
        onResult?.(result(false));
      }
    }
  }
  if (cases.length === 0) throw nothingMeasured(warnings);
  return result(false);
}

function nothingMeasured(warnings: readonly Warning[]): LsioError {
  const last = warnings.filter((warning) => warning.kind === 'engine-unavailable').at(-1);
  const message = last === undefined ? 'nothing to measure' : `${last.engine}: ${last.reason}`;
  return new LsioError('unavailable', message, { remedy: last?.remedy });
}

/** One workload in one cache state at one depth: what its readers compete in. */
export interface Cell {
  readonly work: Workload;
  readonly cache: CacheState;
  readonly queueDepth: number | undefined;
  readonly alignBytes: number | undefined;
}

/** The alignment to read with O_DIRECT by, or undefined to read through the page cache. */
export function alignFor(
  { dir, direct }: { readonly dir: string; readonly direct: DirectChoice },
  work: Workload,
  cache: CacheState,
  warnings: Warning[],
): number | undefined {
  // Warm runs measure the page cache. Cold runs go past it.
  if (direct === 'off' || (direct === 'auto' && cache !== 'cold')) return undefined;
  const alignment = directAlignment(work.files[0]?.path ?? dir);
  if (alignment !== undefined) return alignment.offsetBytes;
  warnings.push({ kind: 'no-direct', dir });
  return undefined;
}

async function runCell(
  cell: Cell,
  options: BenchOptions,
  warnings: Warning[],
  onRun: (text: string) => void,
): Promise<CaseResult[]> {
  const { work, cache } = cell;
  const started: StartedReader<number>[] = [];
  try {
    for (const reader of options.readers) {
      // A synchronous reader has one read in flight at any depth.
      if (SYNC_READERS.includes(reader) && cell.queueDepth !== options.queueDepths[0]) continue;
      options.signal?.throwIfAborted();
      onRun(`${work.case} ${cache} ${reader}, start`);
      try {
        started.push(await startReader(reader, cell, options));
      } catch (error) {
        if (!isLsioError(error, 'unavailable')) throw error;
        warnings.push({ kind: 'engine-unavailable', engine: reader, reason: error.message, remedy: error.remedy });
      }
    }
    const runners = started.map(({ runner }) => runner);
    const measured = await interleave(runners, {
      ...options,
      files: work.files,
      bytes: work.bytes,
      cache,
      equalPasses: false,
      onRun: (name, run) => run >= 0 && onRun(`${work.case} ${cache} ${name}, run ${run + 1} of ${options.runs}`),
    });
    if (options.verify !== 'none') for (const runner of runners) await runner.verify(options.verify);
    const depth = lanesFor(work, cell.queueDepth);
    const perfs: (Readonly<Record<string, number>> | null)[] = [];
    for (const runs of measured) perfs.push(options.perf ? await perfOf(runs, cell, warnings) : null);
    return measured.map((runs, index) => {
      const { runner, ...reader } = started[index]!;
      warnings.push(...runWarnings({ work, cache, direct: cell.alignBytes !== undefined, depth }, runs));
      const { reason } = runner.facts;
      return caseResult({ ...cell, ...options, ...reader, reason, perf: perfs[index]!, measured: runs });
    });
  } finally {
    await Promise.allSettled(started.map(({ runner }) => runner.close()));
  }
}

/** One more run, not counted, since perf costs time. */
async function perfOf({ runner, passes }: RunnerRuns, { work, cache }: Cell, warnings: Warning[]) {
  prepareFiles(work.files, cache);
  try {
    return await perfStat(runner.pids ?? [], () => runner.run(passes));
  } catch (error) {
    if (!isLsioError(error, 'unavailable')) throw error;
    warnings.push({ kind: 'perf-unavailable', reason: error.message });
    return null;
  }
}

export interface StartedReader<Rings> {
  readonly reader: ReaderName;
  readonly runner: ChildRunner;
  readonly rings: Rings | 1;
  readonly threadPoolSize: number | null;
}

/** Starts a reader. One that uses libuv's threads gets the faster of the pool sizes, found by a trial run. */
export async function startReader<Rings extends number | 'auto'>(
  reader: ReaderName,
  cell: Cell,
  options: Partial<CoalesceChoice> & {
    readonly rings: Rings;
    readonly latency: boolean;
    readonly readOrder: ReadOrder;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<StartedReader<Rings>> {
  const { work, cache, alignBytes } = cell;
  const { coalesce = 'auto', readBytesMax } = options;
  const rings = HAS_RINGS.includes(reader) ? options.rings : 1;
  const queueDepth = lanesFor(work, cell.queueDepth);
  const setup = {
    reader,
    work,
    queueDepth,
    rings,
    alignBytes,
    latency: options.latency,
    readOrder: options.readOrder,
    coalesce: coalesceFor({ coalesce, readBytesMax }, { direct: alignBytes !== undefined }),
    readBytesMax,
  };
  if (!USES_THREAD_POOL.includes(reader)) {
    const runner = await ChildRunner.start(setup, THREAD_POOL_SIZES[0]!, options.signal);
    return { reader, runner, rings, threadPoolSize: null };
  }
  let best: { runner: ChildRunner; threadPoolSize: number; wallNs: number } | undefined;
  for (const threadPoolSize of THREAD_POOL_SIZES) {
    let runner: ChildRunner | undefined;
    try {
      runner = await ChildRunner.start(setup, threadPoolSize, options.signal);
      prepareFiles(work.files, cache);
      const { wallNs } = await runner.run(1);
      const [winner, loser] = best === undefined || wallNs < best.wallNs ? [undefined, best] : [best, { runner }];
      await loser?.runner.close();
      best = winner ?? { runner, threadPoolSize, wallNs };
    } catch (error) {
      await Promise.allSettled([runner?.close(), best?.runner.close()]);
      throw error;
    }
  }
  assert(best !== undefined, 'there are sizes to try');
  return { reader, runner: best.runner, rings, threadPoolSize: best.threadPoolSize };
}
