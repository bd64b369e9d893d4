import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FaultServer } from '../src/engine/http/fault-server.testing.js';
import { FileServer } from './helpers/file-server.js';
import { documentOf, runLsioBeside } from './helpers/run-lsio.js';

const SECRET = 'planted-4f5e6d7c';
const BARE = {
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CA_BUNDLE: '',
  SSL_CERT_FILE: '',
  HTTP_PROXY: '',
  http_proxy: '',
};

interface Case {
  readonly case: string;
  readonly client: string;
  readonly inFlight: number;
  readonly operations: number;
  readonly bytes: number;
  readonly bytesPerSecond: number;
  readonly firstByteNsP50: number | null;
  readonly verified: string;
  readonly runs: { readonly requests: number; readonly bytes: number; readonly bytesReceived: number }[];
}

describe('lsio bench --url', () => {
  let directory = '';
  let server: FileServer;
  let faults: FaultServer;
  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'lsio-bench-url-'));
    mkdirSync(path.join(directory, 'bucket/d'), { recursive: true });
    for (const [i, size] of [100_000, 50_001, 7].entries()) {
      writeFileSync(
        path.join(directory, `bucket/d/object ${i}`),
        Uint8Array.from({ length: size }, (_, at) => (at * (i + 3)) % 251),
      );
    }
    server = await FileServer.start(directory);
    faults = await new FaultServer().start();
  });
  afterAll(async () => {
    server.stop();
    await faults.stop();
    rmSync(directory, { recursive: true });
  });

  async function bench(args: readonly string[]) {
    const few = ['--runs', '3', '--warmup', '1', '--reads', '20', '--progress', 'never'];
    return runLsioBeside(['bench', ...few, ...args], { env: BARE });
  }

  test('reads one object of a web server by every client, with the same bytes', async () => {
    const url = `${server.url.replace('//', `//me:${SECRET}@`)}/bucket/d/object%200?sig=${SECRET}`;
    const run = await bench(['--url', url, '--json', '--queue-depth', '2,8', '--header', `X-Token: ${SECRET}`]);
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: '' });
    expect(`${run.stdout}${run.stderr}`).not.toContain(SECRET);
    const { cases, notes, transport } = documentOf(run, 'lsio.bench-url') as {
      cases: Case[];
      notes: string[];
      transport: string;
    };
    expect(transport).toBe('lean');
    const clients = ['lsio', 'undici', 'fetch', ...(notes.length === 0 ? ['curl'] : [])];
    const names = ['whole-files', 'file-heads', 'file-gaps'];
    expect(cases.map(({ case: name, inFlight, client }) => `${name} ${inFlight} ${client}`)).toEqual(
      names.flatMap((name) => [2, 8].flatMap((depth) => clients.map((client) => `${name} ${depth} ${client}`))),
    );
    for (const one of cases) {
      expect(one).toMatchObject({
        verified: 'sample',
        bytes: { 'whole-files': 100_000, 'file-heads': 16_384, 'file-gaps': 12_288 }[one.case],
      });
      expect(one.runs).toHaveLength(3);
      expect(one.bytesPerSecond).toBeGreaterThan(0);
      expect(one.firstByteNsP50).toBeGreaterThan(0);
      for (const { requests, bytes, bytesReceived } of one.runs) {
        expect(bytes).toBe(one.bytes);
        expect(bytesReceived).toBeGreaterThanOrEqual(bytes);
        // lsio merges blocks, and asks for a whole object in two requests where it is long.
        if (one.client === 'lsio') expect(requests).toBeLessThanOrEqual(2 * one.operations);
        else expect(requests).toBe(one.operations);
      }
    }
  });

  test('reads what lies below a prefix, and prints a table', async () => {
    const where = ['--url', 's3://bucket/d/', '--endpoint', server.url, '--anonymous', '--clients', 'lsio,undici'];
    const { status, stdout } = await bench([...where, '--case', 'whole-files']);
    expect(status).toBe(0);
    expect(String(stdout)).toMatch(/^s3:\/\/bucket\/d\/ at 127\.0\.0\.1:\d+, lsio by lean\n/);
    expect(String(stdout)).toMatch(/whole-files · 3 objects, 146 KiB\n/);
    expect(String(stdout)).toMatch(/\nlsio +64 .*\nundici +64 /);
  });

  test('fails where a client gets other bytes, and where there is nothing', async () => {
    // Its answers differ from one request to the next.
    const lies = faults.url('same-etag-other-bytes/x').href;
    const wrong = await bench([
      '--url',
      lies,
      '--clients',
      'lsio,undici',
      '--case',
      'file-heads',
      '--coalesce',
      'off',
      '--json',
    ]);
    expect(wrong.status).toBe(1);
    expect(documentOf(wrong, 'lsio.bench-url')).toMatchObject({
      error: { message: expect.stringContaining('undici got other bytes than lsio') },
    });
    const none = await bench(['--url', `${server.url}/bucket/none`]);
    expect({ status: none.status, stderr: none.stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no object there'),
    });
  });

  test.each([
    [['--url', 'file:///tmp'], /write https:\/\//],
    [['--url', 'http://h/x', '--cache', 'cold'], /--cache is for files/],
    [['--url', 'http://h/x', '--export-csv', 'x'], /--export-csv is for files/],
    [['/tmp', '--url', 'http://h/x'], /in place of files/],
  ])('refuses %j', async (args, message) => {
    const { status, stderr } = await bench(args);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});
