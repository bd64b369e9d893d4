import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Clock, systemClock } from '../../clock.js';
import { Load } from './load.js';

let nowMs = 0;
beforeEach(() => {
  nowMs = 1000;
});
const clock: Clock = { ...systemClock, now: () => nowMs };

/** The pump is busy for `busyMs` out of each 10 ms, `rounds` times; after each, reads are in flight or not. */
function pump(load: Load, { busyMs, rounds, inFlight }: { busyMs: number; rounds: number; inFlight: boolean }): void {
  for (let round = 0; round < rounds; round++) {
    const beganMs = nowMs;
    nowMs += busyMs;
    load.add(beganMs, inFlight);
    nowMs += 10 - busyMs;
  }
}

function newLoad(more = true): { load: Load; onSaturated: ReturnType<typeof vi.fn> } {
  const onSaturated = vi.fn(async () => more);
  return { load: new Load(onSaturated, clock), onSaturated };
}

describe('Load', () => {
  test.each([
    [9, 1],
    [8, 1],
    [7, 0],
    [1, 0],
  ])('a pump busy for %i of 10 ms with reads in flight calls for help %i times in a second', (busyMs, calls) => {
    const { load, onSaturated } = newLoad();
    pump(load, { busyMs, rounds: 100, inFlight: true });
    expect(onSaturated).toHaveBeenCalledTimes(calls);
  });

  test('calls for nothing in less than half a second', () => {
    const { load, onSaturated } = newLoad();
    pump(load, { busyMs: 10, rounds: 49, inFlight: true });
    expect(onSaturated).not.toHaveBeenCalled();
  });

  test('time without reads in flight counts neither as busy nor as idle', () => {
    const { load, onSaturated } = newLoad();
    for (let burst = 0; burst < 9; burst++) {
      pump(load, { busyMs: 9, rounds: 5, inFlight: true });
      pump(load, { busyMs: 1, rounds: 1, inFlight: false });
      nowMs += 60_000;
    }
    expect(onSaturated).not.toHaveBeenCalled();
    pump(load, { busyMs: 9, rounds: 5, inFlight: true });
    expect(onSaturated).toHaveBeenCalledTimes(1);
  });

  test('calls again after help has come, and no more when there is none', async () => {
    for (const [more, calls] of [
      [true, 2],
      [false, 1],
    ] as const) {
      const { load, onSaturated } = newLoad(more);
      pump(load, { busyMs: 10, rounds: 80, inFlight: true });
      await Promise.resolve();
      pump(load, { busyMs: 10, rounds: 60, inFlight: true });
      expect(onSaturated).toHaveBeenCalledTimes(calls);
    }
  });
});
