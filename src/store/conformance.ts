import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectBytes, pattern } from '../engine/conformance-kit.js';
import { type ByteRange, resolveRange } from '../range.js';
import { all, each } from '../read/read.testing.js';
import { asAsyncBuffer } from './async-buffer.js';
import { getRanges } from './ranges.js';
import type { Store } from './store.js';

/** The sizes of the values, by key. */
const SIZES: Readonly<Record<string, number>> = {
  '/a/empty': 0,
  '/a/mid dle': 100_000,
  '/a/small': 1000,
  '/a.b': 3,
  '/b/deep/x/y': 8193,
  '/b/é#?': 9_000_000,
  '/top': 1,
};
const KEYS = Object.keys(SIZES).sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
const SHORT = ['/a/empty', '/a/mid dle', '/a/small'];

/** The values that a store must have. */
export function conformanceValues(): Map<string, Buffer> {
  return new Map(KEYS.map((key, index) => [key, pattern(index, SIZES[key]!)]));
}

/** A store under test, which holds {@link conformanceValues}. */
export interface Subject {
  readonly store: Store;
  /** Opens it once more. */
  again(): Promise<Store>;
  /** Replaces a value by another one. */
  replace(key: string, value: Buffer): void | Promise<void>;
  close(): void | Promise<void>;
}

/** What every store does. Blocks about a capability run where the store has it. */
export function storeConformance(open: () => Promise<Subject>): void {
  const values = conformanceValues();
  let subject: Subject;
  let store: Store;
  beforeAll(async () => {
    subject = await open();
    store = subject.store;
  });
  afterAll(async () => {
    await store?.close();
    await subject?.close();
  });

  test.each(KEYS)('get(%s) gives all bytes, in memory of their own', async (key) => {
    const value = (await store.get(key))!;
    expectBytes(Buffer.from(value), values.get(key)!, key);
    expect([value.byteOffset, value.buffer.byteLength]).toEqual([0, value.length]);
    expect(await store.head(key)).toMatchObject({ key, size: value.length });
  });

  test('a key may be text without its first slash, or bytes', async () => {
    for (const key of ['a/small', Buffer.from('/a/small'), Buffer.from('a/small')]) {
      expectBytes(Buffer.from((await store.get(key))!), values.get('/a/small')!, 'the value');
    }
  });

  test('an absent key is undefined for get, getRange and head, and fails alone in getMany', async () => {
    for (const key of ['/none', '/a/small/below', '/none/below']) {
      expect(await store.get(key)).toBeUndefined();
      expect(await store.getRange(key, { offset: 0, length: 1 })).toBeUndefined();
      expect(await store.head(key)).toBeUndefined();
    }
    const items = await all(each(store.getMany([{ key: '/none' }, { key: '/a/small' }], { ordered: true })));
    expect(items.map((item) => (item.ok ? 'ok' : item.error.code))).toEqual(['ENOENT', 'ok']);
  });

  test('getRange() and getMany() give what resolveRange() says', async () => {
    const offset = fc.nat({ max: 110_000 });
    const range = fc.oneof(
      fc.record({ offset, length: fc.nat({ max: 20_000 }) }),
      fc.record({ offset }),
      fc.record({ suffixLength: offset }),
    );
    const request = fc.record({ key: fc.constantFrom(...SHORT), range });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 12 }), fc.boolean(), async (requests, ordered) => {
        const expected = requests.map(({ key, range: asked }) => expectedOf(values.get(key)!, asked));
        const got: string[] = [];
        for await (const item of each(store.getMany(requests, { ordered }))) {
          got[item.index] = item.ok ? hex(item.bytes) : item.error.kind;
        }
        expect(got).toEqual(expected);
        for (const [index, { key, range: asked }] of requests.slice(0, 3).entries()) {
          const one = await store.getRange(key, asked).catch((error) => error.kind);
          expect(one instanceof Uint8Array ? hex(one) : one).toBe(expected[index]);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('getRange() into memory gives its beginning', async () => {
    const memory = new Uint8Array(2000).fill(7);
    const value = (await store.getRange('/a/mid dle', { offset: 50, length: 300 }, { into: memory }))!;
    expect([value.buffer, value.byteOffset, value.length]).toEqual([memory.buffer, 0, 300]);
    expectBytes(Buffer.from(memory.subarray(0, 300)), values.get('/a/mid dle')!.subarray(50, 350), 'the range');
    expect(memory.subarray(300).every((byte) => byte === 7)).toBe(true);
    const tooSmall = store.getRange('/a/mid dle', { offset: 0, length: 2001 }, { into: memory });
    await expect(tooSmall).rejects.toMatchObject({ kind: 'usage' });
  });

  test('getRanges() and asAsyncBuffer() give the bytes of each range', async () => {
    const value = values.get('/a/mid dle')!;
    const ranges = Array.from({ length: 20 }, (_, i) => ({ offset: i * 1000, length: 900 }));
    const got = (await getRanges(store, '/a/mid dle', ranges))!;
    for (const [i, bytes] of got.entries())
      expectBytes(Buffer.from(bytes), value.subarray(i * 1000, i * 1000 + 900), 'a range');
    const buffer = (await asAsyncBuffer(store, '/a/mid dle'))!;
    expect(buffer.byteLength).toBe(value.length);
    expectBytes(Buffer.from(await buffer.slice(-8)), value.subarray(-8), 'the end');
  });

  test('a value of more than 8 MiB comes in several items, in order', async () => {
    const parts = await all(each(store.getMany([{ key: '/b/é#?' }], { ordered: true })));
    expect(parts.length).toBeGreaterThan(1);
    // The bytes of an item are good for its batch only.
    const whole = Buffer.alloc(9_000_000);
    for await (const batch of store.getMany([{ key: '/b/é#?' }])) {
      for (const item of batch) if (item.ok) whole.set(item.bytes, item.offset);
    }
    expectBytes(whole, values.get('/b/é#?')!, 'the value');
  });

  test('ifMatch: a value that has changed is not read', async () => {
    const { etag } = (await store.head('/a.b'))!;
    expect(etag).toBeTypeOf('string');
    const options = { ifMatch: etag };
    expect(Buffer.from((await store.get('/a.b', options))!)).toEqual(values.get('/a.b'));
    expect(await store.getRange('/a.b', { offset: 1, length: 2 }, options)).toHaveLength(2);
    await subject.replace('/a.b', Buffer.from('other'));
    for (const range of [{ offset: 0, length: 1 }, { offset: 0 }, { suffixLength: 1 }]) {
      await expect(store.getRange('/a.b', range, options)).rejects.toMatchObject({ kind: 'changed' });
    }
    await expect(store.get('/a.b', options)).rejects.toMatchObject({ kind: 'changed' });
    expect((await store.head('/a.b'))!.etag).not.toBe(etag);
    expect(Buffer.from((await store.get('/a.b'))!).toString()).toBe('other');
    expect(await store.get('/none', options)).toBeUndefined();
    await subject.replace('/a.b', values.get('/a.b')!);
  });

  test('list() gives the keys in the order of their bytes, or says that there is no listing', async () => {
    const keysOf = async (...args: Parameters<Store['list']>) => (await all(store.list(...args))).map(({ key }) => key);
    if (!store.capabilities.list) {
      await expect(keysOf()).rejects.toMatchObject({ kind: 'usage' });
      return;
    }
    expect(await keysOf()).toEqual(KEYS);
    expect(await keysOf('/a')).toEqual(KEYS.filter((key) => key.startsWith('/a')));
    expect(await keysOf('/b/')).toEqual(['/b/deep/x/y', '/b/é#?']);
    expect(await keysOf('/none')).toEqual([]);
    expect(await keysOf('/', { delimiter: '/' })).toEqual(['/a.b', '/a/', '/b/', '/top']);
    expect(await keysOf('/b/', { delimiter: '/' })).toEqual(['/b/deep/', '/b/é#?']);
    expect(await keysOf('/a', { delimiter: '/' })).toEqual(['/a.b', '/a/']);
  });

  test.each(['/', '/../x', '../x', './x', '/a//b', '/a/', '/a\0', ''])('%j is no key of a value', async (key) => {
    // A store whose address is that of one object has it under these.
    if (key === '' || key === '/') return expect(await store.get(key).catch(() => undefined)).toBeUndefined();
    await expect(store.get(key)).rejects.toMatchObject({ kind: 'usage' });
    await expect(store.head(key)).rejects.toMatchObject({ kind: 'usage' });
    const [item] = await all(each(store.getMany([{ key }])));
    expect(item).toMatchObject({ ok: false, error: { kind: 'usage' } });
  });

  describe('refuses', () => {
    test('options that there are not', async () => {
      const options = { depth: 1 } as never;
      await expect(store.get('/top', options)).rejects.toMatchObject({ kind: 'usage' });
      await expect(store.getRange('/top', { offset: 0 }, options)).rejects.toMatchObject({ kind: 'usage' });
      await expect(store.head('/top', options)).rejects.toMatchObject({ kind: 'usage' });
      await expect(store.get('/top', { ifMatch: 5 } as never)).rejects.toMatchObject({ kind: 'usage' });
    });

    test('what is asked under an aborted signal, with its reason', async () => {
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(store.get('/top', { signal })).rejects.toThrow('enough');
      await expect(store.getRange('/top', { offset: 0 }, { signal })).rejects.toThrow('enough');
      await expect(store.head('/top', { signal })).rejects.toThrow('enough');
      await expect(store.getMany([{ key: '/top' }], { signal }).next()).rejects.toThrow('enough');
    });

    test('every call after close()', async () => {
      const other = await subject.again();
      await other.close();
      await expect(other.get('/top')).rejects.toMatchObject({ kind: 'closed' });
      await expect(other.getRange('/top', { offset: 0 })).rejects.toMatchObject({ kind: 'closed' });
      await expect(other.head('/top')).rejects.toMatchObject({ kind: 'closed' });
      await expect(other.getMany([{ key: '/top' }]).next()).rejects.toMatchObject({ kind: 'closed' });
    });
  });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function expectedOf(value: Buffer, range: ByteRange): string {
  try {
    const { offset, length } = resolveRange(range, value.length);
    return hex(value.subarray(offset, offset + length));
  } catch {
    return 'range';
  }
}
