import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveRange } from '../range.js';
import { asAsyncBuffer } from './async-buffer.js';
import { openStore } from './open.js';
import { getRanges } from './ranges.js';
import type { Store } from './store.js';

const SIZES: Record<string, number> = { '/a/empty': 0, '/a/small': 1000, '/a/mid dle': 100_000, '/b/é#?': 9_000_000 };
const contentOf = (key: string) =>
  Buffer.from(Uint8Array.from({ length: SIZES[key]! }, (_, i) => (i * 31 + key.length * 7) % 251));
const contents = new Map(Object.keys(SIZES).map((key) => [key, contentOf(key)]));

/** A web server as most are: ranges, an ETag, 404 and 416. */
function serve(seen: string[]): Server {
  return createServer((request, response) => {
    const key = decodeURIComponent(request.url!.split('?')[0]!).replace(/^\/root/, '');
    seen.push(`${request.headers.range ?? ''}`);
    const content = contents.get(key);
    if (content === undefined) return response.writeHead(404).end();
    const match = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
    if (match === null) return response.writeHead(200, { 'content-length': content.length }).end(content);
    const suffix = match[1] === '';
    const first = suffix ? Math.max(0, content.length - Number(match[2])) : Number(match[1]);
    const last = suffix || match[2] === '' ? content.length - 1 : Math.min(Number(match[2]), content.length - 1);
    if (first > last) return response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    const headers = {
      'content-range': `bytes ${first}-${last}/${content.length}`,
      'content-length': last - first + 1,
      etag: `"${key.length}"`,
    };
    return response.writeHead(206, headers).end(content.subarray(first, last + 1));
  });
}

describe('RemoteStore', () => {
  const seen: string[] = [];
  const server = serve(seen);
  let store: Store;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    store = await openStore(`http://127.0.0.1:${(server.address() as AddressInfo).port}/root/`);
  });
  afterAll(async () => {
    await store.close();
    server.close();
  });

  test.each(Object.keys(SIZES))('get(%s) gives all bytes, in memory of their own', async (key) => {
    const value = (await store.get(key))!;
    expect(Buffer.compare(value, contents.get(key)!)).toBe(0);
    expect([value.byteOffset, value.buffer.byteLength]).toEqual([0, value.length]);
    expect(await store.head(key)).toMatchObject({ key, size: SIZES[key] });
  });

  test('an absent key is undefined for get, getRange and head, and fails alone in getMany', async () => {
    expect(await store.get('/none')).toBeUndefined();
    expect(await store.getRange('/none', { offset: 0, length: 1 })).toBeUndefined();
    expect(await store.head('/none')).toBeUndefined();
    const got: (string | undefined)[] = [];
    for await (const batch of store.getMany([{ key: '/none' }, { key: '/a/small' }], { ordered: true })) {
      for (const item of batch) got.push(item.ok ? 'ok' : item.error.code);
    }
    expect(got).toEqual(['ENOENT', 'ok']);
  });

  test('getRange() and getMany() give what resolveRange() says', async () => {
    const range = fc.oneof(
      fc.record({ offset: fc.nat({ max: 110_000 }), length: fc.nat({ max: 20_000 }) }),
      fc.record({ offset: fc.nat({ max: 110_000 }) }),
      fc.record({ suffixLength: fc.nat({ max: 110_000 }) }),
    );
    const keys = ['/a/empty', '/a/small', '/a/mid dle'];
    const request = fc.record({ key: fc.constantFrom(...keys), range });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 12 }), fc.boolean(), async (requests, ordered) => {
        const expected = requests.map(({ key, range }) => {
          try {
            const { offset, length } = resolveRange(range, SIZES[key]!);
            return contents
              .get(key)!
              .subarray(offset, offset + length)
              .toString('hex');
          } catch {
            return 'range';
          }
        });
        const got: string[] = [];
        for await (const batch of store.getMany(requests, { ordered })) {
          for (const item of batch)
            got[item.index] = item.ok ? Buffer.from(item.bytes).toString('hex') : item.error.kind;
        }
        expect(got).toEqual(expected);
        for (const [i, { key, range }] of requests.slice(0, 3).entries()) {
          const one = await store.getRange(key, range).catch((error) => error.kind);
          expect(one instanceof Uint8Array ? Buffer.from(one).toString('hex') : one).toBe(expected[i]);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('all of an empty object is empty, a byte of it is not there', async () => {
    expect(await store.getRange('/a/empty', { offset: 0 })).toHaveLength(0);
    expect(await store.getRange('/a/empty', { suffixLength: 5 })).toHaveLength(0);
    const byte = store.getRange('/a/empty', { offset: 0, length: 1 });
    await expect(byte).rejects.toMatchObject({ kind: 'range' });
  });

  test('ranges that lie close together are one request', async () => {
    const before = seen.length;
    const ranges = Array.from({ length: 20 }, (_, i) => ({ offset: i * 1000, length: 900 }));
    const got = (await getRanges(store, '/a/mid dle', ranges))!;
    for (const [i, bytes] of got.entries()) {
      expect(Buffer.compare(bytes, contents.get('/a/mid dle')!.subarray(i * 1000, i * 1000 + 900))).toBe(0);
    }
    expect(seen.slice(before)).toEqual(['bytes=0-19899']);
  });

  test('asAsyncBuffer() slices as hyparquet wants it', async () => {
    const buffer = (await asAsyncBuffer(store, '/a/small'))!;
    expect(buffer.byteLength).toBe(1000);
    expect(Buffer.compare(Buffer.from(await buffer.slice(-8)), contents.get('/a/small')!.subarray(-8))).toBe(0);
  });

  test('plain HTTP has no listing, and says so', async () => {
    await expect(store.list().next()).rejects.toMatchObject({ kind: 'usage' });
  });

  test('refuses options that there are not, and every call after close()', async () => {
    await expect(store.get('/a/small', { depth: 1 } as never)).rejects.toMatchObject({ kind: 'usage' });
    const other = await openStore(`http://127.0.0.1:${(server.address() as AddressInfo).port}/root`);
    await other.close();
    await expect(other.get('/a/small')).rejects.toMatchObject({ kind: 'closed' });
    await expect(other.getMany([{ key: '/a/small' }]).next()).rejects.toMatchObject({ kind: 'closed' });
  });
});

test('openStore() refuses secrets over plain HTTP to another machine', async () => {
  await expect(openStore('http://me:planted-secret@example.org/')).rejects.toMatchObject({ kind: 'usage' });
});
