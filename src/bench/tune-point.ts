import type { Amount, Count, PositiveCount } from '../results/common.js';
import type { Workload } from '../workload/workload.js';
import type { RunnerRuns } from './interleave.js';
import type { KneePoint } from './knee.js';
import { LatencyHistogram } from './latency.js';
import { estimateMedian } from './stats.js';

/** One counted run. */
export interface TuneRun {
  readonly wallNs: Amount;
  readonly cpuUserNs: Amount;
  readonly cpuSystemNs: Amount;
  readonly operations: Count;
  readonly bytes: Count;
  /** False when the cache was in another state: such a run is not counted. */
  readonly valid: boolean;
}

/** The figures of one setting: medians over valid runs; null when none was valid. */
export interface TunePoint extends KneePoint {
  /** Of one pass. */
  readonly operations: Count;
  readonly bytes: Count;
  readonly passes: PositiveCount;
  readonly runs: readonly TuneRun[];
  readonly operationsPerSecondLow: Amount | null;
  readonly operationsPerSecondHigh: Amount | null;
  readonly bytesPerSecond: Amount | null;
  readonly latencyNsP50: Amount | null;
  readonly cpuNsPerOperation: Amount | null;
  /** The smallest depth within 5 % of the best throughput of its block size and rings. */
  readonly knee: boolean;
}

type Setting = Pick<TunePoint, 'blockBytes' | 'rings' | 'queueDepth'>;

/** Sums up the runs of a setting. */
export function pointOf(setting: Setting, work: Workload, { passes, runs }: RunnerRuns): TunePoint {
  const samples = runs.filter((run) => run.valid).map((run) => run.sample);
  const rates = samples.map(({ operations, wallNs }) => operations / (wallNs / 1e9));
  const rate = rates.length === 0 ? undefined : estimateMedian(rates);
  const latency = new LatencyHistogram();
  for (const { latencyCounts } of samples) if (latencyCounts !== undefined) latency.merge(latencyCounts);
  const cpuNs = samples.reduce((sum, sample) => sum + sample.cpuUserNs + sample.cpuSystemNs, 0);
  const operations = samples.reduce((sum, sample) => sum + sample.operations, 0);
  return {
    ...setting,
    operations: work.operations,
    bytes: work.bytes,
    passes,
    runs: runs.map(runOf),
    operationsPerSecond: rate?.value ?? null,
    operationsPerSecondLow: rate?.low ?? null,
    operationsPerSecondHigh: rate?.high ?? null,
    bytesPerSecond: rate === undefined ? null : (rate.value * work.bytes) / work.operations,
    latencyNsP50: latency.quantile(0.5) ?? null,
    latencyNsP99: latency.quantile(0.99) ?? null,
    cpuNsPerOperation: operations === 0 ? null : cpuNs / operations,
    knee: false,
  };
}

function runOf({ sample, valid }: RunnerRuns['runs'][number]): TuneRun {
  const { wallNs, cpuUserNs, cpuSystemNs, operations, bytes } = sample;
  return { wallNs, cpuUserNs, cpuSystemNs, operations, bytes, valid };
}
