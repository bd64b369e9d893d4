import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { decodeField } from './decode.js';
import { describeField, type FieldKeys } from './describe.js';
import type { GribField } from './field.js';
import { FIXTURES, fixture, named, noFixtures, temporaryDirectory } from './fixtures.testing.js';
import { axesOf } from './grids/coordinates.js';
import { complex } from './pack.testing.js';
import { fieldValues } from './values.js';
import { walkBytes } from './walk.testing.js';
import { gribTwo, simple } from './write.testing.js';

const PYTHON = '/usr/bin/python3';
const SAMPLES = '/usr/share/eccodes/samples';
const noEccodes =
  spawnSync(PYTHON, ['-c', 'import eccodes'], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'no python3-eccodes (apt-get install python3-eccodes libeccodes-tools)';

/** Keys of all fields as JSON lines, then, with a file as second argument, the values of all as float32. */
const DUMP = `
import sys, json, numpy as np, eccodes as e
e.codes_grib_multi_support_on()
names = ['shortName', 'paramId', 'typeOfLevel', 'level', 'stepRange', 'packingType', 'gridType', 'numberOfPoints', 'centre', 'dataDate', 'dataTime']
out = open(sys.argv[2], 'wb') if len(sys.argv) > 2 else None
with open(sys.argv[1], 'rb') as f:
    while True:
        h = e.codes_grib_new_from_file(f)
        if h is None: break
        row = {}
        for k in names:
            try: row[k] = e.codes_get(h, k)
            except Exception: row[k] = None
        row['offset'] = e.codes_get_long(h, 'offset')
        if out:
            try:
                e.codes_set(h, 'missingValue', 1e30)
                v = e.codes_get_values(h)
                v[v == 1e30] = np.nan
                out.write(v.astype('<f4').tobytes()); row['values'] = len(v)
            except Exception as x: row['values'] = None
        print(json.dumps(row))
`;

interface Row {
  readonly [key: string]: string | number | null;
}

const directory = temporaryDirectory();
afterAll(() => directory.remove());

function eccodes(bytes: Uint8Array, withValues: boolean): { rows: Row[]; values: Float32Array } {
  const file = path.join(directory.path, 'message');
  const target = path.join(directory.path, 'values');
  writeFileSync(file, bytes);
  const args = ['-c', DUMP, file, ...(withValues ? [target] : [])];
  const { stdout, stderr } = spawnSync(PYTHON, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  const rows = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Row]));
  expect(rows.length, stderr.slice(-500)).toBeGreaterThan(0);
  const values = withValues ? new Float32Array(Uint8Array.from(readFileSync(target)).buffer) : new Float32Array(0);
  return { rows, values };
}

function rowOf(field: GribField, keys: FieldKeys): Row {
  return {
    offset: field.message.offset,
    shortName: keys.shortName === keys.parameter ? 'unknown' : keys.shortName,
    paramId: keys.paramId,
    typeOfLevel: keys.typeOfLevel,
    level: keys.level,
    stepRange: keys.stepRange,
    packingType: keys.packingType,
    gridType: keys.gridType,
    numberOfPoints: keys.points,
    centre: keys.centre,
    dataDate: Number(keys.date.slice(0, 10).replaceAll('-', '')),
    dataTime: Number(keys.date.slice(11, 16).replace(':', '')),
  };
}

/** Where lsio goes another way, or ecCodes 2.28 can't read the field. */
function isException(key: string, field: GribField, theirs: Row, ours: Row): boolean {
  // JMA's run lengths, and spectral fields, which have no grid points.
  if (key === 'packingType' && ours.packingType === 'grid_run_length') return true;
  if (key === 'numberOfPoints' && ours.gridType === 'sh') return true;
  if (key === 'gridType' && `${ours.gridType}`.startsWith('template')) return true;
  // CMC codes its period with the sign bit set: ecCodes makes a number of 2^32 of it.
  if (key === 'stepRange' && `${theirs.stepRange}`.includes('4294967296')) return true;
  // ecCodes gives whole numbers.
  if (key === 'level') return Math.trunc(Number(ours.level)) === Number(theirs.level) && field.edition === 2;
  return false;
}

function differences(fields: readonly GribField[], rows: readonly Row[]): string[] {
  expect(rows.length).toBe(fields.length);
  return fields.flatMap((field, i) => {
    const ours = rowOf(field, describeField(field));
    const theirs = rows[i]!;
    return Object.keys(ours)
      .filter((key) => ours[key] !== theirs[key] && !isException(key, field, theirs, ours))
      .map((key) => `${field.number} ${key}: ${ours[key]}, ecCodes ${theirs[key]}`);
  });
}

/** The first values that differ, bit for bit. */
function valueDifferences(ours: Float32Array, theirs: Float32Array): string[] {
  const found: string[] = [];
  for (let i = 0; i < ours.length && found.length < 3; i++) {
    if (!Object.is(ours[i], theirs[i])) found.push(`${i}: ${ours[i]}, ecCodes ${theirs[i]}`);
  }
  return found;
}

describe.skipIf(noEccodes)(named('ecCodes', noEccodes), () => {
  test.skipIf(noFixtures).each(FIXTURES)(
    named('$file: names, offsets and values', noFixtures),
    { timeout: 120_000 },
    ({ file }) => {
      const bytes = fixture(file);
      const { fields } = walkBytes(bytes);
      const { rows, values } = eccodes(bytes, true);
      expect(differences(fields, rows)).toEqual([]);
      let at = 0;
      for (const [i, field] of fields.entries()) {
        const count = rows[i]!.values as number | null;
        if (count === null) continue;
        const ours = decodeField(field, { bytes, offset: 0 });
        expect(valueDifferences(ours, values.subarray(at, at + count)), `field ${field.number}`).toEqual([]);
        at += count;
      }
    },
  );

  const samples = existsSync(SAMPLES) ? readdirSync(SAMPLES).filter((name) => /grib[12]\.tmpl$/i.test(name)) : [];
  test.skipIf(samples.length === 0)('the samples of ecCodes: names', { timeout: 120_000 }, () => {
    const bytes = Uint8Array.from(Buffer.concat(samples.map((name) => readFileSync(path.join(SAMPLES, name)))));
    expect(differences(walkBytes(bytes).fields, eccodes(bytes, false).rows)).toEqual([]);
  });

  test('what we write is read by ecCodes, too', () => {
    const numbers = Array.from({ length: 600 }, (_, i) => Math.round(500 + 400 * Math.sin(i / 9)));
    const holes = numbers.map((x, i) => (i % 7 === 0 ? undefined : x));
    const scale = { reference: 271.25, binary: -3, decimal: 1 };
    const messages = [
      gribTwo({ packed: simple(numbers, 10, 271.25, -3, 1), columns: 30, rows: 20 }),
      gribTwo({ packed: complex(numbers, 9, scale), columns: 30, rows: 20 }),
      gribTwo({ packed: complex(holes, 9, scale), columns: 30, rows: 20 }),
    ];
    for (const bytes of messages) {
      const { rows, values } = eccodes(bytes, true);
      const { fields } = walkBytes(bytes);
      expect(differences(fields, rows)).toEqual([]);
      expect(valueDifferences(decodeField(fields[0]!, { bytes, offset: 0 }), values)).toEqual([]);
    }
  });

  test.each([
    [
      // ecCodes 2.28 takes Di for Dj; later ones do not.
      'Mercator',
      {
        gridType: 'mercator',
        LaDInDegrees: 20,
        La2InDegrees: 45,
        Lo2InDegrees: 40,
        DiInMetres: 25_000,
        DjInMetres: 25_000,
      },
    ],
    [
      'polar stereographic',
      {
        gridType: 'polar_stereographic',
        LaDInDegrees: 60,
        orientationOfTheGridInDegrees: 260,
        DxInMetres: 25_000,
        DyInMetres: 30_000,
      },
    ],
    [
      'Lambert',
      {
        gridType: 'lambert',
        LaDInDegrees: 25,
        LoVInDegrees: 265,
        Latin1InDegrees: 25,
        Latin2InDegrees: 40,
        DxInMetres: 25_000,
        DyInMetres: 30_000,
      },
    ],
  ])('coordinates of every point: %s', (_, keys) => {
    const script = `
import sys, json, numpy as np, eccodes as e
keys = json.loads(sys.argv[1])
h = e.codes_grib_new_from_samples('GRIB2')
e.codes_set(h, 'gridType', keys.pop('gridType'))
for k, v in dict(Nx=23, Ny=17, shapeOfTheEarth=6, latitudeOfFirstGridPointInDegrees=15.5, longitudeOfFirstGridPointInDegrees=10.25, jScansPositively=1, **keys).items():
    try: e.codes_set(h, k, v)
    except e.KeyValueNotFoundError:
        if k[:2] not in ('La', 'Lo'): raise
        e.codes_set(h, {'La2InDegrees': 'latitudeOfLastGridPointInDegrees', 'Lo2InDegrees': 'longitudeOfLastGridPointInDegrees'}[k], v)
e.codes_set_values(h, np.arange(23.0 * 17))
points = [e.codes_get_array(h, k).tolist() for k in ('latitudes', 'longitudes')]
print(json.dumps(dict(points=points, message=e.codes_get_message(h).hex())))
`;
    const { stdout, stderr } = spawnSync(PYTHON, ['-c', script, JSON.stringify(keys)], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const { points, message } = JSON.parse(stdout) as { points: [number[], number[]]; message: string };
    const grid = axesOf(walkBytes(Uint8Array.from(Buffer.from(message, 'hex'))).fields[0]!)!;
    for (let row = 0; row < 17; row++) {
      for (let column = 0; column < 23; column++) {
        const [latitude, longitude] = grid.at!(row, column);
        // The message scans from the south.
        const at = (16 - row) * 23 + column;
        expect(latitude).toBeCloseTo(points[0][at]!, 4);
        expect((((longitude - points[1][at]! + 540) % 360) + 360) % 360).toBeCloseTo(180, 4);
      }
    }
  });

  test.each([
    [0, 0, 0, 0],
    [1, 0, 0, 0],
    [0, 1, 2, 3],
    [1, 1, 1, 2],
  ])('what a satellite sees: scanning %i %i from %i, %i', (west, north, Xo, Yo) => {
    const script = `
import sys, json, numpy as np, eccodes as e
h = e.codes_grib_new_from_samples('GRIB2')
e.codes_set(h, 'gridType', 'space_view')
keys = dict(Nx=23, Ny=17, shapeOfTheEarth=6, latitudeOfSubSatellitePointInDegrees=0, longitudeOfSubSatellitePointInDegrees=-75.2, dx=21, dy=18, XpInGridLengths=10.5, YpInGridLengths=8.25, Nr=6610674)
for k, v in {**keys, **json.loads(sys.argv[1])}.items(): e.codes_set(h, k, v)
e.codes_set_values(h, np.arange(23.0 * 17))
points = [e.codes_get_array(h, k).tolist() for k in ('latitudes', 'longitudes')]
print(json.dumps(dict(points=points, message=e.codes_get_message(h).hex())))
`;
    const keys = JSON.stringify({ iScansNegatively: west, jScansPositively: north, Xo, Yo });
    const { stdout, stderr } = spawnSync(PYTHON, ['-c', script, keys], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const { points, message } = JSON.parse(stdout) as { points: [number[], number[]]; message: string };
    const grid = axesOf(walkBytes(Uint8Array.from(Buffer.from(message, 'hex'))).fields[0]!)!;
    let inSpace = 0;
    for (let row = 0; row < 17; row++) {
      for (let column = 0; column < 23; column++) {
        const [latitude, longitude] = grid.at!(row, column);
        // ecCodes' points go from the north-west whatever the message does, and are 0, 0 in space.
        const at = row * 23 + column;
        if (Number.isNaN(latitude)) {
          expect([points[0][at], points[1][at]]).toEqual([0, 0]);
          inSpace++;
          continue;
        }
        expect(latitude).toBeCloseTo(points[0][at]!, 9);
        expect((((longitude - points[1][at]! + 540) % 360) + 360) % 360).toBeCloseTo(180, 9);
      }
    }
    expect(inSpace).toBeGreaterThan(20);
    expect(inSpace).toBeLessThan(250);
  });

  test('IEEE numbers of 64 bits are its doubles, bit for bit', () => {
    const script = `
import sys, json, numpy as np, eccodes as e
h = e.codes_grib_new_from_samples('GRIB2')
e.codes_set(h, 'packingType', 'grid_ieee')
e.codes_set(h, 'precision', 2)
e.codes_set_values(h, np.exp(np.arange(e.codes_get(h, 'numberOfPoints')) / 40.0) / 3)
print(json.dumps(dict(values=e.codes_get_values(h).tolist(), message=e.codes_get_message(h).hex())))
`;
    const { stdout, stderr } = spawnSync(PYTHON, ['-c', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const { values, message } = JSON.parse(stdout) as { values: number[]; message: string };
    const bytes = Uint8Array.from(Buffer.from(message, 'hex'));
    const { data } = fieldValues(walkBytes(bytes).fields[0]!, { bytes, offset: 0 });
    expect([...data]).toEqual(values);
  });

  test('GRIB1: values, with and without a bitmap, and coordinates', () => {
    const script = `
import sys, numpy as np, eccodes as e
for bits, missing in ((16, 0), (12, 0), (24, 1), (0, 0)):
    h = e.codes_grib_new_from_samples('regular_ll_pl_grib1')
    v = np.sin(np.arange(e.codes_get(h, 'numberOfPoints')) / 9.0) * 40 + 270
    if bits == 0: v[:] = 271.25
    if missing:
        e.codes_set(h, 'bitmapPresent', 1); e.codes_set(h, 'missingValue', 9999); v[::5] = 9999
    e.codes_set(h, 'bitsPerValue', bits or 16); e.codes_set(h, 'decimalPrecision', 2) if bits == 12 else None
    e.codes_set_values(h, v)
    sys.stdout.buffer.write(e.codes_get_message(h))
`;
    const bytes = Uint8Array.from(spawnSync(PYTHON, ['-c', script]).stdout);
    const { fields, faults } = walkBytes(bytes);
    expect(faults).toEqual([]);
    const { rows, values } = eccodes(bytes, true);
    expect(differences(fields, rows)).toEqual([]);
    let at = 0;
    for (const field of fields) {
      const ours = decodeField(field, { bytes, offset: 0 });
      expect(valueDifferences(ours, values.subarray(at, at + ours.length)), field.number).toEqual([]);
      at += ours.length;
    }
    expect(fieldValues(fields[0]!, { bytes, offset: 0 }).shape).toEqual([31, 16]);
    expect(axesOf(fields[0]!)?.rows.at(0)).toBeCloseTo(60, 6);
  });
});
