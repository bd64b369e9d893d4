import { describe, expect, test } from 'vitest';
import { costsOf, mergeLimits } from './merging.js';
import { Meter } from './meter.js';

const KIB = 1024;
const COSTS = { latencyMs: 20, bytesPerSecond: 125_000_000 };

describe('mergeLimits()', () => {
  const many = { count: 1000, inHand: 300, medianBytes: 4 * KIB };

  test('merges up to where a gap takes as long as a request: as measured at 1 Gbit/s and 20 ms', () => {
    // One by one was faster from 37 KiB on at 64 in flight, from 6 KiB on at 256.
    expect(mergeLimits({ ...many, inFlightMax: 64 }, COSTS).gapBytesMax / KIB).toBeCloseTo(34.1, 0);
    expect(mergeLimits({ ...many, inFlightMax: 256 }, COSTS).gapBytesMax / KIB).toBeCloseTo(5.5, 0);
  });

  test('reads no gap along for what fits into one round: its requests wait for nothing', () => {
    expect(mergeLimits({ count: 20, inHand: 0, medianBytes: 4 * KIB, inFlightMax: 64 }, COSTS).gapBytesMax).toBe(0);
  });

  test('never asks for a gap below nothing, nor for reads beyond what is leased', () => {
    const far = { latencyMs: 2000, bytesPerSecond: 1e9 };
    expect(mergeLimits({ ...many, inFlightMax: 1 }, far).readBytesMax).toBe(8 * KIB * KIB);
    expect(mergeLimits({ ...many, medianBytes: 8 * KIB * KIB, inFlightMax: 256 }, COSTS).gapBytesMax).toBe(0);
  });
});

describe('Meter', () => {
  /** Answers of so many bytes, `inFlight` of them every `totalMs`. */
  function answer(meter: Meter, rounds: number, { inFlight = 64, bytes = 4096, firstByteMs = 20, totalMs = 20 }): void {
    for (let round = 1; round <= rounds; round++) {
      for (let i = 0; i < inFlight; i++) meter.answered(firstByteMs, totalMs, bytes, round * totalMs, 64);
    }
  }

  test('takes the smallest latency, not that of a queue', () => {
    const meter = new Meter();
    expect(costsOf(meter).latencyMs).toBe(30);
    answer(meter, 1, { firstByteMs: 5, totalMs: 6 });
    answer(meter, 3, { firstByteMs: 80, totalMs: 90 });
    expect(costsOf(meter).latencyMs).toBe(5);
    answer(meter, 40, { firstByteMs: 80, totalMs: 90 });
    expect(costsOf(meter).latencyMs).toBe(80);
  });

  test('small reads that wait for nothing leave the bandwidth as it was taken for', () => {
    const meter = new Meter();
    answer(meter, 100, {});
    expect(meter.bytesPerSecond).toBe(125_000_000);
  });

  test('more than it took for the bandwidth is believed, less only where requests wait for bytes', () => {
    const meter = new Meter();
    answer(meter, 50, { bytes: 2 ** 20 });
    expect(meter.bytesPerSecond).toBeGreaterThan(2e9);
    const slow = new Meter();
    answer(slow, 50, { bytes: 2 ** 17, firstByteMs: 20, totalMs: 400 });
    expect(slow.bytesPerSecond / ((64 * 2 ** 17) / 0.4)).toBeCloseTo(1, 1);
    const few = new Meter();
    answer(few, 50, { inFlight: 2, bytes: 2 ** 17, firstByteMs: 20, totalMs: 400 });
    expect(few.bytesPerSecond).toBe(125_000_000);
  });
});
