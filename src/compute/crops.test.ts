import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChunkedArray } from '../formats/chunked-array.js';
import { openSource } from '../formats/open-source.js';
import type { ArraySource } from '../formats/source.js';
import { unpack } from '../formats/zarr/unpack.testing.js';
import { cropJobs } from './crop-jobs.js';
import { type CropsOptions, crops, planWork } from './crops.js';
import { readArray } from './read.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-crops-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const ZARR = path.resolve(import.meta.dirname, '../formats/zarr');
interface Expected {
  readonly shape: readonly number[];
  readonly bytes?: string;
}
const EXPECTED: Record<string, Expected> = JSON.parse(readFileSync(path.join(ZARR, 'zarr.fixture.json'), 'utf8'));

/** One crop, element by element. */
function slowCrop(
  all: Buffer,
  itemBytes: number,
  shape: readonly number[],
  origin: readonly number[],
  size: readonly number[],
) {
  const parts: Buffer[] = [];
  function take(axis: number, place: number): void {
    if (axis === shape.length) {
      parts.push(all.subarray(place * itemBytes, (place + 1) * itemBytes));
      return;
    }
    for (let i = 0; i < size[axis]!; i++) take(axis + 1, place * shape[axis]! + origin[axis]! + i);
  }
  take(0, 0);
  return Buffer.concat(parts);
}

async function expectCrops(array: ChunkedArray, all: Buffer, options: CropsOptions & { count: number }): Promise<void> {
  let crop = 0;
  const { itemBytes } = array.dtype;
  for await (const { bytes, shape, origins } of crops(array, options)) {
    expect(shape).toEqual([origins.length, ...options.size]);
    const expected = origins.map((origin) => slowCrop(all, itemBytes, array.shape, origin, options.size));
    expect(Buffer.from(bytes).toString('hex'), array.name).toBe(Buffer.concat(expected).toString('hex'));
    crop += origins.length;
  }
  expect(crop).toBe(options.count);
}

function optionsFor(shape: readonly number[]) {
  return fc.record({
    size: fc.tuple(...shape.map((length) => fc.integer({ min: 1, max: length }))),
    count: fc.integer({ min: 1, max: 9 }),
    batchSize: fc.constantFrom(1, 3, 100),
    seed: fc.integer({ min: 0, max: 2 ** 40 }),
  });
}

describe('crops() are the elements that zarr-python reads there', () => {
  let sources: ArraySource[] = [];
  beforeAll(async () => {
    for (const version of ['v2', 'v3']) await unpack(`zarr-${version}.fixture.zip`, path.join(scratch, version));
    const places = ['v2', 'v3'].flatMap((version) => [
      path.join(scratch, version),
      path.join(ZARR, `zarr-${version}.fixture.zip`),
    ]);
    sources = await Promise.all(places.map((place) => openSource(place)));
  });
  afterAll(() => Promise.all(sources.map((source) => source.close())));

  test('every dtype, codec, order, byte order, shard and fill value, from files and zip files', async () => {
    let arrays = 0;
    for (const source of sources) {
      for (const { name, array } of source.arrays) {
        const version = source.format.includes('v2') ? 'v2' : 'v3';
        const { bytes } = EXPECTED[`${version}/${name}`]!;
        if (array === undefined || bytes === undefined || array.shape.includes(0)) continue;
        const all = Buffer.from(bytes, 'base64');
        for (const options of fc.sample(optionsFor(array.shape), { numRuns: 2, seed: arrays })) {
          await expectCrops(array, all, options);
        }
        arrays += 1;
      }
    }
    expect(arrays).toBeGreaterThan(200);
  });

  test('elements that vary in length are refused by name', () => {
    const string = sources[2]!.arrays.find(({ name }) => name === 'dtype/string')!.array!;
    expect(() => crops(string, { size: [1, 1] })).toThrow('elements of string vary in length');
  });
});

const METADATA = {
  zarr_format: 3,
  node_type: 'array',
  shape: [7, 90, 80],
  data_type: 'uint16',
  chunk_grid: { name: 'regular', configuration: { chunk_shape: [3, 50, 40] } },
  chunk_key_encoding: { name: 'default' },
  fill_value: 770,
  codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
};
const CHUNK_BYTES = 3 * 50 * 40 * 2;

/** Raw chunks of 12,000 bytes, so that crops take parts of them; two are not stored. */
function makeRaw(name: string): string {
  const directory = path.join(scratch, name);
  for (let z = 0; z < 3; z++) {
    for (let y = 0; y < 2; y++) {
      mkdirSync(path.join(directory, 'c', String(z), String(y)), { recursive: true });
      for (let x = 0; x < 2; x++) {
        if ((z + y + x) % 4 === 3) continue;
        const chunk = Uint16Array.from(
          { length: CHUNK_BYTES / 2 },
          (_, i) => (i * 13 + z * 7919 + y * 641 + x * 53) % 65521,
        );
        writeFileSync(path.join(directory, 'c', String(z), String(y), String(x)), chunk);
      }
    }
  }
  writeFileSync(path.join(directory, 'zarr.json'), JSON.stringify(METADATA));
  return directory;
}

async function openRaw(name: string): Promise<{ source: ArraySource; array: ChunkedArray } & AsyncDisposable> {
  const source = await openSource(makeRaw(name));
  return { source, array: source.arrays[0]!.array!, [Symbol.asyncDispose]: () => source.close() };
}

describe('crops() of raw chunks', () => {
  test('read parts of them, and give what readArray() does', async () => {
    await using raw = await openRaw('raw');
    const { array } = raw;
    const all = Buffer.from((await readArray(array)).bytes);
    await fc.assert(
      fc.asyncProperty(optionsFor(array.shape), (options) => expectCrops(array, all, options)),
      { numRuns: 30 },
    );
    const { bytesRead } = await outcomeOf(array, { size: [1, 2, 3], count: 1, align: true });
    expect(bytesRead).toBeLessThan(200);
  });

  test('a chunk that is too short is an error that names it, not zeros', async () => {
    await using raw = await openRaw('short');
    truncateSync(path.join(scratch, 'short/c/0/0/0'), 5000);
    const end = { size: [3, 50, 40], count: 1, within: [0, 0, 0].map((start, axis) => run(start, [3, 50, 40][axis]!)) };
    await expect(collect(raw.array, end)).rejects.toMatchObject({ kind: 'format', message: /\/c\/0\/0\/0: found/ });
    // Parts that begin past its end, too.
    const last = { size: [1, 1, 1], count: 1, within: [2, 49, 39].map((start) => run(start, 1)) };
    await expect(collect(raw.array, last)).rejects.toMatchObject({ kind: 'format', message: /\/c\/0\/0\/0: found no/ });
    const first = { size: [1, 1, 1], count: 1, within: [0, 0, 0].map((start) => run(start, 1)) };
    expect(await collect(raw.array, first)).toHaveLength(1);
  });
});

async function outcomeOf(array: ChunkedArray, options: CropsOptions) {
  for await (const { outcome } of cropJobs(array, planWork(array, options), options)) return outcome;
  throw new Error('no job');
}

function run(start: number, count: number) {
  return { runs: [{ start, step: 1, count }], drop: false };
}

async function collect(array: ChunkedArray, options: CropsOptions) {
  const found: string[] = [];
  for await (const { bytes, origins } of crops(array, options))
    found.push(`${origins.join(';')} ${Buffer.from(bytes).toString('base64')}`);
  return found;
}

describe('crops()', () => {
  const size = [2, 9, 11];

  test('are the same for a seed, whatever the batches and the threads', async () => {
    await using raw = await openRaw('seed');
    const flat = async (batchSize: number, seed: number, workers = 1) => {
      const all: unknown[] = [];
      for await (const { bytes, origins } of crops(raw.array, { size, count: 10, batchSize, seed, workers })) {
        const each = bytes.length / origins.length;
        for (const [i, origin] of origins.entries()) {
          all.push([origin, Buffer.from(bytes.subarray(i * each, (i + 1) * each)).toString('base64')]);
        }
      }
      return all;
    };
    const once = await flat(10, 3);
    expect(await flat(1, 3)).toEqual(once);
    expect(await flat(4, 3)).toEqual(once);
    expect(await flat(2, 3, 2)).toEqual(once);
    expect(await flat(10, 4)).not.toEqual(once);
  });

  test('decode each chunk once for crops that lie near one another, whatever their batches', async () => {
    await using raw = await openRaw('once');
    const outcome = await outcomeOf(raw.array, { size: [7, 90, 80], count: 5 });
    expect(outcome).toMatchObject({ chunks: 12, chunksMissing: 3 });
    // Two batches of chunks, each of which lies in one group.
    const aligned = await outcomeOf(raw.array, { size: [3, 45, 40], align: true, count: 32, batchSize: 16 });
    expect(aligned.chunks).toBeLessThanOrEqual(5);
  });

  test('use memory again when a loop has ended, but not that of its last batch', async () => {
    await using raw = await openRaw('again');
    const options = { size, batchSize: 2, count: 70 };
    const first = await collect(raw.array, { ...options, seed: 1 });
    const memory = new Set<ArrayBufferLike>();
    let last: { bytes: Uint8Array; copy: Buffer } | undefined;
    for await (const { bytes } of crops(raw.array, { ...options, seed: 2 })) {
      memory.add(bytes.buffer);
      last = { bytes, copy: Buffer.from(bytes) };
    }
    let again = 0;
    for await (const { bytes } of crops(raw.array, { ...options, seed: 1 })) if (memory.has(bytes.buffer)) again++;
    expect(again).toBeGreaterThan(0);
    expect(await collect(raw.array, { ...options, seed: 1 })).toEqual(first);
    expect(last!.copy.equals(last!.bytes)).toBe(true);
  });

  test('never end where no count is given, use two buffers in turn, and end when the loop is left', async () => {
    await using raw = await openRaw('endless');
    const buffers = new Set<ArrayBufferLike>();
    let batches = 0;
    for await (const { data } of crops(raw.array, { size, batchSize: 2 })) {
      expect(data).toBeInstanceOf(Uint16Array);
      buffers.add(data.buffer);
      if (++batches === 50) break;
    }
    expect(buffers.size).toBe(2);
  });

  test('stop with the reason of a signal', async () => {
    await using raw = await openRaw('signal');
    const stop = new AbortController();
    let batches = 0;
    const loop = async () => {
      for await (const _ of crops(raw.array, { size, batchSize: 1, signal: stop.signal })) {
        if (++batches === 3) stop.abort(new Error('enough'));
      }
    };
    await expect(loop()).rejects.toThrow('enough');
    expect(batches).toBe(3);
  });

  test.each([
    [{ size: [1, 1] }, 'has 2 numbers'],
    [{ size: [1, 1, 0] }, 'the size along dim_2: 0'],
    [{ size: [8, 1, 1] }, "crops of 8 along dim_0 don't fit into its 7 elements"],
    [{ size, seed: -1 }, 'seed: -1'],
    [{ size, count: 1.5 }, 'count: 1.5'],
    [{ size, batchSize: 0 }, 'batchSize: 0'],
    [{ size, batchSize: 10, memoryBytesMax: 1000 }, 'of memory, 1000 B are allowed'],
    [
      { size, within: [run(0, 7), run(0, 90), { runs: [{ start: 0, step: 2, count: 9 }], drop: false }] },
      'without steps',
    ],
  ])('refuses what makes no sense before anything is read, case %#', async (options, message) => {
    await using raw = await openRaw('refused');
    expect(() => crops(raw.array, options)).toThrow(message);
  });
});
