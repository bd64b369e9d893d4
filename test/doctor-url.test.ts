import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FaultServer } from '../src/engine/http/fault-server.testing.js';
import { expectValid } from './helpers/documents.js';
import { FileServer } from './helpers/file-server.js';
import { runLsioBeside } from './helpers/run-lsio.js';

const SECRET = 'planted-5a6b7c8d';
const NO_CLOUD = { AWS_EC2_METADATA_DISABLED: 'true', AWS_CA_BUNDLE: '', SSL_CERT_FILE: '' };

let directory: string;
let files: FileServer;
let faults: FaultServer;
beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-doctor-'));
  mkdirSync(path.join(directory, 'bucket/d'), { recursive: true });
  writeFileSync(path.join(directory, 'bucket/d/.empty'), '');
  writeFileSync(
    path.join(directory, 'bucket/d/object'),
    Uint8Array.from({ length: 200_000 }, (_, i) => i % 251),
  );
  files = await FileServer.start(directory);
  faults = await new FaultServer().start();
});
afterAll(async () => {
  files.stop();
  await faults.stop();
  rmSync(directory, { recursive: true });
});

async function run(args: readonly string[], env: Record<string, string> = {}) {
  const options = { cwd: directory, env: { ...NO_CLOUD, ...env } };
  const { status, stdout, stderr } = await runLsioBeside(['doctor', ...args], options);
  return { status, stdout: stdout.toString(), stderr };
}

async function factsOf(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = await run([...args, '--json'], env);
  const document = JSON.parse(stdout);
  expectValid(document);
  return { status, facts: document.urls[0], output: stdout + stderr };
}

describe('lsio doctor URL', () => {
  test('tells what a web server allows, and shows no secret', async () => {
    const url = `${files.url.replace('//', `//me:${SECRET}@`)}/bucket/d/object?sig=${SECRET}`;
    const { status, facts, output } = await factsOf([url, '--header', `X-Token: ${SECRET}`]);
    expect(output).not.toContain(SECRET);
    expect(status).toBe(0);
    expect(facts).toMatchObject({
      url: `${files.url}/bucket/d/object`,
      ...{ readable: true, ranges: 'exact', etag: 'strong', sizeBytes: 200_000, transport: 'lean', refusals: 0 },
      ...{ credentials: 'the user in the address', listing: null, tls: null, proxy: null, addresses: 1 },
      // This server does not look at If-Match; lsio compares.
      ...{ ifMatch: 'ignored', problems: [] },
    });
    expect(Math.abs(facts.clockOffsetMs)).toBeLessThan(60_000);
    expect(facts.firstByteMsP50).toBeGreaterThan(0);
    expect(facts.rangesPerSecond).toBeGreaterThan(0);
  });

  test('takes the first object below a prefix that has bytes, and names who signs', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIAABCDEFGHIJ7Q', AWS_SECRET_ACCESS_KEY: SECRET };
    const signed = await factsOf(['s3://bucket/d/', '--endpoint', files.url], env);
    expect(signed.output).not.toContain(SECRET);
    expect(signed.status).toBe(0);
    expect(signed.facts).toMatchObject({
      ...{ object: 's3://bucket/d/object', listing: true, readable: true },
      credentials: 'AKIA…7Q from the environment',
    });
    const { facts } = await factsOf(['s3://bucket/d/object', '--endpoint', files.url, '--anonymous'], env);
    expect(facts).toMatchObject({ object: 's3://bucket/d/object', credentials: null, listing: true, readable: true });
  });

  test('says it for people, without the facts of the machine, or beside them', async () => {
    const { status, stdout } = await run(['s3://bucket', '--endpoint', files.url, '--anonymous']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^s3:\/\/bucket\n {2}address +127\.0\.0\.1:\d+, 1 address/);
    expect(stdout).toMatch(/ranges +exact: 206 with the right bytes, strong ETag, If-Match ignored\n/);
    expect(stdout).toMatch(/first byte +p50 .* ranges\/s, none refused\n {2}lsio can read it\.\n$/);
    const both = await run(['.', 's3://bucket', '--endpoint', files.url, '--anonymous']);
    expect(both.stdout).toMatch(/^engine/);
    expect(both.stdout).toContain('lsio can read it.');
  });

  test.each([
    ['whole-200', 'ignored', /ignores ranges/],
    ['shifted', 'wrong', /not what was asked for/],
    ['gzip', null, /encoded as gzip/],
    ['denied', null, /access denied/],
    ['skewed', null, /clock/],
    ['absent', null, /no such object/],
    ['reset-always', null, /closed/],
  ])('exits with 1 for a server of the fault %s', async (kind, ranges, message) => {
    const { status, facts } = await factsOf([`${faults.url(`${kind}/x`)}`, '--retries', '1']);
    expect(status).toBe(1);
    expect(facts).toMatchObject({ readable: false, ranges });
    expect(facts.problems[0].problem).toMatch(message);
  });

  test('finds other bytes in ranges than in the object', async () => {
    // Every other answer is of another version, under the same ETag.
    const { status, facts } = await factsOf([`${faults.url('same-etag-other-bytes/x')}`]);
    expect(status).toBe(1);
    expect(facts).toMatchObject({ ranges: 'wrong', readable: false });
    expect(facts.problems.at(-1).problem).toMatch(/other bytes than the object/);
  });

  test('says that the clock is off', async () => {
    const { status, facts } = await factsOf([`${faults.url('clock-of-2020/x')}`]);
    expect(status).toBe(0);
    const offsetMs = Date.now() - Date.parse('2020-01-01T00:00:00Z');
    expect(Math.abs(facts.clockOffsetMs - offsetMs)).toBeLessThan(600_000);
    expect(facts.problems).toMatchObject([{ problem: expect.stringMatching(/^the clock is \d+ minutes off/) }]);
  });

  test('names a host that is not there, a wrong address, and the proxy without its user', async () => {
    const absent = await factsOf(['http://no-such-host.invalid/x', '--retries', '0']);
    expect(absent.status).toBe(1);
    expect(absent.facts.problems[0].problem).toMatch(/no host of that name|can't be looked up/);
    expect((await run([`s3://b/k#${SECRET}`, '--json'])).status).toBe(2);
    const proxy = `http://me:${SECRET}@127.0.0.1:1`;
    const behind = await factsOf(['http://example.invalid/x', '--retries', '0', '--proxy', proxy]);
    expect(behind.output).not.toContain(SECRET);
    expect(behind.facts).toMatchObject({ proxy: '127.0.0.1:1 by --proxy', addresses: null, transport: 'undici' });
  });
});
