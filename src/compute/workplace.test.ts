import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { gridShape } from '../array/grid.js';
import type { ChunkedArray } from '../formats/chunked-array.js';
import { takeScratch } from '../memory/wasm-slab.js';
import type { AbsolutePath } from '../store/keys.js';
import { LocalStore } from '../store/local/local.js';
import { memoryArray, specOf } from './memory-array.testing.js';
import { computeStats } from './stats.js';

const directory = mkdtempSync(path.join(os.tmpdir(), 'lsio-workplace-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const TYPES = { float32: Float32Array, int16: Int16Array, uint8: Uint8Array, float64: Float64Array };

const cases = fc.record({
  shape: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 3 }),
  dtype: fc.constantFrom('float32' as const, 'int16' as const, 'uint8' as const, 'float64' as const),
  chunk: fc.integer({ min: 1, max: 5 }),
  over: fc.boolean(),
  step: fc.integer({ min: 1, max: 3 }),
  masked: fc.boolean(),
});

test('chunks reduced where they were read give the bits of those that are copied first', async () => {
  let number = 0;
  await fc.assert(
    fc.asyncProperty(cases, async ({ shape, dtype, chunk, over, step, masked }) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const values = new TYPES[dtype](count);
      for (let i = 0; i < count; i++) values[i] = dtype.startsWith('f') && i % 5 === 2 ? Number.NaN : (i * 37) % 101;
      const chunkShape = shape.map(() => chunk);
      const source = memoryArray({ shape, chunkShape, dtype, values });
      const root = path.join(directory, String(number++));
      mkdirSync(root);
      const grid = gridShape(shape, chunkShape);
      const chunks = Array.from({ length: grid.reduce((a, b) => a * b, 1) }, (_, at) =>
        grid.map((length, axis) => Math.floor(at / grid.slice(axis + 1).reduce((a, b) => a * b, 1)) % length),
      );
      for await (const refs of source.array.refs(chunks)) {
        for (const { index, bytes } of refs) writeFileSync(path.join(root, chunks[index]!.join('.')), bytes!);
      }
      const packing = masked ? { missing: ['7', '9'], validMin: '3', validMax: '90', scale: 1, offset: 0 } : null;
      const selection = shape.map((length) => {
        return { runs: [{ start: 0, step, count: Math.ceil(length / step) }], drop: false };
      });
      const kept = shape.map((_, axis) => over && axis === shape.length - 1);
      const spec = { ...specOf(source, { packing }), selection, kept };
      await using store = await LocalStore.open(root, { engine: 'node' });
      const array: ChunkedArray = {
        ...source.array,
        sources: [{ store, spec: undefined }],
        async *refs(wanted) {
          yield Array.from(wanted, (at, index) => ({ index, source: 0, key: `/${at.join('.')}` as AbsolutePath }));
        },
      };
      const copied = await computeStats(source.array, spec);
      const inPlace = await computeStats(array, spec);
      expect(inPlace.table.values).toEqual(copied.table.values);
      expect(inPlace.counts).toMatchObject({ chunksMissing: 0, chunksFailed: 0 });
    }),
    { numRuns: 25 },
  );
});

test('takeScratch() gives the room to one at a time, and only beside a slab', async () => {
  writeFileSync(path.join(directory, 'a'), 'abc');
  await using store = await LocalStore.open(directory, { engine: 'node' });
  for await (const [item] of store.getMany([{ key: '/a' }])) {
    const bytes = item!.bytes!;
    const first = takeScratch(bytes, 100);
    expect(first?.memory.buffer).toBe(bytes.buffer);
    expect(takeScratch(bytes, 100)).toBeUndefined();
    first!.release();
    expect(takeScratch(bytes, 2 ** 40)).toBeUndefined();
    takeScratch(bytes, 100)!.release();
  }
  expect(takeScratch(new Uint8Array(4), 1)).toBeUndefined();
});
