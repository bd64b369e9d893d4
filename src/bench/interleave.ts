import { systemError } from '../errors.js';
import type { WorkloadFile } from '../workload/workload.js';
import { type CacheState, evict, residentBytes, warm } from './cache.js';
import { deviceOf } from './device.js';
import { watch } from './monitor.js';
import { inSequence, type ObservedRun } from './observed-run.js';
import type { Runner } from './runner.js';

/** A cold run may find this share of its bytes in the page cache (a page in use). A warm run may miss as much. */
const COLD_SHARE_MAX = 0.01;
/** By default a run repeats the work until it lasts so long, since fio's clock ticks in milliseconds. */
export const RUN_NS_MIN = 1e9;
/** A trial lasts so long. While a trial takes less than this share of the time of the one before, code is being compiled. */
const TRIAL_NS = 2e8;
const WARM_SHARE = 0.9;
const TRIALS_MAX = 6;
const PASSES_MAX = 10_000;
/** Each pass of a cold run evicts the files first, which takes longer than reading them. */
const COLD_PASSES_MAX = 3;

export interface InterleaveOptions {
  /** The files that the work reads. */
  readonly files: readonly WorkloadFile[];
  /** What one pass reads of them, in bytes. */
  readonly bytes: number;
  readonly cache: CacheState;
  readonly runs: number;
  readonly warmups: number;
  /** The least time of a run; absent: {@link RUN_NS_MIN}. */
  readonly runNsMin?: number | undefined;
  /** Every runner repeats the work equally often. */
  readonly equalPasses: boolean;
  /** How often a run can repeat the work at most. */
  readonly passesMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onRun?: ((runner: string, run: number) => void) | undefined;
}

export interface RunnerRuns {
  readonly runner: Runner;
  readonly passes: number;
  readonly runs: ObservedRun[];
}

/**
 * Runs in turn, A B B A A B …, so that a machine that slows down does so for all runners. Before every run the page cache
 * is brought into its state.
 */
export async function interleave(runners: readonly Runner[], options: InterleaveOptions): Promise<RunnerRuns[]> {
  const { runs, signal, passesMax = PASSES_MAX } = options;
  const device = deviceOf(options.files[0]?.path ?? '/');
  const passes: number[] = [];
  for (const runner of runners) passes.push(await passesFor(runner, options));
  const equal = Math.min(Math.max(...passes), passesMax);
  const results: RunnerRuns[] = runners.map((runner, index) => ({
    runner,
    passes: options.equalPasses ? equal : passes[index]!,
    runs: [],
  }));
  for (let run = 0; run < runs; run++) {
    for (const result of inTurn(results, run)) {
      signal?.throwIfAborted();
      options.onRun?.(result.runner.name, run);
      result.runs.push(await runOnce(result, options, device));
    }
  }
  return results;
}

/** The sides in the order of a run: there and back, so that what changes slowly on the machine falls on all of them alike. */
export function inTurn<T>(sides: readonly T[], run: number): readonly T[] {
  return run % 2 === 0 ? sides : [...sides].reverse();
}

/** Warms a runner up, and finds how often it must repeat the work for a run of the least time. */
async function passesFor(runner: Runner, options: InterleaveOptions): Promise<number> {
  const { files, cache, warmups, signal, runNsMin = RUN_NS_MIN } = options;
  const max = Math.min(cache === 'cold' ? COLD_PASSES_MAX : PASSES_MAX, options.passesMax ?? PASSES_MAX);
  async function passNs(passes: number): Promise<number> {
    signal?.throwIfAborted();
    options.onRun?.(runner.name, -1);
    prepareFiles(files, cache);
    return (await runner.run(passes)).wallNs / passes;
  }
  const fitting = (ns: number, each: number) => Math.min(max, Math.max(1, Math.ceil(ns / each)));
  let each = Number.POSITIVE_INFINITY;
  for (let round = 0; round < Math.max(1, warmups); round++) each = await passNs(1);
  for (let trial = 0, before = Number.POSITIVE_INFINITY; trial < TRIALS_MAX; trial++) {
    if (cache === 'cold' || each >= runNsMin || each > before * WARM_SHARE) break;
    before = each;
    each = await passNs(fitting(Math.min(TRIAL_NS, runNsMin), each));
  }
  return fitting(runNsMin, each);
}

/** A counted run. Each pass of a cold run evicts the files first. */
async function runOnce(
  { runner, passes }: RunnerRuns,
  options: InterleaveOptions,
  device: string | undefined,
): Promise<ObservedRun> {
  const { files, cache, signal } = options;
  const cold = cache === 'cold';
  const parts: ObservedRun[] = [];
  for (let pass = 0; pass < (cold ? passes : 1); pass++) {
    signal?.throwIfAborted();
    const residentBytesBefore = prepareFiles(files, cache);
    const { result: sample, watched } = await watch(device, () => runner.run(cold ? 1 : passes));
    parts.push({ sample, residentBytesBefore, ...watched, valid: isValid(options, residentBytesBefore) });
  }
  return parts.length === 1 ? parts[0]! : inSequence(parts);
}

/** Brings the files into the cache state. Returns how many of their bytes are then in the page cache. */
export function prepareFiles(files: readonly WorkloadFile[], cache: CacheState): number | undefined {
  let total: number | undefined = 0;
  for (const file of files) {
    const bytes = prepareOne(cache, file);
    total = bytes === undefined || total === undefined ? undefined : total + bytes;
  }
  return total;
}

/** @throws {LsioError} `changed` when the file can't be opened any more. */
function prepareOne(cache: CacheState, file: WorkloadFile): number | undefined {
  try {
    return prepareFile(cache, file);
  } catch (error) {
    throw systemError('changed', file.path, error);
  }
}

/** Of the last page only the bytes of the file count. */
function prepareFile(cache: CacheState, { path, size }: WorkloadFile): number | undefined {
  const within = (bytes: number | undefined) => (bytes === undefined ? undefined : Math.min(bytes, size));
  if (cache === 'cold') return within(evict(path));
  const resident = within(residentBytes(path));
  return cache === 'as-is' || (resident !== undefined && resident >= size) ? resident : within(warm(path));
}

function isValid({ cache, files, bytes }: InterleaveOptions, resident: number | undefined): boolean {
  if (resident === undefined || cache === 'as-is') return true;
  const fileBytes = files.reduce((sum, file) => sum + file.size, 0);
  // The resident or missing pages may be exactly those that the work reads of a large file.
  const tolerated = Math.min(bytes, fileBytes) * COLD_SHARE_MAX;
  return cache === 'cold' ? resident <= tolerated : resident >= fileBytes - tolerated;
}
