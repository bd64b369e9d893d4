import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../clock.js';
import { Limiter } from './limiter.js';

function clockOf() {
  const clock = { ...systemClock, ms: 0, now: () => clock.ms };
  return clock satisfies Clock;
}

test('Limiter admits 16 at first, and one more for each answer', async () => {
  const limiter = new Limiter(clockOf(), 256);
  const permits = await Promise.all(Array.from({ length: 16 }, () => limiter.acquire()));
  let admitted = false;
  const next = limiter.acquire().then((permit) => {
    admitted = true;
    return permit;
  });
  await Promise.resolve();
  expect(admitted).toBe(false);
  limiter.answered(permits[0]!);
  await next;
  expect(limiter.limit).toBe(17);
  expect(limiter.inFlight).toBe(16);
});

test('Limiter is halved at first, once for all that were under way, then grows by one a round, and is cut by less', async () => {
  const clock = clockOf();
  const limiter = new Limiter(clock, 256);
  const permits = await Promise.all(Array.from({ length: 10 }, () => limiter.acquire()));
  clock.ms = 5;
  for (const permit of permits) limiter.refused(permit);
  expect(limiter.limit).toBe(5);
  expect(limiter.refusals).toBe(10);
  for (let i = 0; i < 6; i++) limiter.answered(await limiter.acquire());
  expect(limiter.limit).toBe(6);
  for (let i = 0; i < 34; i++) limiter.answered(await limiter.acquire());
  expect(limiter.limit).toBe(10);
  clock.ms = 6;
  limiter.refused(await limiter.acquire());
  expect(limiter.limit).toBe(7);
});

test('Limiter never falls below one', async () => {
  const clock = clockOf();
  const limiter = new Limiter(clock, 4);
  for (let i = 0; i < 20; i++) {
    const permit = await limiter.acquire();
    clock.ms++;
    limiter.refused({ ...permit, beganMs: clock.ms });
    limiter.ended(permit);
  }
  expect(limiter.limit).toBe(1);
});

test('a permit counts once, however often it is given back', async () => {
  const limiter = new Limiter(clockOf(), 4);
  const permit = await limiter.acquire();
  limiter.answered(permit);
  limiter.ended(permit);
  limiter.refused(permit);
  expect(limiter.inFlight).toBe(0);
  expect(limiter.refusals).toBe(0);
});

test('a waiter that is aborted leaves the queue', async () => {
  const limiter = new Limiter(clockOf(), 1, true);
  const first = await limiter.acquire();
  const controller = new AbortController();
  const aborted = limiter.acquire(controller.signal);
  const after = limiter.acquire();
  controller.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  limiter.answered(first);
  await after;
  expect(limiter.inFlight).toBe(1);
});
