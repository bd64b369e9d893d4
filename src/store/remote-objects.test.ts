import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asAsyncBuffer } from './async-buffer.js';
import { keyPattern } from './key-pattern.js';
import { splitKnown } from './locator.js';
import { ObjectServer } from './object-server.testing.js';
import { openRemoteStore } from './open-remote.js';
import type { RemoteStore } from './remote-store.js';
import { S3Provider } from './s3/s3.js';
import { Signer } from './s3/sign.js';

const BYTES = Buffer.from(Array.from({ length: 20_000 }, (_, at) => (at * 7) % 251));
/** Longer than one request asks for. */
const LONG = Buffer.alloc(17 * 1024 * 1024 + 3, BYTES.subarray(0, 251));

describe('RemoteStore of a bucket', () => {
  const server = new ObjectServer(
    new Map([
      ['/top/a', BYTES],
      ['/top/d/b', BYTES.subarray(1)],
      ['/top/d/c', BYTES.subarray(2)],
      ['/top/marker/', Buffer.alloc(0)],
      ['/top/ä', Buffer.alloc(0)],
      ['/long', LONG],
    ]),
  );
  let address = '';
  let root: RemoteStore;
  let top: RemoteStore;
  beforeAll(async () => {
    address = await server.listen();
    const options = { endpoint: address, anonymous: true };
    root = await openRemoteStore('s3://bucket', options);
    top = await openRemoteStore('s3://bucket/top/', options);
  });
  afterAll(async () => {
    await Promise.all([root.close(), top.close()]);
    server.close();
  });

  test('children() gives names of values and of what has more below it', async () => {
    expect(await root.children('/')).toEqual(['long', 'top/']);
    expect(await root.children('/top')).toEqual(['a', 'd/', 'marker/', 'ä']);
    expect(await top.children('/d')).toEqual(['b', 'c']);
    expect(await top.children('/none')).toBeUndefined();
    expect(await top.children('/marker')).toBeUndefined();
  });

  test('list() gives keys below the prefix of the store, in order, and no markers of directories', async () => {
    const keys: string[] = [];
    for await (const { key } of top.list()) keys.push(key);
    expect(keys).toEqual(['/a', '/d/b', '/d/c', '/ä']);
    const flat: string[] = [];
    for await (const { key } of top.list('/', { delimiter: '/' })) flat.push(key);
    expect(flat).toEqual(['/a', '/d/', '/marker/', '/ä']);
    const below: string[] = [];
    for await (const { key } of root.list('/top/d')) below.push(key);
    expect(below).toEqual(['/top/d/b', '/top/d/c']);
  });

  test('keys may be bytes, if they are UTF-8', async () => {
    expect(await top.head(Buffer.from('/ä'))).toMatchObject({ size: 0 });
    await expect(top.get(Buffer.from('/a\xff', 'latin1'))).rejects.toMatchObject({ kind: 'usage' });
  });

  test('getMany() finds the end of what was asked for from the end, and names what is not there', async () => {
    const requests = [
      { key: '/a', range: { suffixLength: 10 } },
      { key: '/none', range: { suffixLength: 10 } },
    ];
    for await (const batch of top.getMany(requests)) {
      for (const item of batch) {
        if (item.index === 0) expect(item.ok && BYTES.subarray(-10).equals(item.bytes)).toBe(true);
        else expect(item.ok ? undefined : item.error).toMatchObject({ code: 'ENOENT' });
      }
    }
  });

  test('long values come in several requests, into memory of their own or of the caller', async () => {
    expect(LONG.equals((await root.get('/long'))!)).toBe(true);
    const into = new Uint8Array(9 * 1024 * 1024);
    const range = { offset: 1001, length: into.length };
    const got = await root.getRange('/long', range, { into });
    expect(got!.buffer === into.buffer && got!.length === into.length).toBe(true);
    expect(LONG.subarray(1001, 1001 + into.length).equals(into)).toBe(true);
    const end = await root.getRange('/long', { offset: LONG.length - 5, length: 2 ** 40 });
    expect(end?.length).toBe(5);
    const small = root.getRange('/long', { offset: 0, length: 10 }, { into: new Uint8Array(5) });
    await expect(small).rejects.toMatchObject({ kind: 'usage' });
  });

  test('a range of no bytes asks whether the object is there', async () => {
    for (const range of [{ offset: 5, length: 0 }, { suffixLength: 0 }]) {
      expect(await top.getRange('/a', range)).toHaveLength(0);
      expect(await top.getRange('/none', range)).toBeUndefined();
    }
  });

  test('an ETag must match, also of what was read', async () => {
    const { etag } = (await top.head('/a'))!;
    expect(BYTES.equals((await top.get('/a', { ifMatch: etag! }))!)).toBe(true);
    await expect(top.get('/a', { ifMatch: '"other"' })).rejects.toMatchObject({ kind: 'changed' });
  });

  test('a plan reads nothing but sizes, and those that are noted need no request', async () => {
    const options = { endpoint: address, anonymous: true };
    await using plan = await openRemoteStore('s3://bucket/top', options, { planOnly: true });
    const before = server.ranges.length;
    plan.noteSize('/a', BYTES.length);
    expect(await plan.getRange('/a', { offset: 10, length: 5 })).toHaveLength(5);
    expect(plan.info).toMatchObject({ requests: 1, bytes: 5, asked: 0, repeats: 0 });
    expect(await plan.get('/d/b')).toHaveLength(BYTES.length - 1);
    expect(plan.info).toMatchObject({ requests: 2, asked: 1 });
    expect(server.ranges.slice(before)).toEqual(['bytes=0-0']);
    top.noteSize('/a', 1);
  });

  test('an AsyncBuffer slices as ArrayBuffers do', async () => {
    const buffer = await asAsyncBuffer(top, '/a');
    for (const [start, end] of [[0], [5, 9], [-5], [-5, -2], [9, 5], [0, 1e6], [-1e6, 3]] as [number, number?][])
      expect(Buffer.from(await buffer.slice(start, end))).toEqual(BYTES.subarray(start, end));
    await expect(asAsyncBuffer(top, '/none')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(asAsyncBuffer(top, Buffer.from('/none'))).rejects.toMatchObject({ code: 'ENOENT' });
    server.objects.set('/top/passing', BYTES);
    const passing = await asAsyncBuffer(top, '/passing');
    server.objects.delete('/top/passing');
    await expect(passing.slice(0, 5)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

test.each([
  ['s3://b/a/*.nc', 'a/', 'a/x.nc', 'a/b/x.nc'],
  ['s3://b/a%2A/*.nc', 'a*/', 'a*/x.nc', 'aa/x.nc'],
  ['https://host/a/{b,c}?sig=*', 'a/', 'a/c', 'a/d'],
  ['az://account/container/a*', '', 'ab', 'b'],
  ['s3://b/%C3%A4/?', 'ä/', 'ä/1', 'ä/12'],
])('keyPattern(%s) matches below %j: %j and not %j', (url, prefix, match, other) => {
  const pattern = keyPattern(url)!;
  expect(pattern.prefix).toBe(prefix);
  expect([pattern.regExp.test(match), pattern.regExp.test(other)]).toEqual([true, false]);
});

test.each(['s3://b/a%2A', 's3://b', 'az://account/container', 'https://host/a?*', 'no-address'])(
  '%s is no pattern',
  (url) => {
    expect(keyPattern(url)).toBeUndefined();
  },
);

test('splitKnown() gives the same object again, and does not remember for ever', () => {
  const first = splitKnown('s3://bucket/0');
  expect(splitKnown('s3://bucket/0')).toBe(first);
  for (let at = 1; at < 4200; at++) expect(splitKnown(`s3://bucket/${at}`).key).toBe(`${at}`);
  expect(splitKnown('s3://bucket/0')).not.toBe(first);
  expect(splitKnown('s3://bucket/0')).toEqual(first);
});

test('Signer signs GETs of one object once for a while, and anything else each time', () => {
  const signer = new Signer('r', { accessKeyId: 'AKIA', secretAccessKey: 's', sessionToken: 't' });
  const { url } = new S3Provider({ bucket: 'data' }).target('a');
  const get = (at: URL = url) => ({ method: 'GET' as const, url: at, headers: { range: `bytes=0-1` } });
  const signed = signer.sign(get(), 0).headers;
  expect(signed['x-amz-security-token']).toBe('t');
  expect(signer.sign({ ...get(), headers: { range: 'bytes=5-9' } }, 1000).headers).toEqual({
    ...signed,
    range: 'bytes=5-9',
  });
  expect(signer.sign(get(), 3_600_000).headers.authorization).not.toBe(signed.authorization);
  const put = { method: 'PUT' as const, url, headers: {}, body: 'x' };
  expect(signer.sign(put, 0).headers.authorization).not.toBe(signer.sign(put, 60_000).headers.authorization);
  for (let at = 0; at < 5000; at++) signer.sign(get(new URL(`https://h/${at}?b=1&a=2`)), 0);
  expect(signer.sign(get(), 0).headers).toEqual(signed);
});
