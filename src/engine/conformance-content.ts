import { appendFileSync, closeSync, existsSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { directAlignment } from '../native/libc.js';
import {
  type Ask,
  engineFor,
  expectAnswer,
  expectBytes,
  InMemoryFile,
  ListSource,
  type OpenEngine,
  pattern,
  readList,
  readOne,
  readWithFs,
  Scratch,
} from './conformance-kit.js';
import { BUFFER_BYTES_MAX, TO_END } from './engine.js';
import { TOO_LARGE } from './slots.js';

const KI = 1024;
const MI = KI ** 2;
const GI = KI ** 3;
const SIZES = [0, 1, 511, 512, 513, 4095, 4096, 4097, 64 * KI - 1, 64 * KI, 64 * KI + 1, MI - 1, MI, MI + 1];

/** That the bytes are the file's, whatever its length and whatever part of it is asked for. */
export function contentTests(open: OpenEngine): void {
  describe('whole files', () => wholeFileTests(open));
  describe('ranges', () => rangeTests(open));
  describe('O_DIRECT', () => directTests(open));
  describe('files that change', () => changingFileTests(open));
  describe('any files and ranges', () => propertyTests(open));
}

function wholeFileTests(open: OpenEngine): void {
  const scratch = new Scratch();
  const engine = engineFor(open);

  test.each([...SIZES, BUFFER_BYTES_MAX - 1, BUFFER_BYTES_MAX])('run() reads a file of %i bytes', async (size) => {
    const { path, bytes } = scratch.file(size);
    const asks = [{ path }, { path, offset: 0, length: size }, { path, length: BUFFER_BYTES_MAX }];
    for (const regularFiles of [false, true]) {
      for (const answer of await readList(engine(), asks, { regularFiles })) expectAnswer(answer, bytes);
    }
  });

  test('run() reads files of all sizes at once', async () => {
    const files = [...SIZES, ...SIZES].map((size) => scratch.file(size));
    const answers = await readList(engine(), files);
    for (const [index, answer] of answers.entries()) expectAnswer(answer, files[index]!.bytes, files[index]!.path);
  });

  test.each([BUFFER_BYTES_MAX + 1, 3 * BUFFER_BYTES_MAX])('run() calls a file of %i bytes too large', async (size) => {
    const { path, bytes } = scratch.file(size);
    expect(await readOne(engine(), { path })).toMatchObject({ errno: TOO_LARGE });
    // Not so the last part of it.
    expectAnswer(
      await readOne(engine(), { path, offset: 1 + size - BUFFER_BYTES_MAX }),
      bytes.subarray(1 + size - BUFFER_BYTES_MAX),
    );
  });

  test.each(['/proc/version', '/sys/kernel/mm/transparent_hugepage/enabled', '/sys/kernel/btf/vmlinux'])(
    'run() reads %s, whose size says nothing or too much',
    async (path) => {
      if (!existsSync(path)) return;
      const expected = readFileSync(path);
      expectAnswer(await readOne(engine(), { path }), expected);
      expectAnswer(await readOne(engine(), { path, offset: 3, length: 5 }), expected.subarray(3, 8));
      expectAnswer(await readOne(engine(), { path }, { directAlignBytes: 4096 }), expected);
    },
  );
}

function rangeTests(open: OpenEngine): void {
  const scratch = new Scratch();
  const engine = engineFor(open);

  test('run() gives the bytes of a range that the file has', async () => {
    const size = 100_000;
    const { path, bytes } = scratch.file(size);
    const cases: [offset: number, length: number, expected: Buffer][] = [
      [0, 1, bytes.subarray(0, 1)],
      [4095, 2, bytes.subarray(4095, 4097)],
      [99_999, 1, bytes.subarray(99_999)],
      [99_990, 100, bytes.subarray(99_990)],
      [size, 1, Buffer.alloc(0)],
      [size + 1, 4096, Buffer.alloc(0)],
      [2 ** 40, 1, Buffer.alloc(0)],
      [Number.MAX_SAFE_INTEGER - BUFFER_BYTES_MAX, BUFFER_BYTES_MAX, Buffer.alloc(0)],
      [0, 0, Buffer.alloc(0)],
      [50, 0, Buffer.alloc(0)],
      [2 ** 40, 0, Buffer.alloc(0)],
      [60_000, TO_END, bytes.subarray(60_000)],
      [size, TO_END, Buffer.alloc(0)],
      [size + 1, TO_END, Buffer.alloc(0)],
    ];
    const file = engine().share(path);
    for (const place of [{ path }, { file }]) {
      const answers = await readList(
        engine(),
        cases.map(([offset, length]) => ({ ...place, offset, length })),
      );
      for (const [index, [offset, length, expected]] of cases.entries()) {
        expectAnswer(answers[index]!, expected, `${length} bytes at ${offset}`);
      }
    }
    file.close();
  });

  test('run() reads ranges that overlap and repeat, of one file and of several', async () => {
    const files = [70_000, 5000, 300].map((size) => scratch.file(size));
    const shared = files.map((file) => engine().share(file.path));
    const asks = Array.from({ length: 400 }, (_, index) => ({
      file: shared[index % 3]!,
      offset: (index * 37) % 300,
      length: 1 + ((index * 7919) % 60_000),
    }));
    const answers = await readList(engine(), [...asks, ...asks]);
    for (const [index, answer] of answers.entries()) {
      const { offset, length } = asks[index % asks.length]!;
      expectAnswer(answer, files[(index % asks.length) % 3]!.bytes.subarray(offset, offset + length), `read ${index}`);
    }
    for (const file of shared) file.close();
  });

  test('run() reads across 2^31 and 2^32', async () => {
    const path = scratch.path('sparse');
    const fd = openSync(path, 'w');
    const marks = [2 * GI, 4 * GI].map((at, index) => ({ at: at - 5000, bytes: pattern(index + 1, 10_000, at) }));
    for (const { at, bytes } of marks) writeSync(fd, bytes, 0, bytes.length, at);
    closeSync(fd);
    truncateSync(path, 4 * GI + 12_345);
    const asks: Ask[] = marks.flatMap(({ at }) => [
      { path, offset: at, length: 10_000 },
      { path, offset: at + 4999, length: 2 },
      { path, offset: at + 5000, length: 4096 },
    ]);
    const expected = marks.flatMap(({ bytes }) => [bytes, bytes.subarray(4999, 5001), bytes.subarray(5000, 9096)]);
    for (const directAlignBytes of [0, alignmentOf(path)]) {
      const answers = await readList(engine(), asks, { directAlignBytes });
      for (const [index, answer] of answers.entries()) expectAnswer(answer, expected[index]!, `range ${index}`);
    }
    expectAnswer(await readOne(engine(), { path, offset: 4 * GI + 12_340 }), Buffer.alloc(5));
    expect(await readOne(engine(), { path })).toMatchObject({ errno: TOO_LARGE });
  });
}

/** What O_DIRECT asks for; where there is none, the engine reads through the page cache by itself. */
function alignmentOf(path: string): number {
  return directAlignment(path)?.offsetBytes ?? 4096;
}

function directTests(open: OpenEngine): void {
  const scratch = new Scratch();
  const engine = engineFor(open);

  test.each([...SIZES, BUFFER_BYTES_MAX])('run() reads a file of %i bytes and ranges of it', async (size) => {
    const { path, bytes } = scratch.file(size);
    const ranges = [
      [0, size],
      [0, 1],
      [1, 511],
      [511, 2],
      [513, 70_000],
      [size - 1, 1],
      [size - 1, 9],
      [size, 1],
      [7, TO_END],
    ];
    for (const alignBytes of [alignmentOf(path), 4096]) {
      const file = engine().share(path, { directAlignBytes: alignBytes });
      const asks = ranges
        .filter(([offset]) => offset! >= 0)
        .map(([offset, length]) => ({ offset: offset!, length: length! }));
      const answers = await readList(
        engine(),
        [{ path }, { file }, ...asks.map((ask) => ({ ...ask, path })), ...asks.map((ask) => ({ ...ask, file }))],
        { directAlignBytes: alignBytes },
      );
      for (const whole of answers.splice(0, 2)) expectAnswer(whole, bytes);
      for (const [index, answer] of answers.entries()) {
        const { offset, length } = asks[index % asks.length]!;
        const expected = bytes.subarray(offset, length === TO_END ? undefined : offset + length);
        expectAnswer(answer, expected, `${length} bytes at ${offset}, in multiples of ${alignBytes}`);
      }
      file.close();
    }
  });

  test('run() calls a file of a byte too many too large', async () => {
    const { path } = scratch.file(BUFFER_BYTES_MAX + 1);
    expect(await readOne(engine(), { path }, { directAlignBytes: 4096 })).toMatchObject({ errno: TOO_LARGE });
  });

  test.skipIf(!existsSync('/dev/shm'))('run() reads from tmpfs', async () => {
    const inMemory = new InMemoryFile(pattern(9, 70_001));
    try {
      const { path, bytes } = inMemory;
      const asks = [{ path }, { path, offset: 4097, length: 9 }, { path, offset: 70_000, length: 9 }];
      const answers = await readList(engine(), asks, { directAlignBytes: 4096 });
      expectAnswer(answers[0]!, bytes);
      expectAnswer(answers[1]!, bytes.subarray(4097, 4106));
      expectAnswer(answers[2]!, bytes.subarray(70_000));
    } finally {
      inMemory.remove();
    }
  });
}

function changingFileTests(open: OpenEngine): void {
  const scratch = new Scratch();
  const engine = engineFor(open, 4);

  test('run() gives a beginning of a file that grows', async () => {
    const { path, bytes } = scratch.file(300);
    const expected = pattern(1, 300_000);
    let size = bytes.length;
    const source = new ListSource(
      Array.from({ length: 200 }, () => ({ path })),
      () => {
        appendFileSync(path, expected.subarray(size, size + 1499));
        size = Math.min(expected.length, size + 1499);
      },
    );
    await engine().run(source).finished;
    for (const answer of source.answers) {
      expect(answer?.errno).toBe(0);
      expect(answer!.bytes.length).toBeGreaterThanOrEqual(bytes.length);
      expectBytes(answer!.bytes, expected.subarray(0, answer!.bytes.length), 'a beginning');
    }
    expect(source.answers.at(-1)!.bytes.length).toBeGreaterThan(bytes.length);
  });

  test('run() gives what a file that is cut shorter has or had, and nothing else', async () => {
    const { path, bytes } = scratch.file(300_000);
    const other = scratch.file(300_000);
    let size = bytes.length;
    // The other file's bytes are what would show if memory were given out that wasn't read into.
    const asks = [{ path }, { path: other.path }, { path, length: bytes.length }, { path: other.path }];
    const source = new ListSource(Array(50).fill(asks).flat(), () => {
      size = Math.max(10, size - 7001);
      truncateSync(path, size);
    });
    await engine().run(source, { regularFiles: true }).finished;
    for (const [index, answer] of source.answers.entries()) {
      expect(answer?.errno).toBe(0);
      const { length } = answer!.bytes;
      expect(length).toBeGreaterThanOrEqual(10);
      const expected = index % 2 === 0 ? bytes.subarray(0, length) : other.bytes;
      // The kernel zeroes what is cut off, perhaps while it is being read.
      if (index % 2 === 0) for (let at = 0; at < length; at++) answer!.bytes[at] ||= expected[at]!;
      expectBytes(answer!.bytes, expected, `read ${index}`);
    }
    expect(source.answers.at(-2)!.bytes.length).toBeLessThan(bytes.length);
  });
}

function propertyTests(open: OpenEngine): void {
  const scratch = new Scratch();
  const engine = engineFor(open, 7);
  const size = fc.oneof(fc.nat(20_000), fc.constantFrom(...SIZES.filter((each) => each < 70_000)));
  const ask = fc.record({
    number: fc.nat(),
    offset: fc.nat(70_000),
    length: fc.oneof(fc.constant(TO_END), fc.nat(70_000)),
    shared: fc.boolean(),
  });
  const tree = fc.record({
    sizes: fc.array(size, { minLength: 1, maxLength: 6 }),
    asked: fc.array(ask, { maxLength: 60 }),
    directAlignBytes: fc.constantFrom(0, 4096),
    regularFiles: fc.boolean(),
  });

  test('run() reads what node:fs reads', async () => {
    const property = fc.asyncProperty(tree, async ({ sizes, asked, ...options }) => {
      const files = sizes.map((each) => scratch.file(each));
      const shared = files.map(({ path }) => engine().share(path, options));
      const asks = asked.map(({ number, offset, length, shared: isShared }) => {
        const index = number % files.length;
        return { ...(isShared ? { file: shared[index]! } : { path: files[index]!.path }), offset, length };
      });
      const answers = await readList(engine(), asks, options);
      for (const [index, answer] of answers.entries()) {
        const { number, offset, length } = asked[index]!;
        const { path } = files[number % files.length]!;
        expectAnswer(answer, readWithFs(path, offset, length), `${length} bytes at ${offset} of ${path}`);
      }
      for (const file of shared) file.close();
    });
    await fc.assert(property, { numRuns: 40 });
  });
}
