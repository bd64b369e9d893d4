import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FaultServer } from '../src/engine/http/fault-server.testing.js';
import { runLsioBeside } from './helpers/run-lsio.js';

const SECRET = 'planted-0f1e2d3c';
/** Its forms in headers and addresses, and what the server echoes of a signature. */
const FORMS = [
  SECRET,
  encodeURIComponent(`${SECRET}/+`),
  Buffer.from(`me:${SECRET}`).toString('base64'),
  Buffer.from(SECRET).toString('base64'),
  'secret-signature',
];
/** Faults that end soon, and the end of each. */
const KINDS = [
  'good',
  'whole-200',
  'shifted',
  'no-content-range',
  'reset-always',
  'early-end',
  'other-version-deaf',
  'internal-once',
  'portal',
  'gzip',
  'chunked-long',
  'absent',
  'denied',
  'skewed',
  'expired',
  'archived',
  'elsewhere',
  'moved-round',
  'two-lengths',
  'long-head',
];
const PLAIN = { AWS_EC2_METADATA_DISABLED: 'true', AWS_CA_BUNDLE: '', SSL_CERT_FILE: '' };

let server: FaultServer;
let directory = '';
beforeAll(async () => {
  server = await new FaultServer().start();
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-secrets-'));
  writeFileSync(
    path.join(directory, 'aws'),
    `[profile work]\naws_access_key_id = AKIAABCDEFGHIJ7Q\naws_secret_access_key = ${SECRET}\naws_session_token = ${SECRET}\n`,
  );
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

async function run(args: readonly string[], env: Record<string, string> = {}, input = '') {
  const options = { cwd: directory, env: { ...PLAIN, ...env }, input };
  const { status, stdout, stderr } = await runLsioBeside(args, options);
  const output = stdout.toString('latin1') + stderr;
  return { status, output, shown: FORMS.filter((form) => output.includes(form)) };
}

const origin = () => `http://127.0.0.1:${server.port}`;
const CASES: readonly [form: string, url: (kind: string) => string, env: () => Record<string, string>][] = [
  [
    'user info, a query and a header',
    (kind) => `${origin().replace('//', `//me:${SECRET}@`)}/${kind}/x?sig=${SECRET}`,
    () => ({}),
  ],
  [
    'keys in the environment',
    (kind) => `s3://${kind}/x`,
    () => ({ AWS_ACCESS_KEY_ID: 'AKIAABCDEFGHIJ7Q', AWS_SECRET_ACCESS_KEY: SECRET, AWS_SESSION_TOKEN: SECRET }),
  ],
  [
    'keys of a profile',
    (kind) => `s3://${kind}/x`,
    () => ({ AWS_PROFILE: 'work', AWS_CONFIG_FILE: path.join(directory, 'aws') }),
  ],
  [
    'a shared access signature',
    (kind) => `az://account/${kind}/x`,
    () => ({
      AZURE_STORAGE_ACCOUNT: 'account',
      AZURE_STORAGE_SAS_TOKEN: `sv=2021&sig=${encodeURIComponent(`${SECRET}/+`)}`,
    }),
  ],
  [
    "an account's key",
    (kind) => `az://account/${kind}/x`,
    () => ({
      AZURE_STORAGE_CONNECTION_STRING: `AccountName=account;AccountKey=${Buffer.from(SECRET).toString('base64')}`,
    }),
  ],
];

describe('a planted secret is shown by no output, log, document or error', () => {
  test.each(CASES)('of get, over every fault: %s', async (_, url, env) => {
    const lines = KINDS.map((kind) => `${JSON.stringify({ url: url(kind), offset: 1000, length: 5000, id: kind })}\n`);
    const isHttp = url('x').startsWith('http');
    const more = isHttp ? ['--header', `X-Token: ${SECRET}`] : ['--endpoint', origin()];
    const args = ['get', '--requests', '-', '--discard', '--json', '--log-level', 'debug', '--retries', '1', ...more];
    const { status, output, shown } = await run(args, env(), lines.join(''));
    expect(shown).toEqual([]);
    expect(status).not.toBe(70);
    // Each of them was read, or failed by name.
    for (const kind of KINDS) expect(output).toContain(`"id":"${kind}"`);
    expect(output).toMatch(/"id":"good","path":"[^"]*","offset":1000,"bytes":5000/);
  });

  test('and the requests did carry them', () => {
    const sent = server.seen.map(({ path: where, headers }) => where + JSON.stringify(headers)).join('\n');
    for (const form of FORMS.slice(0, 3)) expect(sent).toContain(form);
    expect(sent).toContain('AWS4-HMAC-SHA256 Credential=AKIAABCDEFGHIJ7Q');
    expect(sent).toContain('SharedKey account:');
  });

  test.each([
    ['info', 'denied'],
    ['read', 'reset-always'],
    ['stats', 'shifted'],
  ])('of %s', async (command, kind) => {
    const [, url, env] = CASES[1]!;
    const more = ['--endpoint', origin(), '--retries', '1', '--json', '--log-level', 'debug'];
    const output = command === 'read' ? ['-o', 'x.npy'] : [];
    const { status, shown } = await run([command, url(kind), ...output, ...more], env());
    expect({ status: status === 0, shown }).toEqual({ status: false, shown: [] });
    const http = `${origin().replace('//', `//me:${SECRET}@`)}/${kind}/x`;
    const other = await run([command, http, ...output, '--retries', '1', '--log-level', 'debug']);
    expect({ status: other.status === 0, shown: other.shown }).toEqual({ status: false, shown: [] });
  });

  test.each([
    `https://me:${SECRET}@h:port/x`,
    `ftp://me:${SECRET}@host/x?k=${SECRET}`,
    `s3://b/k#${SECRET}`,
    `https://me:${SECRET}@127.0.0.1:1/x#y=${SECRET}`,
  ])('of addresses that are none, as an argument and in lists', async (url) => {
    const argument = await run(['get', url, '--discard', '--json']);
    expect({ status: argument.status, shown: argument.shown }).toEqual({ status: 2, shown: [] });
    const list = await run(['get', '--files-from', '-', '--discard', '--json'], {}, `${url}\n`);
    const request = await run(['get', '--requests', '-', '--discard', '--json'], {}, `${JSON.stringify({ url })}\n`);
    for (const { status, shown } of [list, request]) expect({ status, shown }).toEqual({ status: 1, shown: [] });
  });
});
