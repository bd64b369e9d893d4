import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.js';
import { HttpClient } from '../../engine/http/client.js';
import { openGeneral } from '../../engine/http/general.js';
import { Limiter } from '../../engine/http/limiter.js';
import type { Transport } from '../../engine/http/message.js';
import { RemoteReader } from '../remote.js';
import { S3Provider } from './s3.js';
import { keyPath, signV4 } from './sign.js';

/** A server that speaks S3 and checks signatures: `KEY:SECRET@http://host:port`. */
const SERVER = process.env.LSIO_TEST_S3 ?? '';
const [, accessKeyId = '', secretAccessKey = '', endpoint = ''] = /^([^@]*):([^:@]*)@(.*)$/.exec(SERVER) ?? [];
const KEYS = ['a.bin', 'dir/b c+d&e=f.bin', "dir/é'()!*~$@:,;#?%2F.bin", 'dir/deep/x', 'big'];

const bytesOf = (key: string, length: number) =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7 + key.length) % 251));
const sizeOf = (key: string) => (key === 'big' ? 20_000_001 : 5000 + key.length);

describe.skipIf(SERVER === '')('S3', () => {
  let transport: Transport;
  const provider = (secret = secretAccessKey) =>
    new S3Provider({
      bucket: 'lsio-test',
      endpoint,
      credentials: async () => ({ accessKeyId, secretAccessKey: secret }),
    });
  const readerOf = (of: S3Provider) =>
    new RemoteReader(
      new HttpClient({
        transport,
        clock: systemClock,
        limiter: new Limiter(systemClock, 16),
        authorize: of.authorize,
        retry: { tries: 3 },
      }),
      of,
    );

  beforeAll(async () => {
    transport = await openGeneral({ connections: 16 });
    const put = async (path: string, body?: Buffer) => {
      const url = new URL(endpoint + path);
      const signed = signV4(
        { method: 'PUT', url, headers: {} },
        { accessKeyId, secretAccessKey },
        'us-east-1',
        new Date(),
      );
      const { status } = await fetch(url, { method: 'PUT', headers: signed.headers, body: body ?? null });
      expect([200, 201, 409]).toContain(status);
    };
    await put('/lsio-test');
    for (const key of KEYS) await put(`/lsio-test/${keyPath(key)}`, bytesOf(key, sizeOf(key)));
  });
  afterAll(() => transport.close());

  test.each(KEYS)('get() and getRange() give the bytes of %s', async (key) => {
    const reader = readerOf(provider());
    const content = bytesOf(key, sizeOf(key));
    expect(Buffer.compare((await reader.get(key))!, content)).toBe(0);
    for (const [offset, length] of [
      [0, 1],
      [1, 100],
      [4000, 1_000_000],
      [3, undefined],
    ] as const) {
      const range = length === undefined ? { offset } : { offset, length };
      const expected = content.subarray(offset, length === undefined ? undefined : offset + length);
      expect(Buffer.compare((await reader.getRange(key, range))!, expected)).toBe(0);
    }
    expect(Buffer.compare((await reader.getRange(key, { suffixLength: 10 }))!, content.subarray(-10))).toBe(0);
    expect(await reader.head(key)).toMatchObject({ key, size: content.length });
  });

  test('a range past the end names the size', async () => {
    const failed = readerOf(provider()).getRange('a.bin', { offset: 6000, length: 1 });
    await expect(failed).rejects.toMatchObject({ kind: 'range', path: 's3://lsio-test/a.bin' });
  });

  test('an absent key is undefined', async () => {
    const reader = readerOf(provider());
    expect(await reader.get('nowhere')).toBeUndefined();
    expect(await reader.getRange('nowhere', { offset: 0, length: 0 })).toBeUndefined();
    expect(await reader.head('nowhere')).toBeUndefined();
  });

  test('list() gives all keys of a prefix in the order of their bytes', async () => {
    const found: string[] = [];
    for await (const { entries } of readerOf(provider()).list({ prefix: 'dir/' }))
      found.push(...entries.map(({ key }) => key));
    const expected = KEYS.filter((key) => key.startsWith('dir/')).sort((a, b) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    expect(found).toEqual(expected);
  });

  test('list() with a delimiter gives what lies directly below', async () => {
    const found: string[] = [];
    for await (const page of readerOf(provider()).list({ prefix: '', delimiter: '/' })) {
      found.push(...page.entries.map(({ key }) => key), ...page.prefixes);
    }
    expect(found.sort()).toEqual(['a.bin', 'big', 'dir/']);
  });

  test('a wrong secret is denied, and nothing of it shown', async () => {
    const failure = await readerOf(provider('planted-secret'))
      .get('a.bin')
      .catch((error) => error);
    expect(failure).toMatchObject({ kind: 'denied', status: 403 });
    expect(`${failure.message} ${JSON.stringify(failure)} ${failure.stack}`).not.toMatch(/planted-secret|Signature=/);
  });
});
