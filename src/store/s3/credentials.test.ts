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
