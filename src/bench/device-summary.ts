import type { ObservedRun } from './observed-run.js';
import type { Bound, DeviceMoment, DeviceSummary } from './result.js';

/** From this share of the depth on, the device counts as full. */
const QUEUE_FULL_SHARE = 0.7;
/** With less than this share of the bytes from the device, the device was not the limit. */
const DEVICE_BYTES_SHARE = 0.5;
/** Also device-bound: busy ≥ 95 %, queue ≥ 25 % of the depth, CPU not saturated. */
const DEVICE_BUSY_SHARE = 0.95;
const QUEUE_USED_SHARE = 0.25;
const CPU_BUSY_SHARE = 0.85;

export function total(runs: readonly ObservedRun[], amount: (run: ObservedRun) => number): number {
  return runs.reduce((sum, run) => sum + amount(run), 0);
}

/** What the device did during these runs; null without one. */
export function deviceSummary(runs: readonly ObservedRun[]): DeviceSummary | null {
  const watched = runs.filter((run) => run.device !== undefined);
  if (watched.length === 0) return null;
  const wallNs = total(watched, ({ sample }) => sample.wallNs);
  const reads = total(watched, ({ device }) => device!.reads);
  const merged = total(watched, ({ device }) => device!.merged);
  return {
    bytesPerSecond: total(watched, ({ device }) => device!.bytes) / (wallNs / 1e9),
    readsPerSecond: reads / (wallNs / 1e9),
    mergedShare: merged === 0 ? 0 : merged / (reads + merged),
    awaitNs: reads === 0 ? null : (total(watched, ({ device }) => device!.readMs) * 1e6) / reads,
    queueAverage: (total(watched, ({ device }) => device!.queueMs) * 1e6) / wallNs,
    // The kernel rounds to its ticks.
    utilisation: Math.min(1, (total(watched, ({ device }) => device!.busyMs) * 1e6) / wallNs),
  };
}

/** The device over the last of these runs, sample by sample. */
export function deviceOverTime(runs: readonly ObservedRun[]): DeviceMoment[] {
  const samples = runs.at(-1)?.samples ?? [];
  return samples.slice(1).map(({ atNs, counters }, index) => {
    const before = samples[index]!;
    const seconds = (atNs - before.atNs) / 1e9;
    return {
      atNs: Math.round(atNs),
      queue: (counters.queueMs - before.counters.queueMs) / 1000 / seconds,
      bytesPerSecond: (counters.bytes - before.counters.bytes) / seconds,
    };
  });
}

/**
 * What limited these runs; null when there were none.
 *
 * @param asked `queueDepth`: reads in flight asked for, over all rings. `threads`: those that issue reads, one CPU each.
 */
export function boundOf(
  runs: readonly ObservedRun[],
  asked: {
    readonly device: DeviceSummary | null;
    readonly queueDepth: number;
    readonly threads: number;
    readonly cold: boolean;
  },
): Bound | null {
  if (runs.length === 0) return null;
  const { device, queueDepth, threads } = asked;
  const cpuNs = total(runs, ({ sample }) => sample.cpuUserNs + sample.cpuSystemNs);
  const cpus = cpuNs / total(runs, ({ sample }) => sample.wallNs);
  const busy = `${cpus.toFixed(2)} CPUs busy`;
  const cpuBusy = cpus >= CPU_BUSY_SHARE * threads;
  // Without the device's counters, it is unknown whether the device limited a cold run.
  if (device === null && asked.cold && !cpuBusy) return null;
  if (device === null) return { by: cpuBusy ? 'cpu' : 'application', evidence: `${busy}, no device watched` };
  const evidence =
    `${busy}, device queue ${device.queueAverage.toFixed(1)} with up to ${queueDepth} reads in flight, ` +
    `device busy ${Math.round(device.utilisation * 100)} % of the time`;
  const deviceBytes = total(runs, (run) => run.device?.bytes ?? 0);
  const fromDevice = deviceBytes >= DEVICE_BYTES_SHARE * total(runs, ({ sample }) => sample.bytes);
  const full = device.queueAverage >= QUEUE_FULL_SHARE * queueDepth;
  const neverIdle =
    !cpuBusy && device.utilisation >= DEVICE_BUSY_SHARE && device.queueAverage >= QUEUE_USED_SHARE * queueDepth;
  if (fromDevice && (full || neverIdle)) return { by: 'device', evidence };
  return { by: cpuBusy ? 'cpu' : 'application', evidence };
}
