import { expect, test } from 'vitest';
import { parsePeriod } from '../array/cf-time.js';
import { groupTimes } from './groups.js';

const instants = (calendar: 'standard' | 'noleap' | '360_day', ...texts: string[]): bigint[] =>
  texts.map((text) => parsePeriod(calendar, text)!.fromNs);

test('groupTimes() names the groups that occur, ascending', () => {
  const times = instants('standard', '2001-12-31T23:00', '2000-02-29', '2001-03-01T06:30', '2000-12-31');
  const of = (field: Parameters<typeof groupTimes>[2]) => {
    const { keys, indexes } = groupTimes('standard', times, field);
    return [keys, [...indexes]];
  };
  expect(of('year')).toEqual([
    [2000, 2001],
    [1, 0, 1, 0],
  ]);
  expect(of('month')).toEqual([
    [2, 3, 12],
    [2, 0, 1, 2],
  ]);
  expect(of('hour')).toEqual([
    [0, 6, 23],
    [2, 0, 1, 0],
  ]);
  expect(of('dayofyear')).toEqual([
    [60, 365, 366],
    [1, 0, 0, 2],
  ]);
  expect(of('season')).toEqual([
    ['DJF', 'MAM'],
    [0, 0, 1, 0],
  ]);
});

test('groupTimes() follows the calendar, also before its first day', () => {
  expect(groupTimes('noleap', instants('noleap', '2000-03-01'), 'dayofyear').keys).toEqual([60]);
  expect(groupTimes('360_day', instants('360_day', '2000-02-30'), 'month').keys).toEqual([2]);
  expect(groupTimes('standard', instants('standard', '1582-10-15', '1582-10-04'), 'dayofyear').keys).toEqual([
    277, 278,
  ]);
  expect(groupTimes('standard', instants('standard', '1582-10-04T23:59', '0001-01-01'), 'hour').keys).toEqual([0, 23]);
});
