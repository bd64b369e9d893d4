import { addAbortable, removeAbortable } from '../abort.js';
import { nearGroups } from '../array/crop-groups.js';
import { CropOrigins } from '../array/crop-origins.js';
import { byteLengthOf } from '../array/grid.js';
import { LsioError } from '../errors.js';
import type { ChunkedArray } from '../formats/chunked-array.js';
import type { DirectChoice } from '../store/local/direct.js';
import type { CropsSpec } from './crops-body.js';
import { keepMemory, takeMemory } from './job-memory.js';
import { type JobOptions, type JobOutcome, runJob } from './workers/run-job.js';

/** How crops are made. */
export interface CropJobOptions extends Omit<JobOptions, 'onProgress'> {
  /** The most memory, in bytes. @default 4 GiB */
  readonly memoryBytesMax?: number | undefined;
  /** Whether chunks are read past the page cache. @default 'off': other crops may want the same bytes */
  readonly direct?: DirectChoice | undefined;
}

/** Which crops are made. */
export interface CropWork {
  readonly spec: Pick<CropsSpec, 'axes' | 'seed' | 'limits'>;
  /** Crops that are handed over at once. */
  readonly batchSize: number;
  /** Of crops; perhaps infinity. */
  readonly count: number;
}

/** Crops that were made in one go, of one or more batches. */
export interface CropJob {
  /** The number of the first crop. */
  readonly first: number;
  readonly count: number;
  /** Good until the next job is asked for. */
  readonly bytes: Uint8Array;
  readonly outcome: JobOutcome;
}

/** In memory: one is used while the next is made. */
export const JOBS = 2;
/** Of the crops of a job, where a batch is not longer: the more there are, the more of them share chunks. */
const JOB_BYTES = 64 * 1024 ** 2;
const JOB_BATCHES_MAX = 16;
/** Of the crops of a group: they lie in the CPU's cache while they are put together. */
const GROUP_BYTES = 8 * 1024 ** 2;
/** So that threads end at about the same time. */
const GROUPS_MIN = 8;

/**
 * Makes crops, job by job, into two buffers in turn. While one job is used the next is made, and no more.
 *
 * @throws {LsioError} as the store and the decoder; the reason of the signal.
 */
export async function* cropJobs(
  array: ChunkedArray,
  { spec, batchSize, count }: CropWork,
  { memoryBytesMax, workers, decoder, direct = 'off', signal }: CropJobOptions,
): AsyncGenerator<CropJob, void, undefined> {
  const size = spec.axes.map((axis) => axis.size);
  const cropBytes = byteLengthOf(size, array.dtype.itemBytes)!;
  const batchBytes = batchSize * cropBytes;
  const jobBytes = Math.min(JOB_BYTES, (memoryBytesMax ?? JOB_BYTES * 8) / 8);
  const perJob = batchSize * Math.max(1, Math.min(JOB_BATCHES_MAX, Math.floor(jobBytes / batchBytes)));
  const groupSize = Math.max(batchSize, Math.min(Math.floor(GROUP_BYTES / cropBytes), Math.ceil(perJob / GROUPS_MIN)));
  const chooser = new CropOrigins(spec.axes, spec.seed);
  const stop = new AbortController();
  const abort = { onAbort: (reason: unknown) => stop.abort(reason) };
  signal?.throwIfAborted();
  const buffers: Uint8Array[] = [];
  // Once others help, they do from the beginning.
  let helpers = workers;

  async function make(job: number): Promise<CropJob> {
    const first = job * perJob;
    const crops = Math.min(perJob, count - first);
    buffers[job % JOBS] ??= takeMemory(crops * cropBytes);
    const bytes = buffers[job % JOBS]!.subarray(0, crops * cropBytes);
    const origins = Array.from({ length: crops }, (_, i) => chooser.at(first + i));
    const order = nearGroups(origins, array.chunkShape, groupSize);
    const outcome = await runJob<never>({
      ...{ body: 'crops', spec: { ...spec, first, order, groupSize }, array, output: bytes },
      ...{
        tasks: Math.ceil(crops / groupSize),
        taskBytes: groupSize * cropBytes,
        tasksToCome: Math.ceil((count - first - crops) / groupSize),
        workers: helpers,
        decoder,
        direct,
        signal: stop.signal,
      },
    });
    if (outcome.workers > 1) helpers = outcome.workers;
    return { first, count: crops, bytes, outcome };
  }

  if (signal !== undefined) addAbortable(signal, abort);
  let next: Promise<CropJob> | undefined;
  try {
    for (let job = 0; job * perJob < count; job++) {
      const made = await (next ?? make(job));
      next = (job + 1) * perJob < count ? make(job + 1) : undefined;
      // Its failure is told when it is asked for.
      next?.catch(() => {});
      yield made;
    }
    // The last job's buffer may still be looked at.
    const unused = buffers[Math.ceil(count / perJob) % JOBS];
    if (unused !== undefined) keepMemory(unused);
  } finally {
    if (signal !== undefined) removeAbortable(signal, abort);
    stop.abort(new LsioError('closed', 'the loop over the crops was left'));
    await next?.catch(() => {});
  }
}
