import { describe, expect, test } from 'vitest';
import { HttpClient } from '../engine/http/client.js';
import { HttpEngine } from '../engine/http/http-engine.js';
import { Limiter } from '../engine/http/limiter.js';
import { Meter } from '../engine/http/meter.js';
import { Slab } from '../memory/slab.js';
import { ManyReads, type ReadManyOptions } from '../read/read-many.js';
import { SimClock } from '../sim/clock.js';
import { mergingBy } from './remote-merging.js';
import { SimulatedLink } from './simulated-link.testing.js';

const KIB = 1024;
const SLAB = Buffer.allocUnsafeSlow(64 * KIB * KIB);
const MERGED = { gapBytesMax: 1024 * KIB, readBytesMax: 1024 * KIB };

interface Job {
  readonly inFlight: number;
  readonly gapKib: number;
  readonly count?: number;
  readonly bytesPerSecond?: number;
  /** Whether the number of requests in flight has yet to grow. */
  readonly grows?: boolean;
}

/** How long blocks of 4 KiB with a gap between any two take at 20 ms, in milliseconds of simulated time. */
async function timeOf(job: Job, coalesce: NonNullable<ReadManyOptions['coalesce']>): Promise<number> {
  const { inFlight, gapKib, count = 4000, bytesPerSecond = 125e6, grows = false } = job;
  const clock = new SimClock(1e6);
  const transport = new SimulatedLink({ clock, latencyMs: 20, bytesPerSecond });
  const limiter = new Limiter(clock, inFlight, !grows);
  const meter = new Meter();
  const engine = new HttpEngine({
    client: new HttpClient({ transport, limiter, clock, meter }),
    slab: new Slab(SLAB),
    depth: inFlight,
    inHandMax: () => Math.ceil(limiter.limit * 1.25) + 16,
    target: (path) => ({ url: new URL(`http://localhost/${path}`), name: `${path}` }),
    info: { engine: 'http', reason: 'test', queueDepth: inFlight, rings: 1, slabBytes: SLAB.length, flags: [] },
    clock,
  });
  const [length, stride] = [4 * KIB, (4 + gapKib) * KIB];
  const requests = Array.from({ length: count }, (_, index) => ({ range: { offset: index * stride, length } }));
  const backend = { engine, merging: mergingBy(meter, limiter), sizeOf: () => Promise.resolve(0) };
  const beganMs = clock.now();
  let exact = 0;
  for await (const batch of new ManyReads(backend, requests, { coalesce, pathOf: () => 'a' }).batches) {
    for (const { bytes } of batch) if (bytes?.length === length) exact++;
  }
  expect(exact).toBe(count);
  const ms = clock.now() - beganMs;
  await engine.close();
  return ms;
}

/** The time of the better of merged and not merged, over that of what is decided by what was measured. */
async function shareOf(job: Job, offMs: number): Promise<number> {
  const better = Math.min(offMs, await timeOf(job, MERGED));
  return better / (await timeOf(job, 'auto'));
}

describe('merging by what was measured, in simulated time', () => {
  test.for([64, 256])('is hardly slower than the better of merged and not merged at %i in flight', async (inFlight) => {
    // One by one no gap is read: they are all the same.
    const offMs = await timeOf({ inFlight, gapKib: 0 }, 'off');
    for (const gapKib of [4, 16, 32, 64, 128]) {
      expect(await shareOf({ inFlight, gapKib }, offMs), `${gapKib} KiB`).toBeGreaterThan(0.97);
    }
  });

  test('nor where the number in flight has yet to grow', async () => {
    const job = { inFlight: 256, grows: true };
    const offMs = await timeOf({ ...job, gapKib: 0 }, 'off');
    for (const gapKib of [4, 16]) {
      expect(await shareOf({ ...job, gapKib }, offMs), `${gapKib} KiB`).toBeGreaterThan(0.95);
    }
  });

  test('a tenth of the bandwidth that was guessed costs the time of what is in flight, once', async () => {
    const job = { inFlight: 64, gapKib: 16, bytesPerSecond: 12.5e6 };
    const lostMs = async (count: number) => {
      const offMs = await timeOf({ ...job, count }, 'off');
      return (await timeOf({ ...job, count }, 'auto')) - offMs;
    };
    // Merged, the 4,000 take five seconds more.
    expect(await lostMs(4000)).toBeLessThan(1000);
    expect(await lostMs(8000)).toBeLessThan(1000);
  });
});
