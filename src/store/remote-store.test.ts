import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conformanceValues } from './conformance.js';
import { ObjectServer } from './object-server.testing.js';
import { openStore } from './open.js';
import { getRanges } from './ranges.js';
import type { Store } from './store.js';

describe('RemoteStore', () => {
  const server = new ObjectServer(conformanceValues());
  let store: Store;
  beforeAll(async () => {
    store = await openStore(`${await server.listen()}/bucket/`);
  });
  afterAll(async () => {
    await store.close();
    server.close();
  });

  test('all of an empty object is empty, a byte of it is not there', async () => {
    expect(await store.getRange('/a/empty', { offset: 0 })).toHaveLength(0);
    expect(await store.getRange('/a/empty', { suffixLength: 5 })).toHaveLength(0);
    const byte = store.getRange('/a/empty', { offset: 0, length: 1 });
    await expect(byte).rejects.toMatchObject({ kind: 'range' });
  });

  test('ranges that lie close together are one request', async () => {
    const before = server.ranges.length;
    await getRanges(
      store,
      '/a/mid dle',
      Array.from({ length: 20 }, (_, i) => ({ offset: i * 1000, length: 900 })),
    );
    expect(server.ranges.slice(before)).toEqual(['bytes=0-19899']);
  });
});

test('openStore() refuses secrets over plain HTTP to another machine', async () => {
  await expect(openStore('http://me:planted-secret@example.org/')).rejects.toMatchObject({ kind: 'usage' });
});
