import { describe, expect, test } from 'vitest';
import { isLsioError } from '../../errors.js';
import { decodeField } from './decode.js';
import { aec, complex, differenced, MISSING, png, runs, type Scale, valueFor } from './pack.testing.js';
import { fieldValues } from './values.js';
import { walkBytes } from './walk.testing.js';
import { gribTwo, Octets, type PackedField, scaling, simple, type WrittenField } from './write.testing.js';

/** Numbers that depend on their place and on the seed; `bits` wide. */
function numbers(count: number, bits: number, seed = 1): number[] {
  let state = seed * 2_654_435_761;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * 2 ** bits);
  });
}

/** Numbers that change slowly, as weather does. */
function smooth(count: number, range: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.round((range / 2) * (1 + Math.sin(i / 7) * Math.cos(i / 31))));
}

function message(packed: PackedField, more: Partial<WrittenField> = {}): Uint8Array {
  const points = Array.isArray(more.bitmap) ? more.bitmap.length : packed.count;
  return gribTwo({ packed, columns: points, rows: 1, ...more });
}

function decode(bytes: Uint8Array, index = 0): number[] {
  return [...decodeField(walkBytes(bytes).fields[index]!, { bytes, offset: 0 })];
}

function codeOf(bytes: Uint8Array, index = 0): string | undefined {
  try {
    decode(bytes, index);
    return 'none';
  } catch (error) {
    return isLsioError(error, 'format') ? error.code : String(error);
  }
}

const SCALES: Scale[] = [
  {},
  { reference: 271.25, binary: -3, decimal: 1 },
  { reference: -4000, binary: 2, decimal: -2 },
];

describe('decodeField()', () => {
  test.each(Array.from({ length: 32 }, (_, i) => i + 1))('simple packing of %i bits', (bits) => {
    for (const scale of SCALES) {
      const packed = numbers(301, bits);
      const { reference, binary, decimal } = scale;
      const bytes = message(simple(packed, bits, reference, binary, decimal));
      expect(decode(bytes)).toEqual(packed.map((x) => valueFor(x, scale)));
    }
  });

  test('a constant field is the reference as it stands', () => {
    const constant = { ...simple([], 0, 271.25, 0, 2), count: 7 };
    expect(decode(message(constant))).toEqual(new Array(7).fill(271.25));
  });

  test.each([1, 2, 7, 32, 1000])('complex packing, groups of %i', (length) => {
    for (const scale of SCALES) {
      for (const packed of [numbers(333, 11), numbers(333, 30), smooth(333, 900), new Array(50).fill(7)]) {
        expect(decode(message(complex(packed, length, scale)))).toEqual(packed.map((x) => valueFor(x, scale)));
        const holes = packed.map((x, i) => (i % 11 === 3 || (i > 60 && i < 130) ? MISSING : x));
        expect(decode(message(complex(holes, length, scale)))).toEqual(
          holes.map((x) => (x === undefined ? Number.NaN : valueFor(x, scale))),
        );
      }
    }
  });

  test.each([1, 2, 9, 40])('differences of both orders, groups of %i', (length) => {
    for (const order of [1, 2] as const) {
      for (const packed of [smooth(500, 9000), numbers(200, 9), [5], [5, 9], new Array(40).fill(3)]) {
        const scale = SCALES[1]!;
        expect(decode(message(differenced(packed, order, length, scale)))).toEqual(
          packed.map((x) => valueFor(x, scale)),
        );
        const holes = packed.map((x, i) => (i % 13 === 0 || (i > 90 && i < 140) ? MISSING : x));
        expect(decode(message(differenced(holes, order, length, scale)))).toEqual(
          holes.map((x) => (x === undefined ? Number.NaN : valueFor(x, scale))),
        );
      }
    }
  });

  test.each([1, 3, 7, 8, 9, 12, 16, 17, 24, 30, 31, 32])('CCSDS of %i bits', (bits) => {
    const range = 2 ** Math.min(bits, 30);
    const flat = new Array(700).fill(range - 1);
    const steps = Array.from({ length: 900 }, (_, i) => Math.floor(i / 5) % Math.min(range, 4));
    const mixed = [...flat, ...smooth(777, range - 1), ...steps, ...numbers(300, bits), ...new Array(3000).fill(0)];
    for (const options of [{}, { block: 8, interval: 3 }, { block: 64, interval: 128 }]) {
      for (const packed of [mixed, steps, numbers(33, bits, 3), flat]) {
        const scale = { ...SCALES[1], ...options };
        expect(decode(message(aec(packed, bits, scale)))).toEqual(packed.map((x) => valueFor(x, scale)));
      }
    }
  });

  test.each([8, 16, 24, 32] as const)('PNG of %i bits, all filters', (bits) => {
    const packed = numbers(37 * 11, bits);
    const bytes = gribTwo({ packed: png(packed, 37, bits, SCALES[1]), columns: 37, rows: 11 });
    expect(decode(bytes)).toEqual(packed.map((x) => valueFor(x, SCALES[1]!)));
  });

  test('runs of levels', () => {
    const levels = [10, 25, 40, 9000];
    const packed = [1, 1, 1, 0, 0, 4, ...new Array(1000).fill(2), 3, ...new Array(12).fill(0), 1];
    const wanted = packed.map((level) => (level === 0 ? Number.NaN : Math.fround(levels[level - 1]! * 0.1)));
    for (const bits of [3, 4, 8]) expect(decode(message(runs(packed, levels, bits, 1)))).toEqual(wanted);
  });

  test('IEEE numbers of 32 and 64 bits, and logarithms', () => {
    const values = [1.5, -2.25, 1e-9, 3e8];
    const bytes32 = new Uint8Array(16);
    const bytes64 = new Uint8Array(32);
    for (const [i, value] of values.entries()) {
      new DataView(bytes32.buffer).setFloat32(4 * i, value);
      new DataView(bytes64.buffer).setFloat64(8 * i, value);
    }
    const ieee = (precision: number, data: Uint8Array) => ({
      template: 4,
      parameters: Uint8Array.of(precision),
      data,
      count: 4,
    });
    expect(decode(message(ieee(1, bytes32)))).toEqual(values.map(Math.fround));
    expect(decode(message(ieee(2, bytes64)))).toEqual(values.map(Math.fround));
    expect(codeOf(message(ieee(3, bytes64)))).toBe('template');
    const logarithms = { ...simple(numbers(40, 10), 10, 0, -8, 0), template: 61 };
    const parameters = scaling(13, 0, -8, 0, 10).f32(10, 0.5).bytes;
    const wanted = numbers(40, 10).map((x) => Math.fround(Math.exp(x / 256) - 0.5));
    expect(decode(message({ ...logarithms, parameters }))).toEqual(wanted);
  });

  test('a bitmap, and the one before', () => {
    const bitmap = Array.from({ length: 29 }, (_, i) => i % 3 !== 1);
    const count = bitmap.filter(Boolean).length;
    const [one, two] = [numbers(count, 8, 1), numbers(count, 8, 2)];
    const bytes = gribTwo(
      { packed: simple(one, 8), columns: 29, rows: 1, bitmap },
      { packed: simple(two, 8), columns: 29, rows: 1, bitmap: 'before' },
    );
    for (const [i, packed] of [one, two].entries()) {
      let at = 0;
      expect(decode(bytes, i)).toEqual(bitmap.map((isSet) => (isSet ? packed[at++] : Number.NaN)));
    }
  });
});

describe('fieldValues()', () => {
  test.each(Array.from({ length: 16 }, (_, i) => i << 4))(
    'scanning mode %i: rows from the north, columns from the west',
    (scanning) => {
      const [rows, columns] = [3, 4];
      // What stands at row r from the north and column c from the west is 10 r + c.
      const packed: number[] = [];
      const isColumnsFirst = (scanning & 0x20) !== 0;
      const [lines, length] = isColumnsFirst ? [columns, rows] : [rows, columns];
      for (let line = 0; line < lines; line++) {
        for (let step = 0; step < length; step++) {
          const along = scanning & 0x10 && line % 2 === 1 ? length - 1 - step : step;
          const [j, i] = isColumnsFirst ? [along, line] : [line, along];
          const row = scanning & 0x40 ? rows - 1 - j : j;
          const column = scanning & 0x80 ? columns - 1 - i : i;
          packed.push(10 * row + column);
        }
      }
      const bytes = gribTwo({ packed: simple(packed, 8), columns, rows, scanning });
      const { data, shape } = fieldValues(walkBytes(bytes).fields[0]!, { bytes, offset: 0 });
      expect(shape).toEqual([3, 4]);
      expect([...data]).toEqual([0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]);
    },
  );
});

test('IEEE doubles stay doubles, with missing points and rows in order', () => {
  const numbers64 = Array.from({ length: 9 }, (_, i) => Math.PI * 10 ** (i - 4));
  const data = new Uint8Array(72);
  for (const [i, value] of numbers64.entries()) new DataView(data.buffer).setFloat64(8 * i, value);
  const packed = { template: 4, parameters: Uint8Array.of(2), data, count: 9 };
  const bitmap = Array.from({ length: 12 }, (_, i) => i % 4 !== 2);
  // From the south, every second row from the east, column after column.
  const bytes = gribTwo({ packed, columns: 4, rows: 3, bitmap, scanning: 0x70 });
  const found = fieldValues(walkBytes(bytes).fields[0]!, { bytes, offset: 0 });
  const points: number[] = [];
  for (let i = 0, at = 0; i < 12; i++) points.push(bitmap[i] ? numbers64[at++]! : Number.NaN);
  const wanted = [2, 1, 0].flatMap((j) => [0, 1, 2, 3].map((i) => points[3 * i + (i % 2 === 1 ? 2 - j : j)]));
  expect(found.data).toBeInstanceOf(Float64Array);
  expect([...found.data]).toEqual(wanted);
});

describe('bad fields', () => {
  const good = complex(numbers(64, 9), 8);
  const withParameters = (packed: PackedField, change: (octets: DataView) => void): PackedField => {
    const parameters = packed.parameters.slice();
    change(new DataView(parameters.buffer));
    return { ...packed, parameters };
  };

  test.each([
    ['2^32 − 1 groups', withParameters(good, (o) => o.setUint32(20, 0xffffffff)), 'groups'],
    ['groups of 2^31 values', withParameters(good, (o) => o.setUint32(26, 2 ** 31)), 'groups'],
    ['a last group that is too long', withParameters(good, (o) => o.setUint32(31, 9)), 'groups'],
    ['widths of 40 bits', withParameters(good, (o) => o.setUint8(24, 40)), 'groups'],
    ['more groups than there is data for', { ...good, data: good.data.slice(0, 9) }, 'data-short'],
    ['values that are cut off', { ...good, data: good.data.slice(0, -1) }, 'data-short'],
    ['31 bits where 9 are there', withParameters(simple(numbers(64, 9), 9), (o) => o.setUint8(8, 31)), 'data-short'],
    ['40 bits a value', withParameters(simple(numbers(64, 9), 9), (o) => o.setUint8(8, 40)), 'template'],
    ['a CCSDS stream that is cut off', cut(aec(numbers(640, 12), 12), -40), 'aec'],
    ['an empty CCSDS stream', cut(aec(numbers(64, 12), 12), -1000), 'aec'],
    ['a CCSDS stream of ones', { ...aec(numbers(640, 12), 12), data: new Uint8Array(40).fill(255) }, 'aec'],
    ['no PNG', { ...png(numbers(64, 8), 8, 8), data: new Uint8Array(90) }, 'png'],
    ['a PNG that is cut off', cut(png(numbers(64, 8), 8, 8), -40), 'png'],
    ['runs that end early', cut(runs(numbers(90, 2), [1, 2, 3], 8, 0), -9), 'data-short'],
    ['spectral data', { ...simple(numbers(64, 9), 9), template: 50 }, 'template'],
    ['an unknown template', { ...simple(numbers(64, 9), 9), template: 9999 }, 'template'],
    ['a section 5 that is too short', { ...good, parameters: good.parameters.slice(0, 20) }, 'section'],
    ['JPEG 2000 that is none', { ...simple(numbers(64, 9), 9), template: 40 }, 'jpeg2000'],
  ] as [string, PackedField, string][])('%s: an error with its code', (_, packed, code) => {
    expect(codeOf(message(packed))).toBe(code);
  });

  test('more points than values, more than the limit, and a constant giant', () => {
    const packed = simple(numbers(12, 8), 8);
    expect(codeOf(gribTwo({ packed, columns: 13, rows: 1 }))).toBe('count');
    expect(codeOf(gribTwo({ packed: { ...simple([], 0), count: 4e9 }, columns: 4e9, rows: 1 }))).toBe(
      'too-many-points',
    );
    const field = walkBytes(message(packed)).fields[0]!;
    expect(() => decodeField(field, { bytes: message(packed), offset: 0 }, { maxPoints: 11 })).toThrow(
      /the limit is 11/,
    );
  });

  test('bitmaps: none before, predefined, too short, too many bits', () => {
    const packed = simple(numbers(12, 8), 8);
    expect(codeOf(message(packed, { bitmap: 'before' }))).toBe('bitmap');
    expect(codeOf(gribTwo({ packed, columns: 100, rows: 1, bitmap: new Array(12).fill(true) }))).toBe('bitmap');
    expect(codeOf(gribTwo({ packed, columns: 16, rows: 1, bitmap: new Array(16).fill(true) }))).toBe('count');
  });

  test('a scale of 10^32767 gives infinities or zeros, no error', () => {
    const packed = withParameters(simple([1, 2], 8), (o) => o.setUint16(6, 0x7fff));
    expect(decode(message(packed))).toEqual([0, 0]);
  });

  test('a grid whose sides do not fit its points', () => {
    const bytes = gribTwo({ packed: simple(numbers(12, 8), 8), columns: 4, rows: 3 });
    const at = Buffer.from(bytes).indexOf(new Octets(8).u32(1, 4).u32(5, 3).bytes);
    bytes[at + 3] = 5;
    const field = walkBytes(bytes).fields[0]!;
    expect(() => fieldValues(field, { bytes, offset: 0 })).toThrow(/5 for 12 points|3 x 5/);
  });
});

function cut(packed: PackedField, end: number): PackedField {
  return { ...packed, data: packed.data.slice(0, end) };
}
