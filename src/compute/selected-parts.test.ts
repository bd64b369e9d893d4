import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selectIndex } from '../array/selection.js';
import { openSource } from '../formats/open-source.js';
import { readArray } from './read.js';
import { selectedParts } from './selected-parts.js';

const root = mkdtempSync(path.join(os.tmpdir(), 'lsio-parts-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SHAPE = [40, 50, 60];
const CHUNK = 32;
const FILL = -7;

function valueAt(place: readonly number[]): number {
  const isStored = !(place[0]! < CHUNK && place[1]! >= CHUNK && place[2]! < CHUNK);
  return isStored ? (((place[0]! * 50 + place[1]!) * 60 + place[2]!) * 7) % 32_749 : FILL;
}

/** Raw chunks of 64 KiB, one of which is not stored. */
beforeAll(() => {
  mkdirSync(path.join(root, 'a'));
  writeFileSync(
    path.join(root, 'a/.zarray'),
    JSON.stringify({
      ...{ zarr_format: 2, shape: SHAPE, chunks: [CHUNK, CHUNK, CHUNK], dtype: '<i2', compressor: null, filters: null },
      ...{ fill_value: FILL, order: 'C' },
    }),
  );
  for (let at = 0; at < 8; at++) {
    const chunk = [at >> 2, (at >> 1) & 1, at & 1];
    if (at === 2) continue;
    const values = new Int16Array(CHUNK ** 3);
    for (let i = 0; i < values.length; i++) {
      const within = [i >> 10, (i >> 5) & 31, i & 31];
      values[i] = valueAt(chunk.map((position, axis) => position * CHUNK + within[axis]!));
    }
    writeFileSync(path.join(root, 'a', chunk.join('.')), values);
  }
});

const axis = (length: number) =>
  fc
    .tuple(
      fc.integer({ min: 0, max: length - 1 }),
      fc.integer({ min: 1, max: length }),
      fc.constantFrom(1, 1, 1, 2, -1),
    )
    .map(([start, count, step]) => {
      const stop = Math.min(length, start + count);
      return step > 0 ? { start, stop, step } : { start: stop - 1, ...(start > 0 && { stop: start - 1 }), step };
    });

describe('readArray() of raw chunks', () => {
  test('gives the elements that are selected, whichever parts are read', async () => {
    await using source = await openSource(path.join(root, 'a'));
    const array = source.arrays[0]!.array!;
    await fc.assert(
      fc.asyncProperty(fc.tuple(...SHAPE.map(axis)), async (slices) => {
        const selection = slices.map((slice, i) => selectIndex({ name: 'x', length: SHAPE[i]! }, slice));
        const { bytes, shape, chunks, bytesRead } = await readArray(array, { selection });
        const indexes = selection.map(({ runs: [run] }) =>
          Array.from({ length: run!.count }, (_, i) => run!.start + i * run!.step),
        );
        const [zs, ys, xs] = indexes as [number[], number[], number[]];
        const expected = zs.flatMap((z) => ys.flatMap((y) => xs.map((x) => valueAt([z, y, x]))));
        expect(Buffer.compare(bytes, new Uint8Array(Int16Array.from(expected).buffer))).toBe(0);
        expect(shape).toEqual(indexes.map(({ length }) => length));
        expect(bytesRead).toBeLessThanOrEqual(chunks * 2 * CHUNK ** 3);
      }),
      { numRuns: 50 },
    );
  });

  test('reads little of what little is wanted of, and says so of a chunk that is too short', async () => {
    await using source = await openSource(path.join(root, 'a'));
    const array = source.arrays[0]!.array!;
    const plane = (z: number) => [z, {}, {}].map((one, i) => selectIndex({ name: 'x', length: SHAPE[i]! }, one));
    const { chunks, chunksMissing, bytesRead, bytesDecoded } = await readArray(array, { selection: plane(3) });
    // From the first to the last element of 32 × 32, 32 × 28 and 18 × 28 elements; one chunk is missing.
    const bytes = 32 * 64 + (31 * 64 + 56) + (17 * 64 + 56);
    const expected = { chunks: 4, chunksMissing: 1, bytesRead: bytes, bytesDecoded: bytes };
    expect({ chunks, chunksMissing, bytesRead, bytesDecoded }).toEqual(expected);
    truncateSync(path.join(root, 'a/0.0.0'), 100);
    await expect(readArray(array, { selection: plane(30) })).rejects.toThrow(/0\.0\.0: found no bytes at .*too short/);
    await expect(readArray(array, { selection: plane(0) })).rejects.toThrow(/0\.0\.0: found 100 bytes at 0/);
  });
});

test('selectedParts() gives none where a chunk is small, or much of it is wanted', () => {
  const box = { source: [0, 0], target: [0, 0], step: [1, 1], count: [1, 100] };
  expect(selectedParts([box], [100, 100], 4)).toEqual([
    { offset: 0, length: 400, boxes: [{ crop: 0, source: [0, 0], target: [0, 0], count: [1, 100] }] },
  ]);
  expect(selectedParts([box], [100, 10], 4)).toBeUndefined();
  expect(selectedParts([{ ...box, count: [60, 100] }], [100, 100], 4)).toBeUndefined();
  expect(selectedParts([{ ...box, step: [2, 1] }], [100, 100], 4)).toBeUndefined();
});
