import type { Signal } from '../../abort.js';
import type { ChunkDecoder, ChunkedArray } from '../../formats/chunked-array.js';
import type { DirectChoice } from '../../store/local/direct.js';
import type { JobCounts, TaskRange } from './claims.js';

/** What a thread needs of an array to read and decode its chunks. */
export type JobArray = Pick<
  ChunkedArray,
  'name' | 'shape' | 'chunkShape' | 'shardShape' | 'dtype' | 'fill' | 'decoder' | 'sources' | 'refs'
>;

/** A job as its body sees it, on a worker or on the calling thread. */
export interface Job<Result> {
  readonly array: JobArray;
  readonly decoder: ChunkDecoder;
  readonly direct: DirectChoice;
  readonly signal: Signal;
  /** All of the output, the same memory in each thread; empty where there is none. */
  readonly output: Uint8Array;
  /** The next tasks; undefined when there are none left. */
  claim(): TaskRange | undefined;
  /** Adds to what was done. */
  count(counts: Partial<JobCounts>): void;
  /**
   * Hands a result to the calling thread. It is plain data, and belongs to the receiver.
   *
   * @param transfer memory in it that need not be copied.
   */
  emit(result: Result, transfer?: readonly ArrayBuffer[]): void;
}

/**
 * The loop of a job: claims tasks until there are none. It is run by the calling thread, and by any number of workers
 * beside it; its result must not depend on which thread claims what.
 *
 * @param spec plain data, the same for all threads.
 */
export type JobBody<Spec, Result> = (spec: Spec, job: Job<Result>) => Promise<void>;
