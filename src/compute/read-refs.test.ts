import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { named, temporaryDirectory } from '../formats/grib/fixtures.testing.js';
import { gribTwo, simple, type WrittenField } from '../formats/grib/write.testing.js';
import { nativeFile } from '../formats/nat/write.testing.js';
import type { OpenSourceOptions } from '../formats/open-options.js';
import { openSource } from '../formats/open-source.js';
import { groupReferencesText } from '../formats/refs/group-text.js';
import { coordinateOf } from '../formats/source.js';
import { readArray } from './read.js';

const directory = temporaryDirectory();
afterAll(() => directory.remove());

const inside = (name: string) => path.join(directory.path, name);
const pressure = (hpa: number): [number, number, number] => [100, 0, hpa * 100];

/** Values `first`, `first + 1`, … on 3 rows of 4 columns. */
function field(first: number, more: Partial<WrittenField>): WrittenField {
  const numbers = Array.from({ length: 12 }, (_, i) => first + i);
  return { packed: simple(numbers, 13), columns: 4, rows: 3, ...more };
}

/** Writes the references of a source, and returns their file and what was said of them. */
async function references(
  source: string | readonly string[],
  name: string,
  options: OpenSourceOptions = {},
  isWanted = (_: string) => true,
): Promise<{ file: string; notes: readonly string[] }> {
  await using opened = await openSource(source, options);
  const group = opened.references!(isWanted);
  const text = [...groupReferencesText(group, opened.sources!, { directory: directory.path })];
  writeFileSync(inside(name), text.map((piece) => piece.text).join(''));
  return { file: inside(name), notes: group.notes };
}

/** All that a source holds: its arrays, their labels, and the bytes of both. */
async function contents(source: string | readonly string[], options: OpenSourceOptions = {}) {
  await using opened = await openSource(source, options);
  const found: Record<string, unknown> = {};
  for (const { array, coordinates: _, ...listed } of opened.arrays) {
    const labels = (listed.dims ?? []).map((dim) => coordinateOf(opened.arrays, listed.name, dim)?.array);
    const bytes = await Promise.all([array, ...labels].map(async (one) => one && (await readArray(one)).bytes));
    found[listed.name] = { ...listed, bytes: bytes.map((one) => one && Buffer.from(one).toString('hex')) };
  }
  return found;
}

beforeAll(() => {
  mkdirSync(inside('runs'));
  const first = [
    gribTwo(field(1000, { surface: pressure(500), hours: 6 })),
    gribTwo(field(2000, { surface: pressure(850) }), field(3000, { surface: pressure(500) })),
    gribTwo(field(100, { category: 3, parameter: 1, surface: [101, 0, 0], scanning: 0x40 })),
    gribTwo(field(200, { category: 1, parameter: 1, surface: pressure(700), scanning: 0x10 })),
    gribTwo(field(300, { category: 2, parameter: 2, surface: pressure(200), scanning: 0xc0 })),
    gribTwo(field(400, { category: 2, parameter: 2, surface: pressure(100), scanning: 0xc0 })),
  ];
  writeFileSync(inside('runs/a.grib2'), Buffer.concat(first));
  const second = [
    gribTwo(field(5000, { surface: pressure(850), hours: 6 })),
    gribTwo(field(6000, { surface: pressure(500), hours: 6 })),
  ];
  writeFileSync(inside('runs/b.grib2'), Buffer.concat(second));
  writeFileSync(inside('runs/c.txt'), 'no GRIB');
});

const BOTH = ['runs/a.grib2', 'runs/b.grib2'];

describe('openSource() of several GRIB files', () => {
  test('one array a parameter over all of them; of two fields for one cell the first wins, and is named', async () => {
    const warnings: string[] = [];
    await using source = await openSource(BOTH.map(inside), { onWarning: (text) => warnings.push(text) });
    const t = source.arrays.find(({ name }) => name === 't')!;
    expect(t).toMatchObject({ dims: ['step', 'level', 'latitude', 'longitude'], shape: [2, 2, 3, 4] });
    const { bytes, chunksMissing } = await readArray(t.array!);
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, 48);
    expect([0, 12, 24, 36].map((at) => values[at])).toEqual([3000, 2000, 1000, 5000]);
    expect(chunksMissing).toBe(0);
    expect(warnings).toEqual([
      expect.stringMatching(/^field 2 at byte \d+ of .*b\.grib2 is left out: t has field 1 at byte 0 of .*a\.grib2 in/),
    ]);
    expect(source.format).toBe('GRIB edition 2, 2 files');
  });

  test.each([
    ['a directory, other files left out', () => inside('runs')],
    ['a pattern', () => inside('runs/*.grib2')],
    ['a list with a file twice', () => [...BOTH, 'runs/b.grib2'].map(inside)],
    ['a list with a pattern', () => [inside('runs/a*'), inside('runs/b.grib2')]],
  ])('%s', async (_, source) => {
    expect(await contents(source())).toEqual(await contents(BOTH.map(inside)));
  });

  test.each([
    [() => inside('runs/*.grb'), /no file matches/],
    [() => [inside('runs/a.grib2'), inside('absent')], /no such file/],
    [() => [inside('runs/a.grib2'), inside('runs/c.txt')], /c\.txt: no GRIB file: only these are read together/],
    [() => inside('runs/[ab].grib'), /no file matches/],
    [() => [], /no source is named/],
  ])('an error, case %#', async (source, message) => {
    await expect(openSource(source())).rejects.toThrow(message);
  });
});

describe('references of GRIB files', () => {
  test('lsio reads through them what it reads from the files', async () => {
    const source = BOTH.map(inside);
    const { file, notes } = await references(source, 'all.json');
    expect(await contents(file)).toEqual(await contents(source));
    expect(notes).toEqual([
      expect.stringContaining('"grib" of kerchunk'),
      expect.stringMatching(/^2 fields are seen by lsio only/),
    ]);
  });

  test('a selection of fields, also of one within a message, and of arrays', async () => {
    const fields = { where: [{ key: 'level', values: new Set(['500']) }] };
    const { file } = await references(inside('runs/a.grib2'), 'some.json', { fields });
    expect(await contents(file)).toEqual(await contents(inside('runs/a.grib2'), { fields }));
    const one = await references(inside('runs/a.grib2'), 'one.json', {}, (name) => name === 'prmsl');
    expect(Object.keys(await contents(one.file)).sort()).toEqual(['latitude', 'longitude', 'prmsl']);
  });

  test('a file that changed gives an error, not other values', async () => {
    const copy = inside('copy.grib2');
    writeFileSync(copy, readFileSync(inside('runs/a.grib2')));
    const { file } = await references(copy, 'copy.json');
    writeFileSync(copy, Buffer.concat([Buffer.alloc(3), readFileSync(inside('runs/a.grib2'))]));
    await expect(openSource(file)).rejects.toThrow(/the index is stale: at byte 0/);
    rmSync(copy);
  });

  test('labels of one name and other values have other names', async () => {
    const { file } = await references(inside('runs'), 'dims.json');
    const { refs } = JSON.parse(readFileSync(file, 'utf8')) as { refs: Record<string, string> };
    const dims = (array: string) => JSON.parse(refs[`${array}/.zattrs`]!)._ARRAY_DIMENSIONS;
    expect(dims('t')).toEqual(['step', 'level', 'latitude', 'longitude']);
    expect(dims('prmsl')).toEqual(['latitude_2', 'longitude_2']);
    expect(dims('u')).toEqual(['level_2', 'latitude_3', 'longitude_3']);
  });

  test.each([
    [{ '.lsio/0.x': ['runs/a.grib2', 0, 100] }, /does not say which field/],
    [{ 't/0.0': ['../x.grib2', 0, 100] }, /outside of/],
    [{ 't/0.0': ['runs/a.grib2', 5, 100] }, /the index is stale: at byte 5/],
    [{ 't/0.0': ['runs/a.grib2', 0, 50] }, /the message is longer than the index says/],
    [{ 't/0.0': ['runs/none.grib2', 0, 50] }, /no such file/],
    [{ 't/0.0': ['runs/a.grib2', 0] }, /no reference/],
  ])('%j is refused', async (entries, message) => {
    const mark = '{"lsio_references": {"format": "grib", "files": []}}';
    const refs = { '.zgroup': '{"zarr_format": 2}', '.zattrs': mark, ...entries };
    writeFileSync(inside('bad.json'), JSON.stringify({ version: 1, refs }));
    await expect(openSource(inside('bad.json'))).rejects.toThrow(message);
  });
});

const AREA = { south: 1601, north: 1610, east: 1601, west: 1650 } as const;
const count = (band: number, line: number, column: number) => (band * 97 + line * 31 + column * 7) % 1021;

describe('references of a native file', () => {
  test('lsio reads through them what it reads from the file', async () => {
    const bytes = nativeFile({ count, ...AREA });
    writeFileSync(inside('a.nat'), bytes.subarray(0, bytes.length - 400_000));
    const { file } = await references(inside('a.nat'), 'nat.json');
    for (const calibration of ['counts', 'bt'] as const) {
      expect(await contents(file, { calibration })).toEqual(await contents(inside('a.nat'), { calibration }));
    }
    const one = await references(inside('a.nat'), 'ir.json', {}, (name) => name === 'IR_108');
    expect(Object.keys(await contents(one.file))).toEqual(['IR_108']);
  });
});

/** The values of variables by xarray, as it decodes them: rows from the north, columns from the west. */
const XARRAY = `
import sys, json, warnings, numpy as np, xarray as xr, kerchunk.codecs
warnings.simplefilter('ignore')
try:
    from imagecodecs.numcodecs import register_codecs
    register_codecs(verbose=False)
except ImportError: pass
ds = xr.open_dataset('reference://', engine='zarr', decode_timedelta=True, backend_kwargs=dict(consolidated=False, storage_options=dict(fo=sys.argv[1], remote_protocol='file')))
for name in sys.argv[2:]:
    v = ds[name]
    rows, columns = v.dims[-2:]
    if rows in v.coords: v = v.sortby(rows, ascending=False).sortby(columns)
    sys.stdout.buffer.write(np.ascontiguousarray(v.values.astype('<f4')).tobytes())
`;
const python = process.env.LSIO_PYTHON ?? 'python3';
const pythonLacks = (modules: string) =>
  spawnSync(python, ['-c', `import ${modules}`], { stdio: 'ignore' }).status === 0
    ? undefined
    : `LSIO_PYTHON or python3 with ${modules}`;

async function byXarray(file: string, names: readonly string[]): Promise<Float32Array> {
  const { stdout, stderr, status } = spawnSync(python, ['-c', XARRAY, file, ...names], {
    cwd: directory.path,
    maxBuffer: 1 << 28,
  });
  expect(status, stderr.toString().slice(-2000)).toBe(0);
  return new Float32Array(Uint8Array.from(stdout).buffer);
}

async function byLsio(source: string, names: readonly string[], options?: OpenSourceOptions): Promise<Float32Array> {
  await using opened = await openSource(source, options);
  const arrays = names.map((name) => opened.arrays.find((array) => array.name === name)!.array!);
  const parts = await Promise.all(arrays.map(async (array) => (await readArray(array)).bytes));
  return new Float32Array(Uint8Array.from(Buffer.concat(parts)).buffer);
}

const noKerchunk = pythonLacks('xarray, zarr, eccodes, kerchunk.codecs');
describe.skipIf(noKerchunk)(named('xarray', noKerchunk), () => {
  test('opens references of GRIB files with the codec of kerchunk', { timeout: 120_000 }, async () => {
    // Without the field that is the second of its message: only lsio sees that one.
    const fields = { numbers: new Set(['1', '2.1', '3', '5', '6']) };
    const { file } = await references(inside('runs/a.grib2'), 'x.json', { fields });
    const names = ['t', 'prmsl', 'u'];
    expect(await byXarray(file, names)).toEqual(await byLsio(inside('runs/a.grib2'), names, { fields }));
  });
});

const noImagecodecs = noKerchunk ?? pythonLacks('imagecodecs.numcodecs');
describe.skipIf(noImagecodecs)(named('xarray with imagecodecs', noImagecodecs), () => {
  test('opens references of a native file: radiances', { timeout: 120_000 }, async () => {
    writeFileSync(inside('b.nat'), nativeFile({ count, ...AREA, west: 1652 }));
    const { file } = await references(inside('b.nat'), 'b.json');
    const names = ['IR_108', 'VIS006', 'HRV'];
    const [theirs, ours] = [
      await byXarray(file, names),
      await byLsio(inside('b.nat'), names, { calibration: 'radiance' }),
    ];
    expect(theirs.length).toBe(ours.length);
    // Scale and offset alone give negative radiances, too; lsio's end at 0.
    const gap = (value: number, i: number) => Math.abs(Math.max(value, 0) - (ours[i] ?? 0)) || 0;
    const worst = theirs.reduce((most, value, i) => Math.max(most, gap(value, i)), 0);
    expect(worst).toBeLessThan(1e-4);
    expect([...theirs].map(Number.isNaN)).toEqual([...ours].map(Number.isNaN));
  });
});
