import type { Amount, Count, PositiveCount } from '../results/common.js';
import type { CaseName } from '../workload/workload.js';
import type { Environment } from './environment.js';

/** What reads objects: lsio, and what it is compared with. */
export const URL_CLIENTS = ['lsio', 'undici', 'fetch', 'curl'] as const;
export type UrlClientName = (typeof URL_CLIENTS)[number];

/** One counted run of one client. */
export interface UrlRun {
  readonly wallNs: Amount;
  /** Of the process that reads, user and system together; null where it isn't known. */
  readonly cpuNs: Amount | null;
  /** Bytes that were asked for. */
  readonly bytes: Count;
  /** Requests that were sent for them, and the bytes that came: more than asked for where gaps were read. */
  readonly requests: Count;
  readonly bytesReceived: Count;
  /** Requests that the server refused as too many; null where the client does not tell. */
  readonly refusals: Count | null;
}

/** A case, read by one client with so many requests in flight. */
export interface UrlCaseResult {
  readonly case: CaseName;
  readonly client: UrlClientName;
  readonly inFlight: PositiveCount;
  readonly objects: PositiveCount;
  /** Objects or blocks that were asked for, and their bytes. */
  readonly operations: PositiveCount;
  readonly bytes: Count;
  readonly runs: readonly UrlRun[];
  /** The median over the runs, and its 95 % interval from three runs on. */
  readonly bytesPerSecond: Amount;
  readonly bytesPerSecondLow: Amount | null;
  readonly bytesPerSecondHigh: Amount | null;
  readonly operationsPerSecond: Amount;
  readonly cpuNsPerOperation: Amount | null;
  /** From a request to the head of its answer. */
  readonly firstByteNsP50: Amount | null;
  readonly firstByteNsP99: Amount | null;
  /** How much of the work was read again and compared with what another client got. */
  readonly verified: 'all' | 'sample' | 'none';
}

/** How fast objects are read. */
export interface UrlBenchResult {
  readonly schema: 'lsio.bench-url/1';
  /** The command that measured this, without what may be secret in addresses. */
  readonly commandLine: string;
  readonly environment: Environment;
  readonly url: string;
  readonly host: string;
  /** What lsio read by: `lean`, or `undici` behind a proxy. */
  readonly transport: string;
  readonly cases: readonly UrlCaseResult[];
  /** What is missing, and why. */
  readonly notes: readonly string[];
}
