import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { types } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import * as zarr from 'zarrita';
import { openSource } from '../formats/open-source.js';
import { LocalStore } from '../store/local/local.js';
import { withDecoding } from './with-decoding.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-decoding-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const FIXTURES = path.resolve(import.meta.dirname, '../../../shared/fixtures/zarr/v2v3');
const noFixtures = existsSync(FIXTURES) ? '' : ' (no fixtures beside the project)';

type AnyArray = zarr.Array<zarr.DataType, zarr.Readable>;

/** The places of a sub-array that cuts chunks, and drops the first axis. */
function selectionOf({ shape }: AnyArray): (zarr.Slice | number)[] {
  return shape.map((length, axis) => (axis === 0 && length > 1 ? 1 : zarr.slice(Math.min(1, length - 1), length)));
}

async function valuesOf(array: AnyArray) {
  return [await zarr.get(array), await zarr.get(array, selectionOf(array))];
}

describe('withDecoding()', () => {
  test.skipIf(noFixtures !== '')(`gives zarrita the values that it reads itself${noFixtures}`, async () => {
    let arrays = 0;
    for (const version of ['v2', 'v3'] as const) {
      const directory = path.join(FIXTURES, version, 'data.zarr');
      await using source = await openSource(directory);
      await using store = await LocalStore.open(directory);
      for (const { name, dtype } of source.arrays) {
        if (!/^u?int|^float(32|64)/.test(String(dtype))) continue;
        const open = (from: zarr.Readable) => {
          const place = zarr.root(from).resolve(name);
          const kind = { kind: 'array' } as const;
          return version === 'v2' ? zarr.open.v2(place, kind) : zarr.open.v3(place, kind);
        };
        const ours = await open(withDecoding(store) as zarr.Readable);
        const theirs = await open(store as zarr.Readable);
        expect([types.isProxy(ours), types.isProxy(theirs)], name).toEqual([true, false]);
        expect(await valuesOf(ours), name).toEqual(await valuesOf(theirs));
        arrays += 1;
      }
    }
    expect(arrays).toBeGreaterThan(45);
  });

  /** 4 x 6 in chunks of 2 x 4; the last chunk is not stored. */
  async function writeArray(name: string) {
    const directory = path.join(scratch, name);
    const written = new Map<zarr.AbsolutePath, Uint8Array>();
    const codecs = [{ name: 'bytes', configuration: { endian: 'little' } }];
    const array = await zarr.create(written, {
      shape: [4, 6],
      chunkShape: [2, 4],
      dtype: 'int32',
      fillValue: 9,
      codecs,
    });
    const data = Int32Array.from({ length: 24 }, (_, at) => at * 3);
    await zarr.set(array, null, { data, shape: [4, 6], stride: [6, 1] });
    written.delete('/c/1/1');
    for (const [key, bytes] of written) {
      mkdirSync(path.dirname(directory + key), { recursive: true });
      writeFileSync(directory + key, bytes);
    }
    return { directory, written };
  }
  const EXPECTED = Array.from({ length: 24 }, (_, at) => (at >= 12 && at % 6 >= 4 ? 9 : at * 3));

  test('works on other stores, under other wrappers, and keeps what the store can do', async () => {
    const { directory, written } = await writeArray('wrapped');
    await using local = await LocalStore.open(directory);
    const store = withDecoding(local);
    expect(store.info.engine).toBe(local.info.engine);
    expect((await store.get('/c/0/0'))?.length).toBe(32);
    const cached = zarr.defineStoreExtension((inner: zarr.AsyncReadable) => ({
      get: (key: zarr.AbsolutePath, options?: zarr.GetOptions) => inner.get(key, options as never),
    }))(store as zarr.AsyncReadable);
    for (const from of [store, cached, withDecoding(written)]) {
      const array = await zarr.open(from as zarr.Readable, { kind: 'array' });
      expect(types.isProxy(array)).toBe(true);
      const { data } = (await zarr.get(array)) as zarr.Chunk<'int32'>;
      expect([...data]).toEqual(EXPECTED);
      expect(await zarr.get(array, [3, 1])).toBe(57);
    }
    const array = await zarr.open(store as zarr.Readable, { kind: 'array' });
    const shared = (await zarr.get(array, null, { useSharedArrayBuffer: true })) as zarr.Chunk<'int32'>;
    expect(shared.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([...shared.data]).toEqual(EXPECTED);
  });

  test('a truncated chunk is an error that names it, and a signal ends it', async () => {
    const { directory } = await writeArray('short');
    truncateSync(path.join(directory, 'c/0/1'), 20);
    await using store = await LocalStore.open(directory);
    const array = await zarr.open(withDecoding(store) as zarr.Readable, { kind: 'array' });
    const message = expect.stringContaining('/c/0/1: chunk: decoded data: found 20 bytes, expected 32');
    await expect(zarr.get(array)).rejects.toMatchObject({ kind: 'format', message });
    expect(await zarr.get(array, [0, 1])).toBe(3);
    const stopped = AbortSignal.abort(new Error('enough'));
    await expect(array.getChunk([0, 0], { signal: stopped })).rejects.toThrow('enough');
  });

  test('what lsio cannot decode, and what is no number, is left to zarrita', async () => {
    const { directory, written } = await writeArray('other');
    const metadata = JSON.parse(new TextDecoder().decode(written.get('/zarr.json')));
    const put = (fields: object) =>
      writeFileSync(path.join(directory, 'zarr.json'), JSON.stringify({ ...metadata, ...fields }));
    await using store = await LocalStore.open(directory);
    put({ codecs: [...metadata.codecs, { name: 'made_up', configuration: {} }] });
    const unknown = await zarr.open(withDecoding(store) as zarr.Readable, { kind: 'array' });
    expect(types.isProxy(unknown)).toBe(false);
    await expect(zarr.get(unknown)).rejects.toThrow(/made_up/);
    put({ data_type: 'bool', fill_value: false });
    const bool = await zarr.open(withDecoding(store) as zarr.Readable, { kind: 'array' });
    expect((await bool.getChunk([5, 5])).data).toBeInstanceOf(zarr.BoolArray);
  });
});
