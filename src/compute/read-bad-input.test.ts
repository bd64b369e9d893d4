import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { crc32c } from '../codec/crc.js';
import { isLsioError, type LsioError } from '../errors.js';
import { openSource } from '../formats/open-source.js';
import { readArray } from './read.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-bad-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let stores = 0;
const noRights = process.getuid?.() === 0 ? 'root may read everything' : '';

/** A store of these files. */
function makeStore(files: Record<string, string | Uint8Array>): string {
  const directory = path.join(scratch, `${stores++}.zarr`);
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return directory;
}

const V3 = {
  zarr_format: 3,
  node_type: 'array',
  shape: [4],
  data_type: 'int16',
  chunk_grid: { name: 'regular', configuration: { chunk_shape: [2] } },
  chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
  fill_value: 5,
  codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
  attributes: {},
  storage_transformers: [],
};
const V2 = {
  zarr_format: 2,
  shape: [4],
  chunks: [2],
  dtype: '<i2',
  fill_value: 5,
  filters: null,
  compressor: null,
  order: 'C',
};

async function failure(run: () => Promise<unknown>): Promise<LsioError> {
  try {
    await run();
  } catch (error) {
    if (isLsioError(error)) return error;
    throw error;
  }
  throw new Error('no failure');
}

/** Why the only array can't be read; it is listed all the same. */
async function reasonOf(store: string): Promise<string | undefined> {
  await using source = await openSource(store);
  expect(source.arrays).toHaveLength(1);
  const [{ array, reason }] = source.arrays as [(typeof source.arrays)[0]];
  expect(array === undefined).toBe(reason !== undefined);
  return reason;
}

async function read(store: string, verify = true): Promise<number[]> {
  await using source = await openSource(store, { verify });
  const { bytes } = await readArray(source.arrays[0]!.array!);
  return [...new Int16Array(bytes.buffer)];
}

const int16 = (...numbers: number[]) => new Uint8Array(Int16Array.from(numbers).buffer);

describe('1: metadata that is no metadata', () => {
  test.each([
    ['{', 'is not JSON'],
    ['', 'is not JSON'],
    ['[]', 'a list instead of an object'],
    ['null', 'null instead of an object'],
    ['"x"', 'instead of an object'],
    [new Uint8Array([0x7b, 0xff, 0x7d]), 'is not JSON'],
    ['{}', 'zarr_format: nothing instead of 3'],
    [JSON.stringify({ ...V3, node_type: 'thing' }), 'node_type: "thing"'],
    [JSON.stringify({ ...V3, shape: [-1] }), 'shape: -1 along axis 0'],
    [JSON.stringify({ ...V3, shape: [4.5] }), 'shape: 4.5 along axis 0'],
    [JSON.stringify({ ...V3, shape: ['4'] }), 'shape: "4" along axis 0'],
    [JSON.stringify({ ...V3, shape: { 0: 4 } }), 'shape: an object instead of a list'],
    [JSON.stringify(V3).replace('[4]', '[18446744073709551616]'), 'shape: 18446744073709551616 along axis 0'],
    [JSON.stringify({ ...V3, shape: new Array(65).fill(1) }), 'up to 64'],
    [JSON.stringify({ ...V3, chunk_grid: undefined }), 'chunk_grid'],
    [JSON.stringify({ ...V3, chunk_grid: { name: 'regular' } }), 'chunk_shape: nothing instead of a list'],
    [JSON.stringify(V3).replace('"chunk_shape":[2]', '"chunk_shape":[0]'), 'chunk_shape: 0 along axis 0'],
    [JSON.stringify(V3).replace('"chunk_shape":[2]', '"chunk_shape":[2,2]'), '2 numbers for 1 axes'],
    [JSON.stringify({ ...V3, codecs: 'bytes' }), 'codecs: "bytes" instead of a list'],
    [JSON.stringify({ ...V3, codecs: [{}] }), 'codecs: {} has no name'],
    [JSON.stringify({ ...V3, fill_value: undefined }), 'fill_value: is missing'],
    [JSON.stringify({ ...V3, dimension_names: ['a', 'b'] }), 'dimension_names'],
    [JSON.stringify({ ...V3, attributes: [] }), 'attributes: a list instead of an object'],
  ])('zarr.json, case %#: %s', async (content, message) => {
    const store = makeStore({ 'zarr.json': content });
    const error = await failure(() => openSource(store));
    expect(error.kind).toBe('format');
    expect(error.message).toContain('zarr.json');
    expect(error.message).toContain(message);
  });

  test.each([
    [{ ...V2, chunks: [0] }, 'chunks: 0 along axis 0'],
    [{ ...V2, chunks: [2, 2] }, '2 numbers for 1 axes'],
    [{ ...V2, order: 'K' }, 'order: "K"'],
    [{ ...V2, dtype: undefined }, 'dtype: is missing'],
    [{ ...V2, filters: 'delta' }, 'filters'],
    [{ ...V2, compressor: { cname: 'lz4' } }, 'has no id'],
    [{ ...V2, zarr_format: 3 }, 'zarr_format: 3 instead of 2'],
    [{ ...V2, fill_value: -40000 }, 'fill_value: -40000 is not a value of int16'],
  ])('.zarray, case %#', async (metadata, message) => {
    // In a group, so that the others are still listed.
    const good = JSON.stringify(V2);
    const store = makeStore({
      '.zgroup': '{"zarr_format": 2}',
      'a/.zarray': JSON.stringify(metadata),
      'b/.zarray': good,
    });
    await using source = await openSource(store);
    expect(source.arrays.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(source.arrays[0]?.reason).toContain(message);
    expect(source.arrays[1]?.array).toBeDefined();
  });
});

describe('2: a chunk of another length', () => {
  test.each([0, 1, 3, 5, 100])('of %i bytes instead of 4', async (length) => {
    const store = makeStore({ 'zarr.json': JSON.stringify(V3), 'c/0': int16(1, 2), 'c/1': new Uint8Array(length) });
    const { kind, message } = await failure(() => read(store));
    expect(kind).toBe('format');
    expect(message).toContain('/c/1: ');
    expect(message).toMatch(new RegExp(`found ${length} bytes?, expected 4`));
  });

  test.each(['gzip', 'zstd', 'numcodecs.zlib', 'numcodecs.lz4', 'numcodecs.bz2', 'blosc'])(
    '%s of nothing',
    async (name) => {
      const codecs = [
        ...V3.codecs,
        { name, configuration: name === 'blosc' ? { cname: 'lz4', shuffle: 'noshuffle' } : {} },
      ];
      const store = makeStore({ 'zarr.json': JSON.stringify({ ...V3, codecs }), 'c/0': new Uint8Array(0) });
      expect((await failure(() => read(store))).kind).toBe('format');
    },
  );
});

/** A shard of 2 inner chunks of 1 element, with its index at the end. */
function shardOf(
  entries: readonly (readonly [bigint, bigint])[],
  { crc = true, wrongCrc = false, data = int16(7, 8) } = {},
) {
  const index = new Uint8Array(new BigUint64Array(entries.flat()).buffer);
  const sum = new Uint8Array(Uint32Array.of(crc32c(index) ^ (wrongCrc ? 1 : 0)).buffer);
  return Buffer.concat([data, index, ...(crc ? [sum] : [])]);
}

function shardMetadata(fields: object = {}, { crc = true } = {}): string {
  const index_codecs = [{ name: 'bytes', configuration: { endian: 'little' } }, ...(crc ? [{ name: 'crc32c' }] : [])];
  const configuration = { chunk_shape: [1], codecs: V3.codecs, index_codecs, index_location: 'end', ...fields };
  return JSON.stringify({ ...V3, codecs: [{ name: 'sharding_indexed', configuration }] });
}

const GOOD = [
  [0n, 2n],
  [2n, 2n],
] as const;
const ABSENT = 2n ** 64n - 1n;

describe('3: shards without a whole index', () => {
  test.each([
    [new Uint8Array(0), 'a shard of 0 bytes cannot hold its index of 36'],
    [new Uint8Array(35), 'a shard of 35 bytes cannot hold its index of 36'],
    [shardOf(GOOD).subarray(0, 39), 'checksum of its index is wrong'],
    [shardOf(GOOD, { crc: false }), 'checksum of its index is wrong'],
  ])('case %#: %s', async (shard, message) => {
    const store = makeStore({ 'zarr.json': shardMetadata(), 'c/0': shard });
    const { kind, message: found } = await failure(() => read(store));
    expect(kind).toBe('format');
    expect(found).toContain('/c/0: ');
    expect(found).toContain(message);
  });
});

describe('4: index entries', () => {
  test('that are right lead to chunks, absent ones to the fill value', async () => {
    const shard = shardOf([GOOD[1], [ABSENT, ABSENT]]);
    expect(await read(makeStore({ 'zarr.json': shardMetadata(), 'c/0': shard }))).toEqual([8, 5, 5, 5]);
  });

  test.each([
    ['beyond the shard', 100n, 2n],
    ['across its end', 39n, 2n],
    ['into the index', 3n, 2n],
    ['at 2^33', 2n ** 33n, 2n],
    ['at 2^63', 2n ** 63n, 2n],
    ['with an overflowing end', 2n ** 64n - 2n, 4n],
    ['of 2^63 bytes', 0n, 2n ** 63n],
    ['half absent', ABSENT, 2n],
  ])('%s', async (_, offset, length) => {
    const store = makeStore({ 'zarr.json': shardMetadata(), 'c/0': shardOf([GOOD[0], [offset, length]]) });
    const { kind, message } = await failure(() => read(store));
    expect(kind).toBe('format');
    expect(message).toContain(`inner chunk 1 has offset ${offset} and length ${length}`);
    expect(message).toContain('this shard of 40 bytes lie between 0 and 4');
  });

  test('a chunk of another length is an error, not zeros', async () => {
    const store = makeStore({ 'zarr.json': shardMetadata(), 'c/0': shardOf([[0n, 1n], GOOD[1]]) });
    expect((await failure(() => read(store))).message).toContain('found 1 byte, expected 2');
  });

  test('at the start: nothing may overlap the index there', async () => {
    const index = Buffer.from(new BigUint64Array([35n, 2n, 36n, 2n]).buffer);
    const sum = Buffer.from(Uint32Array.of(crc32c(index)).buffer);
    const store = makeStore({
      'zarr.json': shardMetadata({ index_location: 'start' }),
      'c/0': Buffer.concat([index, sum, int16(7)]),
    });
    expect((await failure(() => read(store))).message).toContain('lie between 36 and 38');
  });
});

describe('5: checksums', () => {
  test('of an index that is wrong is an error, unless it is not verified', async () => {
    const store = makeStore({ 'zarr.json': shardMetadata(), 'c/0': shardOf(GOOD, { wrongCrc: true }) });
    expect((await failure(() => read(store))).message).toContain('checksum of its index is wrong: stored 0x');
    expect(await read(store, false)).toEqual([7, 8, 5, 5]);
  });

  test('of a chunk that is wrong is an error, unless it is not verified', async () => {
    const codecs = [...V3.codecs, { name: 'crc32c' }];
    const sum = new Uint8Array(Uint32Array.of(crc32c(int16(1, 2)) + 1).buffer);
    const store = makeStore({
      'zarr.json': JSON.stringify({ ...V3, codecs }),
      'c/0': Buffer.concat([int16(1, 2), sum]),
    });
    expect((await failure(() => read(store))).message).toContain('/c/0: crc32c: the checksum');
    expect(await read(store, false)).toEqual([1, 2, 5, 5]);
  });
});

describe('6: what lsio does not know is listed, and refused by name', () => {
  test.each([
    [{ codecs: [...V3.codecs, { name: 'zfpy' }] }, 'codec zfpy is not supported'],
    [{ codecs: [...V3.codecs, { name: 'a' }, { name: 'b' }] }, 'codec a is not supported; codec b is not supported'],
    [{ codecs: [] }, 'none of the codecs turns the array into bytes'],
    [{ codecs: [...V3.codecs, ...V3.codecs] }, 'into bytes more than once'],
    [{ data_type: 'int2' }, 'data_type "int2" is not known'],
    [{ data_type: { name: 'optional', configuration: {} } }, 'data_type "optional" is not known'],
    [{ data_type: 'r7' }, 'not a whole number of bytes'],
    [{ chunk_grid: { name: 'rectilinear', configuration: {} } }, 'chunk grid "rectilinear" is not supported'],
    [{ storage_transformers: [{ name: 'indirection' }] }, 'storage transformers are not supported: indirection'],
    [{ extra: { must_understand: true } }, '"extra" is an extension'],
    [{ extra: 1 }, '"extra" is an extension'],
    [{ chunk_key_encoding: { name: 'hashed' } }, 'chunk key encoding "hashed" is not supported'],
  ])('case %#: %s', async (fields, message) => {
    expect(await reasonOf(makeStore({ 'zarr.json': JSON.stringify({ ...V3, ...fields }) }))).toContain(message);
  });

  test('what need not be understood is passed over', async () => {
    const fields = { extra: { must_understand: false, name: 'x' } };
    expect(await reasonOf(makeStore({ 'zarr.json': JSON.stringify({ ...V3, ...fields }) }))).toBeUndefined();
  });

  test.each([
    [{ dtype: '|O', filters: [{ id: 'pickle' }] }, 'pickle are never read'],
    [{ dtype: '|O' }, 'needs the filter vlen-utf8, vlen-bytes or json2; it has none'],
    [{ dtype: '<i3' }, 'dtype "<i3" is not known'],
    [{ compressor: { id: 'imagecodecs_jpegxl' } }, 'codec imagecodecs_jpegxl is not supported'],
    [{ dimension_separator: '../../' }, 'separator "../../" are refused'],
  ])('.zarray, case %#: %s', async (fields, message) => {
    expect(await reasonOf(makeStore({ '.zarray': JSON.stringify({ ...V2, ...fields }) }))).toContain(message);
  });

  test.each([
    [{ chunk_shape: [3] }, '3 does not divide the shard'],
    [{ chunk_shape: [0] }, 'chunk_shape: 0 along axis 0'],
    [{ index_location: 'middle' }, 'index_location: "middle"'],
    [
      { index_codecs: [{ name: 'bytes' }, { name: 'gzip' }] },
      'a shard index with the codecs bytes, gzip is not supported',
    ],
    [{ codecs: [{ name: 'bytes' }, { name: 'zfpy' }] }, 'codec zfpy is not supported'],
  ])('shards, case %#: %s', async (fields, message) => {
    expect(await reasonOf(makeStore({ 'zarr.json': shardMetadata(fields) }))).toContain(message);
  });
});

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
}

describe('7: damaged blosc', () => {
  test.each([
    ['truncated', (chunk: Buffer) => chunk.subarray(0, -1)],
    ['longer', (chunk: Buffer) => Buffer.concat([chunk, Buffer.alloc(1)])],
    ['with a larger size', (chunk: Buffer) => withByte(chunk, 4, 5)],
    ['with a smaller size', (chunk: Buffer) => withByte(chunk, 4, 3)],
    ['of another version', (chunk: Buffer) => withByte(chunk, 0, 9)],
  ])('%s', async (_, damage) => {
    // Flags 2: the 4 bytes follow the header as they are.
    const header = [2, 1, 2, 2, 4, 0, 0, 0, 4, 0, 0, 0, 20, 0, 0, 0];
    const codecs = [
      ...V3.codecs,
      { name: 'blosc', configuration: { cname: 'lz4', shuffle: 'noshuffle', typesize: 2 } },
    ];
    const good = Buffer.from([...header, ...int16(3, 4)]);
    const store = makeStore({ 'zarr.json': JSON.stringify({ ...V3, codecs }), 'c/0': good });
    expect(await read(store)).toEqual([3, 4, 5, 5]);
    writeFileSync(path.join(store, 'c/0'), damage(good));
    const { kind, message } = await failure(() => read(store));
    expect(kind).toBe('format');
    expect(message).toContain('/c/0: blosc: ');
  });
});

describe('8: sizes', () => {
  test.each([
    ['a shape of 2^40', { shape: [2 ** 40] }],
    [
      'axes whose product overflows',
      { shape: [2 ** 40, 2 ** 40], chunk_grid: { name: 'regular', configuration: { chunk_shape: [2, 2] } } },
    ],
    [
      'a chunk of 2^40',
      { shape: [2 ** 40], chunk_grid: { name: 'regular', configuration: { chunk_shape: [2 ** 40] } } },
    ],
  ])('%s is refused in words before anything is allocated', async (_, fields) => {
    const store = makeStore({ 'zarr.json': JSON.stringify({ ...V3, ...fields }) });
    const { kind, message, remedy } = await failure(() => read(store));
    expect(kind).toBe('usage');
    expect(message).toMatch(/of memory, 4\.00 GiB are allowed/);
    expect(remedy).toContain('--max-memory');
  });

  test('a chunk of 2^62 elements is refused at open', async () => {
    const chunk_grid = { name: 'regular', configuration: { chunk_shape: [2 ** 31, 2 ** 31] } };
    const store = makeStore({ 'zarr.json': JSON.stringify({ ...V3, shape: [4, 4], chunk_grid }) });
    expect(await reasonOf(store)).toContain('a chunk of 4611686018427387904 elements is too large');
  });

  test('a shard of too many inner chunks is refused at open', async () => {
    const index_codecs = [{ name: 'bytes' }];
    const codecs = [{ name: 'sharding_indexed', configuration: { chunk_shape: [1], codecs: V3.codecs, index_codecs } }];
    const chunk_grid = { name: 'regular', configuration: { chunk_shape: [2 ** 40] } };
    const store = makeStore({ 'zarr.json': JSON.stringify({ ...V3, codecs, chunk_grid }) });
    expect(await reasonOf(store)).toContain('1099511627776 inner chunks in a shard are too many');
  });

  test('a small selection of a huge array is read', async () => {
    const store = makeStore({ 'zarr.json': JSON.stringify({ ...V3, shape: [2 ** 50] }), 'c/0': int16(1, 2) });
    await using source = await openSource(store);
    const selection = [{ runs: [{ start: 1, step: 1, count: 2 }], drop: false }];
    const { bytes } = await readArray(source.arrays[0]!.array!, { selection });
    expect([...new Int16Array(bytes.buffer)]).toEqual([2, 5]);
  });
});

describe('9: links', () => {
  test('that lead round are listed once', async () => {
    const store = makeStore({
      'zarr.json': '{"zarr_format": 3, "node_type": "group"}',
      'a/zarr.json': JSON.stringify(V3),
    });
    symlinkSync('.', path.join(store, 'loop'));
    symlinkSync('../', path.join(store, 'a', 'loop'));
    await using source = await openSource(store);
    expect(source.arrays.map(({ name }) => name)).toEqual(['a']);
  });

  test('a chunk that is a directory is missing, one that leads to itself is an error', async () => {
    const store = makeStore({ 'zarr.json': JSON.stringify(V3), 'c/0/x': '' });
    expect(await read(store)).toEqual([5, 5, 5, 5]);
    symlinkSync('1', path.join(store, 'c/1'));
    expect((await failure(() => read(store))).kind).toBe('read');
  });

  test.skipIf(noRights !== '')(
    `a chunk that may not be read is an error, not the fill value${noRights && ` (${noRights})`}`,
    async () => {
      const store = makeStore({ 'zarr.json': JSON.stringify(V3), 'c/0': int16(1, 2) });
      chmodSync(path.join(store, 'c/0'), 0);
      expect(await failure(() => read(store))).toMatchObject({ kind: 'read', code: 'EACCES' });
    },
  );
});

describe('10: fill values', () => {
  test.each([
    ['uint64', '18446744073709551615', [2n ** 64n - 1n]],
    ['int64', '9007199254740993', [2n ** 53n + 1n]],
  ])('%s %s is exact', async (data_type, fill, expected) => {
    const text = JSON.stringify({ ...V3, data_type, shape: [1] }).replace('"fill_value":5', `"fill_value":${fill}`);
    await using source = await openSource(makeStore({ 'zarr.json': text }));
    const { bytes } = await readArray(source.arrays[0]!.array!);
    const values = data_type === 'uint64' ? new BigUint64Array(bytes.buffer) : new BigInt64Array(bytes.buffer);
    expect([...values]).toEqual(expected);
  });

  test('hexadecimal has these bits', async () => {
    const text = JSON.stringify({ ...V3, data_type: 'float32', shape: [1], fill_value: '0x7fc00001' });
    await using source = await openSource(makeStore({ 'zarr.json': text }));
    const { bytes } = await readArray(source.arrays[0]!.array!);
    expect(new Uint32Array(bytes.buffer)[0]).toBe(0x7fc00001);
  });

  test.each([
    ['uint8', -1],
    ['uint8', 256],
    ['int16', 'NaN'],
    ['int16', null],
    ['float32', 'AAAA'],
  ])('%s is never %j', async (data_type, fill_value) => {
    const store = makeStore({ 'zarr.json': JSON.stringify({ ...V3, data_type, fill_value }) });
    expect((await failure(() => openSource(store))).message).toContain(
      `fill_value: ${JSON.stringify(fill_value)} is not a value`,
    );
  });

  test('null of v2 is zeros', async () => {
    expect(await read(makeStore({ '.zarray': JSON.stringify({ ...V2, fill_value: null }) }))).toEqual([0, 0, 0, 0]);
  });
});

describe('further', () => {
  test('a store that is replaced after it was opened is an error, not chunks of two arrays', async () => {
    const [one, two] = ['a', 'b'].map((name) => `${scratch}/replaced-${name}`) as [string, string];
    const fill = (directory: string, element: number, fields: object) => {
      mkdirSync(`${directory}/c`, { recursive: true });
      writeFileSync(`${directory}/zarr.json`, JSON.stringify({ ...V3, ...fields }));
      for (const chunk of [0, 1]) writeFileSync(`${directory}/c/${chunk}`, int16(element, element));
    };
    fill(one, 1, {});
    fill(two, 2, { attributes: { version: 2 } });
    await using source = await openSource(one);
    const array = source.arrays[0]!.array!;
    expect([...new Int16Array((await readArray(array)).bytes.buffer)]).toEqual([1, 1, 1, 1]);
    renameSync(one, `${one}-old`);
    renameSync(two, one);
    const { kind, message } = await failure(() => readArray(array));
    expect([kind, message]).toEqual(['changed', expect.stringContaining('the store was replaced while it was read')]);
    // Its chunks are shorter now: that is not damage.
    writeFileSync(`${one}/c/0`, int16(1));
    expect((await failure(() => readArray(array))).kind).toBe('changed');
  });

  test('an empty fill stands for a chunk of 10^7 that are not there, without a listing', async () => {
    const store = makeStore({ 'zarr.json': JSON.stringify({ ...V3, shape: [2 * 10 ** 7] }), 'c/9999999': int16(3, 4) });
    await using source = await openSource(store);
    const selection = [{ runs: [{ start: 2 * 10 ** 7 - 3, step: 1, count: 3 }], drop: false }];
    const { bytes } = await readArray(source.arrays[0]!.array!, { selection });
    expect([...new Int16Array(bytes.buffer)]).toEqual([5, 3, 4]);
  });

  test('v3 is taken where both stand', async () => {
    const store = makeStore({
      'zarr.json': JSON.stringify(V3),
      '.zarray': JSON.stringify(V2),
      'c/0': int16(1, 2),
      0: int16(8, 9),
    });
    expect(await read(store)).toEqual([1, 2, 5, 5]);
  });

  test('inner chunks that lie at odd places are read', async () => {
    const shard = shardOf(
      [
        [1n, 2n],
        [3n, 2n],
      ],
      { data: Buffer.concat([Buffer.alloc(1), int16(7, 8)]) },
    );
    expect(await read(makeStore({ 'zarr.json': shardMetadata(), 'c/0': shard }))).toEqual([7, 8, 5, 5]);
  });
});
