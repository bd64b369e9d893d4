import { expect, test } from 'vitest';
import { float16ToFloat32, float16ToNumber, numberToFloat16 } from './float16.js';

test('every half is its own nearest half', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = float16ToNumber(bits);
    const back = numberToFloat16(value);
    if (Number.isNaN(value) ? !Number.isNaN(float16ToNumber(back)) : back !== bits) throw new Error(`${bits} ${back}`);
  }
});

test('between two halves the nearer is taken, in the middle the even one', () => {
  for (let bits = 0; bits < 0x7bff; bits++) {
    const [low, high] = [float16ToNumber(bits), float16ToNumber(bits + 1)];
    const middle = (low + high) / 2;
    const even = bits % 2 === 0 ? bits : bits + 1;
    const quarter = (high - low) / 4;
    const found = [middle - quarter, middle, middle + quarter].map(numberToFloat16);
    if (found[0] !== bits || found[1] !== even || found[2] !== bits + 1) throw new Error(`${bits}: ${found}`);
  }
});

test.each([
  [65519.99, 0x7bff],
  [65520, 0x7c00],
  [-1e300, 0xfc00],
  [2 ** -25, 0],
  [2 ** -25 * 1.0001, 1],
  [-0, 0x8000],
])('%d is %i', (value, bits) => expect(numberToFloat16(value)).toBe(bits));

test('float16ToFloat32() converts all', () => {
  expect([...float16ToFloat32(Uint16Array.of(0x3e00, 0xc000))]).toEqual([1.5, -2]);
  // Many are looked up.
  const all = Uint16Array.from({ length: 2 ** 16 }, (_, half) => half);
  expect(float16ToFloat32(all)).toEqual(Float32Array.from(all, float16ToNumber));
  expect([...float16ToFloat32(Uint16Array.of(0x3e00, 0xc000))]).toEqual([1.5, -2]);
});
