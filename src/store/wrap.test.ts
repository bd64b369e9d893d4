import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectBytes, pattern } from '../engine/conformance-kit.js';
import { all, each } from '../read/read.testing.js';
import { asAsyncBuffer } from './async-buffer.js';
import { LocalStore } from './local/local.js';
import { getRanges } from './ranges.js';
import type { Store } from './store.js';
import { withLimit } from './wrap/limit.js';
import { withPrefix } from './wrap/prefix.js';

const directory = mkdtempSync(path.join(tmpdir(), 'lsio-wrap-'));
const bytes = pattern(5, 50_000);
let store: LocalStore;
beforeAll(async () => {
  mkdirSync(path.join(directory, 'a/b/c'), { recursive: true });
  writeFileSync(path.join(directory, 'outside'), 'outside');
  writeFileSync(path.join(directory, 'a/beside'), 'beside');
  writeFileSync(path.join(directory, 'a/b/one'), bytes);
  writeFileSync(path.join(directory, 'a/b/c/two'), 'two');
  store = await LocalStore.open(directory, { engine: 'node' });
});
afterAll(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

test.each(['/a/b', 'a/b', '/a/b/'])('withPrefix(%j) has what lies below, under shorter keys', async (prefix) => {
  const below = withPrefix(store, prefix);
  for (const key of ['/one', 'one', Buffer.from('one')]) {
    expectBytes(Buffer.from((await below.get(key))!), bytes, 'the value');
    expect(await below.getRange(key, { offset: 7, length: 3 })).toEqual(Uint8Array.from(bytes.subarray(7, 10)));
    expect(await below.head(key)).toMatchObject({ key, size: bytes.length });
  }
  expect((await all(below.list())).map(({ key }) => key)).toEqual(['/c/two', '/one']);
  expect((await all(below.list('/o'))).map(({ key }) => key)).toEqual(['/one']);
  expect(await below.get('/beside')).toBeUndefined();
  await expect(below.get('/../beside')).rejects.toMatchObject({ kind: 'usage' });
  await expect(below.get('/')).rejects.toMatchObject({ kind: 'usage' });
});

test('withPrefix() gives the items of getMany() the requests as they were', async () => {
  const below = withPrefix(store, '/a/b');
  const requests = [{ key: '/one', id: 1 }, { key: 'c/two', id: 2 }, { key: '/no', id: 3 }, null as never];
  async function* arrays() {
    yield requests;
  }
  for (const source of [requests, arrays(), [requests]] as const) {
    const items = await all(
      each(below.getMany<(typeof requests)[number] | typeof requests>(source, { ordered: true })),
    );
    expect(items.map(({ request }) => request)).toEqual(requests);
    for (const [index, item] of items.entries()) expect(item.request).toBe(requests[index]);
    expect(items.map((item) => item.ok)).toEqual([true, true, false, false]);
  }
});

test.each(['/..', '/a/../b', '/.', 5, null, undefined])('withPrefix() refuses %j', (prefix) => {
  expect(() => withPrefix(store, prefix as string)).toThrow(expect.objectContaining({ kind: 'usage' }));
});

/** A store that counts how many of its calls are under way. */
function counted(inner: Store) {
  const counts = { underWay: 0, most: 0 };
  async function count<T>(call: Promise<T>): Promise<T> {
    counts.most = Math.max(counts.most, ++counts.underWay);
    try {
      return await call;
    } finally {
      counts.underWay--;
    }
  }
  const outer = withLimit(inner, Number.MAX_SAFE_INTEGER);
  const get: Store['get'] = (key, options) => count(inner.get(key, options));
  const getRange: Store['getRange'] = (key, range, options) => count(inner.getRange(key, range, options));
  return { counts, store: { ...outer, get, getRange } satisfies Store };
}

test('withLimit() has no more calls under way, and answers all of them', async () => {
  const { counts, store: inner } = counted(store);
  const limited = withLimit(inner, 3);
  expect(limited.capabilities.inFlightMax).toBe(3);
  const calls = Array.from({ length: 100 }, (_, at) => {
    if (at % 3 === 0) return limited.get('/a/b/one');
    return limited.getRange(at % 3 === 1 ? '/a/b/one' : '/../', { offset: at, length: 10 });
  });
  const settled = await Promise.allSettled(calls);
  expect(counts.most).toBe(3);
  for (const [at, result] of settled.entries()) expect(result.status).toBe(at % 3 === 2 ? 'rejected' : 'fulfilled');
  const items = await all(each(limited.getMany(Array.from({ length: 50 }, () => ({ key: '/a/b/one' })))));
  expect(items).toHaveLength(50);
});

test.each([0, -1, 1.5, '3', undefined, null])('withLimit() refuses %j', (max) => {
  expect(() => withLimit(store, max as number)).toThrow(expect.objectContaining({ kind: 'usage' }));
});

test('asAsyncBuffer() slices as an ArrayBuffer does', async () => {
  const file = await asAsyncBuffer(store, '/a/b/one');
  const whole = new Uint8Array(bytes).buffer;
  expect(file.byteLength).toBe(bytes.length);
  for (const [start, end] of [
    [0, 10],
    [100],
    [-8],
    [-8, -2],
    [10, 5],
    [0, 1e9],
    [60_000],
    [-1e9, 4],
    [0, 0],
  ] as const) {
    expect(await file.slice(start!, end)).toEqual(whole.slice(start!, end));
  }
  await expect(asAsyncBuffer(store, '/nosuch')).rejects.toMatchObject({ kind: 'read', code: 'ENOENT' });
});

test('getRanges() is undefined for what is not there, and refuses what is no list of ranges', async () => {
  expect(await getRanges(store, '/nosuch', [{ offset: 0 }])).toBeUndefined();
  expect(await getRanges(store, '/nosuch', [])).toBeUndefined();
  expect(await getRanges(store, '/a/b/one', [])).toEqual([]);
  for (const ranges of [undefined, null, 5, {}, [null], [{ start: 1 }]]) {
    await expect(getRanges(store, '/a/b/one', ranges as [])).rejects.toMatchObject({ kind: 'usage' });
  }
});
