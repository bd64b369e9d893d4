import { describe, expect, test } from 'vitest';
import { isLsioError, type LsioError } from '../errors.js';
import { instantOf, parseTimeUnits } from './cf-time.js';
import { type Labels, selectLabels } from './labels.js';
import { parseLabelSelectors } from './selection-text.js';

function indexes(labels: Labels, text: string): number[] | number {
  const { runs, drop } = selectLabels('x', labels, parseLabelSelectors([`x=${text}`]).get('x')!);
  const all = runs.flatMap(({ start, step, count }) => Array.from({ length: count }, (_, i) => start + i * step));
  return drop ? all[0]! : all;
}

function failure(labels: Labels, text: string): LsioError {
  try {
    indexes(labels, text);
  } catch (error) {
    if (isLsioError(error, 'usage')) return error;
    throw error;
  }
  throw new Error('no failure');
}

function numbers(values: ArrayLike<number>, isLongitude = false): Labels {
  return { kind: 'number', values, isLongitude };
}

function steps(from: number, step: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i * step);
}

const up = numbers(steps(0, 10, 10));
const down = numbers(steps(90, -10, 10));

describe('selectLabels(), numbers', () => {
  test.each([
    [up, '30', 3],
    [down, '30', 6],
    [up, '~33', 3],
    [up, '~36', 4],
    [up, '~-5', 0],
    [up, '~95', 9],
    [up, '20:40', [2, 3, 4]],
    [up, '40:20', [2, 3, 4]],
    [down, '20:40', [5, 6, 7]],
    [down, '40:20', [5, 6, 7]],
    [up, '15:45', [2, 3, 4]],
    [up, '70:', [7, 8, 9]],
    [up, ':10', [0, 1]],
    [down, '10:', [8, 9]],
    [down, ':80', [0, 1]],
    [up, '0:0', [0]],
    [up, '-100:1000', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ])('%j %s', (labels, text, expected) => expect(indexes(labels, text)).toEqual(expected));

  test('decimals match what float32 and float64 made of them', () => {
    const float32 = numbers(Float32Array.from({ length: 5 }, (_, i) => 50.1 + i * 0.1));
    expect(indexes(float32, '50.3')).toBe(2);
    expect(indexes(float32, '50.2:50.4')).toEqual([1, 2, 3]);
    expect(indexes(numbers(steps(0, 0.1, 5)), '0.3')).toBe(3);
    expect(indexes(numbers(steps(0, 0.1, 5)), '0.1:0.3')).toEqual([1, 2, 3]);
  });

  test.each([
    [up, '35', 'x=35 is not on the axis: it goes from 0 to 90, step 10'],
    [up, '~96', 'x=~96'.replace('~', '')],
    [up, '41:49', 'x=41:49 selects nothing: it goes from 0 to 90, step 10'],
    [up, '100:200', 'selects nothing'],
    [up, 'abc', '"abc" is not a number'],
    [numbers([]), '1', 'the axis is empty'],
    [numbers([7]), '~8', 'its only label is 7'],
    [numbers([1, 3, 2]), '1', '3 at 1, 2 at 2'],
    [numbers([1, 2, 2]), '1', '2 at 1, 2 at 2'],
    [numbers([1, Number.NaN, 3]), '1', 'at 1'],
    [numbers([Number.NaN]), '1', 'at 0'],
  ])('%j %s is refused', (labels, text, message) => expect(failure(labels, text).message).toContain(message));
});

describe('selectLabels(), longitudes', () => {
  const from0 = numbers(steps(0, 30, 12), true);
  const from180 = numbers(steps(-180, 30, 12), true);

  test.each([
    [from0, '-30:60', [11, 0, 1, 2]],
    [from0, '330:60', [11, 0, 1, 2]],
    [from0, '30:90', [1, 2, 3]],
    [from180, '330:60', [5, 6, 7, 8]],
    [from180, '150:-150', [11, 0, 1]],
    [from180, '150:210', [11, 0, 1]],
    [from0, '0:360', steps(0, 1, 12)],
    [from0, '-180:180', steps(0, 1, 12)],
    [from0, '90:', steps(3, 1, 9)],
    [from0, '-30', 11],
    [from180, '330', 5],
    [from0, '~-10', 0],
    [from0, '~359', 0],
    [from180, '~200', 1],
    [numbers(steps(330, -30, 12), true), '30:90', [8, 9, 10]],
  ])('%j %s', (labels, text, expected) => expect(indexes(labels, text)).toEqual(expected));

  test('a region without longitudes is refused', () => {
    expect(failure(from0, '31:59').message).toContain('selects nothing');
  });
});

describe('selectLabels(), times', () => {
  const units = parseTimeUnits('hours since 2001-02-27', 'noleap');
  const times: Labels = {
    kind: 'time',
    calendar: units.calendar,
    values: steps(0, 6, 20).map((value) => instantOf(units, value)!),
  };
  const backwards: Labels = { ...times, values: [...times.values].reverse() } as Labels;

  test.each([
    [times, '2001-02-28T06', 5],
    [times, '2001-02-28T06:00:00', 5],
    [times, '~2001-02-28T08', 5],
    [times, '2001-02-28', [4, 5, 6, 7]],
    [times, '2001-02', steps(0, 1, 8)],
    [times, '2001', steps(0, 1, 20)],
    [times, '2001-02-28:2001-03', steps(4, 1, 16)],
    [times, '2001-02-28T12:2001-03-01T06', [6, 7, 8, 9]],
    [times, '2001-03-01T06:2001-02-28T12', [6, 7, 8, 9]],
    [times, '2001-03-02:', [12, 13, 14, 15, 16, 17, 18, 19]],
    [times, ':2001-02-27', [0, 1, 2, 3]],
    [backwards, '2001-02-28', [12, 13, 14, 15]],
    [backwards, '2001-02-27:2001-02-28T00', [15, 16, 17, 18, 19]],
    [backwards, '2001-02-28:', steps(12, 1, 8)],
  ])('%j %s'.replace('%j', ''), (labels, text, expected) => expect(indexes(labels, text)).toEqual(expected));

  test.each([
    ['2001-02-28T07', 'not on the axis: it goes from 2001-02-27T00:00:00 to 2001-03-03T18:00:00, step 6 hours'],
    ['2000', 'selects nothing'],
    ['2001-02-29', 'is no date of the calendar noleap'],
    ['5', 'selects nothing'],
    ['yesterday', 'is no date'],
  ])('%s is refused', (text, message) => expect(failure(times, text).message).toContain(message));
});

describe('selectLabels(), text', () => {
  const names: Labels = { kind: 'text', values: ['oslo', 'rome', 'bonn', 'kyiv'] };

  test.each([
    ['rome', 1],
    ['rome:kyiv', [1, 2, 3]],
    ['kyiv:rome', [1, 2, 3]],
    [':rome', [0, 1]],
  ])('%s', (text, expected) => expect(indexes(names, text)).toEqual(expected));

  test.each(['paris', '~rome', 'oslo:paris'])('%s is refused', (text) => {
    expect(failure(names, text).message).toMatch(/not among the 4 labels|no nearest/);
  });
});
