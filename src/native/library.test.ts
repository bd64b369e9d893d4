import { expect, test } from 'vitest';
import { addressOf, viewMemory } from './library.js';

test('addressOf() is the address of the first byte of a view, and not of its buffer', () => {
  const whole = new Uint8Array(4096).map((_, at) => at % 251);
  const part = whole.subarray(1000, 1100);
  expect(addressOf(part)).toBe(addressOf(whole) + 1000);
  expect(addressOf(new Float64Array(whole.buffer, 64, 10))).toBe(addressOf(whole) + 64);
  expect(new Uint8Array(viewMemory(addressOf(part), 100))).toEqual(part);
});
