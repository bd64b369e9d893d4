import { type DeviceCounters, readDeviceCounters, readText } from './device.js';

/** A sample takes some 50 µs: 0.1 % of the time between two. */
const SAMPLE_MS = 50;
/** The kernel counts CPU time in hundredths of a second for user space, whatever its own clock. */
const TICK_NS = 1e7;

/** What was seen of the machine while something ran. */
export interface Watched {
  /** Growth of the device's counters over the run; undefined without a device. */
  readonly device: DeviceCounters | undefined;
  /** The device's counters, sample by sample, since the run began. */
  readonly samples: readonly DeviceSample[];
  /** Time of this machine's CPUs that its host gave to others; undefined where it isn't told. */
  readonly stealNs: number | undefined;
}

export interface DeviceSample {
  readonly atNs: number;
  readonly counters: DeviceCounters;
}

/** Does the work, and watches the device and the machine meanwhile. */
export async function watch<T>(
  device: string | undefined,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly watched: Watched }> {
  const counters: DeviceSample[] = [];
  const beganMs = performance.now();
  function sample(): void {
    const now = device === undefined ? undefined : readDeviceCounters(device);
    if (now !== undefined) counters.push({ atNs: (performance.now() - beganMs) * 1e6, counters: now });
  }
  const stealBeforeNs = stolenNs();
  sample();
  const timer = setInterval(sample, SAMPLE_MS);
  try {
    const result = await work();
    sample();
    const stealAfterNs = stolenNs();
    const [first] = counters;
    const samples = counters.map(({ atNs, counters: at }) => ({ atNs, counters: difference(first!.counters, at) }));
    const stealNs =
      stealBeforeNs === undefined || stealAfterNs === undefined ? undefined : stealAfterNs - stealBeforeNs;
    return { result, watched: { device: samples.at(-1)?.counters, samples, stealNs } };
  } finally {
    clearInterval(timer);
  }
}

function difference(before: DeviceCounters, after: DeviceCounters): DeviceCounters {
  return {
    reads: after.reads - before.reads,
    merged: after.merged - before.merged,
    bytes: after.bytes - before.bytes,
    readMs: after.readMs - before.readMs,
    busyMs: after.busyMs - before.busyMs,
    queueMs: after.queueMs - before.queueMs,
  };
}

/** cpu user nice system idle iowait irq softirq steal …, see proc_stat(5). */
function stolenNs(): number | undefined {
  const fields = readText('/proc/stat')?.split('\n', 1)[0]?.trim().split(/\s+/);
  return fields?.[8] === undefined ? undefined : Number(fields[8]) * TICK_NS;
}
