import { describe, expect, test } from 'vitest';
import { splitUrl } from '../store/locator.js';
import type { RemoteStore } from '../store/remote-store.js';
import { objectsOf } from './open-remote-files.js';

const KEYS = ['a/x1.grib2', 'a/x*.grib2', 'a/[b].grib2', 'a/b.grib2', 'a/ü2.grib2', 'a/deep/x3.grib2'];

/** A store that only lists; it notes with which prefix. */
function listing(): { readonly store: RemoteStore; readonly prefixes: string[] } {
  const prefixes: string[] = [];
  const store = {
    async *list(prefix: string) {
      prefixes.push(prefix);
      for (const key of KEYS) if (`/${key}`.startsWith(prefix)) yield { key: `/${key}` };
    },
  };
  return { store: store as unknown as RemoteStore, prefixes };
}

async function keysOf(url: string): Promise<string[]> {
  const found = await objectsOf(listing().store, url, undefined);
  return found.map(({ key }) => key.slice(1));
}

describe('objectsOf()', () => {
  test.each([
    ['s3://bucket/a/x*.grib2', ['a/x1.grib2', 'a/x*.grib2']],
    ['s3://bucket/a/x%2A.grib2', ['a/x*.grib2']],
    ['s3://bucket/a/%5Bb%5D.grib2', ['a/[b].grib2']],
    ['s3://bucket/a/[b].grib2', ['a/b.grib2']],
    ['az://account/container/a/x%2A*', ['a/x*.grib2']],
    ['s3://bucket/a/%C3%BC?.grib2', ['a/ü2.grib2']],
    ['s3://bucket/a/deep/', ['a/deep/x3.grib2']],
    ['s3://bucket/', KEYS],
  ])('%s', async (url, wanted) => {
    expect(await keysOf(url)).toEqual(wanted);
  });

  test('an encoded * is one named object, which is not listed', async () => {
    const { store, prefixes } = listing();
    const found = await objectsOf(store, 's3://bucket/a/x%2A.grib2', undefined);
    expect(found).toEqual([{ key: '/a/x*.grib2', name: `${splitUrl('s3://bucket/').root}a/x*.grib2`, isNamed: true }]);
    expect(prefixes).toEqual([]);
  });

  test('a pattern is listed below its last fixed folder', async () => {
    const { store, prefixes } = listing();
    await objectsOf(store, 's3://bucket/a/%C3%BC?.grib2', undefined);
    await expect(objectsOf(store, 's3://bucket/b/*', undefined)).rejects.toThrow(/no object there/);
    expect(prefixes).toEqual(['/a/', '/b/']);
  });
});
