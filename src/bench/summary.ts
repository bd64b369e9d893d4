import { depthFor } from '../plan/window.js';
import type { Workload } from '../workload/workload.js';
import type { CacheState } from './cache.js';
import type { ChildContender } from './child-contender.js';
import type { ContenderRuns, ObservedRun } from './interleave.js';
import { LatencyHistogram } from './latency.js';
import type { ReaderName } from './reader.js';
import type { CaseResult, RunRecord } from './result.js';
import { type Estimate, estimateMedian } from './stats.js';
import type { Warning } from './warnings.js';

/** How many reads to keep in flight where nobody said: as our own engine's window does for reads of this size. */
export function lanesFor(work: Workload, queueDepth: number | undefined): number {
  return queueDepth ?? depthFor({ readBytes: work.bytes / Math.max(1, work.operations) });
}

/** All that is known of a reader's runs. */
export interface MeasuredCase {
  readonly work: Workload;
  readonly cache: CacheState;
  readonly queueDepth: number | undefined;
  readonly alignBytes: number | undefined;
  readonly order: 'sorted' | 'random';
  readonly verify: 'all' | 'sample' | 'none';
  readonly reader: ReaderName;
  readonly contender: ChildContender;
  readonly threadPoolSize: number | null;
  readonly measured: ContenderRuns;
}

/** Sums up a reader's runs: throughput is the median over valid runs, each total bytes over total time. */
export function caseResult(given: MeasuredCase): CaseResult {
  const { work, measured } = given;
  const valid = measured.runs.filter((run) => run.valid);
  const bytesPerSecond = rate(valid, ({ sample }) => sample.bytes);
  const latency = new LatencyHistogram();
  for (const { sample } of valid) if (sample.latencyCounts !== undefined) latency.merge(sample.latencyCounts);
  return {
    case: work.case,
    cache: given.cache,
    direct: given.alignBytes !== undefined && (given.reader === 'uring' || given.reader === 'node'),
    engine: given.reader,
    engineReason: given.contender.facts.reason,
    queueDepth: given.reader === 'sync' ? 1 : lanesFor(work, given.queueDepth),
    rings: 1,
    threadPoolSize: given.threadPoolSize,
    order: given.order,
    files: work.files.length,
    operations: work.operations,
    bytes: work.bytes,
    passes: measured.passes,
    runs: measured.runs.map(runRecord),
    bytesPerSecond: bytesPerSecond?.value ?? null,
    bytesPerSecondLow: bytesPerSecond?.low ?? null,
    bytesPerSecondHigh: bytesPerSecond?.high ?? null,
    operationsPerSecond: rate(valid, ({ sample }) => sample.operations)?.value ?? null,
    latencyNsP50: latency.quantile(0.5) ?? null,
    latencyNsP99: latency.quantile(0.99) ?? null,
    deviceQueueAverage: deviceQueueAverage(valid),
    verified: given.verify,
  };
}

function rate(runs: readonly ObservedRun[], amount: (run: ObservedRun) => number): Estimate | undefined {
  if (runs.length === 0) return undefined;
  return estimateMedian(runs.map((run) => amount(run) / (run.sample.wallNs / 1e9)));
}

function deviceQueueAverage(runs: readonly ObservedRun[]): number | null {
  const watched = runs.filter((run) => run.device !== undefined);
  if (watched.length === 0) return null;
  const queueNs = watched.reduce((sum, run) => sum + run.device!.queueMs * 1e6, 0);
  return queueNs / watched.reduce((sum, run) => sum + run.sample.wallNs, 0);
}

export function runRecord({ sample, residentBytesBefore, device, valid }: ObservedRun): RunRecord {
  const { wallNs, cpuUserNs, cpuSystemNs, bytes, operations } = sample;
  return {
    wallNs,
    cpuUserNs,
    cpuSystemNs,
    bytes,
    operations,
    residentBytesBefore: residentBytesBefore ?? null,
    deviceBytes: device?.bytes ?? null,
    valid,
  };
}

/** What the cache state before the runs gives reason to warn of. */
export function cacheWarnings(work: Workload, cache: CacheState, { runs }: ContenderRuns): Warning[] {
  const bytes = work.files.reduce((sum, file) => sum + file.size, 0);
  return runs.flatMap(({ valid, residentBytesBefore }): Warning[] => {
    if (residentBytesBefore === undefined) return [{ kind: 'residency-unknown', case: work.case }];
    if (valid) return [];
    const kind = cache === 'cold' ? 'cold-was-warm' : 'warm-was-cold';
    return [{ kind, case: work.case, residentBytes: residentBytesBefore, bytes }];
  });
}
