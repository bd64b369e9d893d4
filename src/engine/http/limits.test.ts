import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../clock.js';
import { Limiter } from './limiter.js';
import { Rate } from './rate.js';

/** A clock in which time passes only while somebody waits. */
function clockOf(): Clock & { nowMs: number } {
  return {
    ...systemClock,
    nowMs: 0,
    now() {
      return this.nowMs;
    },
    async sleep(ms) {
      this.nowMs += ms;
    },
  };
}

test('a fixed limit is used from the start; any other may grow to its end, or to where it was refused', () => {
  const clock = clockOf();
  expect(new Limiter(clock, 64, true)).toMatchObject({ limit: 64, prospect: 64, inFlight: 0 });
  const growing = new Limiter(clock, 64);
  expect(growing).toMatchObject({ limit: 16, prospect: 64 });
  clock.nowMs = 1;
  growing.refused(growing.tryAcquire()!);
  expect(growing.prospect).toBe(growing.limit);
  expect(growing.refusals).toBe(1);
  expect(new Limiter(clock, 4).limit).toBe(4);
});

test('permits are given in order; who was aborted gets none, before or while it waits', async () => {
  const limiter = new Limiter(clockOf(), 1, true);
  const stop = new AbortController();
  const first = await limiter.acquire();
  expect(limiter.tryAcquire()).toBeUndefined();
  const aborted = limiter.acquire(stop.signal);
  const second = limiter.acquire(new AbortController().signal);
  stop.abort('enough');
  await expect(aborted).rejects.toBe('enough');
  await expect(limiter.acquire(stop.signal)).rejects.toBe('enough');
  limiter.ended(first);
  limiter.ended(first);
  limiter.answered(await second);
  expect(limiter.inFlight).toBe(0);
});

test('Rate spreads what is asked for over time, and lets go who is aborted', async () => {
  const clock = clockOf();
  const rate = new Rate(clock, 1000);
  await rate.admit(500);
  expect(clock.nowMs).toBe(0);
  await rate.admit(2000);
  expect(clock.nowMs).toBe(500);
  await rate.admit(1);
  expect(clock.nowMs).toBe(2500);
  await expect(rate.admit(1, AbortSignal.abort('enough'))).rejects.toBe('enough');
});
