import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { roundedQuotient, roundedRoot } from './rational.js';

/** A finite float64 as an integer times 2^-1074. */
function integer(x: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(x));
  const bits = view.getBigUint64(0);
  const biased = bits >> 52n;
  const fraction = bits & 0xfffffffffffffn;
  const size = biased === 0n ? fraction : (fraction | (1n << 52n)) << (biased - 1n);
  return x < 0 ? -size : size;
}

/** The floats on both sides. */
function neighbours(x: number): [number, number] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const at = (other: bigint): number => {
    view.setBigUint64(0, other);
    return view.getFloat64(0);
  };
  return [bits === 0n ? -5e-324 : at(bits - 1n), at(bits + 1n)];
}

const abs = (x: bigint): bigint => (x < 0n ? -x : x);

describe('roundedQuotient()', () => {
  test('no other float64 is nearer, and the even one is taken of two', () => {
    const big = fc.bigInt({ min: 1n, max: 1n << 200n });
    const property = fc.property(big, big, fc.integer({ min: -1200, max: 700 }), (a, b, exponent) => {
      const found = roundedQuotient(a, b, exponent);
      if (!Number.isFinite(found)) return;
      // Distances times b · 2^1074 are integers.
      const power = BigInt(exponent) + 1074n;
      const [scale, exact] = power >= 0n ? [1n, a << power] : [1n << -power, a];
      const distance = (x: number): bigint => abs(integer(x) * b * scale - exact);
      const [below, above] = neighbours(found);
      const own = distance(found);
      expect(own <= distance(below)).toBe(true);
      if (Number.isFinite(above)) expect(own <= distance(above)).toBe(true);
      if (own === distance(below) || own === distance(above)) expect(integerBits(found) % 2n).toBe(0n);
    });
    fc.assert(property, { numRuns: 500 });
  });

  test('whole numbers, signs, zero, overflow and the least denormal', () => {
    expect(roundedQuotient(-6n, 3n)).toBe(-2);
    expect(roundedQuotient(0n, 7n)).toBe(0);
    expect(roundedQuotient(1n, 1n, 1024)).toBe(Number.POSITIVE_INFINITY);
    expect(roundedQuotient(1n, 1n, -1074)).toBe(5e-324);
    expect(roundedQuotient(3n, 1n, -1075)).toBe(1e-323);
    expect(roundedQuotient(1n, 1n, -1075)).toBe(0);
    expect(roundedQuotient(2n ** 53n + 1n, 1n)).toBe(2 ** 53);
  });
});

function integerBits(x: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  return view.getBigUint64(0);
}

describe('roundedRoot()', () => {
  test('the middles to the next float64 lie on both sides of the root', () => {
    const big = fc.bigInt({ min: 1n, max: 1n << 150n });
    const property = fc.property(big, big, fc.integer({ min: -1000, max: 1000 }), (a, b, exponent) => {
      const root = roundedRoot(a, b, exponent);
      const [below, above] = neighbours(root);
      // (2 · middle)² · b against 4 · a · 2^exponent, all times 2^(2 · 1074).
      const power = BigInt(exponent) + 2148n;
      const exact = 4n * (a << power);
      const square = (x: number): bigint => (integer(root) + integer(x)) ** 2n * b;
      expect(square(below) <= exact && exact <= square(above)).toBe(true);
    });
    fc.assert(property, { numRuns: 300 });
  });

  test('perfect squares are exact', () => {
    expect(roundedRoot(9n, 4n)).toBe(1.5);
    expect(roundedRoot(1n, 2n, 1)).toBe(1);
    expect(roundedRoot(0n, 5n)).toBe(0);
  });
});

const python = spawnSync('python3', ['-c', 'import fractions']).status === 0;

test.skipIf(!python)('roundedQuotient() is what Python makes of a Fraction', () => {
  const cases = Array.from({ length: 200 }, (_, i) => {
    const a = BigInt(i + 1) ** 19n * 7n + 1n;
    const b = BigInt(3 * i + 2) ** 13n;
    return [a, b] as const;
  });
  const list = cases.map(([a, b]) => `(${a}, ${b})`).join(', ');
  const program = `from fractions import Fraction as F\nfor a, b in [${list}]: print(float(F(a, b)).hex())`;
  const { stdout } = spawnSync('python3', ['-c', program], { encoding: 'utf8' });
  const expected = stdout.trim().split('\n');
  for (const [i, [a, b]] of cases.entries()) expect(hex(roundedQuotient(a, b))).toBe(expected[i]);
});

/** As Python's float.hex(). */
function hex(x: number): string {
  const bits = integerBits(x);
  const exponent = Number((bits >> 52n) & 2047n) - 1023;
  const fraction = (bits & 0xfffffffffffffn).toString(16).padStart(13, '0');
  return `0x1.${fraction}p${exponent < 0 ? '' : '+'}${exponent}`;
}
