import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { documentOf, runLsio } from './helpers/run-lsio.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-read-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const NPY_HEADER_BYTES = 128;
const PYTHON = process.env.LSIO_PYTHON ?? '/usr/bin/python3';
const noNumpy = spawnSync(PYTHON, ['-c', 'import numpy']).status === 0 ? undefined : `${PYTHON} has no numpy`;

function put(name: string, content: string | Uint8Array): void {
  const file = path.join(scratch, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function putArray(name: string, shape: number[], chunks: number[], fields: object): void {
  const metadata = {
    zarr_format: 3,
    node_type: 'array',
    shape,
    chunk_grid: { name: 'regular', configuration: { chunk_shape: chunks } },
    chunk_key_encoding: { name: 'default' },
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    ...fields,
  };
  put(`${name}/zarr.json`, JSON.stringify(metadata));
}

function bytesOf({ buffer }: { readonly buffer: ArrayBufferLike }): Uint8Array {
  return new Uint8Array(buffer);
}

// t is 4 × 6 in chunks of 2 × 4: element (y, x) is 10 y + x. The chunk (1, 1) is missing.
put('a.zarr/zarr.json', JSON.stringify({ zarr_format: 3, node_type: 'group' }));
putArray('a.zarr/t', [4, 6], [2, 4], {
  data_type: 'int16',
  fill_value: -9,
  dimension_names: ['y', 'lon'],
  attributes: { _FillValue: -9, scale_factor: 0.5, add_offset: 100 },
});
for (const [y, x] of [
  [0, 0],
  [0, 1],
  [1, 0],
] as const) {
  const chunk = Int16Array.from({ length: 8 }, (_, i) => 10 * (2 * y + Math.floor(i / 4)) + 4 * x + (i % 4));
  put(`a.zarr/t/c/${y}/${x}`, bytesOf(chunk));
}
putArray('a.zarr/lon', [6], [6], { data_type: 'float64', fill_value: 0, dimension_names: ['lon'] });
put('a.zarr/lon/c/0', bytesOf(Float64Array.of(0, 60, 120, 180, 240, 300)));
putArray('a.zarr/y', [4], [3], {
  data_type: 'int64',
  fill_value: 0,
  dimension_names: ['y'],
  attributes: { units: 'days since 2001-02-27', calendar: 'noleap' },
});
put('a.zarr/y/c/0', bytesOf(BigInt64Array.of(0n, 1n, 2n)));
put('a.zarr/y/c/1', bytesOf(BigInt64Array.of(3n, 0n, 0n)));

function read(...args: string[]) {
  return runLsio(['read', ...args], { cwd: scratch });
}

function raw(...args: string[]): number[] {
  const { status, stdout, stderr } = read('a.zarr', '--format', 'raw', ...args);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return [...new Int16Array(Uint8Array.from(stdout).buffer)];
}

const WHOLE = [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23, -9, -9, 30, 31, 32, 33, -9, -9];

putArray('box.zarr/v', [3, 4], [3, 4], { data_type: 'int16', fill_value: 0, dimension_names: ['lat', 'lon'] });
put('box.zarr/zarr.json', JSON.stringify({ zarr_format: 3, node_type: 'group' }));
put('box.zarr/v/c/0/0', bytesOf(Int16Array.from({ length: 12 }, (_, i) => i)));
putArray('box.zarr/lat', [3], [3], { data_type: 'float32', fill_value: 0, dimension_names: ['lat'] });
put('box.zarr/lat/c/0', bytesOf(Float32Array.of(60, 50, 40)));
putArray('box.zarr/lon', [4], [4], { data_type: 'float32', fill_value: 0, dimension_names: ['lon'] });
put('box.zarr/lon/c/0', bytesOf(Float32Array.of(0, 90, 180, 270)));

describe('lsio read', () => {
  test.each([
    [[], WHOLE],
    [['--isel', 'y=-1'], WHOLE.slice(18)],
    [
      ['--isel', 'y=::-2,lon=1:5:2'],
      [31, 33, 11, 13],
    ],
    [['--isel', 'y=0', '--isel', 'lon=5'], [5]],
    [
      ['--sel', 'lon=-60:60'],
      [5, 0, 1, 15, 10, 11, -9, 20, 21, -9, 30, 31],
    ],
    [
      ['--sel', 'lon=60:120,y=2001-02-28'],
      [11, 12],
    ],
    [
      ['--sel', 'y=2001-03', '--isel', 'lon=0'],
      [20, 30],
    ],
    [
      ['--sel', 'lon=~70', '--isel', 'y=:2'],
      [1, 11],
    ],
  ])('%j', (args, expected) => expect(raw(...args)).toEqual(expected));

  test('--bbox takes a box, across the end of the axis, too', () => {
    const { stdout } = read('box.zarr', '--format', 'raw', '--bbox', '-90,45,0,60');
    expect([...new Int16Array(Uint8Array.from(stdout).buffer)]).toEqual([3, 0, 7, 4]);
    expect(read('box.zarr', '--format', 'raw', '--bbox', '0,60,90,45').stderr).toContain('lies north of its north');
    expect(read('box.zarr', '--format', 'raw', '--bbox', '0,60,90').stderr).toContain('is not W,S,E,N');
    expect(read('a.zarr', '--format', 'raw', '--bbox', '0,0,9,9').stderr).toContain(
      'no axes of longitude and latitude',
    );
  });

  test('-o x.npy is what numpy writes', () => {
    const { status, stderr } = read('a.zarr/t', '-o', 'x.npy');
    expect(status).toBe(0);
    expect(stderr).toMatch(/^x\.npy: int16 \(4, 6\), 48 B from 4 chunks \(1 not stored\), 48 B read, /);
    const file = readFileSync(path.join(scratch, 'x.npy'));
    expect(file.toString('latin1', 0, NPY_HEADER_BYTES)).toContain(
      "{'descr': '<i2', 'fortran_order': False, 'shape': (4, 6), }",
    );
    expect([...new Int16Array(Uint8Array.from(file.subarray(NPY_HEADER_BYTES)).buffer)]).toEqual(WHOLE);
    expect(readdirSync(scratch).filter((name) => name.startsWith('.lsio'))).toEqual([]);
  });

  test.skipIf(noNumpy !== undefined)(`numpy opens it${noNumpy ? ` (${noNumpy})` : ''}`, () => {
    expect(read('a.zarr/t', '-o', 'np.npy').status).toBe(0);
    const program = "import numpy; a = numpy.load('np.npy', allow_pickle=False); print(a.dtype, a.shape, a.sum())";
    const { stdout } = spawnSync(PYTHON, ['-c', program], { cwd: scratch });
    expect(stdout.toString()).toBe(`int16 (4, 6) ${WHOLE.reduce((a, b) => a + b)}\n`);
  });

  test('--json tells what was read', () => {
    const { status, stdout } = read('a.zarr', '--isel', 'y=0', '-o', 'y0.raw', '--json');
    expect(status).toBe(0);
    expect(documentOf({ stdout })).toMatchObject({
      ...{ schema: 'lsio.read/1', array: 't', shape: [6], dims: ['y', 'lon'], dtype: 'int16', bytes: 12 },
      ...{ chunks: 2, chunksMissing: 0, bytesRead: 32, decoder: 'none', output: 'y0.raw' },
    });
  });

  test('csv has labels, and values as the attributes say', () => {
    const { stdout } = read('a.zarr', '--format', 'csv', '--isel', 'y=2:,lon=3:5');
    expect(stdout.toString()).toBe(
      'y,lon,value\n2001-03-01T00:00:00,180,111.5\n2001-03-01T00:00:00,240,\n2001-03-02T00:00:00,180,116.5\n2001-03-02T00:00:00,240,\n',
    );
  });

  test('json has them, too; --no-mask-and-scale gives what is stored', () => {
    const args = ['--format', 'json', '--isel', 'y=2,lon=3:5'];
    const { stdout } = read('a.zarr', ...args);
    const document = { array: 't', dims: ['lon'], shape: [2], coords: { lon: [180, 240] } };
    expect(JSON.parse(stdout.toString())).toEqual({ ...document, data: [111.5, null] });
    const stored = read('a.zarr', ...args, '--no-mask-and-scale');
    expect(JSON.parse(stored.stdout.toString())).toEqual({ ...document, data: [23, -9] });
  });

  test('--mask-and-scale makes float64 for numpy', () => {
    const { stdout } = read('a.zarr', '--format', 'raw', '--isel', 'y=2,lon=3:5', '--mask-and-scale');
    expect([...new Float64Array(Uint8Array.from(stdout).buffer)]).toEqual([111.5, Number.NaN]);
  });

  test('text is abbreviated as numpy does', () => {
    expect(read('a.zarr', '--format', 'text', '--isel', 'y=:2', '--no-mask-and-scale').stdout.toString()).toBe(
      '[[ 0  1  2  3  4  5]\n [10 11 12 13 14 15]]\n',
    );
    putArray('big.zarr', [2000], [2000], { data_type: 'uint8', fill_value: 7 });
    expect(read('big.zarr', '--format', 'text').stdout.toString()).toBe('[7 7 7 ... 7 7 7]\n');
  });

  test('an existing file is refused before reading, or replaced with --overwrite', () => {
    put('there.raw', 'x');
    const { status, stderr } = read('a.zarr', '-o', 'there.raw');
    expect(status).toBe(4);
    expect(stderr).toContain('there.raw: exists');
    expect(readFileSync(path.join(scratch, 'there.raw'), 'utf8')).toBe('x');
    expect(read('a.zarr', '-o', 'there.raw', '--overwrite').status).toBe(0);
    expect(readFileSync(path.join(scratch, 'there.raw'))).toHaveLength(48);
  });

  test('what is no regular file is never replaced', () => {
    execFileSync('mkfifo', ['pipe'], { cwd: scratch });
    mkdirSync(path.join(scratch, 'folder'));
    for (const output of ['pipe', 'folder']) {
      const { status, stderr } = read('a.zarr', '-o', output, '--format', 'raw', '--overwrite');
      expect(stderr).toContain(`${output}: not a regular file, it is not replaced`);
      expect(status).toBe(4);
    }
    expect(lstatSync(path.join(scratch, 'pipe')).isFIFO()).toBe(true);
  });

  const notRoot = process.getuid?.() === 0 ? undefined : 'only root can become another user';
  test.skipIf(notRoot !== undefined)(
    `a chunk that may not be read is an error${notRoot ? ` (${notRoot})` : ''}`,
    () => {
      putArray('secret.zarr', [2], [1], { data_type: 'uint8', fill_value: 7 });
      put('secret.zarr/c/0', Uint8Array.of(1));
      chmodSync(scratch, 0o755);
      chmodSync(path.join(scratch, 'secret.zarr/c/0'), 0);
      const options = { cwd: scratch, asNobody: true };
      const { status, stdout, stderr } = runLsio(['read', 'secret.zarr', '--format', 'raw'], options);
      expect(stdout).toHaveLength(0);
      expect(stderr).toContain('EACCES');
      expect(status).toBe(1);
    },
  );

  test('a damaged chunk leaves no file, and is named', () => {
    putArray('bad.zarr', [4], [2], { data_type: 'int16', fill_value: 0 });
    put('bad.zarr/c/0', new Uint8Array(4));
    put('bad.zarr/c/1', new Uint8Array(3));
    const { status, stderr } = read('bad.zarr', '-o', 'bad.npy');
    expect(status).toBe(1);
    expect(stderr).toContain('/c/1: ');
    expect(stderr).toContain('found 3 bytes, expected 4');
    expect(existsSync(path.join(scratch, 'bad.npy'))).toBe(false);
  });

  test.each([
    [['a.zarr', '--isel', 'z=0'], 2, 'its axes are y, lon'],
    [['a.zarr', '--isel', 'y=4'], 2, 'the indexes 0 to 3, step 1'],
    [['a.zarr', '--isel', 'y=2:2'], 2, 'selects nothing'],
    [['a.zarr', '--sel', 'lon=61:62'], 2, 'it goes from 0 to 300, step 60'],
    [['a.zarr', '--sel', 'y=2001-02-29'], 2, 'no date of the calendar noleap'],
    [['a.zarr', '--sel', 'lon=0', '--isel', 'lon=0'], 2, 'selected twice'],
    [['a.zarr', '-a', 'u'], 2, 'has no array "u"'],
    [['big.zarr', '--sel', 'dim_0=1'], 2, 'no labels'],
    [['a.zarr', '--max-memory', '10'], 2, 'of memory, 10 B are allowed'],
    [['a.zarr', '--level', '0'], 2, 'no multiscale image'],
    [['a.zarr', '-o', 'x.docx'], 2, 'no format that is known'],
    [['a.zarr'], 2, 'say which format'],
  ])('%j is %i: %s', (args, expected, message) => {
    const { status, stderr } = read(...args, ...(args.length === 1 || args[1] === '-o' ? [] : ['--format', 'raw']));
    expect(stderr).toContain(message);
    expect(status).toBe(expected);
  });

  test('--level reads a level of an image', () => {
    const multiscales = [{ datasets: [{ path: '0' }, { path: 'half' }] }];
    put(
      'i.zarr/zarr.json',
      JSON.stringify({ zarr_format: 3, node_type: 'group', attributes: { ome: { multiscales } } }),
    );
    putArray('i.zarr/0', [4], [4], { data_type: 'uint8', fill_value: 1 });
    putArray('i.zarr/half', [2], [2], { data_type: 'uint8', fill_value: 2 });
    expect([...read('i.zarr', '--level', '1', '--format', 'raw').stdout]).toEqual([2, 2]);
    expect(read('i.zarr', '--level', '2', '--format', 'raw').stderr).toContain('levels 0 to 1');
  });
});
