import { errnoText, LsioError } from '../errors.js';
import type { WorkloadFile } from '../workload/workload.js';
import { type CacheState, evict, residentBytes, warm } from './cache.js';
import type { Contender, Sample } from './contender.js';
import { deviceOf } from './device.js';
import { type Watched, watch } from './monitor.js';

/** A cold run may find this share of its bytes in the page cache (a file's tail, a page in use), a warm one must find the rest. */
const COLD_SHARE_MAX = 0.01;
/** A run lasts at least this long where going over the work again makes it so: fio's clock ticks in milliseconds. */
const RUN_NS_MIN = 1e9;
const PASSES_MAX = 10_000;

export interface InterleaveOptions {
  /** The files that the work reads. */
  readonly files: readonly WorkloadFile[];
  readonly cache: CacheState;
  readonly runs: number;
  readonly warmups: number;
  /** Every contender goes over the work equally often. */
  readonly equalPasses: boolean;
  /** How often a run can go over the work at most. */
  readonly passesMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onRun?: ((contender: string, run: number) => void) | undefined;
}

/** A run, with what was seen around it. */
export interface ObservedRun extends Watched {
  readonly sample: Sample;
  readonly residentBytesBefore: number | undefined;
  readonly valid: boolean;
}

export interface ContenderRuns {
  readonly contender: Contender;
  readonly passes: number;
  readonly runs: ObservedRun[];
}

/**
 * Runs the contenders in turn, A B B A A B …, so that a machine that gets slower or faster meanwhile does so for all of
 * them; the cache is brought into its state before every run.
 */
export async function interleave(
  contenders: readonly Contender[],
  options: InterleaveOptions,
): Promise<ContenderRuns[]> {
  const { cache, runs, warmups, signal } = options;
  const device = deviceOf(options.files[0]?.path ?? '/');
  const wallNs = contenders.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < Math.max(1, warmups); round++) {
    for (const [index, contender] of contenders.entries()) {
      signal?.throwIfAborted();
      options.onRun?.(contender.name, -1);
      prepareFiles(options.files, cache);
      wallNs[index] = (await contender.run(1)).wallNs;
    }
  }
  // Going over the files again would find them in the cache.
  const passes = wallNs.map((ns) =>
    cache === 'cold' ? 1 : Math.min(PASSES_MAX, Math.max(1, Math.ceil(RUN_NS_MIN / ns))),
  );
  const equal = Math.min(Math.max(...passes), options.passesMax ?? PASSES_MAX);
  const results: ContenderRuns[] = contenders.map((contender, index) => ({
    contender,
    passes: options.equalPasses ? equal : passes[index]!,
    runs: [],
  }));
  for (let run = 0; run < runs; run++) {
    for (const result of run % 2 === 0 ? results : [...results].reverse()) {
      signal?.throwIfAborted();
      options.onRun?.(result.contender.name, run);
      const residentBytesBefore = prepareFiles(options.files, cache);
      const { result: sample, watched } = await watch(device, () => result.contender.run(result.passes));
      result.runs.push({ sample, residentBytesBefore, ...watched, valid: isValid(options, residentBytesBefore) });
    }
  }
  return results;
}

/** Brings the files into the state asked for. Returns how many of their bytes are in the page cache then. */
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
    const { errno, code } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    const [, text] = errnoText(-errno);
    throw new LsioError('changed', `${file.path}: ${text}, it could be opened before`, { code, path: file.path });
  }
}

function prepareFile(cache: CacheState, { path, size }: WorkloadFile): number | undefined {
  if (cache === 'cold') return evict(path);
  const resident = residentBytes(path);
  return cache === 'as-is' || (resident !== undefined && resident >= size) ? resident : warm(path);
}

function isValid({ cache, files }: InterleaveOptions, resident: number | undefined): boolean {
  if (resident === undefined || cache === 'as-is') return true;
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  return cache === 'cold' ? resident <= bytes * COLD_SHARE_MAX : resident >= bytes * (1 - COLD_SHARE_MAX);
}
