import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findCredentials, type GetText } from './credentials.js';
import { assertionOf, GoogleTokens } from './google.js';
import { parseIni } from './profile.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-credentials-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function fileOf(name: string, text: string): string {
  const file = path.join(directory, name);
  writeFileSync(file, text);
  return file;
}

/** Answers by the beginning of the address, and writes down what was asked for. */
function answering(answers: Record<string, string>) {
  const asked: { url: string; options: Parameters<GetText>[1] }[] = [];
  const getText: GetText = async (url, options) => {
    asked.push({ url, options });
    return Object.entries(answers).find(([begin]) => url.startsWith(begin))?.[1];
  };
  return { getText, asked };
}

const NO_FILES = { AWS_CONFIG_FILE: '/nonexistent', AWS_SHARED_CREDENTIALS_FILE: '/nonexistent' };
const JSON_KEYS = '{"AccessKeyId":"AKIAX","SecretAccessKey":"s","Token":"t","Expiration":"2030-01-01T00:00:00Z"}';

describe('findCredentials()', () => {
  test('takes the environment before everything else', async () => {
    const { getText, asked } = answering({});
    const env = { ...NO_FILES, AWS_ACCESS_KEY_ID: 'AKIAE', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' };
    expect(await findCredentials({ env, getText })).toMatchObject({ accessKeyId: 'AKIAE', sessionToken: 't' });
    expect(asked).toEqual([]);
  });

  test('reads profiles: keys of the credentials file win, AWS_PROFILE and --profile name one', async () => {
    const AWS_CONFIG_FILE = fileOf(
      'config',
      '[default]\nregion = eu-west-1\n[profile work]\naws_access_key_id = OLD\n',
    );
    const AWS_SHARED_CREDENTIALS_FILE = fileOf(
      'credentials',
      '[default]\naws_access_key_id=AKIAD\naws_secret_access_key=d\n[work]\naws_access_key_id=AKIAW\naws_secret_access_key=w # mine\n',
    );
    const env = { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE };
    const { getText } = answering({});
    expect(await findCredentials({ env, getText })).toMatchObject({
      accessKeyId: 'AKIAD',
      source: 'profile "default"',
    });
    expect(await findCredentials({ env, getText, profile: 'work' })).toMatchObject({
      accessKeyId: 'AKIAW',
      secretAccessKey: 'w',
    });
    expect(await findCredentials({ env: { ...env, AWS_PROFILE: 'work' }, getText })).toMatchObject({
      accessKeyId: 'AKIAW',
    });
    await expect(findCredentials({ env, getText, profile: 'none' })).rejects.toMatchObject({ kind: 'usage' });
  });

  test('runs credential_process, and tells no more than that it failed', async () => {
    const AWS_CONFIG_FILE = fileOf(
      'process',
      `[default]\ncredential_process = echo '${JSON_KEYS}'\n[profile bad]\ncredential_process = echo planted-secret; exit 3\n`,
    );
    const env = { ...NO_FILES, AWS_CONFIG_FILE };
    const { getText } = answering({});
    expect(await findCredentials({ env, getText })).toMatchObject({
      accessKeyId: 'AKIAX',
      expiresMs: Date.UTC(2030, 0),
    });
    const failure = await findCredentials({ env, getText, profile: 'bad' }).catch((error) => error);
    expect(failure).toMatchObject({ kind: 'denied' });
    expect(`${failure.message}${JSON.stringify(failure)}`).not.toContain('planted-secret');
  });

  test('asks the token service with a web identity', async () => {
    const AWS_WEB_IDENTITY_TOKEN_FILE = fileOf('token', 'the-token\n');
    const xml =
      '<C><AccessKeyId>AKIAI</AccessKeyId><SecretAccessKey>s&amp;s</SecretAccessKey><SessionToken>t</SessionToken></C>';
    const { getText, asked } = answering({ 'https://sts.eu-west-1.amazonaws.com/': xml });
    const env = {
      ...NO_FILES,
      AWS_REGION: 'eu-west-1',
      AWS_WEB_IDENTITY_TOKEN_FILE,
      AWS_ROLE_ARN: 'arn:aws:iam::1:role/r',
    };
    expect(await findCredentials({ env, getText })).toMatchObject({ accessKeyId: 'AKIAI', secretAccessKey: 's&s' });
    expect(asked[0]!.options!.body).toContain('WebIdentityToken=the-token');
  });

  test('web identity: the service may be another, may name an end, and gives both keys or none', async () => {
    const AWS_WEB_IDENTITY_TOKEN_FILE = fileOf('token2', 'the-token\n');
    const role = { ...NO_FILES, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN: 'arn:aws:iam::1:role/r' };
    const xml =
      '<C><AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey><Expiration>2030-01-01T00:00:00Z</Expiration></C>';
    const { getText, asked } = answering({ 'https://sts.amazonaws.com/': xml, 'http://sts.local/': '<C></C>' });
    const env = { ...role, AWS_ROLE_SESSION_NAME: 'mine' };
    expect(await findCredentials({ env, getText })).toMatchObject({ accessKeyId: 'A', expiresMs: Date.UTC(2030, 0) });
    expect(asked[0]!.options!.body).toContain('RoleSessionName=mine');
    for (const host of ['http://sts.local', 'http://silent.local']) {
      const failing = findCredentials({ env: { ...role, AWS_ENDPOINT_URL_STS: host }, getText });
      await expect(failing).rejects.toMatchObject({ kind: 'denied' });
    }
  });

  test('a token that is named and can not be read fails by its name', async () => {
    const { getText } = answering({});
    const web = { ...NO_FILES, AWS_WEB_IDENTITY_TOKEN_FILE: '/nonexistent', AWS_ROLE_ARN: 'arn:aws:iam::1:role/r' };
    const container = {
      ...NO_FILES,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://localhost/c',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/nonexistent',
    };
    for (const env of [web, container]) {
      const expected = { kind: 'denied', message: expect.stringContaining('/nonexistent') };
      await expect(findCredentials({ env, getText })).rejects.toMatchObject(expected);
    }
  });

  test('what gives no credentials is denied; a profile without keys says what can be done', async () => {
    const AWS_CONFIG_FILE = fileOf(
      'empty',
      "[default]\nregion = a\n[profile odd]\ncredential_process = echo '{}'\n[profile text]\ncredential_process = echo x\n",
    );
    const { getText } = answering({ 'http://localhost/c': JSON_KEYS });
    const env = { ...NO_FILES, AWS_CONFIG_FILE };
    for (const profile of ['odd', 'text'])
      await expect(findCredentials({ env, getText, profile })).rejects.toMatchObject({ kind: 'denied' });
    const lacking = findCredentials({ env, getText, profile: 'default' });
    await expect(lacking).rejects.toMatchObject({
      kind: 'usage',
      remedy: expect.stringContaining('export-credentials'),
    });
    await expect(findCredentials({ env: { ...env, AWS_PROFILE: 'gone' }, getText })).rejects.toMatchObject({
      kind: 'usage',
    });
    // Without keys in the default profile the search goes on.
    const container = { ...env, AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://localhost/c' };
    expect(await findCredentials({ env: container, getText })).toMatchObject({ source: 'the container' });
  });

  test('an instance without a role has no credentials', async () => {
    const { getText } = answering({ 'http://metadata.local/latest/api/token': 'tok' });
    const env = { ...NO_FILES, AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://metadata.local' };
    expect(await findCredentials({ env, getText })).toBeUndefined();
  });

  test('asks the container, with its token', async () => {
    const { getText, asked } = answering({ 'http://169.254.170.2/v2/x': JSON_KEYS });
    const env = {
      ...NO_FILES,
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/x',
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'a',
    };
    expect(await findCredentials({ env, getText })).toMatchObject({ accessKeyId: 'AKIAX', source: 'the container' });
    expect(asked[0]!.options).toEqual({ headers: { authorization: 'a' } });
  });

  test('asks the instance last, by a token of its own, unless that is switched off', async () => {
    const base = 'http://169.254.169.254/latest';
    const folder = `${base}/meta-data/iam/security-credentials/`;
    const { getText, asked } = answering({
      [`${base}/api/token`]: 'tok',
      [`${folder}role`]: JSON_KEYS,
      [folder]: 'role\n',
    });
    expect(await findCredentials({ env: NO_FILES, getText })).toMatchObject({
      accessKeyId: 'AKIAX',
      sessionToken: 't',
    });
    expect(asked.map(({ url }) => url)).toEqual([`${base}/api/token`, folder, `${folder}role`]);
    const env = { ...NO_FILES, AWS_EC2_METADATA_DISABLED: 'true' };
    expect(await findCredentials({ env, getText })).toBeUndefined();
  });

  test('finds nothing where there is nothing', async () => {
    expect(await findCredentials({ env: NO_FILES, getText: async () => undefined })).toBeUndefined();
  });
});

test('parseIni() leaves nested settings alone', () => {
  const sections = parseIni('[a]\ns3 =\n  region = nested\nregion = outer\n');
  expect(sections.get('a')).toEqual({ s3: '', region: 'outer' });
});

describe('GoogleTokens', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const account = {
    type: 'service_account',
    client_email: 'me@example.org',
    private_key_id: 'k1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    token_uri: 'https://token.example.org/',
  };

  test('asks with a signed assertion, once for as long as the token serves', async () => {
    const GOOGLE_APPLICATION_CREDENTIALS = fileOf('account.json', JSON.stringify(account));
    const { getText, asked } = answering({ 'https://token.example.org/': '{"access_token":"tok","expires_in":3600}' });
    const tokens = new GoogleTokens({ GOOGLE_APPLICATION_CREDENTIALS }, getText);
    expect(await Promise.all([tokens.get(), tokens.get()])).toEqual(['tok', 'tok']);
    expect(await tokens.get()).toBe('tok');
    expect(asked).toHaveLength(1);
    const assertion = new URLSearchParams(asked[0]!.options!.body).get('assertion')!;
    const [head, claims, signature] = assertion.split('.') as [string, string, string];
    expect(verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(
      true,
    );
  });

  test('assertionOf() says for whom, for what and until when', () => {
    const claims = assertionOf(account, 'https://token.example.org/', 1_000_000).split('.')[1]!;
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
      iss: 'me@example.org',
      scope: 'https://www.googleapis.com/auth/devstorage.read_only',
      aud: 'https://token.example.org/',
      iat: 1000,
      exp: 4600,
    });
  });

  test('a user gives a refresh token; the machine is asked where there is no file', async () => {
    const HOME = process.env.HOME;
    process.env.HOME = directory;
    try {
      const user = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' };
      const GOOGLE_APPLICATION_CREDENTIALS = fileOf('user.json', JSON.stringify(user));
      const { getText, asked } = answering({
        'https://oauth2.googleapis.com/token': '{"access_token":"of-user","expires_in":1}',
        'http://metadata.google.internal/': '{"access_token":"of-machine","expires_in":3600}',
      });
      const tokens = new GoogleTokens({ GOOGLE_APPLICATION_CREDENTIALS }, getText);
      // It ends within five minutes: the next call asks again.
      expect([await tokens.get(), await tokens.get()]).toEqual(['of-user', 'of-user']);
      expect(asked).toHaveLength(2);
      expect(asked[0]!.options!.body).toBe('grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=r');
      expect(await new GoogleTokens({}, getText).get()).toBe('of-machine');
      expect(asked[2]!.options!.headers).toEqual({ 'metadata-flavor': 'Google' });
      expect(await new GoogleTokens({}, async () => undefined).get()).toBeUndefined();
    } finally {
      if (HOME === undefined) delete process.env.HOME;
      else process.env.HOME = HOME;
    }
  });

  test.each([
    ['half.json', '{"type":', 'usage'],
    ['text.json', '"planted-secret"', 'usage'],
    ['null.json', 'null', 'usage'],
    ['key.json', '{"type":"service_account","private_key":"planted-secret"}', 'usage'],
    ['keyless.json', '{"type":"service_account"}', 'usage'],
    ['user2.json', '{"type":"authorized_user"}', 'denied'],
  ])('%s is told by name, and nothing of it shown', async (name, text, kind) => {
    const GOOGLE_APPLICATION_CREDENTIALS = fileOf(name, text);
    for (const answer of [undefined, '{"access_token":1}', 'planted-secret']) {
      const tokens = new GoogleTokens({ GOOGLE_APPLICATION_CREDENTIALS }, async () => answer);
      const failure = await tokens.get().catch((error) => error);
      expect(failure).toMatchObject({ name: 'LsioError', kind, message: expect.stringContaining(name) });
      expect(`${failure.message} ${failure.stack}`).not.toContain('planted-secret');
    }
  });

  test('refuses a file that is named and missing, or of another type', async () => {
    const { getText } = answering({});
    const missing = new GoogleTokens({ GOOGLE_APPLICATION_CREDENTIALS: '/nonexistent' }, getText);
    await expect(missing.get()).rejects.toMatchObject({ kind: 'usage' });
    const GOOGLE_APPLICATION_CREDENTIALS = fileOf('other.json', '{"type":"external_account"}');
    await expect(new GoogleTokens({ GOOGLE_APPLICATION_CREDENTIALS }, getText).get()).rejects.toMatchObject({
      kind: 'denied',
    });
  });
});
