import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { azureOf, certificatesOf, openRemoteStore } from './open-remote.js';
import type { RemoteOptions } from './remote-options.js';

/* No request is sent here: what is told before, and where requests would go. */

const CREDENTIALS = { accessKeyId: 'AKIAABCDEFGHIJ7Q', secretAccessKey: 'planted-secret' };
const VARIABLES = [
  ...[
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_S3',
    'AWS_REQUEST_PAYER',
    'AWS_CA_BUNDLE',
  ],
  ...['SSL_CERT_FILE', 'AWS_PROFILE', 'AZURE_STORAGE_KEY', 'AZURE_STORAGE_SAS_TOKEN', 'AZURE_STORAGE_ACCOUNT'],
  ...['AZURE_STORAGE_CONNECTION_STRING', 'http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'],
];

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-open-remote-'));
  for (const name of VARIABLES) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', path.join(directory, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
});
afterEach(() => rmSync(path.join(directory, 'config'), { force: true }));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

/** The request that would read the object `a`. */
async function requestOf(address: string, options: RemoteOptions = {}) {
  await using store = await openRemoteStore(address, options);
  return store.requestOf('/a', undefined);
}

describe('openRemoteStore()', () => {
  test.each([
    ['/tmp/file', {}, 'no such scheme'],
    ['file:///tmp', {}, 'a local file'],
    ['https://example.org/', { connections: 0 }, '1 to 4096'],
    ['https://example.org/', { connections: 4097 }, '1 to 4096'],
    ['https://example.org/', { connections: 1.5 }, '1 to 4096'],
    ['http://user:planted-secret@example.org/', {}, 'example.org: credentials are not sent without encryption'],
    ['s3://data/', { endpoint: 'example.org' }, 'write https://host:port'],
    ['s3://data/', { profile: 'none', endpoint: 'nowhere' }, 'write https://host:port'],
    ['az://account1/data/', { endpoint: 'http://example.org', azure: { sas: 'sig=1' } }, 'without encryption'],
    ['gs://data/', { endpoint: 'http://example.org', token: async () => 'planted-secret' }, 'without encryption'],
  ] satisfies [string, RemoteOptions, string][])('%s with %j is refused', async (address, options, message) => {
    const failure = await openRemoteStore(address, options).catch((error) => error);
    expect(failure).toMatchObject({ kind: 'usage', message: expect.stringContaining(message) });
    expect(`${failure.message} ${failure.stack}`).not.toContain('planted-secret');
  });

  test.each([
    ['http://user:pw@localhost/', {}],
    ['http://user:pw@example.org/', { allowHttp: true }],
    ['az://account1/data/', { endpoint: 'http://127.0.0.1:10000/account1', azure: { sas: 'sig=1' } }],
  ] satisfies [string, RemoteOptions][])(
    '%s with %j may send credentials without encryption',
    async (address, options) => {
      await (await openRemoteStore(address, options)).close();
    },
  );

  test('S3: options go before variables, these before the profile', async () => {
    writeFileSync(
      path.join(directory, 'config'),
      '[default]\nregion = of-profile\nendpoint_url = https://profile.test\n',
    );
    const hostAndScope = async (options: RemoteOptions = {}) => {
      const { url, headers } = await requestOf('s3://data/dir/', { credentials: async () => CREDENTIALS, ...options });
      return [url.href, /\d{8}\/([^/]+)\/s3/.exec(headers.authorization!)![1], headers['x-amz-request-payer']];
    };
    expect(await hostAndScope()).toEqual(['https://profile.test/data/dir/a', 'of-profile', undefined]);
    try {
      vi.stubEnv('AWS_DEFAULT_REGION', 'default-region');
      vi.stubEnv('AWS_ENDPOINT_URL', 'https://variable.test');
      expect(await hostAndScope()).toEqual(['https://variable.test/data/dir/a', 'default-region', undefined]);
      vi.stubEnv('AWS_REGION', 'region');
      vi.stubEnv('AWS_ENDPOINT_URL_S3', 'https://s3.test');
      vi.stubEnv('AWS_REQUEST_PAYER', 'requester');
      expect(await hostAndScope()).toEqual(['https://s3.test/data/dir/a', 'region', 'requester']);
      const options = { region: 'mine', endpoint: 'https://option.test', requesterPays: false };
      expect(await hostAndScope(options)).toEqual(['https://option.test/data/dir/a', 'mine', undefined]);
    } finally {
      for (const name of VARIABLES) vi.stubEnv(name, undefined);
    }
  });

  test('S3: anonymous sends no signature', async () => {
    const { headers } = await requestOf('s3://data/', { anonymous: true, credentials: async () => CREDENTIALS });
    expect(headers.authorization).toBeUndefined();
  });

  test('Google: a token, keys for its dialect of S3, or neither', async () => {
    const authorization = async (options: RemoteOptions) => {
      const { url, headers } = await requestOf('gs://data/dir', options);
      expect(url.href).toBe('https://storage.googleapis.com/data/dir/a');
      return headers.authorization;
    };
    expect(await authorization({ token: async () => 'tok' })).toBe('Bearer tok');
    expect(await authorization({ credentials: async () => CREDENTIALS })).toMatch(/^AWS4-HMAC-SHA256/);
    expect(await authorization({ anonymous: true, token: async () => 'tok' })).toBeUndefined();
  });

  test('Azure: a token, keys of the option or of the environment, or neither', async () => {
    const authorization = async (options: RemoteOptions) => {
      const { url, headers } = await requestOf('az://account1/data/dir', options);
      return [url.href, headers.authorization?.split(' ')[0]];
    };
    const address = 'https://account1.blob.core.windows.net/data/dir/a';
    expect(await authorization({ token: async () => 'tok' })).toEqual([address, 'Bearer']);
    expect(await authorization({ azure: { accountKey: 'a2V5' } })).toEqual([address, 'SharedKey']);
    expect(await authorization({ azure: { sas: 'sig=1' } })).toEqual([`${address}?sig=1`, undefined]);
    expect(await authorization({ anonymous: true, token: async () => 'tok' })).toEqual([address, undefined]);
    try {
      vi.stubEnv('AZURE_STORAGE_KEY', 'a2V5');
      expect(await authorization({})).toEqual([address, 'SharedKey']);
    } finally {
      vi.stubEnv('AZURE_STORAGE_KEY', undefined);
    }
  });
});

test.each([
  [{}, { accountKey: undefined, sas: undefined }],
  [
    { AZURE_STORAGE_KEY: 'k', AZURE_STORAGE_SAS_TOKEN: '?sig=1' },
    { accountKey: 'k', sas: 'sig=1' },
  ],
  [
    { AZURE_STORAGE_ACCOUNT: 'account1', AZURE_STORAGE_KEY: 'k' },
    { accountKey: 'k', sas: undefined },
  ],
  [{ AZURE_STORAGE_ACCOUNT: 'other', AZURE_STORAGE_KEY: 'k' }, {}],
  [
    { AZURE_STORAGE_CONNECTION_STRING: 'x;AccountName=account1;AccountKey=a2V5PT0=', AZURE_STORAGE_KEY: 'k' },
    { accountKey: 'a2V5PT0=', sas: undefined },
  ],
  [
    { AZURE_STORAGE_CONNECTION_STRING: 'AccountName=other;AccountKey=no', AZURE_STORAGE_KEY: 'k' },
    { accountKey: 'k', sas: undefined },
  ],
])("azureOf() finds in %j what is the account's", (env, expected) => {
  expect(azureOf(env, 'account1')).toEqual(expected);
});

test('certificatesOf() takes the option, then the variables; what is none is refused by name', async () => {
  const file = path.join(directory, 'none.pem');
  writeFileSync(file, 'no certificate');
  expect(await certificatesOf(undefined)).toBeUndefined();
  await expect(certificatesOf('/nonexistent')).rejects.toMatchObject({ kind: 'usage' });
  await expect(certificatesOf(file)).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining(file) });
  try {
    vi.stubEnv('SSL_CERT_FILE', file);
    await expect(certificatesOf(undefined)).rejects.toMatchObject({ message: expect.stringContaining(file) });
    vi.stubEnv('AWS_CA_BUNDLE', '/nonexistent');
    await expect(certificatesOf(undefined)).rejects.toMatchObject({ message: expect.stringContaining('/nonexistent') });
  } finally {
    for (const name of VARIABLES) vi.stubEnv(name, undefined);
  }
});
