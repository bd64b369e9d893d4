import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EISDIR, ENOENT } from '../errno.js';
import {
  type Ask,
  engineFor,
  expectAnswer,
  ListSource,
  type OpenEngine,
  pattern,
  readList,
  readOne,
  Scratch,
  SilentFifo,
} from './conformance-kit.js';
import { BUFFER_BYTES_MAX } from './engine.js';
import { NOT_REGULAR, TOO_LARGE } from './slots.js';

/** That the last bytes are the file's, whatever its length and however often it changes. */
export function suffixTests(open: OpenEngine): void {
  describe('last bytes', () => {
    contentTests(open);
    refusalTests(open);
    changeTests(open);
  });
}

function contentTests(open: OpenEngine): void {
  const scratch = new Scratch();
  const engine = engineFor(open);

  test.each([0, 1, 4095, 4096, 4097, 70_001])('run() gives the last bytes of a file of %i bytes', async (size) => {
    const { path, bytes } = scratch.file(size);
    for (const directAlignBytes of [0, 4096]) {
      const file = engine().share(path, { directAlignBytes });
      const suffixes = [0, 1, 4095, 4096, 4097, size, size + 1, Number.MAX_SAFE_INTEGER];
      // Twice: what is known of the file's size is used the second time.
      for (const place of [{ path }, { file }, { file }]) {
        const asks: Ask[] = suffixes.map((suffix) => ({ ...place, suffix }));
        for (const [index, answer] of (await readList(engine(), asks, { directAlignBytes })).entries()) {
          const expected = bytes.subarray(Math.max(0, size - suffixes[index]!));
          expectAnswer(answer, expected, `the last ${suffixes[index]} of ${size} bytes`);
        }
      }
      file.close();
    }
  });

  test('run() reads last bytes and ranges of one file at once', async () => {
    const { path, bytes } = scratch.file(30_011);
    const file = engine().share(path);
    const asks = Array.from({ length: 300 }, (_, index) =>
      index % 3 === 0 ? { file, offset: index * 97, length: 211 } : { file, suffix: index * 89 },
    );
    for (const [index, answer] of (await readList(engine(), asks)).entries()) {
      const { offset, length, suffix } = asks[index]! as { offset?: number; length?: number; suffix?: number };
      const begin = suffix === undefined ? offset! : Math.max(0, bytes.length - suffix);
      expectAnswer(answer, bytes.subarray(begin, suffix === undefined ? begin + length! : undefined), `read ${index}`);
    }
    file.close();
  });

  test('run() calls last bytes that do not fit into one read too large', async () => {
    const { path, bytes } = scratch.file(BUFFER_BYTES_MAX + 5);
    expect(await readOne(engine(), { path, suffix: BUFFER_BYTES_MAX })).toMatchObject({ errno: TOO_LARGE });
    expectAnswer(await readOne(engine(), { path, suffix: BUFFER_BYTES_MAX - 1 }), bytes.subarray(6));
  });

  test('run() gives last bytes of a file that states no size', async () => {
    const path = '/proc/version';
    if (!existsSync(path)) return;
    const expected = readFileSync(path);
    expectAnswer(await readOne(engine(), { path, suffix: 7 }), expected.subarray(-7));
    expectAnswer(await readOne(engine(), { path, suffix: 100_000 }), expected);
  });
}

function refusalTests(open: OpenEngine): void {
  const scratch = new Scratch();
  const engine = engineFor(open);

  test('run() refuses last bytes of what has none', async () => {
    const directory = scratch.path('.');
    expect(await readOne(engine(), { path: directory, suffix: 5 })).toMatchObject({ errno: EISDIR });
    expect(await readOne(engine(), { path: scratch.path('missing'), suffix: 5 })).toMatchObject({ errno: ENOENT });
    if (existsSync('/dev/zero'))
      expect(await readOne(engine(), { path: '/dev/zero', suffix: 5 })).toMatchObject({ errno: NOT_REGULAR });
    const fifo = new SilentFifo(scratch.path('fifo'));
    try {
      expect(await readOne(engine(), { path: fifo.path, suffix: 5 })).toMatchObject({ errno: NOT_REGULAR });
    } finally {
      fifo.remove();
    }
  });
}

function changeTests(open: OpenEngine): void {
  const scratch = new Scratch();
  const engine = engineFor(open, 7);

  test('run() gives the new end of an open file that grew or was cut', async () => {
    const { path } = scratch.file(0);
    const file = engine().share(path);
    const all = pattern(1, 60_000);
    const size = fc.oneof(fc.nat(all.length), fc.constantFrom(0, 4096, 8192));
    const steps = fc.array(fc.record({ size, suffix: fc.nat(9000) }), { maxLength: 20 });
    const property = fc.asyncProperty(steps, async (list) => {
      let before = 0;
      truncateSync(path, 0);
      for (const step of list) {
        if (step.size > before) appendFileSync(path, all.subarray(before, step.size));
        else truncateSync(path, step.size);
        before = step.size;
        const expected = all.subarray(Math.max(0, step.size - step.suffix), step.size);
        expectAnswer(await readOne(engine(), { file, suffix: step.suffix }), expected, `of ${step.size} bytes`);
      }
    });
    await fc.assert(property, { numRuns: 15 });
    file.close();
  });

  test('run() gives last bytes that the file had at some time while it grows', async () => {
    const { path } = scratch.file(0);
    const all = pattern(1, 400_000);
    appendFileSync(path, all.subarray(0, 5000));
    let size = 5000;
    let growths = 0;
    const file = engine().share(path);
    const source: ListSource = new ListSource(
      Array.from({ length: 150 }, (_, index) => (index % 2 === 0 ? { path, suffix: 100 } : { file, suffix: 100 })),
      () => {
        // A file that grows four times while it is read is given up.
        const delivered = source.answers.filter((answer) => answer !== undefined).length;
        if (growths === 3 || delivered < 40 * (growths + 1)) return;
        growths++;
        appendFileSync(path, all.subarray(size, size + 1499));
        size = Math.min(all.length, size + 1499);
      },
    );
    await engine().run(source).finished;
    for (const answer of source.answers) {
      expect(answer?.errno).toBe(0);
      expect(answer!.bytes).toHaveLength(100);
      // The 251 remainders of the pattern tell where the bytes begin, and every end was at 5000 + n × 1499.
      const ends = Array.from({ length: 264 }, (_, step) => Math.min(all.length, 5000 + step * 1499));
      expect(ends.some((end) => all.subarray(end - 100, end).equals(answer!.bytes))).toBe(true);
    }
    file.close();
  });
}
