import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileSeed, fillPattern, findMismatch } from './pattern.js';

const ERA_BYTES = 2 ** 34;

function content(seed: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  fillPattern(bytes, { seed, offset });
  return bytes;
}

const anySeed = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const anyOffset = fc.oneof(
  fc.integer({ min: 0, max: 100_000 }),
  fc.integer({ min: ERA_BYTES - 300, max: ERA_BYTES + 300 }),
  fc.integer({ min: 0, max: 2 ** 45 }),
);

describe('fillPattern()', () => {
  test('fillPattern() gives the same bytes however a file is cut, whatever the alignment', () => {
    fc.assert(
      fc.property(anySeed, anyOffset, fc.nat(200), fc.nat(200), fc.nat(7), (seed, offset, length, skip, shift) => {
        const whole = content(seed, offset, length + skip);
        const memory = new Uint8Array(length + 8);
        const part = memory.subarray(shift, shift + length);
        fillPattern(part, { seed, offset: offset + skip });
        expect(part).toEqual(whole.subarray(skip));
        expect(memory.subarray(shift + length)).toEqual(new Uint8Array(8 - shift));
      }),
    );
  });

  test('fillPattern() keeps its values: files made by an earlier version stay valid', () => {
    expect(Buffer.from(content(12_345_678_901_234, 3, 9)).toString('hex')).toBe('0d80cfff8c7a00d4b5');
    expect(Buffer.from(content(7, ERA_BYTES - 4, 8)).toString('hex')).toBe('1c5fca0b1b21aabd');
  });

  test('fillPattern() is incompressible', () => {
    const bytes = content(1, 0, 1 << 20);
    expect(deflateSync(bytes, { level: 9 }).length).toBeGreaterThan(bytes.length * 0.999);
  });

  test('fillPattern() never holds the same 4 KiB twice, within a file or across the files of a set', () => {
    const seen = new Set<string>();
    for (const name of ['f0', 'f1', 'f10', 'big']) {
      const bytes = Buffer.from(content(fileSeed(1, name), 0, 64 * 4096));
      for (let block = 0; block < 64; block++) seen.add(bytes.toString('latin1', block * 4096, block * 4096 + 64));
    }
    expect(seen.size).toBe(4 * 64);
  });

  test('fillPattern() fills, and findMismatch() checks, at least 500 MB/s', () => {
    const bytes = new Uint8Array(1 << 20);
    function mbPerSecond(work: () => void): number {
      const ns = Array.from({ length: 30 }, () => {
        const began = process.hrtime.bigint();
        work();
        return Number(process.hrtime.bigint() - began);
      });
      return (bytes.length * 1000) / Math.min(...ns);
    }
    const place = { seed: 1, offset: 0 };
    expect(mbPerSecond(() => fillPattern(bytes, place))).toBeGreaterThan(500);
    expect(mbPerSecond(() => expect(findMismatch(bytes, place)).toBe(-1))).toBeGreaterThan(500);
  });
});

describe('findMismatch()', () => {
  test('findMismatch() finds the first wrong byte, whatever its place', () => {
    fc.assert(
      fc.property(
        anySeed,
        anyOffset,
        fc.integer({ min: 1, max: 300 }),
        fc.nat(3),
        fc.nat(),
        (seed, offset, length, shift, at) => {
          const bytes = new Uint8Array(length + shift).subarray(shift);
          fillPattern(bytes, { seed, offset });
          expect(findMismatch(bytes, { seed, offset })).toBe(-1);
          const wrong = at % length;
          bytes[wrong]! ^= 1 << (at % 8);
          bytes[length - 1]! ^= wrong === length - 1 ? 0 : 255;
          expect(findMismatch(bytes, { seed, offset })).toBe(wrong);
        },
      ),
    );
  });

  test('findMismatch() notices another file, another set, another offset and stale bytes', () => {
    const place = { seed: fileSeed(1, 'f1'), offset: 4096 };
    const bytes = content(place.seed, place.offset, 4096);
    expect(findMismatch(bytes, { ...place, seed: fileSeed(1, 'f2') })).toBeLessThan(4);
    expect(findMismatch(bytes, { ...place, seed: fileSeed(2, 'f1') })).toBeLessThan(4);
    expect(findMismatch(bytes, { ...place, offset: 8192 })).toBeLessThan(4);
    expect(findMismatch(bytes, { ...place, offset: 4097 })).toBeLessThan(4);
    expect(findMismatch(bytes, { ...place, offset: 4096 + ERA_BYTES })).toBeLessThan(4);
    expect(findMismatch(bytes.fill(0, 2000), place)).toBeLessThan(2004);
  });
});

describe('fileSeed()', () => {
  test('fileSeed() differs between 20,000 names and fits a number exactly', () => {
    const seeds = new Set(Array.from({ length: 20_000 }, (_, index) => fileSeed(5, `f${index}`)));
    expect(seeds.size).toBe(20_000);
    for (const seed of seeds) expect(Number.isSafeInteger(seed)).toBe(true);
  });
});
