import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BIG_BYTES_MIN, makeWorkload, possibleCases, splitBig } from './cases.js';
import { partOf, pick, splitLong } from './operations.js';
import { CASES, type CaseName, type Workload, type WorkloadFile } from './workload.js';

const KIB = 1024;
const MIB = 1024 * KIB;

function file(path: string, size: number): WorkloadFile {
  return { path, size };
}

/** The operations as rows: path, offset, length. */
function rows(work: Workload): [string, number, number][] {
  return Array.from(work.fileOf, (index, operation) => [
    work.files[index]!.path,
    work.offsets[operation]!,
    work.lengths[operation]!,
  ]);
}

const FILES = [file('d/big', 64 * MIB + 100), file('d/a', 20 * KIB), file('d/b', 0), file('d/c', 100 * KIB + 7)];
const options = { dir: 'd' };

describe('splitBig()', () => {
  test('splitBig() takes the largest of at least 64 MiB, of equals the first', () => {
    expect(splitBig([file('a', BIG_BYTES_MIN - 1)]).big).toBeUndefined();
    expect(splitBig([file('a', BIG_BYTES_MIN)]).big?.path).toBe('a');
    const { big, small } = splitBig([file('a', 70 * MIB), file('b', 80 * MIB), file('c', 80 * MIB)]);
    expect(big?.path).toBe('b');
    expect(small.map(({ path }) => path)).toEqual(['a', 'c']);
  });
});

describe('possibleCases()', () => {
  test.each<[string, WorkloadFile[], CaseName[]]>([
    ['all', FILES, [...CASES]],
    ['a big file alone', [file('b', 64 * MIB)], ['big-gaps', 'big-random']],
    ['small files', [file('a', 1)], ['whole-files', 'file-heads', 'file-gaps']],
    ['empty files', [file('a', 0)], ['whole-files']],
    ['none', [], []],
  ])('possibleCases() of %s', (_, files, cases) => {
    expect(possibleCases(files)).toEqual(cases);
  });
});

describe('makeWorkload()', () => {
  test('makeWorkload() whole-files: every file but the big one, the empty one too', () => {
    const work = makeWorkload('whole-files', FILES, options);
    expect(rows(work)).toEqual([
      ['d/a', 0, 20 * KIB],
      ['d/b', 0, 0],
      ['d/c', 0, 100 * KIB + 7],
    ]);
    expect(work).toMatchObject({ case: 'whole-files', wholeFiles: true, operations: 3, bytes: 120 * KIB + 7 });
  });

  test('makeWorkload() file-heads: 16 KiB or the whole of a smaller file', () => {
    const files = [file('a', 16 * KIB - 1), file('b', 16 * KIB), file('c', 16 * KIB + 1), file('d', 0)];
    expect(rows(makeWorkload('file-heads', files, options))).toEqual([
      ['a', 0, 16 * KIB - 1],
      ['b', 0, 16 * KIB],
      ['c', 0, 16 * KIB],
    ]);
    expect(rows(makeWorkload('file-heads', [file('a', 100)], { ...options, blockSizeBytes: 10 }))).toEqual([
      ['a', 0, 10],
    ]);
  });

  test('makeWorkload() file-gaps: 4 KiB blocks 32 KiB apart, the last one cut by the end', () => {
    const files = [file('a', 36 * KIB), file('b', 36 * KIB + 1), file('c', 77 * KIB)];
    expect(rows(makeWorkload('file-gaps', files, options))).toEqual([
      ['a', 0, 4096],
      ['b', 0, 4096],
      ['b', 36 * KIB, 1],
      ['c', 0, 4096],
      ['c', 36 * KIB, 4096],
      ['c', 72 * KIB, 4096],
    ]);
    const wide = rows(makeWorkload('file-gaps', [file('a', 30)], { ...options, blockSizeBytes: 4, gapBytes: 6 }));
    expect(wide.map(([, offset]) => offset)).toEqual([0, 10, 20]);
  });

  test('makeWorkload() big-gaps: 4 KiB blocks 64 KiB apart, of the big file alone', () => {
    const work = makeWorkload('big-gaps', FILES, options);
    expect(work.files).toEqual([FILES[0]]);
    expect(work.operations).toBe(Math.ceil((64 * MIB + 100) / (68 * KIB)));
    expect(work.offsets[3]).toBe(3 * 68 * KIB);
    expect(work.wholeFiles).toBe(false);
  });

  test('makeWorkload() big-random: every whole block once, aligned, in random order', () => {
    const work = makeWorkload('big-random', FILES, options);
    expect(work.operations).toBe((64 * MIB) / 4096);
    const blocks = Array.from(work.offsets, (offset) => offset / 4096);
    expect(blocks).not.toEqual([...blocks].sort((a, b) => a - b));
    expect([...blocks].sort((a, b) => a - b)).toEqual(Array.from(blocks, (_, index) => index));
    expect(new Set(work.lengths)).toEqual(new Set([4096]));
    expect(makeWorkload('big-random', [file('b', 8 * 1024 ** 3)], options).operations).toBe(65_536);
  });

  test('makeWorkload() big-random: more reads than blocks begin anew in another order', () => {
    const work = makeWorkload('big-random', [file('b', 64 * MIB)], { ...options, blockSizeBytes: MIB, reads: 130 });
    expect(new Set(work.offsets.subarray(0, 64)).size).toBe(64);
    expect(new Set(work.offsets.subarray(64, 128)).size).toBe(64);
    expect(work.offsets.subarray(64, 128)).not.toEqual(work.offsets.subarray(0, 64));
  });

  test('makeWorkload() is the same for the same seed and another for another', () => {
    const files = Array.from({ length: 50 }, (_, index) => file(`f${index}`, 50 * KIB));
    for (const name of ['whole-files', 'file-heads', 'file-gaps'] as const) {
      const random = { ...options, order: 'random', seed: 3 } as const;
      const one = rows(makeWorkload(name, files, random));
      expect(rows(makeWorkload(name, files, random))).toEqual(one);
      expect(rows(makeWorkload(name, files, { ...random, seed: 4 }))).not.toEqual(one);
      const sorted = rows(makeWorkload(name, files, options));
      expect(one).not.toEqual(sorted);
      expect([...one].sort()).toEqual([...sorted].sort());
    }
  });

  test('makeWorkload() keeps its promises for any files and numbers', () => {
    const anyFiles = fc.array(fc.oneof(fc.nat(200_000), fc.constant(64 * MIB)), { minLength: 1, maxLength: 30 });
    const numbers = {
      block: fc.integer({ min: 1, max: 300_000 }),
      gap: fc.nat(300_000),
      reads: fc.integer({ min: 1, max: 500 }),
    };
    fc.assert(
      fc.property(
        anyFiles,
        fc.record(numbers),
        fc.nat(),
        fc.boolean(),
        (sizes, { block, gap, reads }, seed, shuffled) => {
          const files = sizes.map((size, index) => file(`f${index}`, size));
          for (const name of possibleCases(files)) {
            const order = shuffled ? 'random' : 'sorted';
            const work = makeWorkload(name, files, {
              dir: 'd',
              blockSizeBytes: block,
              gapBytes: gap,
              reads,
              seed,
              order,
            });
            expect(work.operations).toBeLessThanOrEqual(reads);
            expect(work.operations).toBeGreaterThan(0);
            expect([work.fileOf.length, work.offsets.length, work.lengths.length]).toEqual(
              Array(3).fill(work.operations),
            );
            expect(work.lengths.reduce((sum, length) => sum + length, 0)).toBe(work.bytes);
            expect(new Set(work.files).size).toBe(work.files.length);
            let before = 0;
            for (const [operation, index] of work.fileOf.entries()) {
              expect(index === before || index === before + 1).toBe(true);
              before = index;
              const { size } = work.files[index]!;
              const [offset, length] = [work.offsets[operation]!, work.lengths[operation]!];
              expect(offset + length).toBeLessThanOrEqual(size);
              if (name === 'whole-files') expect([offset, length]).toEqual([0, size]);
              else expect(length > 0 && length <= block).toBe(true);
            }
          }
        },
      ),
    );
  });

  test.each<[CaseName, WorkloadFile[], string]>([
    ['big-random', [file('a', 100)], 'd: no file of at least 64.0 MiB, which big-random reads'],
    ['big-gaps', [], 'd: no file of at least 64.0 MiB, which big-gaps reads'],
    ['whole-files', [file('b', 64 * MIB)], 'd: no files besides the big one'],
    ['file-heads', [file('b', 0)], 'd: no files besides the big one that have content'],
  ])('makeWorkload() %s refuses files that do not allow it, and says what makes some', (name, files, message) => {
    const error = expect.objectContaining({
      kind: 'usage',
      message: expect.stringContaining(message),
      remedy: 'lsio files create --dir d',
    });
    expect(() => makeWorkload(name, files, options)).toThrow(error);
  });

  test.each([
    [{ blockSizeBytes: 0 }, '--block-size'],
    [{ blockSizeBytes: 1.5 }, '--block-size'],
    [{ gapBytes: -1 }, '--gap'],
    [{ reads: 0 }, '--reads'],
    [{ reads: Number.NaN }, '--reads'],
    [{ seed: -1 }, '--seed'],
    [{ blockSizeBytes: 1, gapBytes: 0 }, 'more than 20000000 operations'],
    [{ reads: 1e15 }, 'more than 20000000 operations'],
    [{ blockSizeBytes: 100 * MIB }, 'less than one block'],
  ])('makeWorkload() refuses %j', (wrong, message) => {
    const name = 'gapBytes' in wrong && wrong.gapBytes === 0 ? 'big-gaps' : 'big-random';
    const error = expect.objectContaining({ kind: 'usage', message: expect.stringContaining(message) });
    expect(() => makeWorkload(name, FILES, { ...options, ...wrong })).toThrow(error);
  });
});

test('splitLong() reads the same bytes, in order, by reads that are short enough', () => {
  const files = [10, 0, 25, 7].map((size, index) => ({ path: `/${index}`, size }));
  const work = pick(
    {
      case: 'whole-files',
      wholeFiles: true,
      files,
      fileOf: Uint32Array.from([0, 1, 2, 3]),
      offsets: new Float64Array(4),
      lengths: Float64Array.from([10, 0, 25, 7]),
      operations: 4,
      bytes: 42,
    },
    [0, 1, 2, 3],
  );
  expect(splitLong(work, 25)).toBe(work);
  const split = splitLong(work, 10);
  expect({ ...split, files: split.files.length }).toEqual({
    case: 'whole-files',
    wholeFiles: false,
    files: 4,
    fileOf: Uint32Array.from([0, 1, 2, 2, 2, 3]),
    offsets: Float64Array.from([0, 0, 0, 10, 20, 0]),
    lengths: Float64Array.from([10, 0, 10, 10, 5, 7]),
    operations: 6,
    bytes: 42,
  });
});

describe('partOf()', () => {
  test('partOf() shares the operations out, in order and evenly', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(90_000), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 9 }),
        (sizes, count) => {
          const files = sizes.map((size, index) => file(`f${index}`, size));
          const work = makeWorkload('whole-files', files, options);
          const parts = Array.from({ length: count }, (_, index) => partOf(work, { index, count }));
          expect(parts.flatMap(rows)).toEqual(rows(work));
          const sizesOfParts = parts.map(({ operations }) => operations);
          expect(Math.max(...sizesOfParts) - Math.min(...sizesOfParts)).toBeLessThanOrEqual(1);
          expect(parts.reduce((bytes, part) => bytes + part.bytes, 0)).toBe(work.bytes);
        },
      ),
    );
  });
});

describe('pick()', () => {
  test('pick() keeps files, offsets and lengths of the operations picked', () => {
    const work = makeWorkload('file-gaps', FILES, options);
    expect(rows(pick(work, [0, 2]))).toEqual([rows(work)[0], rows(work)[2]]);
  });
});
