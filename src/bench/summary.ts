import { depthFor } from '../plan/window.js';
import type { ReadOrder } from '../store/local/device-order.js';
import { formatBytes, formatCount } from '../units.js';
import type { Workload } from '../workload/workload.js';
import type { CacheState } from './cache.js';
import { boundOf, deviceOverTime, deviceSummary, total } from './device-summary.js';
import type { RunnerRuns } from './interleave.js';
import { LatencyHistogram } from './latency.js';
import type { ObservedRun } from './observed-run.js';
import { isEngineReader, type ReaderName, SYNC_READERS } from './reader.js';
import type { CaseResult, RunRecord } from './result.js';
import { DECIDING_RUNS, type Estimate, estimateMedian } from './stats.js';

/** The default number of reads in flight: that of lsio's own window for reads of this size. */
export function lanesFor(work: Workload, queueDepth: number | undefined): number {
  return queueDepth ?? depthFor({ readBytes: work.bytes / Math.max(1, work.operations) });
}

/** A reader's runs, and how they were made. */
export interface MeasuredCase {
  readonly work: Workload;
  readonly cache: CacheState;
  readonly queueDepth: number | undefined;
  readonly alignBytes: number | undefined;
  readonly order: 'sorted' | 'random';
  readonly verify: 'all' | 'sample' | 'none';
  readonly reader: ReaderName;
  /** Why this engine, or what a baseline is. */
  readonly reason: string;
  readonly threadPoolSize: number | null;
  readonly rings: number;
  readonly perf: Readonly<Record<string, number>> | null;
  readonly measured: RunnerRuns;
}

/** Sums up a reader's runs: throughput is the median over valid runs, each total bytes over total time. */
export function caseResult(given: MeasuredCase): CaseResult {
  const { work, measured } = given;
  const valid = measured.runs.filter((run) => run.valid);
  const hasInterval = valid.length >= DECIDING_RUNS;
  const bytesPerSecond = rate(valid, ({ sample }) => sample.bytes);
  const queueDepth = SYNC_READERS.includes(given.reader) ? 1 : lanesFor(work, given.queueDepth);
  const device = deviceSummary(valid);
  // Each of libuv's threads holds one read.
  const inFlight = Math.min(queueDepth, given.threadPoolSize ?? queueDepth) * given.rings;
  const latency = new LatencyHistogram();
  for (const { sample } of valid) if (sample.latencyCounts !== undefined) latency.merge(sample.latencyCounts);
  return {
    case: work.case,
    cache: given.cache,
    direct: given.alignBytes !== undefined && isEngineReader(given.reader),
    engine: given.reader,
    engineReason: given.reason,
    queueDepth,
    rings: given.rings,
    threadPoolSize: given.threadPoolSize,
    order: given.order,
    readOrder: readOrderOf(valid),
    files: work.files.length,
    operations: work.operations,
    bytes: work.bytes,
    passes: measured.passes,
    runs: measured.runs.map(runRecord),
    bytesPerSecond: bytesPerSecond?.value ?? null,
    bytesPerSecondLow: hasInterval ? (bytesPerSecond?.low ?? null) : null,
    bytesPerSecondHigh: hasInterval ? (bytesPerSecond?.high ?? null) : null,
    operationsPerSecond: rate(valid, ({ sample }) => sample.operations)?.value ?? null,
    ...cpuFigures(valid),
    latencyNsP50: latency.quantile(0.5) ?? null,
    latencyNsP90: latency.quantile(0.9) ?? null,
    latencyNsP99: latency.quantile(0.99) ?? null,
    latencyNsP999: latency.quantile(0.999) ?? null,
    latencyNsP9999: latency.quantile(0.9999) ?? null,
    latencyShares: latency.shares(),
    deviceQueueAverage: device?.queueAverage ?? null,
    device,
    deviceOverTime: deviceOverTime(valid),
    bound: boundOf(valid, { device, queueDepth: inFlight, threads: given.rings, cold: given.cache === 'cold' }),
    perf: given.perf,
    verified: given.verify,
  };
}

/** The order in which the runs read. It can change when files enter the page cache meanwhile. */
export function readOrderOf(runs: readonly ObservedRun[]): ReadOrder {
  return runs.some(({ sample }) => sample.readOrder === 'device') ? 'device' : 'given';
}

function rate(runs: readonly ObservedRun[], amount: (run: ObservedRun) => number): Estimate | undefined {
  if (runs.length === 0) return undefined;
  return estimateMedian(runs.map((run) => amount(run) / (run.sample.wallNs / 1e9)));
}

function cpuFigures(runs: readonly ObservedRun[]): Pick<CaseResult, 'cpuNsPerOperation' | 'cpuNsPerGiB'> {
  const cpuNs = total(runs, ({ sample }) => sample.cpuUserNs + sample.cpuSystemNs);
  const operations = total(runs, ({ sample }) => sample.operations);
  const bytes = total(runs, ({ sample }) => sample.bytes);
  return {
    cpuNsPerOperation: operations === 0 ? null : cpuNs / operations,
    cpuNsPerGiB: bytes === 0 ? null : cpuNs / (bytes / 2 ** 30),
  };
}

export function runRecord({ sample, residentBytesBefore, device, stealNs, valid }: ObservedRun): RunRecord {
  const { wallNs, cpuUserNs, cpuSystemNs, bytes, operations } = sample;
  return {
    wallNs,
    cpuUserNs,
    cpuSystemNs,
    bytes,
    operations,
    reads: sample.reads ?? null,
    bytesRead: sample.bytesRead ?? null,
    residentBytesBefore: residentBytesBefore ?? null,
    deviceBytes: device?.bytes ?? null,
    contextSwitches: sample.contextSwitches ?? null,
    pageFaults: sample.pageFaults ?? null,
    majorPageFaults: sample.majorPageFaults ?? null,
    stealNs: stealNs ?? null,
    valid,
  };
}

/** How operations became reads; undefined where each was one read, and where that is unknown. */
export function readsText({
  case: name,
  passes,
  runs,
}: Pick<CaseResult, 'case' | 'passes' | 'runs'>): string | undefined {
  const { operations = 0, bytes = 0, reads = null, bytesRead = null } = runs.at(-1) ?? {};
  if (reads === null || bytesRead === null || reads === operations) return undefined;
  const things = `${formatCount(operations / passes)} ${name === 'whole-files' ? 'files' : 'blocks'}`;
  if (reads > operations) return `read ${things} by ${formatCount(reads / passes)} reads`;
  const gaps = formatBytes((bytesRead - bytes) / passes);
  return `merged ${things} into ${formatCount(reads / passes)} reads, which brought ${gaps} of gaps`;
}
