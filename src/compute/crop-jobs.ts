import { addAbortable, removeAbortable } from '../abort.js';
import { byteLengthOf } from '../array/grid.js';
import { LsioError } from '../errors.js';
import type { ChunkedArray } from '../formats/chunked-array.js';
import type { DirectChoice } from '../store/local/direct.js';
import type { CropsSpec } from './crops-body.js';
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
  readonly spec: Omit<CropsSpec, 'first' | 'count'>;
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
/** Of the crops of a job, where a batch is not longer: memory that is touched for the first time costs as much as decoding. */
const JOB_BYTES = 32 * 1024 ** 2;
const JOB_BATCHES_MAX = 16;

/**
 * Makes crops, job by job, into two buffers in turn. While one job is used the next is made, and no more.
 *
 * @throws {LsioError} as the store and the decoder; the reason of the signal.
 */
export async function* cropJobs(
  array: ChunkedArray,
  { spec, count }: CropWork,
  { memoryBytesMax, workers, decoder, direct = 'off', signal }: CropJobOptions,
): AsyncGenerator<CropJob, void, undefined> {
  const size = spec.axes.map((axis) => axis.size);
  const cropBytes = byteLengthOf(size, array.dtype.itemBytes)!;
  const batchBytes = spec.batchSize * cropBytes;
  const jobBytes = Math.min(JOB_BYTES, (memoryBytesMax ?? JOB_BYTES * 8) / 8);
  const perJob = spec.batchSize * Math.max(1, Math.min(JOB_BATCHES_MAX, Math.floor(jobBytes / batchBytes)));
  const stop = new AbortController();
  const abort = { onAbort: (reason: unknown) => stop.abort(reason) };
  signal?.throwIfAborted();
  const buffers: Uint8Array[] = [];
  // Once others help, they do from the beginning.
  let helpers = workers;

  async function make(job: number): Promise<CropJob> {
    const first = job * perJob;
    const crops = Math.min(perJob, count - first);
    buffers[job % JOBS] ??= new Uint8Array(crops * cropBytes);
    const bytes = buffers[job % JOBS]!.subarray(0, crops * cropBytes);
    const outcome = await runJob<never>({
      ...{ body: 'crops', spec: { ...spec, first, count: crops }, array, output: bytes },
      ...{
        tasks: Math.ceil(crops / spec.batchSize),
        taskBytes: batchBytes,
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
  } finally {
    if (signal !== undefined) removeAbortable(signal, abort);
    stop.abort(new LsioError('closed', 'the loop over the crops was left'));
    await next?.catch(() => {});
  }
}
