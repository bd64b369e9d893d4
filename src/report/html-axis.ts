import { formatBytes, formatDurationNs } from '../units.js';

export interface Tick {
  readonly value: number;
  readonly text: string;
}

/** A scale with its marks: `place` maps a value to its share of the length, 0 … 1. */
export interface Axis {
  readonly label: string;
  readonly place: (value: number) => number;
  readonly ticks: readonly Tick[];
}

/** Bytes per second from 0, in the binary unit that suits the largest. */
export function rateAxis(bytesPerSecondMax: number): Axis {
  const { bytes, name } = binaryUnit(bytesPerSecondMax);
  return linearAxis({ max: bytesPerSecondMax, unit: bytes, label: `${name}/s` });
}

/** From 0 to a round number; ticks are in multiples of `unit`. */
export function linearAxis({ max, unit = 1, label }: { max: number; unit?: number; label: string }): Axis {
  const largest = (max > 0 ? max : 1) / unit;
  const step = roundStep(largest);
  const steps = Math.max(1, Math.ceil((largest / step) * (1 - 1e-9)));
  const decimals = [0, 1, 2, 3, 4].find((count) => Number(step.toFixed(count)) === step) ?? 6;
  const ticks = Array.from({ length: steps + 1 }, (_, index) => ({
    value: index * step * unit,
    text: (index * step).toFixed(decimals),
  }));
  return { label, ticks, place: (value) => value / (steps * step * unit) };
}

/** Time from 0 to exactly the end of the run. */
export function timeAxis(nsMax: number): Axis {
  const axis = linearAxis(
    nsMax < 2e9 ? { max: nsMax, unit: 1e6, label: 'time, ms' } : { max: nsMax, unit: 1e9, label: 'time, s' },
  );
  return {
    ...axis,
    ticks: axis.ticks.filter((tick) => tick.value <= nsMax),
    place: (value) => value / Math.max(1, nsMax),
  };
}

/** Latencies in ns, each power of ten alike; 2 and 5 are marked too where there is room. */
export function latencyAxis(nsMin: number, nsMax: number): Axis {
  const low = Math.max(1, nsMin);
  const high = Math.max(low * 1.5, nsMax);
  const decades = Math.log10(high / low);
  const marks = decades <= 2 ? [1, 2, 5] : decades <= 3.5 ? [1, 3] : [1];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    for (const mark of marks) {
      const value = mark * 10 ** power;
      if (value >= low * 0.999 && value <= high * 1.001) ticks.push({ value, text: formatDurationNs(value) });
    }
  }
  return { label: 'latency', ticks, place: (value) => Math.log10(Math.max(value, low) / low) / decades };
}

/** Depths, each doubling alike; marked where they were measured, except where marks would touch. */
export function depthAxis(depths: readonly number[]): Axis {
  const sorted = [...new Set(depths)].sort((left, right) => left - right);
  const low = sorted[0] ?? 1;
  const span = Math.log2((sorted.at(-1) ?? 1) / low) || 1;
  // A margin keeps the first and the last mark off the edges.
  const place = (value: number) => 0.04 + (0.92 * Math.log2(value / low)) / span;
  const ticks = sorted.map((value) => ({ value, text: String(value) }));
  return { label: 'reads in flight', place, ticks: spread(ticks, place, 0.06) };
}

/** Shares of operations, stretched towards 1: each further nine takes the same room. `ninesMax`: where the axis ends. */
export function ninesAxis(ninesMax: number): Axis {
  // 0.9999 has a little more than four nines in floating point.
  const shares = [0, 0.5, 0.9, 0.99, 0.999, 0.9999].filter((share) => nines(share) <= ninesMax + 1e-6);
  const ticks = shares.map((value) => ({ value, text: value === 0 ? '0 %' : `p${Number((value * 100).toFixed(2))}` }));
  return { label: 'share of operations', ticks, place: (share) => Math.min(1, nines(share) / (ninesMax + 0.3)) };
}

/** How many nines a share has: 0.9 → 1, 0.99 → 2. */
export function nines(share: number): number {
  return share >= 1 ? Number.POSITIVE_INFINITY : -Math.log10(1 - Math.max(0, share));
}

/** Ratios around 1, half as far to the left as double is to the right. */
export function ratioAxis(ratios: readonly number[]): Axis {
  const low = Math.max(0.01, Math.min(0.88, ...ratios)) * 0.98;
  const high = Math.max(1.14, ...ratios) * 1.02;
  const place = (value: number) => Math.log(value / low) / Math.log(high / low);
  const marks = [1, 0.5, 2, 0.1, 0.2, 0.25, 3, 4, 5, 10, 20, 50, 0.75, 1.5, 0.9, 1.1, 1.25, 0.8, 1.2, 1.3, 1.75];
  const ticks = marks
    .filter((mark) => mark >= low && mark <= high)
    .map((value) => ({ value, text: value === 1 ? '1 (as fast)' : String(value) }));
  return { label: 'ratio', place, ticks: spread(ticks, place, 0.09) };
}

/** The ticks that stand at least so far (as a share of the length) from those that come before them in the list. */
function spread(ticks: readonly Tick[], place: (value: number) => number, apart: number): Tick[] {
  const kept: Tick[] = [];
  for (const tick of ticks) {
    if (kept.every((other) => Math.abs(place(other.value) - place(tick.value)) >= apart)) kept.push(tick);
  }
  return kept;
}

/** 1, 2, 2.5 or 5 times a power of ten, so that four to six steps reach the maximum. */
function roundStep(max: number): number {
  const rough = max / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
}

function binaryUnit(bytes: number): { bytes: number; name: string } {
  const name = formatBytes(bytes).split(' ')[1] ?? 'B';
  return { name, bytes: 1024 ** Math.max(0, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'].indexOf(name)) };
}
