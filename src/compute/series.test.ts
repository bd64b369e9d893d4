import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wholeAxis } from '../array/selection.js';
import { memoryArray } from './memory-array.testing.js';
import { readSeries } from './series.js';

/** Along an axis: how long it is, how long a chunk, and where the points are. */
const axis = fc
  .record({ length: fc.integer({ min: 1, max: 9 }), chunk: fc.integer({ min: 1, max: 10 }) })
  .chain(({ length, chunk }) =>
    fc.record({
      length: fc.constant(length),
      chunk: fc.constant(chunk),
      at: fc.array(fc.nat(length - 1), { minLength: 3, maxLength: 3 }),
    }),
  );

test('readSeries() gives the elements of each point, also where only parts of raw chunks are read', async () => {
  const long = fc.integer({ min: 1, max: 40 });
  await fc.assert(
    fc.asyncProperty(fc.tuple(axis, axis, axis), fc.nat(2), long, async (axes, along, factor) => {
      // A chunk that is long along another axis is read in parts.
      const shape = axes.map(({ length }, i) => (i === (along + 1) % 3 ? length * factor * 10 : length));
      const chunkShape = axes.map(({ chunk }, i) => (i === (along + 1) % 3 ? chunk * factor * 10 : chunk));
      const total = shape.reduce((a, b) => a * b, 1);
      const values = Float32Array.from({ length: total }, (_, i) => (i % 11 === 4 ? Number.NaN : i * 0.5));
      const { array, decoder } = memoryArray({ shape, chunkShape, dtype: 'float32', values });
      const points = [0, 1, 2].map((point) => axes.map(({ at }) => at[point]!));
      const selected = wholeAxis(shape[along]!);
      const request = { axis: along, along: selected, points, packing: undefined };
      const series = await readSeries(array, { ...decoder, isRaw: true }, request);
      const decoded = await readSeries(array, { ...decoder, isRaw: false }, request);
      expect(series.values).toEqual(decoded.values);
      for (const [i, point] of points.entries()) {
        const expected = Array.from({ length: shape[along]! }, (_, step) => {
          const flat = point.reduce((all, at, j) => all * shape[j]! + (j === along ? step : at), 0);
          return values[flat];
        });
        expect([...series.values[i]!]).toEqual(expected);
      }
      expect(series.bytesRead).toBeLessThanOrEqual(decoded.bytesRead);
    }),
    { numRuns: 150 },
  );
});

test('readSeries() reads few bytes of large raw chunks; chunks that are not stored are the fill value', async () => {
  const values = Int32Array.from({ length: 4 * 10_000 }, (_, i) => i);
  const fill = new Uint8Array(Int32Array.of(-5).buffer);
  const source = { shape: [4, 10_000], chunkShape: [1, 10_000], dtype: 'int32', values, absent: new Set([2]), fill };
  const { array, decoder } = memoryArray(source);
  const request = { axis: 0, along: wholeAxis(4), points: [[0, 77]], packing: undefined };
  const series = await readSeries(array, decoder, request);
  expect([...series.values[0]!]).toEqual([77, 10_077, -5, 30_077]);
  expect(series).toMatchObject({ chunks: 4, chunksMissing: 1, bytesRead: 12 });
});

test('readSeries() refuses results that take too much memory, before it reads', async () => {
  const { array, decoder } = memoryArray({ shape: [3], chunkShape: [3], dtype: 'int8', values: new Int8Array(3) });
  const request = { axis: 0, along: wholeAxis(3), points: [[0]], packing: undefined };
  await expect(readSeries(array, decoder, request, { memoryBytesMax: 23 })).rejects.toThrow(
    /the series take 24 B of memory/,
  );
});
