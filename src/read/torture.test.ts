import { constants } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import { Scratch } from '../engine/conformance-kit.js';
import { errnoText } from '../errors.js';
import { type ByteRange, resolveRange } from '../range.js';
import { RealDisk } from '../sim/disk.js';
import { openSim } from '../sim/engine.js';
import type { SimFaults } from '../sim/faults.js';
import { type Received, readMany, receive } from './read.testing.js';

/*
 * Torture: the points of a run at which something may fail are counted, and then each fails once, in each way. The answer
 * is the right bytes, or an error that names the file and why.
 */

const { EINTR, EAGAIN, EBUSY, ENOMEM, EIO, ECANCELED, EINVAL, EOPNOTSUPP } = constants.errno;
const ERRORS = [EINTR, EAGAIN, EBUSY, ENOMEM, EIO, ECANCELED, EINVAL, EOPNOTSUPP];
const scratch = new Scratch();

interface Wanted {
  readonly path: string;
  readonly range?: ByteRange;
  readonly bytes: Buffer;
}

function asked(): Wanted[] {
  const small = scratch.file(700);
  const guessed = scratch.file(30_000);
  const empty = scratch.file(0);
  const many = scratch.file(200_000);
  const ranges: ByteRange[] = [
    { offset: 5, length: 100 },
    { offset: 150_000 },
    { suffixLength: 33 },
    { offset: 60_000, length: 20_000 },
    { offset: 199_999, length: 50 },
  ];
  return [
    ...[small, guessed, empty],
    ...ranges.map((range) => {
      const { offset, length } = resolveRange(range, 200_000);
      return { path: many.path, range, bytes: many.bytes.subarray(offset, offset + length) };
    }),
    { path: guessed.path, range: { offset: 9000, length: 500 }, bytes: guessed.bytes.subarray(9000, 9500) },
  ];
}

describe('each point of a run fails once', () => {
  let wanted: readonly Wanted[] = [];
  beforeAll(() => {
    wanted = asked();
  });

  async function run(faults: Partial<SimFaults>, rings: 1 | 2, directAlignBytes: number) {
    const sim = openSim({
      seed: 7,
      disk: new RealDisk(),
      queueDepth: 2,
      faults: {},
      rings: rings === 1 ? [faults] : [{}, faults],
      slabBytes: 4 * 1024 ** 2,
    });
    const { engine } = sim;
    const [share, begin] = [engine.share.bind(engine), engine.run.bind(engine)];
    engine.share = (path, options) => share(path, { ...options, directAlignBytes });
    engine.run = (source, options) => begin(source, { ...options, directAlignBytes });
    const requests = wanted.map(({ path, range }) => ({ path, range }));
    try {
      return { received: await receive(readMany(engine, requests), requests), kernel: sim.kernels[rings - 1]! };
    } finally {
      await engine.close();
    }
  }

  /** How many requests failed, each by an error that says which file it was and what the system said. */
  function failures(received: readonly Received[], what: string): number {
    let failed = 0;
    for (const [index, { path, bytes }] of wanted.entries()) {
      const { error, bytes: got } = received[index]!;
      if (error === undefined) expect(got.equals(bytes), `${what}: ${got.length} bytes of request ${index}`).toBe(true);
      else {
        expect(error, what).toMatchObject({ path, code: expect.stringMatching(/^E[A-Z]+$/) });
        expect(error.message, what).toContain(error.code);
        failed++;
      }
    }
    return failed;
  }

  test.each([
    { rings: 1, directAlignBytes: 0 },
    { rings: 2, directAlignBytes: 0 },
    { rings: 1, directAlignBytes: 512 },
  ] as const)('operations: errors, short by one byte or half, nothing; %o', async ({ rings, directAlignBytes }) => {
    const { received, kernel } = await run({}, rings, directAlignBytes);
    expect(failures(received, 'without a fault')).toBe(0);
    const operations = kernel.operations;
    expect(operations).toBeGreaterThan(8);
    let failed = 0;
    for (let number = 1; number <= operations; number++) {
      for (const result of [...ERRORS.map((errno) => -errno), 1, 0.5, 0]) {
        const what = `operation ${number} of ${operations} gives ${result < 0 ? errnoText(-result)[0] : result}`;
        const outcome = await run({ operation: { number, result } }, rings, directAlignBytes);
        expect(outcome.kernel.operations, what).toBeGreaterThanOrEqual(number);
        const count = failures(outcome.received, what);
        if (result >= 0 || result === -EINTR || result === -EAGAIN || result === -ECANCELED)
          expect(count, what).toBe(0);
        failed += count;
      }
    }
    // Of each operation some error shows.
    expect(failed).toBeGreaterThan(operations);
  });

  test.each([1, 2] as const)('entering: refused, or only some or nothing taken; rings: %i', async (rings) => {
    const { kernel } = await run({}, rings, 0);
    for (let number = 1; number <= kernel.submits; number++) {
      for (const result of [-EINTR, -EAGAIN, -EBUSY, 0, 1]) {
        const { received } = await run({ submit: { number, result } }, rings, 0);
        expect(failures(received, `submit ${number} gives ${result}`)).toBe(0);
      }
    }
  });

  test('entering fails for good: another ring goes on, or the run ends by an error that says so', async () => {
    const { kernel } = await run({}, 2, 0);
    for (let lostAt = 1; lostAt <= kernel.submits; lostAt++) {
      const { received } = await run({ lostAt }, 2, 0);
      expect(failures(received, `lost at ${lostAt}`)).toBe(0);
      const alone = run({ lostAt }, 1, 0);
      await expect(alone).rejects.toMatchObject({ kind: 'unavailable', code: 'EBADF' });
    }
  });
});
