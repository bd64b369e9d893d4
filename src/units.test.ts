import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDurationNs,
  formatMiBPerSecond,
  formatRate,
  parseBytes,
  parseCount,
  parseDurationNs,
} from './units.js';

const MAX = Number.MAX_SAFE_INTEGER;

function usageError(...texts: string[]): unknown {
  const parts = texts.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return expect.objectContaining({ kind: 'usage', message: expect.stringMatching(new RegExp(parts.join('.*'), 's')) });
}

describe('parseBytes()', () => {
  test.each([
    ['0', 0],
    ['4096', 4096],
    ['007', 7],
    ['4k', 4096],
    ['4K', 4096],
    ['4Ki', 4096],
    ['4ki', 4096],
    ['4KiB', 4096],
    ['1.5M', 1.5 * 1024 ** 2],
    ['1m', 1024 ** 2],
    ['1G', 1024 ** 3],
    ['1GiB', 1024 ** 3],
    ['2t', 2 * 1024 ** 4],
    ['2TiB', 2 * 1024 ** 4],
    ['4kB', 4000],
    ['4KB', 4000],
    ['1.5MB', 1_500_000],
    ['1GB', 1e9],
    ['3TB', 3e12],
    ['0.001kB', 1],
    ['1.0', 1],
    ['9007199254740991', MAX],
    ['8191.9999999990905052982270717620849609375T', MAX - 999],
  ])('parseBytes() takes %s as %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each([
    ...[
      '',
      ' ',
      '4 k',
      ' 4',
      '4\n',
      '4B',
      '4b',
      '4kb',
      '4KI',
      '4Kib',
      '4mB',
      '4kk',
      '4x',
      '4k5',
      'k',
      '.5k',
      '1.',
      '1.k',
    ],
    ...['-1', '+1', '1e3', '0x10', '1_000', '1,000', 'NaN', 'Infinity', '٤', '4P'],
  ])('parseBytes() refuses %j, naming it and the accepted forms', (text) => {
    expect(() => parseBytes(text)).toThrow(usageError(JSON.stringify(text), 'is not a size', '64k', '64kB'));
  });

  test.each(['0.5', '0.1k', '1.0000000000001G'])('parseBytes() refuses %s, which is not whole', (text) => {
    expect(() => parseBytes(text)).toThrow(usageError(text, 'not a whole number of bytes', '64k'));
  });

  test.each(['9007199254740992', '8192T', '9008TB', '9'.repeat(400)])(
    'parseBytes() refuses %s, over 2^53-1',
    (text) => {
      expect(() => parseBytes(text)).toThrow(usageError(text, 'more than 2^53-1 bytes', '64k'));
    },
  );

  test('parseBytes() gives back every whole number that was printed plainly', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseBytes(String(bytes)) === bytes));
  });

  test('parseBytes() multiplies exactly by the unit', () => {
    const units = fc.constantFrom(['K', 1024], ['M', 1024 ** 2], ['G', 1024 ** 3], ['MB', 1e6], ['TB', 1e12]);
    fc.assert(
      fc.property(fc.nat(8000), units, (count, [unit, factor]) => {
        expect(parseBytes(`${count}${unit}`)).toBe(count * Number(factor));
      }),
    );
  });

  test('parseBytes() gives a whole number or a usage error, whatever the text', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[-+]?\d{0,18}\.?\d{0,4}[kKMGTiB]{0,3}$/));
    fc.assert(
      fc.property(text, (any) => {
        try {
          const bytes = parseBytes(any);
          expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
        } catch (error) {
          expect(error).toEqual(usageError(JSON.stringify(any)));
        }
      }),
    );
  });
});

describe('parseCount()', () => {
  const depth = { name: '--queue-depth', min: 1, max: 4096 };

  test.each([
    ['1', 1],
    ['4096', 4096],
    ['064', 64],
  ])('parseCount() takes %s', (text, count) => {
    expect(parseCount(text, depth)).toBe(count);
  });

  test.each(['', '0', '4097', '-1', '1.0', '1e2', '4k', ' 4', '9'.repeat(400)])('parseCount() refuses %j', (text) => {
    expect(() => parseCount(text, depth)).toThrow(usageError('--queue-depth', JSON.stringify(text), 'from 1 to 4096'));
  });

  test('parseCount() refuses what a double would round into the bounds', () => {
    expect(() => parseCount('9007199254740993', { name: '--seed', min: 0, max: MAX })).toThrow(usageError('--seed'));
  });
});

describe('parseDurationNs()', () => {
  test.each([
    ['0', 0],
    ['10', 10e9],
    ['1.5', 1.5e9],
    ['1.5s', 1.5e9],
    ['0.1', 1e8],
    ['500ms', 5e8],
    ['200us', 2e5],
    ['0.25ms', 250_000],
    ['2m', 120e9],
    ['0.000000001', 1],
    ['9007199.254740991', MAX],
  ])('parseDurationNs() takes %s as %d ns', (text, ns) => {
    expect(parseDurationNs(text)).toBe(ns);
  });

  test.each([
    ...['', '-1', '1h', '1 s', '1S', 's', '.5', '1.', 'Infinity', '1µs', '10ns'],
    ...['0.0000000001', '9007199.254740992', '9'.repeat(400)],
  ])('parseDurationNs() refuses %j, naming it and the accepted forms', (text) => {
    expect(() => parseDurationNs(text)).toThrow(usageError(JSON.stringify(text), '500ms'));
  });
});

describe('printers', () => {
  test.each([
    [0, '0 B'],
    [512, '512 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [10_235, '10.0 KiB'],
    [102_348, '99.9 KiB'],
    [102_349, '100 KiB'],
    [1023.4 * 1024, '1023 KiB'],
    [1023.5 * 1024, '1.00 MiB'],
    [1.5 * 1024 ** 3, '1.50 GiB'],
    [MAX, '8.00 PiB'],
  ])('formatBytes() prints %d as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test('formatBytes() is within half a unit of the third digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1024, max: MAX }), (bytes) => {
        const [number, unit] = formatBytes(bytes).split(' ');
        const power = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'].indexOf(unit ?? '');
        expect(Math.abs(Number(number) * 1024 ** power - bytes) / bytes).toBeLessThanOrEqual(0.005);
        expect(Number(number)).toBeLessThan(1024);
        expect(number?.replace('.', '').length).toBeGreaterThanOrEqual(3);
      }),
    );
  });

  test.each([
    [0, '0.0'],
    [1234.5 * 1024 ** 2, '1234.5'],
    [1e6, '1.0'],
  ])('formatMiBPerSecond() prints %d as %s', (bytesPerSecond, text) => {
    expect(formatMiBPerSecond(bytesPerSecond)).toBe(text);
  });

  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567, '1,234,567'],
    [-123_456, '-123,456'],
    [MAX, '9,007,199,254,740,991'],
  ])('formatCount() prints %d as %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  test('formatCount() loses no digit', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (count) => Number(formatCount(count).replaceAll(',', '')) === count));
  });

  test.each([
    [0, '0'],
    [0.5, '0.5'],
    [87, '87'],
    [87.34, '87.3'],
    [999.4, '999'],
    [999.6, '1 k'],
    [250_000, '250 k'],
    [999_600, '1 M'],
    [1_410_000, '1.41 M'],
    [12_345_678_901_234, '12346 G'],
  ])('formatRate() prints %d as %s', (rate, text) => {
    expect(formatRate(rate)).toBe(text);
  });

  test.each([
    [0, '0 ns'],
    [120, '120 ns'],
    [999.7, '1 µs'],
    [7800, '7.8 µs'],
    [45_600_000, '45.6 ms'],
    [1_234_000_000, '1.23 s'],
    [3600e9, '3600 s'],
  ])('formatDurationNs() prints %d as %s', (ns, text) => {
    expect(formatDurationNs(ns)).toBe(text);
  });

  test('printers never throw and never print an empty text', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        for (const print of [formatBytes, formatMiBPerSecond, formatCount, formatRate, formatDurationNs]) {
          expect(print(value)).toMatch(/\S/);
        }
      }),
    );
  });
});
