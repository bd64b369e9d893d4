import type { DeviceCounters } from './device.js';
import { LatencyHistogram } from './latency.js';
import type { Watched } from './monitor.js';
import type { Sample } from './runner.js';

/** A run, with what was seen around it. */
export interface ObservedRun extends Watched {
  readonly sample: Sample;
  readonly residentBytesBefore: number | undefined;
  readonly valid: boolean;
}

/** Bytes per nanosecond. */
export function speedOf({ sample }: ObservedRun): number {
  return sample.bytes / sample.wallNs;
}

/** One run out of its passes, which were done one after the other with pauses that don't count. */
export function inSequence(parts: readonly ObservedRun[]): ObservedRun {
  const samples = parts.map(({ sample }) => sample);
  const resident = parts.map(({ residentBytesBefore }) => residentBytesBefore);
  const steals = parts.map(({ stealNs }) => stealNs);
  return {
    sample: sumOfSamples(samples, 'wallNs'),
    residentBytesBefore: optional(resident, (values) => Math.max(...values)),
    device: optional(
      parts.map(({ device }) => device),
      (values) => values.reduce(sumOfCounters),
    ),
    // Of the last pass.
    samples: parts.at(-1)!.samples,
    stealNs: optional(steals, sum),
    valid: parts.every(({ valid }) => valid),
  };
}

/** The sums of samples; with `wallNs` theirs too, else the longest, as of runs at the same time. */
export function sumOfSamples(samples: readonly Sample[], sequence?: 'wallNs'): Sample {
  const of = (name: 'wallNs' | 'cpuUserNs' | 'cpuSystemNs' | 'operations' | 'bytes') =>
    samples.map((sample) => sample[name]);
  const maybe = (name: 'reads' | 'bytesRead' | 'contextSwitches' | 'pageFaults' | 'majorPageFaults') =>
    optional(
      samples.map((sample) => sample[name]),
      sum,
    );
  return {
    wallNs: sequence === undefined ? Math.max(...of('wallNs')) : sum(of('wallNs')),
    cpuUserNs: sum(of('cpuUserNs')),
    cpuSystemNs: sum(of('cpuSystemNs')),
    operations: sum(of('operations')),
    bytes: sum(of('bytes')),
    reads: maybe('reads'),
    bytesRead: maybe('bytesRead'),
    readOrder: samples.find(({ readOrder }) => readOrder === 'device')?.readOrder,
    contextSwitches: maybe('contextSwitches'),
    pageFaults: maybe('pageFaults'),
    majorPageFaults: maybe('majorPageFaults'),
    latencyCounts: optional(
      samples.map((sample) => sample.latencyCounts),
      mergedCounts,
    ),
  };
}

/** What one of them doesn't tell, all together can't. */
function optional<T, R>(values: readonly (T | undefined)[], of: (values: readonly T[]) => R): R | undefined {
  return values.includes(undefined) ? undefined : of(values as readonly T[]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mergedCounts(all: readonly Float64Array[]): Float64Array {
  const merged = new LatencyHistogram();
  for (const counts of all) merged.merge(counts);
  return merged.counts;
}

function sumOfCounters(one: DeviceCounters, other: DeviceCounters): DeviceCounters {
  return {
    reads: one.reads + other.reads,
    merged: one.merged + other.merged,
    bytes: one.bytes + other.bytes,
    readMs: one.readMs + other.readMs,
    busyMs: one.busyMs + other.busyMs,
    queueMs: one.queueMs + other.queueMs,
  };
}
