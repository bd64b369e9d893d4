import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../assert.js';
import { expectAnswer, expectBytes, ListSource, pattern, readOne } from '../engine/conformance-kit.js';
import { isLsioError } from '../errors.js';
import { anyCourse, FILES, ROUGH } from './course.testing.js';
import { MapDisk } from './disk.js';
import { openSim } from './engine.js';
import { Random } from './random.js';
import { simulate } from './simulate.js';

const { EAGAIN, EINTR, EIO } = constants.errno;
const SEEDS = 500;
/** Of courses in which a bug showed. */
const KEPT: readonly number[] = [];

describe('the engine over a simulated kernel', () => {
  test('delivers each read once, with the bytes of its file or an error, whatever happens to rings', async () => {
    await simulate(200, anyCourse, KEPT);
  });

  test('goes on with few entries for shared files, also after reads of no bytes', async () => {
    await simulate(400, async (seed) => {
      const random = new Random(seed);
      const { engine } = openSim({
        seed,
        disk: new MapDisk(FILES),
        faults: { ...ROUGH, failing: 0.05 },
        queueDepth: 7,
        sharedFiles: 1,
      });
      const shared = ['/sim/whole', '/sim/5', '/sim/6'].map((path) => engine.share(path));
      const asks = () =>
        Array.from({ length: 40 }, () => ({ file: random.pick(shared), length: random.pick([0, 0, 10, 4000]) }));
      // What is cancelled leaves the queue for an entry in which the others stand.
      const cancelled = new ListSource(asks(), () => deliveries++ === seed % 7 && run.cancel());
      const other = new ListSource(asks());
      let deliveries = 0;
      const run = engine.run(cancelled);
      await Promise.all([run.finished, engine.run(other).finished]);
      expect(other.answers.every((answer) => answer !== undefined)).toBe(true);
      await engine.close();
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

  test('last bytes: a read that stops at the old end of a file that grew is no proof that it ends there', async () => {
    const log: { bytes: Uint8Array; badFrom?: number } = { bytes: pattern(1, 4096) };
    const { engine } = openSim({ seed: 1, disk: new MapDisk(new Map([['/sim/log', log]])) });
    const file = engine.share('/sim/log');
    expectAnswer(await readOne(engine, { file, suffix: 100 }), pattern(1, 100, 3996));
    log.bytes = pattern(1, 8192);
    expectAnswer(await readOne(engine, { file, suffix: 100 }), pattern(1, 100, 8092));
    // Of what it grows by nothing can be read: the read ends where the file did.
    log.bytes = pattern(1, 9000);
    log.badFrom = 8192;
    expect(await readOne(engine, { file, suffix: 100 })).toMatchObject({ errno: EIO });
    file.close();
    await engine.close();
  });
});
