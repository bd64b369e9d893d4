import type { ReadOrder } from '../store/local/device-order.js';
import type { Workload } from '../workload/workload.js';
import type { LatencyHistogram } from './latency.js';

/**
 * The ways of reading that are compared. `uring` and `node` are `getMany` on that engine, the path users call; `uring-raw`
 * and `node-raw` are the engine alone; `store` is a promise for each read; the others are Node's own calls. The reports
 * give each a colour and a shape by its place here.
 */
export const READERS = [
  'uring',
  'node',
  'promises',
  'callback',
  'sync',
  'buffer',
  'store',
  'uring-raw',
  'node-raw',
] as const;
export type ReaderName = (typeof READERS)[number];

/** Readers of lsio's engines. */
export type EngineReaderName = 'uring' | 'node' | 'uring-raw' | 'node-raw';

export function isEngineReader(name: ReaderName): name is EngineReaderName {
  return name === 'uring' || name === 'node' || name === 'uring-raw' || name === 'node-raw';
}

/** One call after the other, whatever the depth. */
export const SYNC_READERS: readonly string[] = ['sync', 'buffer'] satisfies ReaderName[];

/** Looks on while a workload is read. Checking bytes costs time: only outside of timed runs. */
export interface Observer {
  readonly latency?: LatencyHistogram | undefined;
  /** Called with the bytes of each operation; throws when they are wrong. */
  readonly check?: ((operation: number, bytes: Uint8Array) => void) | undefined;
}

/** The result of reading a workload. */
export interface Tally {
  /** Things asked for, and their bytes. */
  operations: number;
  bytes: number;
  /** Reads that the engine was given for that, and what they brought; absent where it isn't known. */
  reads?: number | undefined;
  bytesRead?: number | undefined;
  /** In which order it was read; absent: as given. */
  readOrder?: ReadOrder | undefined;
}

/** Reads a whole workload. */
export interface Reader {
  /** Which engine ran and why; for the baselines, what they are. */
  readonly engine: string;
  readonly reason: string;
  /** Called before the clock of a run starts. */
  prepare?(work: Workload): Promise<void>;
  /** @throws {LsioError} `read` for the first operation that fails or comes short. */
  read(work: Workload, passes: number, observer: Observer): Promise<Tally>;
  close(): Promise<void>;
}
