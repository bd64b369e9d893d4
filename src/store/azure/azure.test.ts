import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.js';
import { HttpClient } from '../../engine/http/client.js';
import { openGeneral } from '../../engine/http/general.js';
import { Limiter } from '../../engine/http/limiter.js';
import type { Transport } from '../../engine/http/message.js';
import { RemoteReader } from '../remote.js';
import { AzureProvider } from './azure.js';
import { signSharedKey } from './sign.js';

/** Azurite, such as `http://127.0.0.1:10000/devstoreaccount1`. */
const endpoint = process.env.LSIO_TEST_AZURE ?? '';
const account = 'devstoreaccount1';
/** The key that Azurite's documentation publishes. */
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const KEYS = ['a.bin', 'dir/b c+d&e=f.bin', 'dir/é#?.bin', 'dir/deep/x', 'big'];

const bytesOf = (key: string, length: number) =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7 + key.length) % 251));
const sizeOf = (key: string) => (key === 'big' ? 20_000_001 : 5000 + key.length);

describe.skipIf(endpoint === '')('Azure', () => {
  let transport: Transport;
  const readerOf = (key = accountKey) => {
    const provider = new AzureProvider({ account, container: 'lsio-test', endpoint, accountKey: key });
    const { authorize } = provider;
    const limiter = new Limiter(systemClock, 16);
    const client = new HttpClient({ transport, clock: systemClock, limiter, authorize, retry: { tries: 3 } });
    return new RemoteReader(client, provider);
  };

  beforeAll(async () => {
    transport = await openGeneral({ connections: 16 });
    const put = async (path: string, body?: Buffer) => {
      const headers = body === undefined ? {} : { 'x-ms-blob-type': 'BlockBlob', 'content-length': `${body.length}` };
      const url = new URL(endpoint + path);
      const signed = signSharedKey({ method: 'PUT', url, headers }, account, accountKey, new Date());
      // fetch writes the length itself.
      const { 'content-length': _, ...sent } = signed.headers as Record<string, string>;
      const { status } = await fetch(url, { method: 'PUT', headers: sent, body: body ?? null });
      expect([201, 409]).toContain(status);
    };
    await put('/lsio-test?restype=container');
    for (const key of KEYS) {
      await put(`/lsio-test/${key.split('/').map(encodeURIComponent).join('/')}`, bytesOf(key, sizeOf(key)));
    }
  });
  afterAll(() => transport.close());

  test.each(KEYS)('get() and getRange() give the bytes of %s', async (key) => {
    const reader = readerOf();
    const content = bytesOf(key, sizeOf(key));
    expect(Buffer.compare((await reader.get(key))!, content)).toBe(0);
    expect(Buffer.compare((await reader.getRange(key, { offset: 1, length: 100 }))!, content.subarray(1, 101))).toBe(0);
    expect(Buffer.compare((await reader.getRange(key, { suffixLength: 10 }))!, content.subarray(-10))).toBe(0);
    expect(Buffer.compare((await reader.getRange(key, { suffixLength: 1e9 }))!, content)).toBe(0);
    expect(await reader.head(key)).toMatchObject({ key, size: content.length });
  });

  test('an absent key is undefined, a range past the end an error', async () => {
    const reader = readerOf();
    expect(await reader.get('nowhere')).toBeUndefined();
    await expect(reader.getRange('a.bin', { offset: 6000, length: 1 })).rejects.toMatchObject({ kind: 'range' });
  });

  test('list() gives all keys of a prefix', async () => {
    const found: string[] = [];
    for await (const { entries } of readerOf().list({ prefix: 'dir/' })) found.push(...entries.map(({ key }) => key));
    expect(found.sort()).toEqual(KEYS.filter((key) => key.startsWith('dir/')).sort());
  });

  test('list() with a delimiter gives what lies directly below', async () => {
    const found: string[] = [];
    for await (const page of readerOf().list({ prefix: '', delimiter: '/' })) {
      found.push(...page.entries.map(({ key }) => key), ...page.prefixes);
    }
    expect(found.sort()).toEqual(['a.bin', 'big', 'dir/']);
  });

  test('a wrong key is denied, and nothing of it shown', async () => {
    const wrong = Buffer.from('planted-secret').toString('base64');
    const failure = await readerOf(wrong)
      .get('a.bin')
      .catch((error) => error);
    expect(failure).toMatchObject({ kind: 'denied', status: 403 });
    expect(`${failure.message} ${JSON.stringify(failure)}`).not.toMatch(/planted|SharedKey /);
  });
});
