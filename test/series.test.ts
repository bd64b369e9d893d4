import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { documentOf, runLsio } from './helpers/run-lsio.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-series-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function put(name: string, content: string | Uint8Array): void {
  const file = path.join(scratch, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function putArray(
  name: string,
  dims: string[],
  shape: number[],
  chunks: number[],
  dtype: string,
  attributes = {},
): void {
  const metadata = {
    zarr_format: 3,
    node_type: 'array',
    shape,
    data_type: dtype,
    chunk_grid: { name: 'regular', configuration: { chunk_shape: chunks } },
    chunk_key_encoding: { name: 'default' },
    fill_value: 0,
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    dimension_names: dims,
    attributes,
  };
  put(`a.zarr/${name}/zarr.json`, JSON.stringify(metadata));
}

put('a.zarr/zarr.json', JSON.stringify({ zarr_format: 3, node_type: 'group', attributes: {} }));
putArray('v', ['time', 'lat', 'lon'], [3, 2, 4], [1, 2, 4], 'int16', { _FillValue: 9, scale_factor: 0.5 });
for (const time of [0, 1, 2])
  put(`a.zarr/v/c/${time}/0/0`, new Uint8Array(Int16Array.from({ length: 8 }, (_, i) => time * 8 + i).buffer));
putArray('time', ['time'], [3], [3], 'int32', { units: 'hours since 2001-01-01' });
put('a.zarr/time/c/0', new Uint8Array(Int32Array.of(0, 6, 12).buffer));
putArray('lat', ['lat'], [2], [2], 'float64');
put('a.zarr/lat/c/0', new Uint8Array(Float64Array.of(50, 40).buffer));
putArray('lon', ['lon'], [4], [4], 'float64', { units: 'degrees_east' });
put('a.zarr/lon/c/0', new Uint8Array(Float64Array.of(0, 90, 180, 270).buffer));

const run = (...args: string[]) => runLsio(['series', 'a.zarr/v', ...args], { cwd: scratch });

describe('lsio series', () => {
  test('prints a row for each step of each point: the nearest label, longitudes wrap, missing values are empty', () => {
    const { status, stdout, stderr } = run('--at', 'lat=49,lon=88', '--at', 'lat=40,lon=-90');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout.toString()).toBe(`point,time,value
"lat=49,lon=88",2001-01-01T00:00:00,0.5
"lat=49,lon=88",2001-01-01T06:00:00,
"lat=49,lon=88",2001-01-01T12:00:00,8.5
"lat=40,lon=-90",2001-01-01T00:00:00,3.5
"lat=40,lon=-90",2001-01-01T06:00:00,7.5
"lat=40,lon=-90",2001-01-01T12:00:00,11.5
`);
  });

  test('--json, --points, --isel and -o', () => {
    put('points.csv', 'point,lat,lon\nA,50,0\nB,40,180\n');
    const json = documentOf(run('--points', 'points.csv', '--isel', 'time=1:', '--json'));
    expect(json).toMatchObject({
      dim: 'time',
      coords: ['2001-01-01T06:00:00', '2001-01-01T12:00:00'],
      points: [
        { point: 'A', values: [4, 8] },
        { point: 'B', values: [7, 11] },
      ],
      chunksMissing: 0,
    });
    expect(run('--points', 'points.csv', '-o', 'out.csv').status).toBe(0);
    expect(readFileSync(path.join(scratch, 'out.csv'), 'utf8').split('\n')[5]).toBe('B,2001-01-01T06:00:00,7');
    expect(run('--points', 'points.csv', '-o', 'out.csv').status).toBe(4);
    // Along another axis, stored numbers.
    const along = documentOf(run('--at', 'lat=50', '--isel', 'time=1', '--no-mask-and-scale', '--json'));
    expect(along).toMatchObject({ dim: 'lon', coords: [0, 90, 180, 270], points: [{ values: [8, 9, 10, 11] }] });
  });

  test.each([
    [[], /no point/],
    [['--at', 'lat=50'], /more than one axis is left: time, lon/],
    [['--at', 'lat=50,lon=0', '--isel', 'time=0'], /no axis is left/],
    [['--at', 'lat=80,lon=0'], /lat/],
    [['--at', 'level=1'], /has no axis level/],
    [['--at', 'lat=50,lon=0', '--decoder', 'wsam'], /wsam/],
    [['--points', 'absent.csv'], /absent\.csv/],
  ])('refuses %j', (args, message) => {
    const { status, stderr, stdout } = run(...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(args[0] === '--points' ? 1 : 2);
    expect(stdout.length).toBe(0);
  });
});
