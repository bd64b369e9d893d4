import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type NativeFileFacts, nativeFile, SLOPES } from '../formats/nat/write.testing.js';
import type { OpenSourceOptions } from '../formats/open-options.js';
import { openSource } from '../formats/open-source.js';
import { coordinateOf } from '../formats/source.js';
import { readArray } from './read.js';
import { parseSelection } from './select.js';

const directory = mkdtempSync(path.join(tmpdir(), 'lsio-nat-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Another count for each band, line and column; 0, no data, among them. */
function count(band: number, line: number, column: number): number {
  return (band * 97 + line * 31 + column * 7) % 1021;
}

const AREA = { south: 1000, north: 1029, east: 2001, west: 2098 } as const;

function write(name: string, facts: Partial<NativeFileFacts>, change?: (bytes: Uint8Array) => Uint8Array): string {
  const file = path.join(directory, name);
  const bytes = nativeFile({ count, ...AREA, ...facts });
  writeFileSync(file, change?.(bytes) ?? bytes);
  return file;
}

async function read(file: string, band: string, options: OpenSourceOptions = {}) {
  await using source = await openSource(file, options);
  const listed = source.arrays.find(({ name }) => name === band)!;
  const data = await readArray(listed.array!);
  return { ...data, source, values: new Float32Array(data.bytes.buffer, data.bytes.byteOffset, data.bytes.length / 4) };
}

/** Counts of a band, rows from the north and columns from the west. */
function wanted(
  band: number,
  { south, north, east, west }: { south: number; north: number; east: number; west: number },
): number[] {
  const values: number[] = [];
  for (let line = north; line >= south; line--) {
    for (let column = west; column >= east; column--) values.push(count(band, line, column) || Number.NaN);
  }
  return values;
}

const counts = { calibration: 'counts' } as const;

describe('openSource() of a native file', () => {
  test('counts of a region: rows from the north, columns from the west, padding left out', async () => {
    const file = write('roi.nat', {});
    const { values, shape, source } = await read(file, 'IR_108', counts);
    expect(shape).toEqual([30, 98]);
    expect([...values]).toEqual(wanted(8, AREA));
    expect(source.format).toBe('EUMETSAT native, Meteosat-11 SEVIRI level 1.5');
    expect(source.attributes).toMatchObject({ time: '2021-03-02T12:30:00.000Z' });
  });

  test('HRV of a region has three lines and columns for each', async () => {
    const { values } = await read(write('roi.nat', {}), 'HRV', counts);
    const hrv = { south: 2998, north: 3087, east: 6001, west: 6300 };
    expect([...values]).toEqual(wanted(11, hrv));
  });

  test('some bands only', async () => {
    const file = write('few.nat', { bands: '---X----X---' });
    const { values, source } = await read(file, 'IR_108', counts);
    expect(source.arrays.map(({ name }) => name)).toEqual(['IR_039', 'IR_108']);
    expect([...values]).toEqual(wanted(8, AREA));
  });

  test('rapid scan, and a file without ASCII headers: full width, HRV in two windows', async () => {
    const windows = [
      [1, 11_000, 1001, 6568],
      [11_001, 11_136, 3001, 8568],
    ] as const;
    const facts = { south: 3661, north: 3712, east: 1, west: 3712, windows };
    for (const ascii of [true, false]) {
      const file = write(`rss-${ascii}.nat`, { ...facts, ascii });
      const infrared = await read(file, 'WV_062', counts);
      expect(infrared.shape).toEqual([52, 3712]);
      expect(infrared.values.slice(0, 3712)).toEqual(Float32Array.from(wanted(4, { ...facts, south: 3712 })));
      const hrv = await read(file, 'HRV', counts);
      expect(hrv.shape).toEqual([156, 11_136]);
      // The northern line lies in the upper window, the southern in the lower one.
      expect(hrv.values[11_136 - 3001]).toBe(count(11, 11_136, 3001));
      expect(hrv.values[11_136 - 8568]).toBe(count(11, 11_136, 8568));
      expect([hrv.values[11_136 - 3000], hrv.values[11_136 - 8569]]).toEqual([Number.NaN, Number.NaN]);
      const last = hrv.values.slice(155 * 11_136);
      expect(last[11_136 - 1001]).toBe(count(11, 10_981, 1001));
      expect(last[11_136 - 6568]).toBe(count(11, 10_981, 6568));
      expect(last[11_136 - 6569]).toBeNaN();
    }
  });

  test('radiance, brightness temperature and reflectance', async () => {
    const file = write('roi.nat', {});
    const value = count(8, 1029, 2098);
    const radiance = (value - 51) * SLOPES[8]!;
    expect((await read(file, 'IR_108', { calibration: 'radiance' })).values[0]).toBeCloseTo(radiance, 4);
    const [wavenumber, alpha, beta] = [931.122, 0.9983, 0.6256];
    const planck = (1.43877523 * wavenumber) / Math.log(1 + (1.19104273e-5 * wavenumber ** 3) / radiance);
    expect((await read(file, 'IR_108')).values[0]).toBeCloseTo((planck - beta) / alpha, 3);
    const solar = (await read(file, 'VIS006')).values[0]!;
    const sunlit = Math.max(0, (count(0, 1029, 2098) - 51) * SLOPES[0]!);
    expect(solar / ((100 * Math.PI * sunlit) / 65.2656)).toBeCloseTo(0.9914 ** 2, 2);
    await using source = await openSource(file, { calibration: 'bt' });
    expect(source.arrays[0]).toMatchObject({ name: 'VIS006', reason: 'VIS006 has no bt' });
  });

  test('a bad line is NaN, the others stay', async () => {
    const record = 65 + 125;
    const group = 11 * record + 3 * (65 + 375);
    const lineAt = (line: number) => 450_400 + (line - 1000) * group + 8 * record;
    const file = write('bad.nat', {}, (bytes) => {
      bytes[lineAt(1001) + 62] = 2; // its validity
      bytes[lineAt(1002) + 55] = 4; // its channel
      bytes[lineAt(1003) + 54]! ^= 1; // its number
      bytes[lineAt(1004) + 40]! ^= 1; // the satellite
      return bytes.subarray(0, lineAt(1028) + record - 1); // the last two are cut off
    });
    const { values, chunksMissing } = await read(file, 'IR_108', counts);
    const lines = Array.from({ length: 30 }, (_, row) => values.slice(row * 98, row * 98 + 98));
    const bad = lines.flatMap((line, row) => (line.every(Number.isNaN) ? [1029 - row] : []));
    expect(bad).toEqual([1029, 1028, 1004, 1003, 1002, 1001]);
    expect(chunksMissing).toBe(2);
    expect([...lines[29]!]).toEqual(wanted(8, { ...AREA, north: 1000 }));
  });

  test('a crop reads lines to its western end, and equals the same part of all', async () => {
    const windows = [
      [1, 11_133, 1001, 6568],
      [11_134, 11_136, 3001, 8568],
    ] as const;
    const disk = write('crop.nat', { south: 3700, north: 3712, east: 1, west: 3712, windows });
    const region = write('roi.nat', {});
    const roi = { rows: 30, columns: 98 };
    const infrared = { rows: 13, columns: 3712 };
    const hrv = { rows: 39, columns: 11_136 };
    const cases: [string, string, typeof roi, string, number][] = [
      [region, 'IR_108', roi, '90:98', 30 * (65 + 10)],
      [region, 'IR_108', roi, '97', 30 * (65 + 5)],
      [region, 'IR_108', roi, '0:3', 30 * 190],
      [region, 'IR_108', roi, '95:80:-5', 30 * (65 + 5 * 4)],
      [disk, 'IR_108', infrared, '1500:2114', 13 * (65 + (2212 * 5) / 4)],
      [disk, 'IR_108', infrared, '3711', 13 * (65 + 5)],
      // The window of the three northern lines lies farther west.
      [disk, 'HRV', hrv, '8000:8100', 36 * (65 + 5 * 534) + 3 * (65 + 5 * 34)],
    ];
    for (const [file, band, { rows, columns }, x, bytes] of cases) {
      await using source = await openSource(file, counts);
      const array = source.arrays.find(({ name }) => name === band)!.array!;
      expect(array.shape).toEqual([rows, columns]);
      const data = async (isel: string[]) => {
        const selection = await parseSelection(source, array, { isel, sel: [] });
        const read = await readArray(array, { selection, workers: 1 });
        return {
          ...read,
          values: [...new Float32Array(read.bytes.buffer, read.bytes.byteOffset, read.bytes.length / 4)],
        };
      };
      const [crop, whole] = [await data([`x=${x}`]), await data([])];
      const [start = 0, stop = start + 1, step = 1] = x.split(':').map(Number);
      const places = [...Array(columns).keys()].filter((i) =>
        step > 0 ? i >= start && i < stop : i <= start && i > stop && (start - i) % -step === 0,
      );
      if (step < 0) places.reverse();
      const wantedValues = Array.from({ length: rows }, (_, row) => places.map((i) => whole.values[row * columns + i]));
      expect(crop.values, `${band} ${x}`).toEqual(wantedValues.flat());
      expect(crop.bytesRead, `${band} ${x}`).toBe(bytes);
    }
  });

  test.each([
    ['a bands string that is none', 3674 + 9 * 80 + 30, 'hello world.'],
    ['a rectangle that is none', 3674 + 11 * 80 + 30, '-5          '],
    ['lines that contradict the rectangle', 3674 + 14 * 80 + 30, '31          '],
  ])('%s: a damaged header', async (_, at, text) => {
    const file = write('header.nat', {}, (bytes) => {
      bytes.set(Buffer.from(text), at);
      return bytes;
    });
    await expect(openSource(file)).rejects.toThrow(/the header is damaged/);
  });

  test('the middle of the disk lies below the satellite', async () => {
    await using source = await openSource(write('middle.nat', { south: 1851, north: 1860, east: 1851, west: 1860 }));
    const of = async (dim: string) => {
      const { bytes } = await readArray(coordinateOf(source.arrays, 'IR_108', dim)!.array!);
      return new Float64Array(bytes.slice().buffer);
    };
    // Line and column 1856 are row and column 4 of ten.
    expect((await of('latitude'))[44]).toBeCloseTo(0, 9);
    expect((await of('longitude'))[44]).toBeCloseTo(0, 9);
    expect((await of('latitude'))[4]).toBeGreaterThan(0.1);
    expect((await of('longitude'))[40]).toBeLessThan(-0.1);
  });
});

describe('parseSelection() of a native file', () => {
  test('a box in degrees is the rows and columns that hold its points', async () => {
    const file = write('box.nat', {});
    await using source = await openSource(file, counts);
    const array = source.arrays.find(({ name }) => name === 'IR_108')!.array!;
    const degrees = async (name: string) => {
      const { bytes } = await readArray(coordinateOf(source.arrays, 'IR_108', name)!.array!);
      return new Float64Array(bytes.slice().buffer);
    };
    const [latitudes, longitudes] = [await degrees('latitude'), await degrees('longitude')];
    const [south, north] = [latitudes[20 * 98 + 50]!, latitudes[5 * 98 + 50]!];
    const [west, east] = [longitudes[10 * 98 + 30]!, longitudes[10 * 98 + 60]!];
    const bbox = [west, south, east, north].join();
    const selection = await parseSelection(source, array, { isel: [], sel: [], bbox });
    const inside = [...latitudes.keys()].filter((i) => {
      const isWithin = latitudes[i]! >= south && latitudes[i]! <= north;
      return isWithin && longitudes[i]! >= west && longitudes[i]! <= east;
    });
    const [rows, columns] = [inside.map((i) => Math.floor(i / 98)), inside.map((i) => i % 98)];
    expect(selection.map(({ runs }) => runs)).toEqual(
      [rows, columns].map((at) => [{ start: Math.min(...at), step: 1, count: Math.max(...at) - Math.min(...at) + 1 }]),
    );
    for (const [text, message] of [
      ['100,0,110,5', /no point of IR_108 lies in it/],
      ['0,5,1,4', /lies north/],
    ] as const) {
      const asked = parseSelection(source, array, { isel: [], sel: [], bbox: text });
      await expect(asked).rejects.toThrow(message);
    }
  });
});

const SATPY = `
import sys, warnings, numpy as np
warnings.simplefilter('ignore')
from satpy import Scene
scene = Scene([sys.argv[1]], reader='seviri_l1b_native')
for name, calibration in [('IR_108','counts'),('IR_108','brightness_temperature'),('VIS006','reflectance'),('WV_062','radiance')]:
    scene.load([name], calibration=calibration)
    data = np.asarray(scene[name].values, dtype='f4')[::-1, ::-1]
    sys.stdout.buffer.write(np.ascontiguousarray(data).tobytes())
    del scene[name]
`;
const python = '/usr/bin/python3';
const noSatpy =
  spawnSync(python, ['-c', 'import satpy'], { stdio: 'ignore' }).status === 0 ? undefined : 'no python3-satpy';

describe.skipIf(noSatpy)(`satpy${noSatpy === undefined ? '' : ` (skipped: ${noSatpy})`}`, () => {
  test('reads what we write, and gives the same values', { timeout: 120_000 }, async () => {
    const area = { south: 1601, north: 1700, east: 1601, west: 1800 };
    const name = 'MSG4-SEVI-MSG15-0100-NA-20210302124244.185000000Z-NA.nat';
    const file = write(name, area);
    const { stdout, stderr } = spawnSync(python, ['-c', SATPY, file], { maxBuffer: 1 << 28 });
    const theirs = new Float32Array(Uint8Array.from(stdout).buffer);
    expect(theirs.length, stderr.toString().slice(-500)).toBe(4 * 100 * 200);
    const ours = [
      await read(file, 'IR_108', { calibration: 'counts' }),
      await read(file, 'IR_108', { calibration: 'bt' }),
      await read(file, 'VIS006', { calibration: 'reflectance' }),
      await read(file, 'WV_062', { calibration: 'radiance' }),
    ];
    for (const [i, { values }] of ours.entries()) {
      const limit = [0, 1e-3, 1e-3, 1e-5][i]!;
      let worst = 0;
      for (let at = 0; at < values.length; at++) {
        const [a, b] = [values[at]!, theirs[i * 20_000 + at]!];
        if (Number.isNaN(a) !== Number.isNaN(b)) worst = Number.POSITIVE_INFINITY;
        else if (!Number.isNaN(a) && a !== b) worst = Math.max(worst, Math.abs(a - b));
      }
      expect(worst, `field ${i}`).toBeLessThanOrEqual(limit);
    }
  });
});

const noGdal = spawnSync('gdal_translate', ['--version'], { stdio: 'ignore' }).status === 0 ? undefined : 'no gdal-bin';

describe.skipIf(noGdal)(`GDAL${noGdal === undefined ? '' : ` (skipped: ${noGdal})`}`, () => {
  test('reads the counts that we read, of a full disk', { timeout: 120_000 }, async () => {
    const full = { south: 1, north: 3712, east: 1, west: 3712 };
    const file = write('full.nat', { ...full, bands: '--------X---' });
    const window = ['-srcwin', '1500', '300', '614', '40'];
    const target = path.join(directory, 'gdal.raw');
    const { stderr } = spawnSync('gdal_translate', ['-q', '-of', 'ENVI', '-ot', 'UInt16', ...window, file, target]);
    expect(stderr.toString()).not.toMatch(/ERROR/);
    const theirs = new Uint16Array(Uint8Array.from(readFileSync(target)).buffer);
    const { values } = await read(file, 'IR_108', counts);
    const ours = Array.from(theirs, (_, i) => {
      const value = values[(300 + Math.floor(i / 614)) * 3712 + 1500 + (i % 614)]!;
      return Number.isNaN(value) ? 0 : value;
    });
    expect([...theirs]).toEqual(ours);
  });
});
