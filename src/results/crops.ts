import type { Count, Outcome, PositiveCount } from './common.js';

/** What random crops of an array took, and where they went. */
export type CropsDocument = Outcome<'lsio.crops/1', CropsResult>;

export interface CropsResult {
  /** As it was given. */
  readonly source: string;
  /** Its path in the source. */
  readonly array: string;
  /** The names of the axes of the array. */
  readonly dims: readonly string[];
  readonly dtype: string;
  /** Elements of a crop along each axis. */
  readonly size: readonly PositiveCount[];
  readonly seed: Count;
  /** Crops that were put together at once. */
  readonly batchSize: PositiveCount;
  readonly crops: Count;
  /** Of all crops. */
  readonly bytes: Count;
  /** Bytes of crops a second. */
  readonly bytesPerSecond: Count;
  readonly cropsPerSecond: Count;
  /** Chunks that were read: each once for a batch. */
  readonly chunks: Count;
  /** Of them, those that are not stored: they are the fill value. */
  readonly chunksMissing: Count;
  /** Stored bytes that were read. */
  readonly bytesRead: Count;
  /** Bytes of decoded chunks, and of those parts of raw ones that were read. */
  readonly bytesDecoded: Count;
  /** What decompressed: shared libraries, WebAssembly and JavaScript, or nothing as nothing is compressed. */
  readonly decoder: 'native' | 'wasm' | 'none';
  readonly workers: PositiveCount;
  /** What read the chunks: `uring` or `node` for files. */
  readonly engine: string;
  readonly wallNs: Count;
  /** What took more than half of the time. */
  readonly boundBy: 'decoding' | 'reading';
  /** With `output`: the first element of each crop, along each axis. */
  readonly origins?: readonly (readonly Count[])[];
  readonly output?: string;
}
