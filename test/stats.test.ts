import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentOf, runLsio } from './helpers/run-lsio.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-stats-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Debian's Python has numpy, xarray and zarr as packages. */
const PYTHON = '/usr/bin/python3';
const hasXarray = spawnSync(PYTHON, ['-c', 'import xarray, zarr']).status === 0;
const whyNoXarray = hasXarray ? '' : ' (skipped: apt-get install python3-xarray python3-zarr)';

const [TIMES, LATS, LONS] = [12, 5, 6];

/** A value that tells its place; each seventh is missing. */
function valueAt(index: number): number {
  return index % 7 === 3 ? Number.NaN : 270 + ((index * 37) % 251) / 8;
}

function put(name: string, content: string | Uint8Array): void {
  const file = path.join(scratch, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function arrayJson(dims: string[], shape: number[], chunks: number[], dtype: string, attributes: object): string {
  return JSON.stringify({
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
  });
}

/** Raw Zarr v3: t2m(time, lat, lon) in chunks of 2 × 5 × 6, two of its hours a chunk. */
beforeAll(() => {
  put('a.zarr/zarr.json', JSON.stringify({ zarr_format: 3, node_type: 'group', attributes: {} }));
  put(
    'a.zarr/t2m/zarr.json',
    arrayJson(['time', 'lat', 'lon'], [TIMES, LATS, LONS], [2, 5, 6], 'float32', { units: 'K' }),
  );
  for (let chunk = 0; chunk < TIMES / 2; chunk++) {
    const values = Float32Array.from({ length: 60 }, (_, i) => valueAt(chunk * 60 + i));
    put(`a.zarr/t2m/c/${chunk}/0/0`, new Uint8Array(values.buffer));
  }
  put('a.zarr/time/zarr.json', arrayJson(['time'], [TIMES], [TIMES], 'int32', { units: 'days since 2001-01-20' }));
  put('a.zarr/time/c/0', new Uint8Array(Int32Array.from({ length: TIMES }, (_, i) => i * 5).buffer));
  put('a.zarr/lat/zarr.json', arrayJson(['lat'], [LATS], [LATS], 'float64', {}));
  put('a.zarr/lat/c/0', new Uint8Array(Float64Array.of(60, 30, 0, -30, -60).buffer));
  put('a.zarr/lon/zarr.json', arrayJson(['lon'], [LONS], [LONS], 'float64', { units: 'degrees_east' }));
  put('a.zarr/lon/c/0', new Uint8Array(Float64Array.of(0, 60, 120, 180, 240, 300).buffer));
  put('a.zarr/big/zarr.json', arrayJson(['x'], [3], [3], 'int64', {}));
  put('a.zarr/big/c/0', new Uint8Array(BigInt64Array.of(2n ** 62n, 2n ** 62n, 2n ** 62n).buffer));
});

function json(...args: string[]): Record<string, never> & { results: Record<string, number> } {
  const result = runLsio(['stats', 'a.zarr', '--json', ...args], { cwd: scratch });
  expect(result.stderr).toBe('');
  return documentOf(result) as never;
}

/** The values that are selected, by the definition. */
function values(keep: (time: number, lat: number, lon: number) => boolean = () => true): number[] {
  const found: number[] = [];
  for (let i = 0; i < TIMES * LATS * LONS; i++) {
    const [time, lat, lon] = [Math.floor(i / 30), Math.floor(i / 6) % 5, i % 6];
    if (keep(time, lat, lon) && !Number.isNaN(valueAt(i))) found.push(valueAt(i));
  }
  return found;
}

const mean = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0) / all.length;

describe('lsio stats', () => {
  test('--json gives the default reductions of everything', () => {
    const { results, dims, chunks, chunksMissing, bytesRead, exact } = json('-a', 't2m');
    const all = values();
    expect(Object.keys(results)).toEqual(['mean', 'std', 'min', 'max', 'count']);
    expect(results.mean).toBeCloseTo(mean(all), 10);
    expect(results.std).toBeCloseTo(Math.sqrt(mean(all.map((x) => (x - mean(all)) ** 2))), 10);
    expect([results.min, results.max, results.count]).toEqual([Math.min(...all), Math.max(...all), all.length]);
    expect({ dims, chunks, chunksMissing, bytesRead, exact }).toEqual({
      dims: [],
      chunks: 6,
      chunksMissing: 0,
      bytesRead: 1440,
      exact: false,
    });
  });

  test('--over, --by, --sel and --isel', () => {
    const over = json('-a', 't2m', '--over', 'time', '--reduce', 'max') as never as {
      results: { max: number[][] };
      dims: string[];
      coords: object;
    };
    expect(over.dims).toEqual(['lat', 'lon']);
    expect(over.coords).toEqual({ lat: [60, 30, 0, -30, -60], lon: [0, 60, 120, 180, 240, 300] });
    expect(over.results.max[1]![4]).toBe(Math.max(...values((_, lat, lon) => lat === 1 && lon === 4)));
    const by = json('-a', 't2m', '--by', 'time.month', '--reduce', 'count') as never as {
      results: { count: number[] };
      coords: object;
    };
    // 2001-01-20 and every fifth day: three in January, five in February, four in March.
    const months = [
      [0, 2],
      [3, 7],
      [8, 11],
    ].map(([from = 0, to = 0]) => values((time) => time >= from && time <= to).length);
    expect(by.results.count).toEqual(months);
    expect(by.coords).toEqual({ month: [1, 2, 3] });
    const selected = json(
      '-a',
      't2m',
      '--sel',
      'lat=30:-30,lon=-60:60',
      '--isel',
      'time=1:8:2',
      '--reduce',
      'mean,count',
    );
    const expected = values(
      (time, lat, lon) => time % 2 === 1 && time < 8 && lat >= 1 && lat <= 3 && [5, 0, 1].includes(lon),
    );
    expect(selected.results.count).toBe(expected.length);
    expect(selected.results.mean).toBeCloseTo(mean(expected), 10);
  });

  test('prints a table for one axis, and how fast it was', () => {
    const { stdout, status } = runLsio(['stats', 'a.zarr/t2m', '--by', 'time.season', '--reduce', 'min,count'], {
      cwd: scratch,
    });
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(
      /^a\.zarr\/t2m t2m by season\n {2}season {2,}min {2,}count\n {2}DJF .*\n {2}MAM .*\n.* GB\/s, .* min\/TB, bound by (cpu|storage)\n$/,
    );
  });

  test('a sum beyond 64 bits is an error, never a wrapped number; the mean is exact', () => {
    const sum = runLsio(['stats', 'a.zarr/big', '--reduce', 'sum'], { cwd: scratch });
    expect(sum.status).toBe(1);
    expect(sum.stderr).toMatch(/the sum is 13835058055282163712: .*\n.*use --reduce mean/);
    expect(json('-a', 'big', '--reduce', 'mean,std').results).toEqual({ mean: 2 ** 62, std: 0 });
  });

  test.each([
    [['-a', 't2m', '--over', 'day'], /there is no axis "day"; there are time, lat, lon/],
    [['-a', 't2m', '--reduce', 'average'], /"average" is not understood/],
    [['-a', 't2m', '--by', 'lat.month'], /the labels of lat are no times/],
    [['-a', 't2m', '--over', 'lat', '--by', 'time.month'], /time must be among the axes of --over/],
    [['-a', 't2m', '--over', 'time', '--reduce', 'median'], /median is computed of whole results and groups only/],
    [['-a', 't2m', '--sel', 'lat=70:80'], /lat/],
    [['-a', 't2m', '--shard', '7/7', '--partial', 'p'], /there is no part 7 of 7/],
    [['-a', 't2m', '--shard', '3/0', '--partial', 'p'], /there is no part 3 of 0/],
    [['-a', 't2m', '--shard', 'env/4', '--partial', 'p'], /none of SLURM_ARRAY_TASK_ID.* is set/],
    [['-a', 't2m', '--shard', '0/2'], /--shard and --partial go together/],
    [['-a', 't2m', '--max-memory', '1k'], /the statistics take .* of memory/],
    [[], /holds 2 data arrays/],
  ])('refuses %j', (args, message) => {
    const { status, stderr, stdout } = runLsio(['stats', 'a.zarr', ...args], { cwd: scratch });
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
    expect(stdout.length).toBe(0);
  });

  test('a damaged chunk stops it, naming the chunk; --skip-errors leaves it out; a missing one is counted', () => {
    execFileSync('cp', ['-r', 'a.zarr', 'b.zarr'], { cwd: scratch });
    put('b.zarr/t2m/c/1/0/0', new Uint8Array(239));
    rmSync(path.join(scratch, 'b.zarr/t2m/c/4'), { recursive: true });
    const stopped = runLsio(['stats', 'b.zarr/t2m'], { cwd: scratch });
    expect(stopped.status).toBe(1);
    expect(stopped.stderr).toMatch(/t2m\/c\/1\/0\/0: .*239/);
    expect(stopped.stdout.length).toBe(0);
    const skipped = runLsio(['stats', 'b.zarr/t2m', '--skip-errors', '--json'], { cwd: scratch });
    expect(skipped.status).toBe(1);
    const document = documentOf(skipped) as never as {
      chunksFailed: number;
      chunksMissing: number;
      results: { min: number };
    };
    expect([document.chunksFailed, document.chunksMissing, document.results.min]).toEqual([1, 1, 0]);
    const refused = runLsio(['stats', 'b.zarr/t2m', '--skip-errors', '--missing', 'error', '--json'], { cwd: scratch });
    expect(refused.status).toBe(1);
  });

  test('-o writes csv and npy, and replaces nothing unasked', () => {
    const csv = runLsio(['stats', 'a.zarr/t2m', '--by', 'time.month', '--reduce', 'min,count', '-o', 'out.csv'], {
      cwd: scratch,
    });
    expect(csv.status).toBe(0);
    const lines = readFileSync(path.join(scratch, 'out.csv'), 'utf8').split('\n');
    expect(lines[0]).toBe('month,min,count');
    expect(lines[1]).toBe(`1,${Math.min(...values((time) => time < 3))},${values((time) => time < 3).length}`);
    const npy = runLsio(['stats', 'a.zarr/t2m', '--over', 'time', '--reduce', 'max', '-o', 'out.npy'], {
      cwd: scratch,
    });
    expect(npy.status).toBe(0);
    const bytes = readFileSync(path.join(scratch, 'out.npy'));
    expect(bytes.subarray(0, 128).toString('latin1')).toContain(
      "'descr': '<f8', 'fortran_order': False, 'shape': (5, 6)",
    );
    expect(bytes.readDoubleLE(128 + 8 * 10)).toBe(Math.max(...values((_, lat, lon) => lat === 1 && lon === 4)));
    const again = runLsio(['stats', 'a.zarr/t2m', '--over', 'time', '--reduce', 'max', '-o', 'out.npy'], {
      cwd: scratch,
    });
    expect(again.status).toBe(4);
  });
});

describe('lsio stats -o FILE.zarr', () => {
  const args = ['a.zarr/t2m', '--over', 'lat,lon', '--reduce', 'mean,count'];

  test('writes a store with coordinates, units and cell methods, which lsio reads', () => {
    expect(runLsio(['stats', ...args, '-o', 'out.zarr'], { cwd: scratch }).status).toBe(0);
    expect(readdirSync(scratch).filter((name) => name.includes('.tmp'))).toEqual([]);
    const info = documentOf(runLsio(['info', 'out.zarr', '--check', '--json'], { cwd: scratch })) as never as {
      format: string;
      arrays: { name: string; first?: string; attributes: object }[];
    };
    expect(info.format).toBe('zarr v3, consolidated');
    expect(info.arrays.map(({ name, first, attributes }) => ({ name, first, attributes }))).toEqual([
      { name: 't2m_count', attributes: {} },
      { name: 't2m_mean', attributes: { units: 'K', cell_methods: 'lat: lon: mean' } },
      {
        name: 'time',
        first: '2001-01-20T00:00:00',
        attributes: { units: 'seconds since 2001-01-20 00:00:00', calendar: 'standard', standard_name: 'time' },
      },
    ]);
    const read = runLsio(['read', 'out.zarr/t2m_mean', '--format', 'raw'], { cwd: scratch });
    const means = new Float64Array(new Uint8Array(read.stdout).buffer);
    expect([...means]).toEqual(json('-a', 't2m', '--over', 'lat,lon', '--reduce', 'mean').results.mean);
  });

  test('replaces a store only when told to, and nothing else ever', () => {
    expect(runLsio(['stats', ...args, '-o', 'once.zarr'], { cwd: scratch }).status).toBe(0);
    expect(runLsio(['stats', ...args, '-o', 'once.zarr'], { cwd: scratch }).status).toBe(4);
    expect(runLsio(['stats', ...args, '-o', 'once.zarr', '--overwrite'], { cwd: scratch }).status).toBe(0);
    put('mine.zarr/notes.txt', 'mine');
    const refused = runLsio(['stats', ...args, '-o', 'mine.zarr', '--overwrite'], { cwd: scratch });
    expect(refused).toMatchObject({ status: 4, stderr: expect.stringMatching(/is no Zarr store/) });
    expect(readFileSync(path.join(scratch, 'mine.zarr/notes.txt'), 'utf8')).toBe('mine');
  });

  test('an axis whose name would lead out of the store is refused', () => {
    const shape = [2, 2];
    put('evil.zarr/zarr.json', JSON.stringify({ zarr_format: 3, node_type: 'group', attributes: {} }));
    put('evil.zarr/v/zarr.json', arrayJson(['../../x', 'y'], shape, shape, 'float32', {}));
    put('evil.zarr/v/c/0/0', new Uint8Array(16));
    const { status, stderr } = runLsio(['stats', 'evil.zarr/v', '--over', 'y', '-o', 'e.zarr'], { cwd: scratch });
    expect(stderr).toMatch(/can't be the name of an array/);
    expect(status).toBe(2);
    expect(existsSync(path.join(scratch, 'e.zarr'))).toBe(false);
  });
});

describe('lsio merge', () => {
  const shards = (count: number, directory: string, ...args: string[]): void => {
    for (let k = 0; k < count; k++) {
      const { status } = runLsio(['stats', 'a.zarr/t2m', ...args, '--shard', `${k}/${count}`, '--partial', directory], {
        cwd: scratch,
      });
      expect(status).toBe(0);
    }
  };
  const merged = (directory: string): unknown => {
    return documentOf(runLsio(['merge', directory, '--json'], { cwd: scratch })).results;
  };

  test.each([
    [1, []],
    [3, ['--over', 'time', '--reduce', 'mean,std,sum']],
    [7, ['--by', 'time.month']],
    [5, ['--exact']],
  ])('%d shards give the bytes of one run: %j', (count, args) => {
    const directory = `parts-${count}`;
    shards(count, directory, ...args);
    expect(JSON.stringify(merged(directory))).toBe(JSON.stringify(json('-a', 't2m', ...args).results));
  });

  test('a shard that is missing is named, and mended by running it again', () => {
    shards(4, 'mended', '--over', 'time');
    const file = readdirSync(path.join(scratch, 'mended')).find((name) => name.endsWith('-2-of-4.json'))!;
    rmSync(path.join(scratch, 'mended', file));
    const { status, stderr, stdout } = runLsio(['merge', 'mended', '--json'], { cwd: scratch });
    expect(status).toBe(1);
    expect(stderr + stdout).toMatch(/are missing: shards 2\/4/);
    expect(runLsio(['merge', 'mended', '--allow-missing'], { cwd: scratch }).stderr).toMatch(
      /this is 66.67 % of it|this is \d+\.\d+ % of it/,
    );
    shards(4, 'mended', '--over', 'time');
    expect(JSON.stringify(merged('mended'))).toBe(JSON.stringify(json('-a', 't2m', '--over', 'time').results));
  });

  test('files of other statistics, versions and numbers of shards are refused', () => {
    shards(2, 'mixed');
    shards(2, 'mixed', '--ddof', '1');
    expect(runLsio(['merge', 'mixed'], { cwd: scratch })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/different statistics/),
    });
    shards(2, 'overlap', '--over', 'time');
    shards(3, 'overlap', '--over', 'time');
    expect(runLsio(['merge', 'overlap'], { cwd: scratch })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/overlap/),
    });
    put('other/lsio-partial-x.json', JSON.stringify({ schema: 'lsio.partial/2' }));
    expect(runLsio(['merge', 'other'], { cwd: scratch })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/schema/),
    });
    put('torn/lsio-partial-x.json', '{"schema": "lsio.par');
    expect(runLsio(['merge', 'torn'], { cwd: scratch })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/not JSON/),
    });
    expect(runLsio(['merge', scratch], { cwd: scratch })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/no partial files/),
    });
  });

  test('a shard that is there already is left alone; a damaged one is written again', () => {
    shards(2, 'again');
    const [file = ''] = readdirSync(path.join(scratch, 'again'));
    const before = readFileSync(path.join(scratch, 'again', file), 'utf8');
    const { stderr } = runLsio(['stats', 'a.zarr/t2m', '--shard', '0/2', '--partial', 'again'], { cwd: scratch });
    expect(stderr).toMatch(/is there already/);
    put(`again/${file}`, before.slice(0, 100));
    shards(2, 'again');
    expect(existsSync(path.join(scratch, 'again', file))).toBe(true);
    expect(JSON.stringify(merged('again'))).toBe(JSON.stringify(json('-a', 't2m').results));
  });
});

const hasZarr3 = spawnSync('python3', ['-c', 'import xarray, zarr; assert zarr.__version__ >= "3"']).status === 0;
const whyNoZarr3 = hasZarr3 ? '' : ' (skipped: pip install zarr xarray, Python 3.11 or later)';

test.skipIf(!hasZarr3)(`-o FILE.zarr is opened by xarray${whyNoZarr3}`, () => {
  const args = ['stats', 'a.zarr/t2m', '--by', 'time.season', '--over', 'time', '--reduce', 'max', '-o', 'x3.zarr'];
  expect(runLsio(args, { cwd: scratch }).status).toBe(0);
  const program = `
import json, xarray as xr
x = xr.open_zarr('x3.zarr')
print(json.dumps([x.t2m_max.dims, x.season.values.tolist(), x.lat.values.tolist(), float(x.t2m_max.sel(season='DJF', lat=30, lon=240))]))`;
  const [dims, seasons, lats, value] = JSON.parse(
    execFileSync('python3', ['-c', program], { cwd: scratch, encoding: 'utf8' }),
  );
  expect([dims, seasons, lats]).toEqual([
    ['season', 'lat', 'lon'],
    ['DJF', 'MAM'],
    [60, 30, 0, -30, -60],
  ]);
  expect(value).toBe(Math.max(...values((time, lat, lon) => time < 8 && lat === 1 && lon === 4)));
});

describe.skipIf(!hasXarray)(`lsio stats and xarray${whyNoXarray}`, () => {
  const cases: [name: string, args: string[], expression: string][] = [
    ['t', [], 'x.t.METHOD()'],
    ['t', ['--over', 'time'], "x.t.METHOD('time')"],
    ['t', ['--over', 'lat,lon'], "x.t.METHOD(('lat', 'lon'))"],
    ['t', ['--by', 'time.month'], "x.t.groupby('time.month').METHOD(...)"],
    [
      't',
      ['--by', 'time.hour', '--over', 'time'],
      "x.t.groupby('time.hour').METHOD('time').transpose('hour', 'lat', 'lon')",
    ],
    ['packed', [], 'x.packed.METHOD()'],
    ['packed', ['--over', 'lon'], "x.packed.METHOD('lon')"],
    ['count16', ['--over', 'time', '--sel', 'lat=50:-10'], "x.count16.sel(lat=slice(50, -10)).METHOD('time')"],
    ['count16', ['--ddof', '1'], 'x.count16.METHOD(DDOF)'],
  ];
  let expected: Record<string, unknown>[] = [];

  beforeAll(() => {
    const program = `${WRITE_WITH_XARRAY}${READ_WITH_XARRAY}
out = []
for expression in ${JSON.stringify(cases.map(([, , expression]) => expression))}:
    results = {}
    for name in ['mean', 'std', 'min', 'max', 'count', 'sum']:
        text = expression.replace('METHOD', name).replace('DDOF', 'ddof=1' if name == 'std' else '')
        results[name] = np.asarray(eval(text), dtype='f8').tolist()
    out.append(results)
print(json.dumps(out))`;
    const text = execFileSync(PYTHON, ['-c', program], { cwd: scratch, encoding: 'utf8' });
    expected = JSON.parse(text.replaceAll('NaN', 'null'));
  }, 60_000);

  test.each(cases.map((one, i) => [i, ...one] as const))('%d: %s %j', (i, name, args) => {
    const names = ['--reduce', 'mean,std,min,max,count,sum'];
    const result = runLsio(['stats', `x.zarr/${name}`, '--json', ...names, ...args], { cwd: scratch });
    const { results } = documentOf(result) as never as { results: Record<string, unknown> };
    for (const [reduction, values] of Object.entries(expected[i]!)) {
      const [found, wanted] = [results[reduction], values].map((all) => [all].flat(9) as (number | null)[]);
      expect(found!.length).toBe(wanted!.length);
      for (const [at, value] of wanted!.entries()) {
        if (value === null) expect(found![at]).toBeNull();
        else expect(Math.abs(found![at]! - value)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)));
      }
    }
  });

  test("quantiles and the histogram are numpy's; weights are xarray's", () => {
    const result = runLsio(['stats', 'x.zarr/t', '--json', '--reduce', 'median,q0.05,q0.999,hist:17'], {
      cwd: scratch,
    });
    const { results } = documentOf(result) as never as { results: Record<string, never> };
    const weighted = runLsio(['stats', 'x.zarr/t', '--json', '--reduce', 'mean,std,sum', '--weights', 'cos(lat)'], {
      cwd: scratch,
    });
    const byArea = (documentOf(weighted) as never as { results: Record<string, number> }).results;
    const program = `${READ_WITH_XARRAY}
v = x.t.values.astype('f8'); v = v[~np.isnan(v)]
counts, edges = np.histogram(v, 17)
w = x.t.weighted(np.cos(np.deg2rad(x.lat)))
print(json.dumps([np.quantile(v, [.5, .05, .999]).tolist(), counts.tolist(), edges.tolist(), float(w.mean()), float(w.std()), float(w.sum())]))`;
    const [quantiles, counts, edges, ...area] = JSON.parse(
      execFileSync(PYTHON, ['-c', program], { cwd: scratch, encoding: 'utf8' }),
    );
    expect([results.median, results['q0.05'], results['q0.999']]).toEqual(
      quantiles.map((q: number) => expect.closeTo(q, 9)),
    );
    expect(results['hist:17']).toEqual({ edges, counts });
    for (const [i, name] of ['mean', 'std', 'sum'].entries()) {
      expect(Math.abs(byArea[name]! / area[i] - 1)).toBeLessThan(1e-12);
    }
  });

  test('--exact is the correctly rounded mean and deviation, by fractions', () => {
    const result = runLsio(['stats', 'x.zarr/t', '--json', '--exact', '--reduce', 'mean,std,sum'], { cwd: scratch });
    const { results } = documentOf(result) as never as { results: Record<string, number> };
    const program = `${READ_WITH_XARRAY}
from fractions import Fraction as F
from decimal import Decimal, getcontext
getcontext().prec = 60
v = [F(float(a)) for a in x.t.values.ravel() if not np.isnan(a)]
n = len(v); s = sum(v); q = sum(a * a for a in v)
var = (n * q - s * s) / (n * n)
root = (Decimal(var.numerator) / Decimal(var.denominator)).sqrt()
print(json.dumps([float(s / n), float(root), float(s)]))`;
    const expected = JSON.parse(execFileSync(PYTHON, ['-c', program], { cwd: scratch, encoding: 'utf8' }));
    expect([results.mean, results.std, results.sum]).toEqual(expected);
  });
});

const WRITE_WITH_XARRAY = `
import numpy as np, xarray as xr
rng = np.random.default_rng(3)
T, Y, X = 50, 9, 14
time = np.datetime64('1999-11-20', 'ns') + np.arange(T) * np.timedelta64(17, 'h')
t = (280 + rng.normal(0, 9, (T, Y, X))).astype('f4'); t[rng.random(t.shape) < .1] = np.nan; t[:, 2, 3] = np.nan
p = 273.15 + .01 * rng.integers(-3000, 3000, (T, Y, X)); p[rng.random(p.shape) < .1] = np.nan
c = rng.integers(-30000, 30000, (T, Y, X)).astype('i2')
d = ('time', 'lat', 'lon')
ds = xr.Dataset({'t': (d, t), 'packed': (d, p), 'count16': (d, c)},
    coords={'time': time, 'lat': np.linspace(80, -80, Y), 'lon': np.arange(X) * 25.})
ds.to_zarr('x.zarr', consolidated=True, encoding={'t': {'chunks': (7, 4, 14)}, 'count16': {'chunks': (50, 2, 5)},
    'packed': {'chunks': (1, 9, 14), 'dtype': 'i2', 'scale_factor': -.01, 'add_offset': 273.15, '_FillValue': -32768}})
`;

/** Decoded and reduced in float64: older versions of xarray decode to float32. */
const READ_WITH_XARRAY = `
import json, warnings
import numpy as np, xarray as xr
warnings.simplefilter('ignore')
raw = xr.open_zarr('x.zarr', mask_and_scale=False)
x = xr.open_zarr('x.zarr').load()
x['t'] = x.t.astype('f8')
x['packed'] = (raw.packed.where(raw.packed != -32768).astype('f8') * -.01 + 273.15).load()
`;
