import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openSource } from '../formats/open-source.js';
import { readArray } from './read.js';
import { parseSelection } from './select.js';

const store = mkdtempSync(path.join(os.tmpdir(), 'lsio-curvilinear-'));
afterAll(() => rmSync(store, { recursive: true, force: true }));

function put(name: string, data: Float64Array | Int16Array, dims: readonly string[], attributes: object): void {
  const shape = dims.map((dim) => ({ time: 2, y: 5, x: 6 })[dim]!);
  mkdirSync(path.join(store, name, 'c', ...dims.slice(1).map(() => '0')), { recursive: true });
  const metadata = {
    ...{ zarr_format: 3, node_type: 'array', shape, fill_value: 0, dimension_names: dims, attributes },
    data_type: data instanceof Int16Array ? 'int16' : 'float64',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: shape } },
    chunk_key_encoding: { name: 'default' },
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
  };
  writeFileSync(path.join(store, name, 'zarr.json'), JSON.stringify(metadata));
  writeFileSync(path.join(store, name, 'c', ...dims.map(() => '0')), data);
}

/** A grid that is turned: latitude and longitude both depend on row and column. */
function grid(value: (y: number, x: number) => number): Float64Array {
  return Float64Array.from({ length: 30 }, (_, i) => value(Math.floor(i / 6), i % 6));
}

writeFileSync(path.join(store, 'zarr.json'), JSON.stringify({ zarr_format: 3, node_type: 'group', attributes: {} }));
put(
  'lat',
  grid((y, x) => 50 + y + 0.1 * x),
  ['y', 'x'],
  { standard_name: 'latitude', _FillValue: 52.5 },
);
put(
  'lon',
  grid((y, x) => 356 + 2 * x - 0.3 * y),
  ['y', 'x'],
  { units: 'degrees_east' },
);
put(
  'v',
  Int16Array.from({ length: 60 }, (_, i) => i),
  ['time', 'y', 'x'],
  { coordinates: 'lat lon' },
);
put(
  'w',
  Int16Array.from({ length: 2 }, (_, i) => i),
  ['time'],
  {},
);

test('--bbox of a curvilinear grid takes the rows and columns that hold all points in the box', async () => {
  await using source = await openSource(store);
  const array = source.arrays.find(({ name }) => name === 'v')!.array!;
  const select = (bbox: string) => parseSelection(source, array, { isel: ['time=1'], sel: [], bbox });
  // Longitudes 358 - 0.3 y and 360 - 0.3 y of rows 1 to 3; the point that is missing lies elsewhere.
  const { shape, bytes } = await readArray(array, { selection: await select('-3,51,0,53.45') });
  expect(shape).toEqual([3, 2]);
  expect([...new Int16Array(bytes.buffer)]).toEqual([37, 38, 43, 44, 49, 50]);
  await expect(select('100,0,120,10')).rejects.toThrow('no point of v lies in it');
  await expect(parseSelection(source, array, { isel: ['y=0'], sel: [], bbox: '-3,51,0,53' })).rejects.toThrow('twice');
  const other = source.arrays.find(({ name }) => name === 'w')!.array!;
  const none = parseSelection(source, other, { isel: [], sel: [], bbox: '-3,51,0,53' });
  await expect(none).rejects.toThrow('no axes of longitude and latitude');
});
