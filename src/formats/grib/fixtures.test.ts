import { describe, expect, test } from 'vitest';
import { decodeField } from './decode.js';
import { describeField, inventoryLine } from './describe.js';
import { decodedOrReason, FIXTURES, fixture, named, noFixtures } from './fixtures.testing.js';
import { walkBytes } from './walk.testing.js';

/** wgrib2's mark of a missing value. */
const UNDEFINED = Math.fround(9.999e20);
const LARGE_BYTES = 60e6;

describe.skipIf(noFixtures)(named('real files', noFixtures), () => {
  test.each(FIXTURES)('$file: all fields are found', ({ file, fields }) => {
    const walked = walkBytes(fixture(file));
    expect(walked.faults).toEqual([]);
    expect(walked.fields).toHaveLength(fields);
  });

  const decoded = FIXTURES.flatMap(({ file, values = {} }) =>
    Object.entries(values).map(([number, expected]) => ({ file, number, expected })),
  );
  test.for(decoded)("$file field $number: wgrib2's values, bit for bit", ({ file, number, expected }, { skip }) => {
    const bytes = fixture(file);
    const field = walkBytes(bytes).fields.find((found) => found.number === number)!;
    const actual = decodedOrReason(() => decodeField(field, { bytes, offset: 0 }));
    if (typeof actual === 'string') return skip(actual);
    const wanted = fixture(`gen/${expected}`);
    expect(actual.length * 4).toBe(wanted.length);
    const bits = new Float32Array(
      wanted.length <= LARGE_BYTES
        ? Uint8Array.from(wanted).buffer
        : wanted.buffer.slice(wanted.byteOffset, wanted.byteOffset + wanted.length),
    );
    expect(differences(actual, bits)).toEqual([]);
  });

  test.each([
    ['gdas.t12z.pgrb2.0p25.f000.12', ['1:0:d=2023011112:VRATE:planetary boundary layer:anl:']],
    ['gdas.t12z.pgrb2.0p25.f000.46', ['1:0:d=2023011112:RH:0.07 mb:anl:']],
    [
      'ds.minrh.bin',
      [
        '1:80:d=2023110211:MinRH:2 m above ground:7-19 hour min fcst:',
        '2:764771:d=2023110211:MinRH:2 m above ground:31-43 hour min fcst:',
      ],
    ],
    ['wind_solar_ind_0.125_20240521_12Z.grib2.0', ['1:0:d=2024052112:HGT:925 mb:1 hour fcst:']],
  ])('%s is listed as wgrib2 does', (file, lines) => {
    expect(walkBytes(fixture(file)).fields.map((field) => inventoryLine(field, describeField(field)))).toEqual(lines);
  });
});

/** The first points whose values differ, with both. */
function differences(actual: Float32Array, wanted: Float32Array): object[] {
  const found: object[] = [];
  for (let i = 0; i < actual.length && found.length < 3; i++) {
    const expected = wanted[i] === UNDEFINED ? Number.NaN : wanted[i]!;
    if (!Object.is(actual[i], expected)) found.push({ i, actual: actual[i], expected });
  }
  return found;
}
