import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { documentOf, runLsio } from './helpers/run-lsio.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-info-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const FIXTURES = path.resolve(import.meta.dirname, '../../shared/fixtures');
const whyNot = existsSync(FIXTURES) ? undefined : 'no fixtures beside the project';

function put(name: string, content: string | Uint8Array): void {
  const file = path.join(scratch, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function arrayJson(fields: object): string {
  return JSON.stringify({
    zarr_format: 3,
    node_type: 'array',
    shape: [4, 6],
    data_type: 'int16',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [2, 3] } },
    chunk_key_encoding: { name: 'default' },
    fill_value: 7,
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    dimension_names: ['y', 'time'],
    ...fields,
  });
}

const axis = {
  shape: [6],
  dimension_names: ['time'],
  chunk_grid: { name: 'regular', configuration: { chunk_shape: [4] } },
};

put('a.zarr/zarr.json', JSON.stringify({ zarr_format: 3, node_type: 'group', attributes: { title: 'x' } }));
put('a.zarr/t/zarr.json', arrayJson({ attributes: { units: 'K', long_name: 'temperature' } }));
put('a.zarr/t/c/0/0', new Uint8Array(12));
put('a.zarr/t/c/1/1', new Uint8Array(12));
put('a.zarr/t/c/9/9', new Uint8Array(12));
put('a.zarr/time/zarr.json', arrayJson({ ...axis, attributes: { units: 'hours since 2020-01-01' } }));
put('a.zarr/time/c/0', new Uint8Array(Int16Array.of(0, 6, 12, 18).buffer));
put('a.zarr/time/c/1', new Uint8Array(Int16Array.of(24, 30, 0, 0).buffer));
put('a.zarr/odd/zarr.json', arrayJson({ codecs: [{ name: 'bytes' }, { name: 'made_up' }] }));
put('a.zarr/deep/zarr.json', JSON.stringify({ zarr_format: 3, node_type: 'group', attributes: {} }));
put('a.zarr/deep/broken/zarr.json', arrayJson({ shape: [4, 2.5] }));

describe('lsio info', () => {
  test('shows a tree, with the first and last label of each axis', () => {
    const { status, stdout, stderr } = runLsio(['info', 'a.zarr'], { cwd: scratch });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout.toString()).toBe(`a.zarr  zarr v3, 4 arrays
  deep/
    broken
        can't be read: a.zarr/deep/broken/zarr.json: shape: 2.5 along axis 1
          instead of a whole number from 0 to 2^53-1
  odd       (y 4, time 6)  int16  chunks 2x3
      bytes > made_up   fill 7
      can't be read: codec made_up is not supported
  t         (y 4, time 6)  int16  chunks 2x3, 12 B
      bytes   fill 7   K   "temperature"
  time      (time 6)  int16  chunks 4, 8 B  2020-01-01 … 2020-01-02T06
      bytes   fill 7   hours since 2020-01-01
`);
  });

  test('breaks lines of many dimensions, as wide as the terminal is', () => {
    const axes = Array.from({ length: 12 }, (_, axis) => axis + 100);
    const fields = {
      shape: axes,
      chunk_grid: { name: 'regular', configuration: { chunk_shape: axes.map((length) => length - 90) } },
      dimension_names: axes.map((length) => `dimension_${length}`),
      attributes: { units: 'K', long_name: 'a name that goes on and on, so that it does not fit into one line' },
    };
    put('wide.zarr/zarr.json', arrayJson(fields));
    const info = (COLUMNS: string) =>
      runLsio(['info', 'wide.zarr'], { cwd: scratch, env: { COLUMNS } }).stdout.toString();
    expect(info('')).toBe(`wide.zarr  zarr v3, 1 array
  (root)  (dimension_100 100, dimension_101 101, dimension_102 102,
        dimension_103 103, dimension_104 104, dimension_105 105,
        dimension_106 106, dimension_107 107, dimension_108 108,
        dimension_109 109, dimension_110 110, dimension_111 111)  int16
        chunks 10x11x12x13x14x15x16x17x18x19x20x21, 256 TiB
      bytes   fill 7   K   "a name that goes on and on, so that it does not fit
        into one line"
`);
    for (const line of info('50').split('\n')) expect(line.length).toBeLessThanOrEqual(50);
  });

  test('--count counts what is stored in the grid', () => {
    const { status, stdout } = runLsio(['info', 'a.zarr/t', '--count', '--json'], { cwd: scratch });
    expect(status).toBe(0);
    expect(documentOf({ stdout }).arrays).toMatchObject([
      { name: 't', chunksStored: 2, bytesStored: 24, readable: true },
    ]);
  });

  test('--check names each bad chunk, and is then 1', () => {
    put('b.zarr/zarr.json', arrayJson({}));
    put('b.zarr/c/0/0', new Uint8Array(12));
    put('b.zarr/c/0/1', new Uint8Array(11));
    put('b.zarr/c/1/0', new Uint8Array(0));
    put('b.zarr/c/1/1', new Uint8Array(13));
    const { status, stdout } = runLsio(['info', '--check', 'b.zarr', '--json'], { cwd: scratch });
    expect(status).toBe(1);
    const [array] = documentOf({ stdout }).arrays as { badChunks: { chunk: number[]; message: string }[] }[];
    expect(array?.badChunks.map(({ chunk }) => chunk)).toEqual([
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    for (const { message } of array?.badChunks ?? []) expect(message).toMatch(/^\/c\/.*found.*expected/);
  });

  test('lists an array that it cannot read, with the reason', () => {
    const { status, stdout } = runLsio(['info', '--json', 'a.zarr', '-a', 'odd'], { cwd: scratch });
    expect(status).toBe(0);
    const reason = 'codec made_up is not supported';
    expect(documentOf({ stdout }).arrays).toMatchObject([{ name: 'odd', readable: false, reason }]);
  });

  test.each([
    [['nothing-here'], 1, 'no such file or directory'],
    [['a.zarr/nothing'], 1, 'no array or group of that name'],
    [['a.zarr', '-a', 'nothing'], 2, 'has no array "nothing"'],
    [['a.zarr/t/c/0/0'], 1, 'none of a Zarr store'],
    [['.'], 1, 'none of a Zarr store'],
    [['ftp://host/x.zarr'], 2, 'no such scheme'],
  ])('%j is %i: %s', (args, expected, message) => {
    const { status, stdout, stderr } = runLsio(['info', ...args, '--json'], { cwd: scratch });
    expect(stderr).toContain(message);
    expect(status).toBe(expected);
    expect(documentOf({ stdout })).toMatchObject({ exitCode: expected });
  });

  test.each([
    ['x.nc', '\x89HDF\r\n\x1a\n', 'HDF5'],
    ['x.cdf', 'CDF\x01', 'NetCDF'],
    ['x.tif', 'II*\0', 'TIFF'],
    ['x.parq', 'PAR1', 'Parquet'],
  ])('%s is refused by name, with a way', (name, head, format) => {
    put(name, Buffer.from(head, 'latin1'));
    const { status, stderr } = runLsio(['info', name], { cwd: scratch });
    expect(status).toBe(1);
    expect(stderr).toContain(`is ${format}`);
    expect(stderr).toContain('  → ');
  });

  test.skipIf(whyNot !== undefined)(`shows production stores${whyNot ? ` (${whyNot})` : ''}`, () => {
    const store = path.join(FIXTURES, 'metadata/noaa-gfs-analysis.zarr');
    const { status, stdout } = runLsio(['info', '--json', store]);
    expect(status).toBe(0);
    const { arrays, format } = documentOf({ stdout }) as { arrays: Record<string, unknown>[]; format: string };
    expect(format).toBe('zarr v3, consolidated');
    expect(arrays).toHaveLength(29);
    expect(arrays.filter(({ readable }) => !readable)).toEqual([]);
    expect(arrays.find(({ name }) => name === 'latitude')).toMatchObject({ first: 90, last: -90 });
    expect(arrays.find(({ name }) => name === 'time')).toMatchObject({ first: '2021-05-01T00:00:00' });
  });
});
