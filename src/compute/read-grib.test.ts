import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../formats/grib/fixtures.testing.js';
import { decodeGrib } from '../formats/grib/open.js';
import { gribTwo, simple, type WrittenField } from '../formats/grib/write.testing.js';
import { openSource } from '../formats/open-source.js';
import { coordinateOf } from '../formats/source.js';
import { readArray } from './read.js';

const directory = temporaryDirectory();
afterAll(() => directory.remove());

/** Values `first`, `first + 1`, … on 3 rows of 4 columns. */
function field(first: number, more: Partial<WrittenField>): WrittenField {
  const numbers = Array.from({ length: 12 }, (_, i) => first + i);
  return { packed: simple(numbers, 13), columns: 4, rows: 3, ...more };
}

function floats({ bytes }: { bytes: Uint8Array }): number[] {
  return [...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)];
}

function doubles({ bytes }: { bytes: Uint8Array }): number[] {
  return [...new Float64Array(bytes.slice().buffer)];
}

describe('openSource() of a GRIB file', () => {
  const file = path.join(directory.path, 'a.grib2');
  const pressure = (hpa: number): [number, number, number] => [100, 0, hpa * 100];
  beforeAll(() => {
    const messages = [
      gribTwo(field(1000, { surface: pressure(500), hours: 6 })),
      gribTwo(field(2000, { surface: pressure(850), hours: 0 }), field(3000, { surface: pressure(500), hours: 0 })),
      gribTwo(field(4000, { surface: pressure(850), hours: 0 })),
      gribTwo(field(100, { category: 3, parameter: 1, surface: [101, 0, 0], scanning: 0x40 })),
    ];
    writeFileSync(file, Buffer.concat([Buffer.from('****\n'), ...messages]));
  });

  test('fields of one kind are one array, absent ones are missing chunks, the first of two wins', async () => {
    const warnings: string[] = [];
    await using source = await openSource(file, { onWarning: (text) => warnings.push(text) });
    const t = source.arrays.find(({ name }) => name === 't')!;
    expect(t).toMatchObject({ dims: ['step', 'level', 'latitude', 'longitude'], shape: [2, 2, 3, 4] });
    const data = await readArray(t.array!);
    const block = (first: number) => Array.from({ length: 12 }, (_, i) => first + i);
    expect(floats(data)).toEqual([...block(3000), ...block(2000), ...block(1000), ...new Array(12).fill(Number.NaN)]);
    expect(data).toMatchObject({ chunks: 4, chunksMissing: 1 });
    expect(warnings).toEqual([
      expect.stringMatching(/^field 3 at byte \d+ is left out: t has field 2\.1 at byte \d+ in its place$/),
    ]);
  });

  test('its axes have labels', async () => {
    await using source = await openSource(file);
    const labels = async (dim: string) => doubles(await readArray(coordinateOf(source.arrays, 't', dim)!.array!));
    expect(await labels('step')).toEqual([0, 6]);
    expect(await labels('level')).toEqual([500, 850]);
    expect(await labels('latitude')).toEqual([60, 59, 58]);
    expect(await labels('longitude')).toEqual([10, 11, 12, 13]);
  });

  test('rows come from the north', async () => {
    await using source = await openSource(file);
    const one = source.arrays.find(({ name }) => name === 'prmsl')!;
    expect(floats(await readArray(one.array!))).toEqual([108, 109, 110, 111, 104, 105, 106, 107, 100, 101, 102, 103]);
    const latitudes = coordinateOf(source.arrays, 'prmsl', 'latitude')!;
    expect(doubles(await readArray(latitudes.array!))).toEqual([60, 59, 58]);
  });

  test('IEEE doubles are float64, and so is what has the same name beside them', async () => {
    const exact = Array.from({ length: 12 }, (_, i) => Math.sqrt(i) * 1e5);
    const data = new Uint8Array(96);
    for (const [i, value] of exact.entries()) new DataView(data.buffer).setFloat64(8 * i, value);
    const packed = { template: 4, parameters: Uint8Array.of(2), data, count: 12 };
    const mixed = path.join(directory.path, 'doubles.grib2');
    writeFileSync(
      mixed,
      Buffer.concat([gribTwo(field(7, { hours: 0 })), gribTwo({ ...field(0, {}), packed, hours: 6 })]),
    );
    await using source = await openSource(mixed);
    const t = source.arrays.find(({ name }) => name === '2t')!;
    expect(t).toMatchObject({ dtype: 'float64', shape: [2, 3, 4] });
    const read = await readArray(t.array!);
    expect(read.dtype.name).toBe('float64');
    expect(doubles(read)).toEqual([...Array.from({ length: 12 }, (_, i) => 7 + i), ...exact]);
  });

  test.each([4_294_967_290, 400_000_000, 2 ** 21])('a grid of %i rows costs no memory and no time', async (rows) => {
    const bytes = gribTwo(field(7, {}));
    const view = new DataView(bytes.buffer);
    // Octets 31 to 38 of section 3, which follows sections 0 and 1: one column, and points that agree.
    view.setUint32(16 + 21 + 6, rows);
    view.setUint32(16 + 21 + 30, 1);
    view.setUint32(16 + 21 + 34, rows);
    const giant = path.join(directory.path, `rows-${rows}.grib2`);
    writeFileSync(giant, bytes);
    const before = process.memoryUsage().arrayBuffers;
    await using source = await openSource(giant);
    const listed = source.arrays.find(({ name }) => name === '2t')!;
    expect(listed.dims).toEqual(['y', 'x']);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150e6);
    if (rows > 2 ** 28) expect(listed.reason).toMatch(/points, the limit is/);
  });

  test('a date that is none is not a time, and harms nobody', async () => {
    const messages = [0, 13].map((month) => {
      const bytes = gribTwo(field(10 * month, {}));
      // Octet 15 of section 1, which follows section 0.
      bytes[16 + 14] = month === 0 ? 1 : month;
      return bytes;
    });
    const bad = path.join(directory.path, 'month.grib2');
    writeFileSync(bad, Buffer.concat(messages));
    await using source = await openSource(bad);
    const t = source.arrays.find(({ name }) => name === '2t')!;
    expect(t).toMatchObject({ dims: ['time', 'latitude', 'longitude'], shape: [2, 3, 4] });
    const times = await readArray(coordinateOf(source.arrays, '2t', 'time')!.array!);
    expect([...new BigInt64Array(times.bytes.slice().buffer)]).toContain(-(2n ** 63n));
    expect((await readArray(t.array!)).chunksMissing).toBe(0);
  });

  test('a selection of fields', async () => {
    await using source = await openSource(file, { fields: { match: [/:TMP:850 mb:/] } });
    expect(source.arrays.filter(({ dims }) => dims?.length === 2)).toMatchObject([{ name: 't', shape: [3, 4] }]);
  });

  test('a file that changed since it was scanned gives an error, not other values', async () => {
    const other = path.join(directory.path, 'b.grib2');
    const message = gribTwo(field(1000, { surface: pressure(500) }));
    writeFileSync(other, Buffer.concat([message, message]));
    await using source = await openSource(other);
    writeFileSync(other, Buffer.concat([message.subarray(8), message, message.subarray(0, 8)]));
    const array = source.arrays.find(({ name }) => name === 't')!.array!;
    await expect(readArray(array)).rejects.toThrow(/no GRIB message begins here/);
  });
});

describe('a large message with many fields', () => {
  test('is read in parts, also where fields share a bitmap', async () => {
    const [rows, columns] = [60, 100];
    const bitmap = Array.from({ length: rows * columns }, (_, i) => i % 3 !== 0);
    const count = bitmap.filter(Boolean).length;
    const levels = Array.from({ length: 30 }, (_, i) => 1000 - 20 * i);
    const fields = levels.map((level, i): WrittenField => {
      const numbers = Array.from({ length: count }, (_, j) => (i * 977 + j) % 4093);
      const surface: [number, number, number] = [100, 0, level * 100];
      return { packed: simple(numbers, 12), columns, rows, surface, bitmap: i === 0 ? bitmap : 'before' };
    });
    const file = path.join(directory.path, 'many.grib2');
    const bytes = gribTwo(...fields);
    writeFileSync(file, bytes);
    await using source = await openSource(file);
    const array = source.arrays.find(({ name }) => name === 't')!.array!;
    const data = await readArray(array);
    const values = floats(data);
    for (const [i] of levels.entries()) {
      // Levels ascend: the first field is the last.
      const at = (levels.length - 1 - i) * rows * columns;
      let before = 0;
      const wanted = bitmap.map((isSet) => (isSet ? (i * 977 + before++) % 4093 : Number.NaN));
      expect(values.slice(at, at + wanted.length)).toEqual(wanted);
    }
    expect(data.chunks).toBe(30);
  });
});

describe('blocks of rows', () => {
  const [rows, columns] = [301, 77];
  const numbers = (first: number, bits: number) =>
    Array.from({ length: rows * columns }, (_, i) => (first + i * 7919) % 2 ** bits);

  test.each([1, 11, 16, 25, 31])('a crop of simple packing of %i bits reads its rows only', async (bits) => {
    const level = (hpa: number): [number, number, number] => [100, 0, hpa * 100];
    const wide = 40;
    const [many, few] = [numbers(5, bits), numbers(9, bits)];
    const repeat = (values: readonly number[]) =>
      Array.from({ length: rows * columns * wide }, (_, i) => values[i % values.length]!);
    const file = path.join(directory.path, `rows-${bits}.grib2`);
    const grid = { columns: columns * wide, rows };
    const messages = [
      gribTwo({ packed: simple(repeat(many), bits, 10, -2, 1), ...grid, surface: level(500) }),
      gribTwo({ packed: simple(repeat(few), bits), ...grid, surface: level(850) }),
    ];
    writeFileSync(file, Buffer.concat(messages));
    await using source = await openSource(file);
    const array = source.arrays.find(({ name }) => name === 't')!.array!;
    expect(array.chunkShape.slice(0, 1)).toEqual([1]);
    expect(array.chunkShape[1]).toBeLessThan(rows);
    const whole = await readArray(array);
    const values = new Float32Array(whole.bytes.slice().buffer);
    const points = rows * columns * wide;
    const wanted = (x: number, i: number) => (i === 0 ? Math.fround((x * 0.25 + 10) * 0.1) : Math.fround(x));
    for (const at of [0, 1, 4099, points - 1, Math.floor(points / 3)]) {
      expect(values[at], `point ${at}`).toBe(wanted(many[at % many.length]!, 0));
      expect(values[points + at]).toBe(wanted(few[at % few.length]!, 1));
    }
    // As bytes: to compare a million numbers one by one takes seconds.
    const decoded = messages.map((bytes) => Float32Array.from(decodeGrib(bytes)[0]!.values().data));
    expect(Buffer.from(whole.bytes).equals(Buffer.concat(decoded.map(({ buffer }) => Buffer.from(buffer))))).toBe(true);
    expect(whole.bytesRead).toBeLessThan(messages[0]!.length * 2.2);
  });
});
