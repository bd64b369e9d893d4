import { expect, test } from 'vitest';
import { LongValue } from './long-value.js';

const part = (from: number, length: number) => Uint8Array.from({ length }, (_, at) => (from + at) % 251);

test('LongValue puts parts together, also of more bytes than were foreseen, and uses its memory again if it may', () => {
  const value = new LongValue(10);
  value.add(part(0, 4));
  value.add(part(4, 5));
  expect(value.length).toBe(9);
  const first = value.take(true);
  expect(first).toEqual(part(0, 9));
  value.add(part(9, 30));
  value.add(part(39, 300));
  const second = value.take(false);
  expect(second).toEqual(part(9, 330));
  value.add(part(7, 3));
  value.drop();
  value.add(part(1, 2));
  const third = value.take(true);
  expect(third).toEqual(part(1, 2));
  expect(third.buffer).not.toBe(second.buffer);
  value.add(part(5, 2));
  expect(value.take(true).buffer).toBe(third.buffer);
});
