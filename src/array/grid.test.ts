import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLsioError } from '../errors.js';
import { copyBox, copyItems } from './copy-box.js';
import { byteLengthOf, countExactly, gridShape, selectedShape, TaskPlan } from './grid.js';
import { type AxisRun, type AxisSelection, resultShape, type Selection, wholeSelection } from './selection.js';

interface Case {
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly selection: Selection;
}

const run = (length: number): fc.Arbitrary<AxisRun> =>
  fc
    .tuple(fc.nat(length - 1), fc.integer({ min: 1, max: 5 }), fc.boolean(), fc.nat(length))
    .map(([start, size, back, most]) => {
      const room = Math.floor((back ? start : length - 1 - start) / size) + 1;
      return { start, step: back ? -size : size, count: Math.max(1, Math.min(room, most)) };
    });

const axis = fc.integer({ min: 1, max: 9 }).chain((length) =>
  fc.record({
    length: fc.constant(length),
    chunk: fc.integer({ min: 1, max: 11 }),
    selection: fc.record({ runs: fc.array(run(length), { minLength: 1, maxLength: 3 }), drop: fc.boolean() }),
  }),
);

const cases: fc.Arbitrary<Case> = fc.array(axis, { maxLength: 4 }).map((axes) => ({
  shape: axes.map(({ length }) => length),
  chunkShape: axes.map(({ chunk }) => chunk),
  selection: axes.map(({ selection }) => selection),
}));

function indexesOf({ runs }: AxisSelection): number[] {
  return runs.flatMap(({ start, step, count }) => Array.from({ length: count }, (_, i) => start + i * step));
}

/** The flat numbers of all places in a product of lists, in row-major order of an array of that shape. */
function flatNumbers(shape: readonly number[], lists: readonly number[][]): number[] {
  return lists.reduce<number[]>(
    (numbers, list, i) => numbers.flatMap((number) => list.map((at) => number * shape[i]! + at)),
    [0],
  );
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** A chunk of an array whose elements are their own flat numbers plus 1; outside of the array they are 0. */
function chunkOf({ shape, chunkShape }: Case, chunk: readonly number[]): number[] {
  const lists = chunk.map((at, i) => range(at * chunkShape[i]!, chunkShape[i]!));
  return lists
    .reduce<{ number: number; inside: boolean }[]>(
      (all, list, i) =>
        all.flatMap(({ number, inside }) =>
          list.map((at) => ({ number: number * shape[i]! + at, inside: inside && at < shape[i]! })),
        ),
      [{ number: 0, inside: true }],
    )
    .map(({ number, inside }) => (inside ? number + 1 : 0));
}

function encode(numbers: readonly number[], itemBytes: number): Uint8Array {
  const bytes = new Uint8Array(numbers.length * itemBytes);
  for (const [i, number] of numbers.entries()) {
    for (let byte = 0; byte < itemBytes; byte++) bytes[i * itemBytes + byte] = (number >> (8 * (byte % 2))) & 255;
  }
  return bytes;
}

/** Chunks of a shard along each axis; undefined: there are no shards. */
const shards = fc.option(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 4 }), { nil: undefined });

describe('TaskPlan, copyBox()', () => {
  test.each([1, 2, 3, 8])('assemble what is selected, of elements of %i bytes', (itemBytes) => {
    fc.assert(
      fc.property(cases, shards, (one, chunksPerShard) => {
        const { shape, chunkShape, selection } = one;
        const target = {
          bytes: new Uint8Array(Number(countExactly(selectedShape(selection))) * itemBytes),
          shape: selectedShape(selection),
        };
        const shardShape = chunksPerShard && chunkShape.map((length, axis) => length * chunksPerShard[axis]!);
        const plan = new TaskPlan(chunkShape, selection, shardShape);
        const touched = new Set<string>();
        const shards: string[] = [];
        for (const { chunk, boxes } of plan) {
          const shard = String(chunk.map((at, axis) => Math.floor(at / (chunksPerShard?.[axis] ?? 1))));
          if (shard !== shards.at(-1)) shards.push(shard);
          expect(touched.has(String(chunk)), 'a chunk is touched once').toBe(false);
          touched.add(String(chunk));
          const source = { bytes: encode(chunkOf(one, chunk), itemBytes), shape: chunkShape };
          for (const box of boxes) copyBox(source, target, box, itemBytes);
        }
        expect(touched.size).toBe(plan.count);
        expect(new Set(shards).size, 'chunks of a shard follow one another').toBe(shards.length);
        const expected = flatNumbers(shape, selection.map(indexesOf)).map((number) => number + 1);
        expect(target.bytes).toEqual(encode(expected, itemBytes));
      }),
    );
  });

  test('copyItems() does the same of values', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { shape, chunkShape, selection } = one;
        const target = {
          items: new Array<number>(Number(countExactly(selectedShape(selection)))),
          shape: selectedShape(selection),
        };
        for (const { chunk, boxes } of new TaskPlan(chunkShape, selection)) {
          for (const box of boxes) copyItems({ items: chunkOf(one, chunk), shape: chunkShape }, target, box);
        }
        expect(target.items).toEqual(flatNumbers(shape, selection.map(indexesOf)).map((number) => number + 1));
      }),
    );
  });

  test('rows of 1 KiB and more, and a side that is not aligned', () => {
    const shape = [3, 700];
    const plain = encode(range(0, 2100), 2);
    const shifted = new Uint8Array(plain.length + 1);
    shifted.set(plain, 1);
    const target = { bytes: new Uint8Array(2 * 650 * 2), shape: [2, 650] };
    const box = { source: [1, 20], step: [1, 1], count: [2, 650], target: [0, 0] };
    copyBox({ bytes: shifted.subarray(1), shape }, target, box, 2);
    expect(target.bytes).toEqual(encode([...range(720, 650), ...range(1420, 650)], 2));
  });

  test('a plan of 10^15 chunks takes no memory', () => {
    const plan = new TaskPlan([1, 1, 1], wholeSelection([1e5, 1e5, 1e5]));
    expect(plan.count).toBe(1e15);
    expect(plan.at(1e15 - 2)).toEqual({
      chunk: [99999, 99999, 99998],
      boxes: [{ source: [0, 0, 0], step: [1, 1, 1], count: [1, 1, 1], target: [99999, 99999, 99998] }],
    });
  });

  test('more chunks than a double counts are refused', () => {
    let error: unknown;
    try {
      new TaskPlan([1, 1], wholeSelection([2 ** 40, 2 ** 40]));
    } catch (caught) {
      error = caught;
    }
    expect(isLsioError(error, 'too-large')).toBe(true);
  });

  test('an axis without elements has no tasks, an array without axes has one', () => {
    expect(new TaskPlan([2, 2], wholeSelection([3, 0])).count).toBe(0);
    expect([...new TaskPlan([], [])]).toEqual([
      { chunk: [], boxes: [{ source: [], step: [], count: [], target: [] }] },
    ]);
  });
});

test('countExactly(), byteLengthOf()', () => {
  expect(countExactly([2 ** 40, 2 ** 40])).toBe(2n ** 80n);
  expect(byteLengthOf([2 ** 40, 2 ** 40], 2)).toBeUndefined();
  expect(byteLengthOf([3, 4], 8)).toBe(96);
});

test('gridShape()', () => expect(gridShape([10, 9, 0], [3, 3, 3])).toEqual([4, 3, 0]));

test('resultShape() leaves out what is dropped', () => {
  const one = { runs: [{ start: 2, step: 1, count: 1 }], drop: true };
  expect(resultShape([one, { runs: [{ start: 0, step: 1, count: 4 }], drop: false }])).toEqual([4]);
});
