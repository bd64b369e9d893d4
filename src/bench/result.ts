import type { Amount, Count, PositiveCount } from '../results/common.js';
import type { ReadOrder } from '../store/local/device-order.js';
import type { CaseName } from '../workload/workload.js';
import type { CacheState } from './cache.js';
import type { Environment } from './environment.js';
import type { ReaderName } from './reader.js';
import type { Verdict } from './stats.js';
import type { Warning } from './warnings.js';

/** One counted run. */
export interface RunRecord {
  readonly wallNs: Amount;
  readonly cpuUserNs: Amount;
  readonly cpuSystemNs: Amount;
  readonly bytes: Count;
  readonly operations: Count;
  /**
   * Reads issued for them, and the bytes that those brought, gaps between merged blocks included; null where that isn't
   * known: Node's own calls.
   */
  readonly reads: Count | null;
  readonly bytesRead: Count | null;
  /** Of the workload's files, before the run; null where the kernel doesn't tell. */
  readonly residentBytesBefore: Count | null;
  /** What the device read meanwhile, for all programs; null where no device is watched. */
  readonly deviceBytes: Amount | null;
  /** Of the reading process; null where unknown. */
  readonly contextSwitches: Count | null;
  readonly pageFaults: Count | null;
  /** Of these, those that waited for the device. */
  readonly majorPageFaults: Count | null;
  /** Time of this machine's CPUs that its host gave to others during the run. */
  readonly stealNs: Amount | null;
  /** False when the cache was in another state: such a run is not counted. */
  readonly valid: boolean;
}

export interface LatencyShare {
  readonly ns: Amount;
  readonly share: Amount;
}

/** What the device below the files did during the valid runs, for all programs. */
export interface DeviceSummary {
  readonly bytesPerSecond: Amount;
  readonly readsPerSecond: Amount;
  /** Reads that the kernel merged with others, as a share of all that were asked of the device. */
  readonly mergedShare: Amount;
  /** From a request's arrival in the queue to its end, on average; null when there were none. */
  readonly awaitNs: Amount | null;
  readonly queueAverage: Amount;
  /** The share of the time with at least one request in hand. */
  readonly utilisation: Amount;
}

export interface DeviceMoment {
  /** From the beginning of the run. */
  readonly atNs: Amount;
  readonly queue: Amount;
  readonly bytesPerSecond: Amount;
}

/**
 * What limits a case: `cpu`, its CPUs were busy; `device`, it had as many reads in hand as were asked for;
 * `application`, neither: it submits too few reads, or too slowly.
 */
export interface Bound {
  readonly by: 'application' | 'device' | 'cpu';
  /** The figures behind it, in words. */
  readonly evidence: string;
}

/** A case in one cache state, at one depth, by one reader. */
export interface CaseResult {
  readonly case: CaseName;
  readonly cache: CacheState;
  /** Read with O_DIRECT. */
  readonly direct: boolean;
  readonly engine: ReaderName;
  /** Why this engine, or what a baseline is. */
  readonly engineReason: string;
  /** Reads in flight at most. */
  readonly queueDepth: PositiveCount;
  readonly rings: PositiveCount;
  /** libuv's threads, for those that use them. */
  readonly threadPoolSize: PositiveCount | null;
  readonly order: 'sorted' | 'random';
  /** In which order it read: that of the device, or the one given. */
  readonly readOrder: ReadOrder;
  readonly files: PositiveCount;
  /** Of one pass. */
  readonly operations: Count;
  readonly bytes: Count;
  /** How often a run repeats the workload, so that it lasts long enough to be timed. */
  readonly passes: PositiveCount;
  readonly runs: readonly RunRecord[];
  /** The median over valid runs, and its 95 % interval; null when no run was valid. */
  readonly bytesPerSecond: Amount | null;
  readonly bytesPerSecondLow: Amount | null;
  readonly bytesPerSecondHigh: Amount | null;
  readonly operationsPerSecond: Amount | null;
  /** CPU time per operation, of the whole process, kernel and user together. */
  readonly cpuNsPerOperation: Amount | null;
  readonly cpuNsPerGiB: Amount | null;
  /**
   * From the submission of a read to its bytes being there, stamped once per batch and counted in steps of 9 %; null when
   * not recorded.
   */
  readonly latencyNsP50: Amount | null;
  readonly latencyNsP90: Amount | null;
  readonly latencyNsP99: Amount | null;
  readonly latencyNsP999: Amount | null;
  readonly latencyNsP9999: Amount | null;
  /** Latency in ns and the share of operations (0 … 1) that took no longer, step by step. */
  readonly latencyShares: readonly LatencyShare[];
  /** Requests that the device had in hand on average, over the valid runs. */
  readonly deviceQueueAverage: Amount | null;
  readonly device: DeviceSummary | null;
  /** The device over the last valid run, sampled some twenty times a second. */
  readonly deviceOverTime: readonly DeviceMoment[];
  readonly bound: Bound | null;
  /** Figures of `perf stat` over one more run that isn't counted, by its own names; null when not asked for. */
  readonly perf: Readonly<Record<string, number>> | null;
  /** How much of the workload was read again and compared. */
  readonly verified: 'all' | 'sample' | 'none';
}

export interface BenchResult {
  readonly schema: 'lsio.bench/1';
  /** The command that measured this. */
  readonly commandLine?: string;
  readonly environment: Environment;
  readonly cases: readonly CaseResult[];
  readonly warnings: readonly Warning[];
  /** It was stopped before its end: Ctrl-C, or an error. */
  readonly interrupted: boolean;
}

/** The figures of one side of a comparison: medians over valid runs. */
export interface SideResult {
  readonly bytesPerSecond: Amount;
  readonly operationsPerSecond: Amount;
  readonly cpuNsPerOperation: Amount;
  readonly cpuUserShare: Amount;
  readonly runs: readonly RunRecord[];
  /** The command that repeats the work. */
  readonly commandLine: string;
  readonly version: string;
  /** fio's job file. */
  readonly job?: string | undefined;
}

export interface Comparison {
  readonly case: CaseName;
  readonly cache: CacheState;
  readonly direct: boolean;
  readonly queueDepth: PositiveCount;
  readonly rings: PositiveCount;
  readonly baseline: 'matched' | 'classic' | 'self';
  readonly files: PositiveCount;
  readonly operations: Count;
  readonly bytes: Count;
  readonly passes: PositiveCount;
  readonly engine: string;
  /** In which order lsio read: that of the device, or the one given. fio keeps to the order given. */
  readonly readOrder: ReadOrder;
  readonly lsio: SideResult;
  readonly fio: SideResult;
  /** lsio's throughput over fio's: the median over pairs of neighbouring runs, and its 95 % interval. */
  readonly ratio: Amount;
  readonly ratioLow: Amount;
  readonly ratioHigh: Amount;
  readonly verdict: Verdict;
  /** What is not the same on both sides. */
  readonly asymmetries: readonly string[];
}

export interface CompareResult {
  readonly schema: 'lsio.compare-fio/1';
  /** The command that measured this. */
  readonly commandLine?: string;
  readonly environment: Environment;
  readonly comparisons: readonly Comparison[];
  readonly warnings: readonly Warning[];
  readonly interrupted: boolean;
}
