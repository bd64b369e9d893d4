import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gribTwo, simple, type WrittenField } from '../src/formats/grib/write.testing.js';
import { documentOf, runLsio } from './helpers/run-lsio.js';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-grib-cli-'));
  writeFileSync(path.join(directory, 'a.grib2'), TWO);
  writeFileSync(path.join(directory, 'cut.grib2'), Buffer.concat([ONE, ONE.subarray(0, -1)]));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function field(parameter: number, more: Partial<WrittenField> = {}): WrittenField {
  const numbers = Array.from({ length: 12 }, (_, i) => parameter * 20 + i);
  return { packed: simple(numbers, 9), columns: 4, rows: 3, parameter, ...more };
}

const ONE = gribTwo(field(0));
const WIND = gribTwo(field(2, { category: 2, hours: 6 }), field(3, { category: 2, hours: 6 }));
const TWO = Buffer.concat([ONE, WIND]);

function grib(...args: string[]) {
  const { status, stdout, stderr } = runLsio(['grib', ...args], { cwd: directory });
  return { status, stdout: stdout.toString(), stderr };
}

describe('lsio grib ls', () => {
  test("prints wgrib2's lines", () => {
    const { status, stdout, stderr } = grib('ls', 'a.grib2');
    expect(stdout.split('\n')).toEqual([
      '1:0:d=2024022906:TMP:2 m above ground:anl:',
      `2.1:${ONE.length}:d=2024022906:UGRD:2 m above ground:6 hour fcst:`,
      `2.2:${ONE.length}:d=2024022906:VGRD:2 m above ground:6 hour fcst:`,
      '',
    ]);
    expect(stderr).toMatch(/^3 of 3 fields, 2 messages, \d+ B; read \d+ B in \d+ ms \(scanned, no index\)\n$/m);
    expect(status).toBe(0);
  });

  test.each([
    [
      ['--match', ':(UGRD|VGRD):'],
      ['2.1', '2.2'],
    ],
    [['--match', ':2 m', '--match', ':anl:'], ['1']],
    [
      ['--not', 'TMP'],
      ['2.1', '2.2'],
    ],
    [
      ['--where', 'shortName=10u,2t,u'],
      ['1', '2.1'],
    ],
    [['--where', 'step=6', '--where', 'parameterNumber=3'], ['2.2']],
    [
      ['--where', 'centre=kwbc', '--where', 'level=2.0'],
      ['1', '2.1', '2.2'],
    ],
    [
      ['--fields', '2.2,1'],
      ['1', '2.2'],
    ],
    [
      ['--fields', '2'],
      ['2.1', '2.2'],
    ],
  ])('%j selects %j', (args, numbers) => {
    const { status, stdout } = grib('ls', 'a.grib2', ...args);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).toEqual(numbers);
    expect(status).toBe(0);
  });

  test('a damaged message is told, the others are listed, and the exit code is 1', () => {
    const { status, stdout, stderr } = grib('ls', '-q', 'cut.grib2');
    expect(stdout).toBe('1:0:d=2024022906:TMP:2 m above ground:anl:\n');
    expect(stderr).toMatch(/^lsio: cut\.grib2: .*truncated at byte \d+\)\n$/);
    expect(status).toBe(1);
  });

  test('--json is one document of its schema, with what is wrong in it', () => {
    const run = runLsio(['grib', 'ls', '-r', '.', '--json', '-q'], { cwd: directory });
    const document = documentOf(run) as unknown as { files: { file: string; fields: unknown[]; errors: unknown[] }[] };
    expect(document.files.map(({ file, fields }) => [file, fields.length])).toEqual([
      ['./a.grib2', 3],
      ['./cut.grib2', 1],
    ]);
    expect(document.files[1]!.errors).toMatchObject([{ offset: ONE.length, code: 'truncated' }]);
    expect(run.status).toBe(1);
  });

  test('--long is a table', () => {
    const { stdout } = grib('ls', '--long', 'a.grib2', '--fields', '1');
    expect(stdout).toBe(
      'field  offset  name  level             time  packing    grid\n' +
        '    1       0  2t    2 m above ground  anl   5.0 9 bit  3x4 regular_ll\n',
    );
  });

  test.each([
    [['ls', 'a.grib2', '--match', '('], /--match: /],
    [['ls', 'a.grib2', '--where', 'nokey=1'], /--where: unknown key nokey/],
    [['ls', 'a.grib2', '--where', 'x'], /--where: "x" is not key=value/],
    [['ls', 'a.grib2', '--fields', '0'], /--fields: "0" is not a field number/],
    [['ls', '.'], /\. is a directory/],
    [[], /missing subcommand/],
  ])('%j is a usage error', (args, message) => {
    const { status, stderr } = grib(...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  test('nothing selected, or no such file: exit 1', () => {
    expect(grib('ls', 'a.grib2', '--match', 'NONE').status).toBe(1);
    const { status, stderr } = grib('ls', '-q', 'absent');
    expect(stderr).toBe('lsio: absent: no such file\n');
    expect(status).toBe(1);
  });
});

describe('lsio grib index and get', () => {
  test('an index is written once, read when it lies beside the file, and told when it is stale', () => {
    const file = path.join(directory, 'i.grib2');
    const names = { idx: 'i.grib2.idx', index: 'i.index', lsio: 'i.grib2.lsio.idx', refs: 'i.grib2.refs.json' };
    for (const [format, name] of Object.entries(names)) {
      writeFileSync(file, TWO);
      expect(grib('index', '-q', '--format', format, 'i.grib2')).toMatchObject({ status: 0, stderr: '' });
      expect(grib('index', '-q', '--format', format, 'i.grib2').status).toBe(4);
      const { stdout, stderr } = grib('ls', 'i.grib2', '--match', 'VGRD');
      expect(stdout).toBe(`2.2:${ONE.length}:d=2024022906:VGRD:2 m above ground:6 hour fcst:\n`);
      expect(stderr).toMatch(/1 of 3 fields, 2 messages, .*\(1 of 1 files by their index\)/);
      writeFileSync(file, Buffer.concat([Buffer.alloc(7), TWO]));
      const stale = grib('ls', 'i.grib2', '--match', 'VGRD');
      expect(stale.stdout).toBe(`2.2:${ONE.length + 7}:d=2024022906:VGRD:2 m above ground:6 hour fcst:\n`);
      expect(stale.stderr).toMatch(/the index is stale: .*; i\.grib2 is scanned instead/);
      expect(grib('ls', '--strict', 'i.grib2').status).toBe(1);
      rmSync(path.join(directory, name));
    }
    rmSync(file);
  });

  test.each([
    ['past the end', `1:0:d=2024022906:TMP:x:anl:\n2:99999:d=2024022906:TMP:x:anl:\n`, /points past the end/],
    ['empty', '\n', /names no message/],
    ['a pickle', Buffer.from('\x80\x04abc', 'latin1'), /pickle/],
    ['other text', 'hello\n', /not a line of an index/],
    ['of another file', '1:13:d=2024022906:TMP:2 m above ground:anl:\n', /stale/],
  ])('an index that is %s is not used', (_, content, message) => {
    writeFileSync(path.join(directory, 'bad.idx'), content);
    const { status, stdout, stderr } = grib('ls', '--index', 'bad.idx', 'a.grib2');
    expect(stdout.split('\n')).toHaveLength(4);
    expect(stderr).toMatch(message);
    expect(status).toBe(0);
  });

  test("lines of Windows, and wgrib2's older dates, are read", () => {
    writeFileSync(path.join(directory, 'crlf.idx'), `1:0:D=2024022906:TMP:2 m above ground:anl:\r\n`);
    const { stdout, stderr } = grib('ls', '--index', 'crlf.idx', 'a.grib2');
    expect(stdout).toBe('1:0:d=2024022906:TMP:2 m above ground:anl:\n');
    expect(stderr).not.toMatch(/lsio:/);
  });

  test('get writes whole messages, bytes unchanged, each once', () => {
    const output = path.join(directory, 'wind.grib2');
    expect(grib('get', '-q', '--match', 'GRD', '-o', 'wind.grib2', 'a.grib2')).toMatchObject({ status: 0, stderr: '' });
    expect(Buffer.compare(readFileSync(output), WIND)).toBe(0);
    expect(grib('get', '-q', '--match', 'GRD', '-o', 'wind.grib2', 'a.grib2').status).toBe(4);
    const { status, stdout } = runLsio(['grib', 'get', '-q', '-o', '-', 'a.grib2', 'a.grib2'], { cwd: directory });
    expect(Buffer.compare(stdout, Buffer.concat([TWO, TWO]))).toBe(0);
    expect(status).toBe(0);
    expect(grib('get', '--match', 'NONE', '-o', 'none.grib2', 'a.grib2').status).toBe(1);
    expect(existsSync(path.join(directory, 'none.grib2'))).toBe(false);
  });

  test('read and info take fields by the same options', () => {
    const { status } = runLsio(['read', 'a.grib2', '--match', 'VGRD', '-o', 'v.raw', '-q'], { cwd: directory });
    expect(status).toBe(0);
    const bytes = readFileSync(path.join(directory, 'v.raw'));
    expect([...new Float32Array(Uint8Array.from(bytes).buffer)]).toEqual(Array.from({ length: 12 }, (_, i) => 60 + i));
    const cut = runLsio(['read', 'cut.grib2', '-o', 'cut.raw'], { cwd: directory });
    expect(cut).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^lsio: the file ends .*truncated at byte \d+/),
    });
    const { stdout } = runLsio(['info', 'a.grib2'], { cwd: directory });
    expect(stdout.toString()).toMatch(/2t .*float32/);
  });
});
