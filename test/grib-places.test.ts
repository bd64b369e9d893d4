import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gribTwo, simple } from '../src/formats/grib/write.testing.js';
import { FileServer } from './helpers/file-server.js';
import { runLsio, runScript } from './helpers/run-lsio.js';

const directory = mkdtempSync(path.join(tmpdir(), 'lsio-grib-places-'));
let server: FileServer;

function message(first: number, hours: number): Uint8Array {
  const numbers = Array.from({ length: 12 }, (_, i) => first + i);
  return gribTwo({ packed: simple(numbers, 11), columns: 4, rows: 3, hours });
}

const [A, B, C] = [message(100, 0), message(200, 6), message(300, 12)];
const FIRST = Buffer.concat([A, B]);

beforeAll(async () => {
  mkdirSync(path.join(directory, 'run'));
  writeFileSync(path.join(directory, 'run/f0.grib2'), FIRST);
  writeFileSync(path.join(directory, 'run/f1.grib2'), C);
  server = await FileServer.start(directory);
});
afterAll(() => {
  server.stop();
  rmSync(directory, { recursive: true });
});

function lsio(...args: string[]) {
  const { status, stdout, stderr } = runLsio(args, { cwd: directory });
  return { status, text: stdout.toString(), bytes: stdout, stderr };
}

const LINES = [
  '1:0:d=2024022906:TMP:2 m above ground:anl:',
  `2:${A.length}:d=2024022906:TMP:2 m above ground:6 hour fcst:`,
];

describe('lsio grib of patterns and of stdin', () => {
  test('a pattern names its files', () => {
    const { text, status } = lsio('grib', 'ls', '-q', 'run/f*.grib2');
    expect(text.trimEnd().split('\n')).toEqual([
      ...LINES.map((line) => `run/f0.grib2:${line}`),
      'run/f1.grib2:1:0:d=2024022906:TMP:2 m above ground:12 hour fcst:',
    ]);
    expect(status).toBe(0);
    expect(lsio('grib', 'get', '-q', '-o', '-', 'run/*.grib2').bytes).toEqual(Buffer.concat([FIRST, C]));
    expect(lsio('grib', 'ls', '-q', 'run/*.none').stderr).toBe('lsio: run/*.none: no such file\n');
  });

  test.each([
    ['a pipe', 'cat run/f0.grib2 | lsio grib'],
    ['a file', 'lsio grib < run/f0.grib2'],
  ])('- is stdin: %s', (_, command) => {
    const run = (...args: string[]) =>
      runScript(command.replace('lsio grib', `lsio grib ${args.join(' ')}`), { cwd: directory });
    expect(run('ls', '-q', '-').stdout.toString().trimEnd().split('\n')).toEqual(LINES);
    expect(run('get', '-q', '--match', "'6 hour'", '-o', '-', '-').stdout).toEqual(Buffer.from(B));
    expect(run('index', '-q', '--stdout', '-').stdout.toString().trimEnd().split('\n')).toEqual(LINES);
    expect(run('index', '-q', '-').status).toBe(2);
  });
});

describe('lsio grib of URLs', () => {
  test('lists, cuts out, indexes and reads what it does of files', () => {
    const url = `${server.url}/run/f0.grib2`;
    const { text, status } = lsio('grib', 'ls', '-q', url);
    expect(text.trimEnd().split('\n')).toEqual(LINES);
    expect(status).toBe(0);
    expect(lsio('grib', 'ls', '-q', url, `${server.url}/run/f1.grib2`).text.split('\n')[0]).toBe(`${url}:${LINES[0]}`);
    expect(lsio('grib', 'get', '-q', '--match', '6 hour', '-o', '-', url).bytes).toEqual(Buffer.from(B));
    expect(lsio('grib', 'index', '-q', '--stdout', url).text.trimEnd().split('\n')).toEqual(LINES);
    expect(lsio('grib', 'index', '-q', url)).toMatchObject({ status: 2, stderr: expect.stringContaining('--stdout') });
    const raw = ['-a', '2t', '--format', 'raw'];
    const local = lsio('read', 'run', ...raw).bytes;
    expect(local.length).toBe(3 * 12 * 4);
    expect(lsio('read', url, `${server.url}/run/f1.grib2`, ...raw).bytes).toEqual(local);
    const mean = (...sources: string[]) => JSON.parse(lsio('stats', '--json', ...sources).text).results;
    expect(mean(url)).toEqual(mean('run/f0.grib2'));
  });

  test('an index beside the object is used, and one that lies is told', () => {
    writeFileSync(path.join(directory, 'i.grib2'), FIRST);
    const url = `${server.url}/i.grib2`;
    const index = path.join(directory, 'i.grib2.idx');
    writeFileSync(index, `${LINES.join('\n')}\n`);
    const used = lsio('grib', 'ls', url, '--match', '6 hour');
    expect(used.text).toBe(`${LINES[1]}\n`);
    expect(used.stderr).toContain('1 of 1 files by their index');
    writeFileSync(index, LINES.join('\n').replace(`2:${A.length}:`, `2:${A.length - 4}:`));
    const stale = lsio('grib', 'ls', url, '--match', '6 hour');
    expect(stale.text).toBe(`${LINES[1]}\n`);
    expect(stale.stderr).toMatch(/i\.grib2\.idx: the index is stale: .* is scanned instead/);
    expect(lsio('grib', 'ls', '--strict', url, '--match', '6 hour').status).toBe(1);
    const info = lsio('info', url);
    expect(info.stderr).toMatch(/i\.grib2\.idx: the index is stale: .*; the file is scanned instead/);
    expect(info.text).toContain('2t');
  });

  test.each([
    [(url: string) => ['grib', 'ls', `${url}/none.grib2`], 1, /none\.grib2: no such file/],
    [(url: string) => ['grib', 'ls', `${url}/run/*.grib2`], 2, /list/],
    [(url: string) => ['grib', 'ls', `${url}/run/`], 2, /is a prefix/],
    [(url: string) => ['info', `${url}/run/f0.grib2`, 'run/f1.grib2'], 2, /files and URLs are not read together/],
  ])('what can not be read is an error, case %#', (args, status, message) => {
    expect(lsio(...args(server.url))).toMatchObject({ status, stderr: expect.stringMatching(message) });
  });

  test('references to objects hold their addresses', () => {
    const { status } = lsio('refs', `${server.url}/run/f1.grib2`, '-o', 'far.json', '-q');
    expect(status).toBe(0);
    const { refs } = JSON.parse(readFileSync(path.join(directory, 'far.json'), 'utf8'));
    expect(refs['2t/0.0']).toEqual([`${server.url}/run/f1.grib2`, 0, C.length]);
  });
});
