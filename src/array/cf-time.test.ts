import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { isLsioError } from '../errors.js';
import { dateOfDay, dayNumber } from './calendar.js';
import { instantOf, instantText, isTimeUnits, parsePeriod, parseTimeUnits } from './cf-time.js';
import { parseExactJson } from './exact-json.js';

type Case = [units: string, calendar: string, value: number | bigint, text: string];

const SCRIPT = path.resolve(import.meta.dirname, '../../scripts/fixtures/cf-time.py');
const PYTHON = process.env.LSIO_PYTHON ?? '/usr/bin/python3';
const LONG_CASES = 1_000_000;

/**
 * Undefined where we and cftime agree. A float may round to the next microsecond: cftime counts in 80-bit floats. So may a
 * fraction in the units, which cftime cuts off after it has become a float: of .51684 it makes 516839.
 */
function difference(line: string): string | undefined {
  const [units, calendar, value, expected] = parseExactJson(line) as unknown as Case;
  const time = parseTimeUnits(units, calendar);
  const instant = instantOf(time, value)!;
  const isExact = (Number.isInteger(value) || typeof value === 'bigint') && !/\.\d/.test(units);
  const around = isExact ? [0n] : [0n, -1000n, 1000n];
  const texts = around.map((ns) => padded(instantText(time.calendar, instant + ns)));
  return texts.includes(padded(expected)) ? undefined : `${line}: ${texts[0]}`;
}

/** With six decimals. */
function padded(text: string): string {
  const [whole = '', decimals = ''] = text.split('.');
  return `${whole}.${decimals.padEnd(6, '0')}`;
}

describe('parseTimeUnits(), instantOf(), instantText()', () => {
  test('decode what cftime decodes, in all calendars', () => {
    const lines = readFileSync(path.join(import.meta.dirname, 'cf-time.fixture.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(lines).toHaveLength(800);
    expect(lines.map(difference).filter((found) => found !== undefined)).toEqual([]);
  });

  const whyNotLong =
    process.env.LSIO_LONG !== '1'
      ? 'only with LSIO_LONG=1'
      : spawnSync(PYTHON, ['-c', 'import cftime']).status !== 0
        ? `${PYTHON} has no cftime: apt-get install python3-cftime`
        : undefined;
  test.skipIf(whyNotLong !== undefined)(
    `decode ${LONG_CASES} cases as cftime does${whyNotLong === undefined ? '' : ` (${whyNotLong})`}`,
    async () => {
      const seed = String(Date.now() % 1e6);
      const python = spawn(PYTHON, [SCRIPT, '--count', String(LONG_CASES), '--seed', seed]);
      let count = 0;
      const found: string[] = [];
      for await (const line of createInterface(python.stdout)) {
        count += 1;
        const different = difference(line);
        if (different !== undefined && found.length < 10) found.push(different);
      }
      expect(found, `seed ${seed}`).toEqual([]);
      expect(count).toBe(LONG_CASES);
    },
    600_000,
  );

  test('keep nanoseconds of whole numbers', () => {
    const time = parseTimeUnits('nanoseconds since 1970-01-01');
    expect(instantText(time.calendar, instantOf(time, 1_700_000_000_123_456_789n)!)).toBe(
      '2023-11-14T22:13:20.123456789',
    );
  });

  test('give no instant for NaN and infinities', () => {
    const time = parseTimeUnits('days since 2000-01-01');
    expect([Number.NaN, Number.POSITIVE_INFINITY].map((value) => instantOf(time, value))).toEqual([
      undefined,
      undefined,
    ]);
  });

  test.each([
    ['months since 2000-01-01', 'standard', 'months and years differ in length'],
    ['fortnights since 2000-01-01', 'standard', 'not understood'],
    ['days since yesterday', 'standard', 'no date of the calendar'],
    ['days since 2000-02-30', 'noleap', 'no date of the calendar'],
    ['days since 1582-10-10', 'standard', 'no date of the calendar'],
    ['days since 0000-01-01', 'standard', 'no date of the calendar'],
    ['days since 2000-01-01 25:00', 'standard', 'no date of the calendar'],
    ['days since 2000-01-01', 'martian', 'none of standard'],
  ])('refuse %j in the calendar %s', (units, calendar, message) => {
    let error: unknown;
    try {
      parseTimeUnits(units, calendar);
    } catch (caught) {
      error = caught;
    }
    expect(isLsioError(error, 'format') && error.message).toContain(message);
  });

  test('months of 30 days are a unit', () => {
    const time = parseTimeUnits('months since 2000-01-01', '360_day');
    expect(instantText(time.calendar, instantOf(time, 14)!)).toBe('2001-03-01T00:00:00');
  });
});

describe('isTimeUnits()', () => {
  test.each([
    ['hours since 1970-01-01', true],
    ['K', false],
    ['days', false],
    [undefined, false],
    [3, false],
  ])('%j: %j', (units, is) => expect(isTimeUnits(units)).toBe(is));
});

describe('parsePeriod()', () => {
  test.each([
    ['2001', '2001-01-01T00:00:00', '2002-01-01T00:00:00', false],
    ['2001-12', '2001-12-01T00:00:00', '2002-01-01T00:00:00', false],
    ['2001-02', '2001-02-01T00:00:00', '2001-03-01T00:00:00', false],
    ['2001-03-04', '2001-03-04T00:00:00', '2001-03-05T00:00:00', false],
    ['2001-03-04T06', '2001-03-04T06:00:00', '2001-03-04T07:00:00', true],
    ['2001-03-04 06:30', '2001-03-04T06:30:00', '2001-03-04T06:31:00', true],
    ['2001-03-04T06:30:15Z', '2001-03-04T06:30:15', '2001-03-04T06:30:16', true],
    ['2001-03-04T06:30:15.25', '2001-03-04T06:30:15.250', '2001-03-04T06:30:15.260', true],
    ['-0001', '-0001-01-01T00:00:00', '0001-01-01T00:00:00', false],
  ])('%s', (text, from, to, isInstant) => {
    const period = parsePeriod('standard', text)!;
    expect(instantText('standard', period.fromNs)).toBe(from);
    expect(instantText('standard', period.toNs)).toBe(to);
    expect(period.isInstant).toBe(isInstant);
  });

  test('2001-02-30 is a date of 360 days only', () => {
    expect(parsePeriod('360_day', '2001-02-30')).toBeDefined();
    expect(parsePeriod('noleap', '2001-02-30')).toBeUndefined();
    expect(parsePeriod('standard', 'soon')).toBeUndefined();
  });
});

describe('dayNumber(), dateOfDay()', () => {
  test.each(['standard', 'proleptic_gregorian', 'julian', 'noleap', 'all_leap', '360_day'] as const)(
    'are inverse in %s, day by day',
    (calendar) => {
      const first = dayNumber(calendar, { year: -5, month: 1, day: 1 })!;
      const last = dayNumber(calendar, { year: 2405, month: 1, day: 1 })!;
      for (let day = first; day < last; day += 1) {
        const date = dateOfDay(calendar, day);
        if (dayNumber(calendar, date) !== day) throw new Error(`${calendar}: day ${day} is ${JSON.stringify(date)}`);
      }
    },
  );
});
