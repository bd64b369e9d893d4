import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../assert.js';
import { type Answer, type Ask, expectBytes, ListSource, pattern } from '../engine/conformance-kit.js';
import { type SharedFile, TO_END } from '../engine/engine.js';
import { isLsioError } from '../errors.js';
import { MapDisk, type SimFile } from './disk.js';
import { openSim, type SimEngine } from './engine.js';
import { Random } from './random.js';
import type { SimFaults } from './ring.js';
import { simulate } from './simulate.js';

const { EAGAIN, ECANCELED, EINTR, EIO, ENOENT } = constants.errno;
const KI = 1024;
const SLAB_BYTES = 512 * KI;
const SIZES = [0, 1, 511, 512, 513, 5000, 8191, 8192, 8193, 40_000, 100_000];
const SEEDS = 500;
/** The last ring in the round is lost while all others have nothing to do. */
const LOST_ALL_IDLE = [4627];

/** Files of every size and fault, by path; the last path leads nowhere. */
const PATHS = [
  ...SIZES.map((_, number) => `/sim/${number}`),
  '/sim/whole',
  '/fuse/lies-0',
  '/fuse/lies-10',
  '/sim/absent',
];
const FILES = new Map<string, SimFile>([
  ...SIZES.map((size, number): [string, SimFile] => [
    `/sim/${number}`,
    { bytes: pattern(number, size), noDirect: number % 4 === 1, ...(size > 9000 && { badFrom: 30_208 }) },
  ]),
  ['/sim/whole', { bytes: pattern(99, 60_000) }],
  ['/fuse/lies-0', { bytes: pattern(50, 20_000), statedBytes: 0 }],
  ['/fuse/lies-10', { bytes: pattern(51, 20_000), statedBytes: 10 }],
]);

interface Read {
  readonly path: string;
  readonly shared: boolean;
  readonly offset: number;
  readonly length: number;
}

function someRead(random: Random): Read {
  const size = () => random.below(random.pick([1, 9000, 110_000]));
  return {
    path: random.pick(PATHS),
    shared: random.chance(0.5),
    offset: size(),
    length: random.chance(0.3) ? TO_END : size(),
  };
}

/** What may come of a read, whatever happens to rings. */
function expectOutcome(answer: Answer, { path, offset, length }: Read, mayBeCancelled: boolean): void {
  if (mayBeCancelled && answer.errno === ECANCELED) return;
  const file = FILES.get(path);
  if (file === undefined) return expect(answer).toEqual({ errno: ENOENT, bytes: Buffer.alloc(0) });
  const { bytes, badFrom = Number.POSITIVE_INFINITY } = file;
  const end = length === TO_END ? Number.POSITIVE_INFINITY : offset + length;
  const wanted = Buffer.from(bytes.subarray(Math.min(offset, bytes.length), Math.min(end, bytes.length)));
  const what = `${length} bytes at ${offset} of ${path}`;
  // A read that touches what can't be read fails there, and a read to the end always does.
  if (length !== 0 && badFrom < end && (offset < bytes.length || offset >= badFrom)) {
    expect(answer.errno, what).toBe(EIO);
    expectBytes(answer.bytes, wanted.subarray(0, answer.bytes.length), `what came before the error, ${what}`);
    expect(answer.bytes.length).toBeLessThanOrEqual(Math.max(0, badFrom - offset));
  } else {
    expect(answer.errno, what).toBe(0);
    expectBytes(answer.bytes, wanted, what);
  }
}

/** One course of events: some reads of two runs, of which the first may be cancelled. */
async function course(seed: number, faults: Partial<SimFaults>, rings: readonly Partial<SimFaults>[]): Promise<void> {
  const random = new Random(seed ^ 0x5bd1e995);
  const disk = new MapDisk(FILES);
  const sim = openSim({
    seed,
    disk,
    faults,
    rings,
    queueDepth: random.pick([1, 2, 7]),
    sharedFiles: random.pick([1, 2, 5]),
    windowBytes: random.pick([1, 20 * KI, SLAB_BYTES]),
    // What lost rings had in hand is never leased again: enough must be left.
    slabBytes: rings.some(({ lostAt }) => lostAt !== undefined) ? 4 * SLAB_BYTES : SLAB_BYTES,
  });
  const { engine, slab } = sim;
  const directAlignBytes = random.pick([0, 512]);
  const cancelAfter = random.chance(0.3) ? random.below(30) : -1;
  const shared = new Map<string, SharedFile>();
  const reads = Array.from({ length: random.below(60) }, () => someRead(random));
  const asks = reads.map(({ path, shared: isShared, offset, length }): Ask => {
    if (!isShared) return { path, offset, length };
    if (!shared.has(path)) shared.set(path, engine.share(path, { directAlignBytes }));
    return { file: shared.get(path)!, offset, length };
  });
  const half = Math.ceil(asks.length / 2);
  let deliveries = 0;
  const first = new ListSource(asks.slice(0, half), () => {
    if (deliveries++ === cancelAfter) run.cancel();
  });
  const second = new ListSource(asks.slice(half));
  const run = engine.run(first, { directAlignBytes });
  const otherRun = engine.run(second, { directAlignBytes });
  await Promise.all([run.finished, otherRun.finished]);
  for (const [index, answer] of first.answers.entries()) {
    if (index < first.described) expectOutcome(answer!, reads[index]!, cancelAfter >= 0);
    else expect(answer).toBeUndefined();
  }
  for (const [index, answer] of second.answers.entries()) expectOutcome(answer!, reads[half + index]!, false);
  if (!sim.rings.some((ring) => ring.lost)) expect(slab.leasedBytes).toBe(0);
  for (const file of shared.values()) file.close();
  await engine.close();
  expectNothingLeft(sim);
}

function expectNothingLeft({ rings }: SimEngine): void {
  for (const ring of rings) {
    expect(ring.closed).toBe(true);
    if (ring.lost) continue;
    expect(ring.inFlight).toEqual([]);
    expect(ring.openFiles).toBe(0);
  }
}

const ROUGH: Partial<SimFaults> = { delayMsMax: 5, interrupted: 0.1, again: 0.1, short: 0.4, partial: 0.2 };

describe('the engine over simulated rings', () => {
  test('delivers each read once, with the bytes of its file or its error', async () => {
    await simulate(SEEDS, (seed) =>
      course(
        seed,
        ROUGH,
        Array.from({ length: 1 + (seed % 3) }, () => ({})),
      ),
    );
  });

  test('gives what a lost ring had in hand to the others', async () => {
    await simulate(
      SEEDS,
      (seed) => {
        const lostAt = 1 + (seed % 40);
        return course(seed, ROUGH, seed % 2 === 0 ? [{}, { lostAt }, {}] : [{ lostAt }, {}, { lostAt: lostAt + 7 }]);
      },
      LOST_ALL_IDLE,
    );
  });

  test('ends what is in flight when it is closed, at any moment', async () => {
    await simulate(SEEDS, async (seed) => {
      const random = new Random(seed ^ 0x1234567);
      const sim = openSim({ seed, disk: new MapDisk(FILES), faults: { ...ROUGH, delayMsMax: 50 }, rings: [{}, {}] });
      const asks = Array.from({ length: 50 }, () => someRead(random)).map(({ path, offset, length }) => ({
        path,
        offset,
        length,
      }));
      const source = new ListSource(asks);
      const run = sim.engine.run(source);
      await sim.clock.sleep(random.below(40));
      await sim.engine.close();
      await run.finished.catch((error) => expect(error).toMatchObject({ kind: 'closed' }));
      for (const [index, answer] of source.answers.entries()) {
        if (answer !== undefined) expectOutcome(answer, { ...asks[index]!, shared: false }, true);
      }
      expectNothingLeft(sim);
    });
  });

  test('stops at a completion that nobody waits for', async () => {
    await simulate(SEEDS, async (seed) => {
      const sim = openSim({ seed, disk: new MapDisk(FILES), faults: { ...ROUGH, brokenAt: 1 + (seed % 50) } });
      const source = new ListSource(Array.from({ length: 60 }, () => ({ path: '/sim/whole', offset: 5, length: 900 })));
      await expect(sim.engine.run(source).finished).rejects.toThrow(InvariantError);
      expect(() => sim.engine.run(source)).toThrow(InvariantError);
      // What was delivered before is right.
      for (const answer of source.answers) {
        if (answer !== undefined) expectBytes(answer.bytes, pattern(99, 900, 5), 'before the breach');
      }
    });
  });

  test('fails as a whole when its last ring is lost', async () => {
    await simulate(200, async (seed) => {
      const sim = openSim({ seed, disk: new MapDisk(FILES), faults: { ...ROUGH, lostAt: 1 + (seed % 30) } });
      const source = new ListSource(Array.from({ length: 100 }, () => ({ path: '/sim/whole' })));
      const error = await sim.engine.run(source).finished.catch((failure) => failure);
      expect(isLsioError(error, 'unavailable')).toBe(true);
      await sim.engine.close();
    });
  });

  test.each([EAGAIN, EINTR])('tries again after errno %i, but not for ever', async (errno) => {
    const faults = errno === EAGAIN ? { again: 1 } : { interrupted: 1 };
    const { engine, clock } = openSim({ seed: 1, disk: new MapDisk(FILES), faults });
    const source = new ListSource([{ path: '/sim/whole', length: 10 }]);
    await engine.run(source).finished;
    expect(source.answers[0]).toMatchObject({ errno });
    expect(clock.steps).toBeLessThan(10_000);
    await engine.close();
  });
});
