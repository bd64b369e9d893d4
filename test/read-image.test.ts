import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runLsio } from './helpers/run-lsio.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-image-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const PYTHON = process.env.LSIO_PYTHON ?? '/usr/bin/python3';

function missing(module: string): string | undefined {
  return spawnSync(PYTHON, ['-c', `import ${module}`]).status === 0 ? undefined : `${PYTHON} has no ${module}`;
}

function putArray(name: string, shape: number[], elements: { readonly buffer: ArrayBufferLike }, fields: object): void {
  const metadata = {
    zarr_format: 3,
    node_type: 'array',
    shape,
    chunk_grid: { name: 'regular', configuration: { chunk_shape: shape } },
    chunk_key_encoding: { name: 'default' },
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    fill_value: 0,
    ...fields,
  };
  const folder = path.join(scratch, 'a.zarr', name);
  mkdirSync(path.join(folder, 'c', ...shape.slice(1).map(() => '0')), { recursive: true });
  writeFileSync(path.join(folder, 'zarr.json'), JSON.stringify(metadata));
  writeFileSync(path.join(folder, 'c', ...shape.map(() => '0')), new Uint8Array(elements.buffer));
}

mkdirSync(path.join(scratch, 'a.zarr'));
writeFileSync(path.join(scratch, 'a.zarr/zarr.json'), JSON.stringify({ zarr_format: 3, node_type: 'group' }));
// Two steps of 3 × 2: (time, lat, lon) is 100 time + 10 lat + lon, stored as half of it; one value is missing.
putArray('t', [2, 3, 2], Int16Array.of(0, 2, 20, 22, 40, -9, 200, 202, 220, 222, 240, 242), {
  data_type: 'int16',
  dimension_names: ['time', 'lat', 'lon'],
  attributes: { _FillValue: -9, scale_factor: 0.5 },
});
putArray('lat', [3], Float32Array.of(-10, 0, 10), {
  data_type: 'float32',
  dimension_names: ['lat'],
  attributes: { units: 'degrees_north' },
});
putArray('lon', [2], Float64Array.of(5, 6), { data_type: 'float64', dimension_names: ['lon'] });
putArray('big', [2], BigInt64Array.of(1n, 2n), { data_type: 'int64' });

function read(...args: string[]) {
  return runLsio(['read', ...args], { cwd: scratch });
}

function python(program: string): unknown {
  const { stdout, stderr } = spawnSync(PYTHON, ['-c', program], { cwd: scratch });
  expect(stderr.toString()).toBe('');
  return JSON.parse(stdout.toString());
}

const noPil = missing('PIL');
const noNumpy = missing('numpy');

describe.skipIf(noPil !== undefined)(`lsio read -o x.png${noPil ? ` (skipped: ${noPil})` : ''}`, () => {
  function pixels(file: string): unknown {
    return python(`
import json
from PIL import Image
image = Image.open('${file}').convert('RGBA')
print(json.dumps([image.size, [list(p) if p[3] else 'clear' for p in image.getdata()]]))`);
  }
  const gray = (level: number) => [level, level, level, 255];

  test('north is on top, missing values are transparent, the range is that of the values', () => {
    const { status, stderr } = read('a.zarr/t', '--isel', 'time=0', '-o', 'x.png', '--colors', 'gray');
    expect(stderr).toMatch(/^x\.png: int16 \(3, 2\)/);
    expect(status).toBe(0);
    const level = (value: number) => gray(Math.round((Math.round((value / 20) * 254) / 254) * 255));
    expect(pixels('x.png')).toEqual([
      [2, 3],
      [level(20), 'clear', level(10), level(11), level(0), level(1)],
    ]);
  });

  test('--range and --colors choose the colours', () => {
    const args = ['--isel', 'time=1,lat=::-1', '--range', '-50:110', '--colors', 'GRAY_r'];
    expect(read('a.zarr/t', ...args, '-o', 'y.png').status).toBe(0);
    const level = (value: number) => gray(Math.round((1 - Math.round(((value + 50) / 160) * 254) / 254) * 255));
    expect(pixels('y.png')).toEqual([
      [2, 3],
      [gray(0), gray(0), level(110), gray(0), level(100), level(101)],
    ]);
  });
});

test.each([
  [['a.zarr/t', '-o', 'z.png'], 'an image has 2 dimensions, this has 3'],
  [['a.zarr/t', '-o', 'z.png', '--range', '5'], '--range 5: two numbers LOW:HIGH'],
  [['a.zarr/t', '-o', 'z.png', '--range', '5:1'], '--range 5:1: two numbers LOW:HIGH'],
  [['a.zarr/t', '--isel', 'time=0', '-o', 'z.png', '--colors', 'mauve'], 'no colour map "mauve"'],
])('lsio read %j is a usage error: %s', (args, message) => {
  const { status, stderr } = read(...args);
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});

test.skipIf(noNumpy !== undefined)(
  `lsio read -o x.npz holds the coordinates, too${noNumpy ? ` (${noNumpy})` : ''}`,
  () => {
    const { status, stderr } = read('a.zarr/t', '--isel', 'time=1,lat=:2', '-o', 'x.npz');
    expect(stderr).toMatch(/^x\.npz: int16 \(2, 2\)/);
    expect(status).toBe(0);
    const program = `
import json, numpy
print(json.dumps({name: [array.dtype.str, array.tolist()] for name, array in numpy.load('x.npz').items()}))`;
    expect(python(program)).toEqual({
      t: [
        '<i2',
        [
          [200, 202],
          [220, 222],
        ],
      ],
      lat: ['<f4', [-10, 0]],
      lon: ['<f8', [5, 6]],
    });
    expect(read('a.zarr/big', '-o', 'big.npz').status).toBe(0);
  },
);
