import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ByteRange } from '../../range.js';
import { all, each } from '../../read/read.testing.js';
import type { Key } from '../keys.js';
import { LocalStore } from './local.js';

const root = mkdtempSync(path.join(tmpdir(), 'lsio-arguments-'));
let store: LocalStore;
beforeAll(async () => {
  writeFileSync(path.join(root, 'a'), 'abcdef');
  store = await LocalStore.open(root, { engine: 'node' });
});
afterAll(async () => {
  await store.close();
  rmSync(root, { recursive: true, force: true });
});

/** Nothing that TypeScript would let pass. */
const NOT_OPTIONS = [null, 1, 'text', true, { depth: 7 }, { sigal: undefined }, { signal: 1 }, { signal: {} }];
const NOT_KEYS = [undefined, null, 7, true, Symbol('a'), 5n, {}, [], ['/a'], new Date(), '', '/', '/../a', '/a\0'];
const NOT_RANGES = [
  undefined,
  null,
  5,
  'bytes=0-3',
  Symbol('range'),
  [0, 4],
  {},
  { start: 0, end: 4 },
  { offset: 0, end: 4 },
  { offset: 0n, length: 1n },
  { offset: Number.NaN },
  { offset: '0', length: '4' },
  { suffixLength: 1, offset: 0 },
  { suffixLength: null },
  () => 1,
];
const usage = expect.objectContaining({ name: 'LsioError', kind: 'usage' });

/** The error that a call throws or rejects with. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return 'no error';
}

function as<T>(value: unknown): T {
  return value as T;
}

describe('every method of LocalStore refuses with a usage error', () => {
  const range = { offset: 0, length: 1 };

  test.each(NOT_KEYS)('%o for a key', async (value) => {
    const key = as<Key>(value);
    expect(await failureOf(() => store.get(key))).toEqual(usage);
    expect(await failureOf(() => store.getRange(key, range))).toEqual(usage);
    expect(await failureOf(() => store.getRange(key, { suffixLength: 1 }))).toEqual(usage);
    expect(await failureOf(() => store.getRange(key, { offset: 0, length: 2 ** 30 }))).toEqual(usage);
    expect(await failureOf(() => store.head(key))).toEqual(usage);
    const [item] = await all(each(store.getMany([{ key }])));
    expect(item!.error).toEqual(usage);
  });

  test.each(NOT_RANGES)('%o for a range', async (value) => {
    const wrong = as<ByteRange>(value);
    expect(await failureOf(() => store.getRange('/a', wrong))).toEqual(usage);
    if (value === undefined) return;
    const items = await all(each(store.getMany([{ key: '/a', range: wrong }, { key: '/a' }])));
    expect(items.find(({ index }) => index === 0)!.error).toEqual(usage);
    expect(items.find(({ index }) => index === 1)!.error).toBeUndefined();
  });

  test.each(NOT_OPTIONS)('%o for options', async (value) => {
    const options = as<object>(value);
    expect(await failureOf(() => store.get('/a', options))).toEqual(usage);
    expect(await failureOf(() => store.getRange('/a', range, options))).toEqual(usage);
    expect(await failureOf(() => store.head('/a', options))).toEqual(usage);
    expect(await failureOf(() => all(store.list('/', options)))).toEqual(usage);
    expect(await failureOf(() => all(each(store.getMany([{ key: '/a' }], options))))).toEqual(usage);
    expect(await failureOf(() => LocalStore.open(root, options))).toEqual(usage);
  });

  test.each([undefined, null, 5, '', 'a\0b', {}, [], new URL('file:///tmp')])('%o for a root', async (value) => {
    expect(await failureOf(() => LocalStore.open(as<string>(value)))).toEqual(usage);
  });

  test.each([
    { engine: 'io_uring' },
    { engine: null },
    { queueDepth: '8' },
    { queueDepth: null },
    { queueDepth: 1.5 },
    { rings: 'many' },
    { rings: 0 },
    { direct: 'yes' },
    { direct: true },
    { depth: 7 },
  ])('open() with %o', async (options) => {
    expect(await failureOf(() => LocalStore.open(root, as<object>(options)))).toEqual(usage);
  });

  test.each([
    { ordered: 1 },
    { readOrder: 'inode' },
    { direct: 'yes' },
    { coalesce: 'yes' },
    { coalesce: null },
    { coalesce: 4096 },
    { coalesce: { gapBytesMax: '1' } },
    { coalesce: { gapBytesMax: Number.NaN, readBytesMax: 4096 } },
    { coalesce: { gapBytesMax: 0, readBytesMax: 0.5 } },
    { readBytesMax: '4096' },
    { readBytesMax: null },
    { readBytesMax: 1 },
  ])('getMany() with %o', async (options) => {
    expect(await failureOf(() => all(each(store.getMany([{ key: '/a' }], as<object>(options)))))).toEqual(usage);
  });

  test.each([undefined, null, 5, '/a', {}, () => 1, { key: '/a' }])('%o for requests', async (value) => {
    expect(await failureOf(() => all(each(store.getMany(as<[]>(value)))))).toEqual(usage);
  });

  test.each([undefined, null, 5, '/a', () => 1, Symbol('a')])('%o for a request, which fails alone', async (value) => {
    const requests = [{ key: '/a' }, as<{ key: string }>(value), { key: '/a' }];
    const items = await all(each(store.getMany(requests, { ordered: true })));
    expect(items.map(({ error }) => error)).toEqual([undefined, usage, undefined]);
    expect(items[1]!.request).toBe(value);
  });

  test.each([null, 5, [undefined], new Uint16Array(8), new ArrayBuffer(8), 'text'])(
    '%o for memory of the caller',
    async (into) => {
      expect(await failureOf(() => store.getRange('/a', range, { into: as<Uint8Array>(into) }))).toEqual(usage);
    },
  );

  test.each([null, 5, {}, [], '/../', '/a\0'])('%o for a prefix', async (prefix) => {
    expect(await failureOf(() => all(store.list(as<string>(prefix))))).toEqual(usage);
  });
});

test('the error names the option that there is not, and those that there are', async () => {
  const error = await failureOf(() => LocalStore.open(root, as<object>({ depth: 7 })));
  expect(error).toMatchObject({ message: "there is no option 'depth'", remedy: expect.stringContaining('queueDepth') });
});
