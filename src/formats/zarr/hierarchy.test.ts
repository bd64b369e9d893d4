import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactJsonText, isJsonObject, type JsonValue } from '../../array/exact-json.js';
import { TaskPlan } from '../../array/grid.js';
import { LsioError } from '../../errors.js';
import type { AbsolutePath } from '../../store/keys.js';
import { KeyTree } from '../key-tree.js';
import type { PlaceStore } from '../place-store.js';
import { openZarr } from './zarr-source.js';

/** A store in memory. */
function storeOf(files: Readonly<Record<string, JsonValue>>): PlaceStore {
  const tree = new KeyTree();
  for (const name of Object.keys(files)) tree.add(name.slice(1));
  return {
    name: 'x',
    sources: [],
    isListed: true,
    locate: async (key) => (Object.hasOwn(files, key) ? Buffer.from(exactJsonText(files[key]!)) : undefined),
    children: async (key: AbsolutePath) => tree.children(key),
  };
}

const SHARDING = {
  name: 'sharding_indexed',
  configuration: {
    chunk_shape: [2, 2],
    codecs: [
      { name: 'bytes', configuration: { endian: 'little' } },
      { name: 'blosc', configuration: { cname: 'lz4', typesize: 2 } },
    ],
    index_codecs: [{ name: 'bytes', configuration: { endian: 'little' } }, { name: 'crc32c' }],
    index_location: 'end',
  },
};

const V3: JsonValue = {
  zarr_format: 3,
  node_type: 'array',
  shape: [8, 8],
  data_type: 'int16',
  chunk_grid: { name: 'regular', configuration: { chunk_shape: [4, 4] } },
  chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
  fill_value: 0,
  codecs: [
    { name: 'transpose', configuration: { order: [1, 0] } },
    SHARDING,
    { name: 'gzip', configuration: { level: 5 } },
  ],
  attributes: { units: 'K' },
  dimension_names: ['y', 'x'],
  storage_transformers: [],
};

const V2: JsonValue = {
  zarr_format: 2,
  shape: [8, 8],
  chunks: [4, 4],
  dtype: [
    ['a', '<i2'],
    ['b', '|S3'],
  ],
  fill_value: 'AAAAAAA=',
  filters: [
    { id: 'shuffle', elementsize: 5 },
    { id: 'delta', dtype: '<i2' },
  ],
  compressor: { id: 'blosc', cname: 'lz4', clevel: 5, shuffle: 1 },
  order: 'F',
  dimension_separator: '.',
};

const odd: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue[]>(
    null,
    true,
    -1,
    0,
    1.5,
    2 ** 40,
    2 ** 53,
    2n ** 64n,
    1e308,
    Number.NaN,
    '',
    '/',
    'bytes',
    'sharding_indexed',
    'crc32c',
    'NaN',
    '0x00',
    '|O',
    '<M8[ns]',
    [],
    {},
    [[]],
    [1, 2, 3],
  ),
  fc.string(),
  fc.integer(),
  fc.jsonValue() as fc.Arbitrary<JsonValue>,
);

/** The value with one part of it replaced or, for undefined, left out; `path` says which, as far as it leads. */
function replaced(value: JsonValue, path: readonly number[], part: JsonValue | undefined): JsonValue | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return part;
  if (Array.isArray(value) && value.length > 0) {
    const at = step % value.length;
    return value.flatMap((one: JsonValue, i) => {
      const next = i === at ? replaced(one, rest, part) : one;
      return next === undefined ? [] : [next];
    });
  }
  if (!isJsonObject(value) || Object.keys(value).length === 0) return part;
  const entries = Object.entries(value);
  const at = step % entries.length;
  return Object.fromEntries(
    entries.flatMap(([name, one], i) => {
      const next = i === at ? replaced(one, rest, part) : one;
      return next === undefined ? [] : [[name, next]];
    }),
  );
}

async function opens(files: Readonly<Record<string, JsonValue>>): Promise<void> {
  try {
    const contents = await openZarr(storeOf(files), '', { verify: true });
    for (const { array, reason } of contents?.arrays ?? []) {
      expect(array === undefined).toBe(reason !== undefined);
      if (array === undefined) continue;
      // What is said to be readable has chunks that can be found.
      const first = array.shape.map(() => ({ runs: [{ start: 0, step: 1, count: 1 }], drop: false }));
      if (!array.shape.includes(0)) expect(new TaskPlan(array.chunkShape, first).count).toBe(1);
    }
  } catch (error) {
    if (!(error instanceof LsioError)) throw error;
  }
}

describe('openZarr()', () => {
  test.each([
    ['v3', '/zarr.json', V3],
    ['v2', '/.zarray', V2],
  ])('metadata of %s with any part replaced is understood, or refused in words', async (_, key, metadata) => {
    const path = fc.array(fc.nat(20), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(path, fc.option(odd, { nil: undefined }), async (steps, part) => {
        const changed = replaced(metadata, steps, part);
        if (changed !== undefined) await opens({ [key]: changed });
      }),
      { numRuns: 2000 },
    );
  });

  test('what is not changed is readable', async () => {
    const v3 = await openZarr(storeOf({ '/zarr.json': V3 }), '', { verify: true });
    expect(v3?.arrays).toMatchObject([{ dtype: 'int16', chunkShape: [4, 4], dims: ['y', 'x'] }]);
    expect(v3?.arrays[0]?.reason).toBeUndefined();
  });

  test('consolidated metadata of v3 is taken as it is, and what is wrong with one array stays with it', async () => {
    const group = { zarr_format: 3, node_type: 'group', attributes: { a: 1 } };
    const bad = { ...V3, shape: [1.5] };
    const metadata = { 'g/t': V3, g: group, bad };
    const store = storeOf({
      '/zarr.json': { ...group, consolidated_metadata: { kind: 'inline', must_understand: false, metadata } },
    });
    const contents = await openZarr({ ...store, children: () => Promise.reject(new Error('nothing is listed')) }, '', {
      verify: true,
    });
    expect(contents?.format).toBe('zarr v3, consolidated');
    expect(contents?.attributes).toEqual({ a: 1 });
    expect(contents?.groups.map(({ name }) => name)).toEqual(['', 'g']);
    expect(contents?.arrays.map(({ name, reason }) => [name, reason?.includes('shape: 1.5')])).toEqual([
      ['bad', true],
      ['g/t', undefined],
    ]);
  });

  test('consolidated metadata of v2 has the attributes beside each array', async () => {
    const array = { ...V2, dtype: '<i2', fill_value: 0, filters: null };
    const metadata = {
      '.zgroup': { zarr_format: 2 },
      '.zattrs': { a: 1 },
      't/.zarray': array,
      't/.zattrs': { _ARRAY_DIMENSIONS: ['y', 'x'] },
    };
    const contents = await openZarr(storeOf({ '/.zmetadata': { zarr_consolidated_format: 1, metadata } }), '', {
      verify: true,
    });
    expect(contents?.attributes).toEqual({ a: 1 });
    expect(contents?.arrays).toMatchObject([{ name: 't', dims: ['y', 'x'], chunkShape: [4, 4] }]);
  });

  test('axes without names, and of one name, are called by number', async () => {
    const contents = await openZarr(storeOf({ '/zarr.json': { ...V3, dimension_names: ['y', 'y'] } }), '', {
      verify: true,
    });
    expect(contents?.arrays[0]?.dims).toEqual(['y', 'dim_1']);
  });

  test('a store without metadata is none', async () => {
    expect(await openZarr(storeOf({ '/x': 1 }), '', { verify: true })).toBeUndefined();
  });
});
