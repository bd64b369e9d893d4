import type { Count, Outcome, PositiveCount } from './common.js';

/** What was read of an array, and where it went. */
export type ReadDocument = Outcome<'lsio.read/1', ReadResult>;

export interface ReadResult {
  /** As it was given. */
  readonly source: string;
  /** Its path in the source. */
  readonly array: string;
  /** Of the result: without the axes that were selected by one index or label. */
  readonly shape: readonly Count[];
  /** The names of the axes of the array. */
  readonly dims: readonly string[];
  /** Of the elements as they are stored. */
  readonly dtype: string;
  /** Of the elements in memory; null where their length varies. */
  readonly bytes: Count | null;
  /** Chunks that were touched; in shards, inner chunks. */
  readonly chunks: Count;
  /** Of them, those that are not stored: they are the fill value. */
  readonly chunksMissing: Count;
  /** Stored bytes of the chunks. */
  readonly bytesRead: Count;
  /** Bytes of the chunks in memory, also of what was not selected. */
  readonly bytesDecoded: Count;
  /** What decompressed: shared libraries, WebAssembly and JavaScript, or nothing as nothing is compressed. */
  readonly decoder: 'native' | 'wasm' | 'none';
  readonly workers: PositiveCount;
  /** What read the chunks: `uring` or `node` for files. */
  readonly engine: string;
  /** From the first read to the output's end. */
  readonly wallNs: Count;
  /** What took more than half of the time. */
  readonly boundBy: 'decoding' | 'reading';
  readonly output: string;
}
