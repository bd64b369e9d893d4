import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import * as zarr from 'zarrita';
import { onEachEngine } from '../../read/read.testing.js';
import type { AbsolutePath } from '../keys.js';
import { LocalStore } from './local.js';

const root = mkdtempSync(path.join(tmpdir(), 'lsio-zarr-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function writeTree(files: Iterable<[string, Uint8Array]>): void {
  for (const [key, bytes] of files) {
    const file = path.join(root, key);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}

/** The element at a place of an array of `columns` columns. */
function element(row: number, column: number, columns: number): number {
  return row * columns + column + 0.25;
}

/** An array in chunks, the last of them cut, written by zarrita. */
async function writeChunked(): Promise<void> {
  const memory = new Map<AbsolutePath, Uint8Array>();
  await zarr.create(memory);
  const array = await zarr.create(zarr.root(memory).resolve('chunked'), {
    shape: [100, 61],
    chunkShape: [32, 32],
    dtype: 'float64',
  });
  const data = Float64Array.from({ length: 6100 }, (_, at) => element(Math.floor(at / 61), at % 61, 61));
  await zarr.set(array, null, { data, shape: [100, 61], stride: [61, 1] });
  writeTree(memory);
}

/** An array of 8 x 8 in two shards of 8 x 4, each of chunks of 4 x 4, with the index at the shard's end. */
function writeSharded(): void {
  const codec = { name: 'bytes', configuration: { endian: 'little' } };
  const metadata = {
    zarr_format: 3,
    node_type: 'array',
    shape: [8, 8],
    data_type: 'float32',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [8, 4] } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: 0,
    codecs: [
      {
        name: 'sharding_indexed',
        configuration: { chunk_shape: [4, 4], codecs: [codec], index_codecs: [codec], index_location: 'end' },
      },
    ],
  };
  const files: [string, Uint8Array][] = [['/sharded/zarr.json', Buffer.from(JSON.stringify(metadata))]];
  for (const shard of [0, 1]) {
    const bytes = Buffer.alloc(2 * 64 + 2 * 16);
    for (const chunk of [0, 1]) {
      for (let at = 0; at < 16; at++) {
        const [row, column] = [chunk * 4 + Math.floor(at / 4), shard * 4 + (at % 4)];
        bytes.writeFloatLE(element(row, column, 8), chunk * 64 + at * 4);
      }
      bytes.writeBigUInt64LE(BigInt(chunk * 64), 128 + chunk * 16);
      bytes.writeBigUInt64LE(64n, 128 + chunk * 16 + 8);
    }
    files.push([`/sharded/c/0/${shard}`, bytes]);
  }
  writeTree(files);
}

/** Arrays of every kind of element, uncompressed: zarrita decodes them from the bytes as they are. */
const KINDS = {
  int8: Int8Array.of(-1, 2, 3, -4),
  uint16: Uint16Array.of(1, 2, 3, 65_535),
  int64: BigInt64Array.of(-1n, 2n, 3n, 2n ** 60n),
  float32: Float32Array.of(0.5, -1, 2, 3),
  string: ['ab', 'ä', '', 'longer than the others'],
} as const;

async function writeKinds(): Promise<void> {
  const memory = new Map<AbsolutePath, Uint8Array>();
  for (const [dtype, data] of Object.entries(KINDS)) {
    if (dtype === 'string') continue;
    const options = { shape: [4], chunkShape: [2], dtype: dtype as 'int8', codecs: [] };
    const array = await zarr.create(zarr.root(memory).resolve(dtype), options as never);
    await zarr.set(array as never, null, { data, shape: [4], stride: [1] } as never);
  }
  const metadata = {
    zarr_format: 3,
    node_type: 'array',
    shape: [4],
    data_type: 'string',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [2] } },
    chunk_key_encoding: { name: 'default' },
    fill_value: '',
    codecs: [{ name: 'vlen-utf8' }],
  };
  memory.set('/string/zarr.json', Buffer.from(JSON.stringify(metadata)));
  for (const chunk of [0, 1]) memory.set(`/string/c/${chunk}`, vlenUtf8(KINDS.string.slice(2 * chunk, 2 * chunk + 2)));
  writeTree(memory);
}

/** zarrita reads such chunks, and doesn't write them. */
function vlenUtf8(texts: readonly string[]): Buffer {
  const lengthOf = (length: number) => Buffer.from(Uint32Array.of(length).buffer);
  return Buffer.concat([
    lengthOf(texts.length),
    ...texts.flatMap((text) => [lengthOf(Buffer.byteLength(text)), Buffer.from(text)]),
  ]);
}

await writeChunked();
writeSharded();
await writeKinds();

onEachEngine((name) => {
  test('a LocalStore is a store of zarrita: whole chunks', async () => {
    await using store = await LocalStore.open(root, { engine: name });
    const group = await zarr.open.v3(zarr.root(store), { kind: 'group' });
    const array = await zarr.open.v3(group.resolve('chunked'), { kind: 'array' });
    const all = await zarr.get(array);
    expect(all.shape).toEqual([100, 61]);
    expect([...(all.data as Float64Array)]).toEqual(
      Array.from({ length: 6100 }, (_, at) => element(Math.floor(at / 61), at % 61, 61)),
    );
    const part = await zarr.get(array, [zarr.slice(30, 34), 40]);
    expect([...(part.data as Float64Array)]).toEqual([30, 31, 32, 33].map((row) => element(row, 40, 61)));
  });

  test('a LocalStore is a store of zarrita: ranges of shards', async () => {
    await using store = await LocalStore.open(root, { engine: name });
    const array = await zarr.open.v3(zarr.root(store).resolve('sharded'), { kind: 'array' });
    const all = await zarr.get(array);
    expect([...(all.data as Float32Array)]).toEqual(
      Array.from({ length: 64 }, (_, at) => element(Math.floor(at / 8), at % 8, 8)),
    );
  });

  test.each(['int8', 'uint16', 'int64', 'float32', 'string'] as const)(
    'a LocalStore is a store of zarrita: uncompressed %s',
    async (kind) => {
      await using store = await LocalStore.open(root, { engine: name });
      // Other reads, so that memory isn't fresh.
      await Promise.all(Array.from({ length: 20 }, () => store.get('/chunked/zarr.json')));
      const array = await zarr.open.v3(zarr.root(store).resolve(kind), { kind: 'array' });
      expect([...((await zarr.get(array)).data as Iterable<unknown>)]).toEqual([...KINDS[kind]]);
    },
  );

  test('a LocalStore is a store of zarrita: what is absent', async () => {
    await using store = await LocalStore.open(root, { engine: name });
    await expect(zarr.open(zarr.root(store).resolve('nothing'), { kind: 'array' })).rejects.toThrow(zarr.NotFoundError);
    rmSync(path.join(root, 'chunked/c/0/0'));
    const array = await zarr.open(zarr.root(store).resolve('chunked'), { kind: 'array' });
    // A missing chunk is one of fill values.
    expect((await zarr.get(array, [0, zarr.slice(30, 34)])).data).toEqual(
      Float64Array.of(0, 0, element(0, 32, 61), element(0, 33, 61)),
    );
    await writeChunked();
  });
});
