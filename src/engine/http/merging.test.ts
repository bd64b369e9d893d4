import { describe, expect, test } from 'vitest';
import { costsOf, type MergeFacts, mergeLimits } from './merging.js';
import { Meter } from './meter.js';

const KIB = 1024;
const COSTS = { latencyMs: 20, bytesPerSecond: 125_000_000, isMeasured: true };

describe('mergeLimits()', () => {
  function facts(inFlight: number, others: Partial<MergeFacts> = {}): MergeFacts {
    const block = { medianBytes: 4 * KIB, longestBytes: 4 * KIB };
    return {
      count: 1000,
      inHand: 300,
      hasMore: true,
      ...block,
      inFlightMax: inFlight,
      inFlightNow: inFlight,
      ...others,
    };
  }

  test('merges up to where a gap takes as long as a request: as measured at 1 Gbit/s and 20 ms', () => {
    // One by one was faster from 37 KiB on at 64 in flight, from 6 KiB on at 256.
    expect(mergeLimits(facts(64), COSTS).gapBytesMax / KIB).toBeCloseTo(34.1, 0);
    expect(mergeLimits(facts(256), COSTS).gapBytesMax / KIB).toBeCloseTo(5.5, 0);
  });

  test('reads no gap along for what fits into one round: its requests wait for nothing', () => {
    const few = { count: 20, inHand: 0, hasMore: false };
    expect(mergeLimits(facts(64, few), COSTS).gapBytesMax).toBe(0);
    expect(mergeLimits(facts(64, { ...few, hasMore: true }), COSTS).gapBytesMax).toBe(0);
    expect(mergeLimits(facts(64, { ...few, inHand: 13, hasMore: true }), COSTS).gapBytesMax).toBeGreaterThan(0);
    expect(mergeLimits(facts(64, { ...few, inHand: 13 }), COSTS).gapBytesMax).toBe(0);
    // One round is what may be in flight now, not later.
    expect(mergeLimits(facts(64, { ...few, inFlightNow: 16 }), COSTS).gapBytesMax).toBeGreaterThan(0);
  });

  test('never asks for a gap below nothing, nor for reads beyond what is leased', () => {
    const far = { latencyMs: 2000, bytesPerSecond: 1e9, isMeasured: true };
    expect(mergeLimits(facts(1), far).readBytesMax).toBe(8 * KIB * KIB);
    expect(mergeLimits(facts(256, { medianBytes: 8 * KIB * KIB }), COSTS).gapBytesMax).toBe(0);
  });

  test('reads are short while the bandwidth is a guess, but no range is cut for that', () => {
    const guess = { ...COSTS, isMeasured: false };
    expect(mergeLimits(facts(64), guess).readBytesMax).toBe(Math.floor((3 * 125e6 * 0.02) / 64));
    // A store next door has hardly any share, and touching ranges are one read all the same.
    expect(mergeLimits(facts(256), { ...guess, latencyMs: 0.1 }).readBytesMax).toBe(32 * KIB);
    expect(mergeLimits(facts(256), COSTS).readBytesMax).toBe(256 * KIB);
    expect(mergeLimits(facts(256, { longestBytes: 100 * KIB }), guess).readBytesMax).toBe(100 * KIB);
  });
});

describe('Meter', () => {
  interface Rounds {
    readonly inFlight?: number;
    readonly bytes?: number;
    readonly firstByteMs?: number;
    readonly totalMs?: number;
  }

  /** Answers of so many bytes, `inFlight` of them every `totalMs`. */
  function answer(meter: Meter, rounds: number, options: Rounds): void {
    const { inFlight = 64, bytes = 4096, firstByteMs = 20, totalMs = 20 } = options;
    for (let round = 1; round <= rounds; round++) {
      for (let i = 0; i < inFlight; i++) {
        meter.answered(firstByteMs, round * totalMs, inFlight, 64);
        meter.landed(bytes);
      }
    }
  }

  test('takes the smallest latency, not that of a queue', () => {
    const meter = new Meter();
    expect(costsOf(meter).latencyMs).toBe(30);
    answer(meter, 1, { firstByteMs: 5, totalMs: 6 });
    answer(meter, 3, { firstByteMs: 80, totalMs: 90 });
    expect(costsOf(meter).latencyMs).toBe(5);
    // A queue that lasts is believed little by little, lest it feeds itself.
    answer(meter, 16, { firstByteMs: 80, totalMs: 90 });
    expect(costsOf(meter).latencyMs).toBeCloseTo(5.5, 5);
    answer(meter, 300, { firstByteMs: 80, totalMs: 90 });
    expect(costsOf(meter).latencyMs).toBe(80);
  });

  test('small reads that wait for nothing leave the bandwidth as it was taken for', () => {
    const meter = new Meter();
    answer(meter, 1, {});
    expect(meter.isSettled).toBe(false);
    answer(meter, 100, {});
    expect(meter.bytesPerSecond).toBe(125_000_000);
    expect(meter).toMatchObject({ isSettled: true, isMeasured: false });
  });

  test('more than it took for the bandwidth is believed, less only where requests wait for bytes', () => {
    const meter = new Meter();
    answer(meter, 50, { bytes: 2 ** 20 });
    expect(meter.bytesPerSecond).toBeGreaterThan(2e9);
    const slow = new Meter();
    answer(slow, 50, { bytes: 2 ** 17, firstByteMs: 20, totalMs: 400 });
    expect(slow.bytesPerSecond / ((64 * 2 ** 17) / 0.4)).toBeCloseTo(1, 1);
    expect(slow.isMeasured).toBe(true);
    const few = new Meter();
    answer(few, 50, { inFlight: 2, bytes: 2 ** 17, firstByteMs: 20, totalMs: 400 });
    expect(few.bytesPerSecond).toBe(125_000_000);
  });

  test('short answers that take long say nothing of the bandwidth: the server may be slow', () => {
    const meter = new Meter();
    answer(meter, 50, { firstByteMs: 20, totalMs: 400 });
    expect(meter.bytesPerSecond).toBe(125_000_000);
  });

  test('the bandwidth shows in bodies that are under way, before one of them ends', () => {
    const meter = new Meter();
    for (let i = 0; i < 64; i++) meter.answered(20, 20 + i, 64, 64);
    for (let ms = 0; ms < 100; ms++) meter.landed(12_500);
    meter.answered(20, 120, 64, 64);
    expect(meter.bytesPerSecond / 12.5e6).toBeCloseTo(1, 1);
  });
});
