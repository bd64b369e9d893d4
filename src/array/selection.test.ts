import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLsioError, type LsioError } from '../errors.js';
import { runsOf, selectIndex } from './selection.js';
import { parseIndexSelectors, parseLabelSelectors } from './selection-text.js';

function failure(run: () => unknown): LsioError {
  try {
    run();
  } catch (error) {
    if (isLsioError(error, 'usage')) return error;
    throw error;
  }
  throw new Error('no failure');
}

describe('selectIndex()', () => {
  /** `slice.indices` of Python, element by element. */
  function pythonSlice(length: number, start: number | undefined, stop: number | undefined, step: number): number[] {
    const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
    const clip = (index: number) => Math.min(Math.max(index < 0 ? index + length : index, low), high);
    const first = start === undefined ? (step > 0 ? low : high) : clip(start);
    const end = stop === undefined ? (step > 0 ? high : low) : clip(stop);
    const found: number[] = [];
    for (let i = first; step > 0 ? i < end : i > end; i += step) found.push(i);
    return found;
  }

  test('has the meaning of slices in Python', () => {
    const index = fc.option(fc.integer({ min: -12, max: 12 }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        index,
        index,
        fc.integer({ min: -4, max: 4 }),
        (length, start, stop, step) => {
          fc.pre(step !== 0);
          const selector = { ...(start !== undefined && { start }), ...(stop !== undefined && { stop }), step };
          const expected = pythonSlice(length, start, stop, step);
          if (expected.length === 0) {
            expect(failure(() => selectIndex({ name: 'x', length }, selector)).message).toContain('selects nothing');
            return;
          }
          const { runs, drop } = selectIndex({ name: 'x', length }, selector);
          expect(drop).toBe(false);
          expect(runs.flatMap((run) => Array.from({ length: run.count }, (_, i) => run.start + i * run.step))).toEqual(
            expected,
          );
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each([
    [0, 0],
    [-1, 9],
    [9, 9],
  ])('index %i is element %i, and its axis is dropped', (index, start) => {
    expect(selectIndex({ name: 'x', length: 10 }, index)).toEqual({ runs: [{ start, step: 1, count: 1 }], drop: true });
  });

  test.each([10, -11, 1.5])('index %d is outside', (index) => {
    const { message } = failure(() => selectIndex({ name: 'x', length: 10 }, index));
    expect(message).toBe(`x=${index} is outside: the axis has the indexes 0 to 9, step 1`);
  });

  test('a step of 0 is refused', () => {
    expect(failure(() => selectIndex({ name: 'x', length: 3 }, { step: 0 })).message).toContain('leads nowhere');
  });
});

describe('parseIndexSelectors()', () => {
  test('reads what numpy would', () => {
    const found = parseIndexSelectors(['time=3,lat=::2', 'lon=-10:', 'z=5:1:-2', ' a = 1:2 ']);
    expect([...found]).toEqual([
      ['time', 3],
      ['lat', { step: 2 }],
      ['lon', { start: -10 }],
      ['z', { start: 5, stop: 1, step: -2 }],
      ['a', { start: 1, stop: 2 }],
    ]);
  });

  test.each([
    'time',
    '=3',
    'time=',
    'time=a',
    'time=1:2:3:4',
    'time=1.5',
    'time=99999999999999999999',
    'a=1,',
    'a=1,a=2',
  ])('%j is refused', (text) => expect(failure(() => parseIndexSelectors([text])).message).toContain('--isel'));
});

describe('parseLabelSelectors()', () => {
  test.each([
    ['lat=51.5', { value: '51.5', nearest: false }],
    ['lat=~51.5', { value: '51.5', nearest: true }],
    ['lat=60:50', { from: '60', to: '50' }],
    ['lat=-10:-5.5', { from: '-10', to: '-5.5' }],
    ['lat=:50', { from: undefined, to: '50' }],
    ['lat=50:', { from: '50', to: undefined }],
    ['t=2001', { value: '2001', nearest: false }],
    ['t=2001:2010', { from: '2001', to: '2010' }],
    ['t=2001-03-04T06:30', { value: '2001-03-04T06:30', nearest: false }],
    ['t=2001-03-04T06:30:15.5', { value: '2001-03-04T06:30:15.5', nearest: false }],
    ['t=2001-03-04T06:2001-03-05', { from: '2001-03-04T06', to: '2001-03-05' }],
    ['t=2001-03-04T06:30:2001-03-05T07:15', { from: '2001-03-04T06:30', to: '2001-03-05T07:15' }],
    ['t=2001-03:', { from: '2001-03', to: undefined }],
    ['t=:2001-03-04T06:30', { from: undefined, to: '2001-03-04T06:30' }],
    ['name=London', { value: 'London', nearest: false }],
    ['name=a:b', { from: 'a', to: 'b' }],
  ])('%s', (text, selector) => expect([...parseLabelSelectors([text]).values()]).toEqual([selector]));

  test.each(['lat', 'lat=', 'lat=~', 'lat=1:2:3', 'lat=1,lat=2'])('%j is refused', (text) => {
    expect(failure(() => parseLabelSelectors([text])).message).toContain('--sel');
  });
});

test('runsOf() joins neighbours, in either direction', () => {
  expect(runsOf([5, 6, 7, 0, 1, 9, 8, 3])).toEqual([
    { start: 5, step: 1, count: 3 },
    { start: 0, step: 1, count: 2 },
    { start: 9, step: -1, count: 2 },
    { start: 3, step: 1, count: 1 },
  ]);
});
