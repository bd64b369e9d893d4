import { expect, test } from 'vitest';
import { parseReductions } from './reductions.js';

test('parseReductions() understands the names of the contract', () => {
  expect(parseReductions(['mean', 'median', 'q0.05', 'q1', 'hist:64'])).toEqual([
    { name: 'mean', kind: 'mean' },
    { name: 'median', kind: 'quantile', q: 0.5 },
    { name: 'q0.05', kind: 'quantile', q: 0.05 },
    { name: 'q1', kind: 'quantile', q: 1 },
    { name: 'hist:64', kind: 'histogram', bins: 64 },
  ]);
});

test.each(['', 'average', 'q1.5', 'q', 'q-0.1', 'hist:0', 'hist:', 'hist:9999999'])(
  'parseReductions() refuses %j',
  (name) => {
    expect(() => parseReductions([name])).toThrow(/is not understood/);
  },
);

test('parseReductions() refuses what is there twice', () => {
  expect(() => parseReductions(['mean', 'mean'])).toThrow(/mean is there twice/);
});
