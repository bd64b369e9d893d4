import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from './open.js';

const SIZE = 9_000_001;
/** Longer than a part, so that one value takes several requests. */
const contents = new Map(
  ['old/+ 1', 'new'].map((version, n) => [
    version,
    Buffer.from(Uint8Array.from({ length: SIZE }, (_, i) => (i * (n + 2)) % 251)),
  ]),
);

describe('versions of an object', () => {
  const queries: string[] = [];
  let server: Server;
  let origin = '';
  beforeAll(async () => {
    server = createServer(({ url = '', headers }, response) => {
      const { search, searchParams } = new URL(url, 'http://localhost');
      queries.push(search);
      const version = [...searchParams].find(([name]) => name !== 'sig')?.[1] ?? 'new';
      const content = contents.get(version);
      if (content === undefined) return void response.writeHead(404).end();
      const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? [];
      const begin = first === '' ? SIZE - Number(last) : Number(first);
      const end = first === '' ? SIZE : Math.min(SIZE, Number(last) + 1);
      const range = { 'content-range': `bytes ${begin}-${end - 1}/${SIZE}`, 'content-length': end - begin };
      response.writeHead(206, { ...range, etag: `"${version.length}"` }).end(content.subarray(begin, end));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
  });

  const credentials = async () => ({ accessKeyId: 'AKIAABCDEFGHIJ7Q', secretAccessKey: 'x' });
  test.each([
    ['s3://bucket/', 'versionId', { credentials }],
    ['gs://bucket/', 'generation', { anonymous: true }],
    ['az://account/container/', 'versionid', { azure: { accountKey: 'eA==' } }],
    ['az://account/container/', 'versionid', { azure: { sas: 'sig=1' } }],
  ] as const)('of %s are named by %s in each request', async (address, parameter, options) => {
    await using store = await openStore(address, { endpoint: origin, ...options });
    const [version, old] = [...contents][0]!;
    queries.length = 0;
    expect(Buffer.compare((await store.get('/k', { version }))!, old)).toBe(0);
    const range = { offset: 5000, length: 300 };
    expect(Buffer.compare((await store.getRange('/k', range, { version }))!, old.subarray(5000, 5300))).toBe(0);
    expect(Buffer.compare((await store.getRange('/k', { suffixLength: 9 }, { version }))!, old.subarray(-9))).toBe(0);
    expect(await store.getRange('/k', { offset: 1, length: 0 }, { version })).toHaveLength(0);
    expect(queries.length).toBeGreaterThanOrEqual(5);
    const named = `?${parameter}=old%2F%2B%201`;
    for (const query of queries) expect(query.startsWith(named)).toBe(true);
    // Without one it is the newest.
    expect(Buffer.compare((await store.getRange('/k', range))!, contents.get('new')!.subarray(5000, 5300))).toBe(0);
    expect(await store.get('/k', { version: 'none' })).toBeUndefined();
    await expect(store.get('/k', { version: '' })).rejects.toMatchObject({ kind: 'usage' });
  });

  test('are refused where there are none', async () => {
    await using web = await openStore(`${origin}/`);
    await expect(web.get('/k', { version: '1' })).rejects.toMatchObject({ kind: 'usage' });
    await using local = await openStore('/tmp');
    await expect(local.get('/k', { version: '1' })).rejects.toMatchObject({ kind: 'usage' });
  });
});
