import { LsioError } from '../errors.js';
import { type Calendar, calendarNamed, dateOfDay, dateText, dayNumber, hasYearZero } from './calendar.js';

/** What a number on a time axis means: `units` and `calendar` of the CF conventions, understood. */
export interface TimeUnits {
  readonly calendar: Calendar;
  /** One step, in nanoseconds. */
  readonly stepNs: bigint;
  /** Where numbers are counted from: an instant, as {@link instantOf} gives them. */
  readonly epochNs: bigint;
}

/** The time that a date stands for, as far as it is given: `2001-03` is all of March. Both in nanoseconds. */
export interface Period {
  readonly fromNs: bigint;
  /** Exclusive. */
  readonly toNs: bigint;
  /** The date has a time of day: it means its beginning, except at the end of a range. */
  readonly isInstant: boolean;
}

const DAY_NS = 86_400_000_000_000n;
const SECOND_NS = 1_000_000_000n;
const STEPS: readonly (readonly [names: string, stepNs: bigint])[] = [
  ['day days d', DAY_NS],
  ['hour hours hr hrs h', 3600n * SECOND_NS],
  ['minute minutes min mins', 60n * SECOND_NS],
  ['second seconds sec secs s', SECOND_NS],
  ['millisecond milliseconds millisec millisecs msec msecs ms', 1_000_000n],
  ['microsecond microseconds microsec microsecs', 1000n],
  ['nanosecond nanoseconds', 1n],
];
const CALENDARS = 'standard, proleptic_gregorian, julian, noleap, all_leap and 360_day';
const REFERENCE =
  /^([+-]?\d{1,9})-(\d{1,2})(?:-(\d{1,2}))?(?:[T ]\s*(\d{1,2})(?::(\d{1,2}))?(?::(\d{1,2})(?:\.(\d*))?)?)?\s*(Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?$/i;

/** Whether an attribute `units` is one of time: `hours since 1970-01-01`. */
export function isTimeUnits(units: unknown): units is string {
  return typeof units === 'string' && /^\s*\S+\s+since\s+\S/i.test(units);
}

/**
 * Understands `units` such as `hours since 1970-01-01 00:00:00` and a `calendar`, which is `standard` if absent.
 *
 * @throws {LsioError} `format`, naming what is not understood.
 * @see https://cfconventions.org/Data/cf-conventions/cf-conventions-1.11/cf-conventions.html#time-coordinate
 */
export function parseTimeUnits(units: string, calendarName = 'standard'): TimeUnits {
  const calendar = calendarNamed(calendarName);
  if (calendar === undefined) {
    throw new LsioError('format', `calendar ${JSON.stringify(calendarName)} is none of ${CALENDARS}`);
  }
  const [, step = '', reference = ''] = /^\s*(\S+)\s+since\s+(.*?)\s*$/i.exec(units) ?? [];
  const stepNs = stepOf(step.toLowerCase(), calendar);
  if (stepNs === undefined) {
    const why = /^(month|year)s?$/i.test(step) ? ': months and years differ in length' : '';
    throw new LsioError('format', `time units ${JSON.stringify(units)} are not understood${why}`);
  }
  const epochNs = parseReference(reference, calendar);
  if (epochNs === undefined) {
    const what = `no date of the calendar ${calendar}`;
    throw new LsioError('format', `time units ${JSON.stringify(units)}: ${JSON.stringify(reference)} is ${what}`);
  }
  return { calendar, stepNs, epochNs };
}

function stepOf(name: string, calendar: Calendar): bigint | undefined {
  if (calendar === '360_day' && /^months?$/.test(name)) return 30n * DAY_NS;
  return STEPS.find(([names]) => names.split(' ').includes(name))?.[1];
}

function parseReference(text: string, calendar: Calendar): bigint | undefined {
  const match = REFERENCE.exec(text);
  if (match === null) return undefined;
  const [, year = '', month = '', day = '1', hour = '0', minute = '0', second = '0', fraction = '', zone = ''] = match;
  const date = dayOf(calendar, Number(year), Number(month), Number(day));
  const clock = clockNs(hour, minute, second, fraction);
  if (date === undefined || clock === undefined) return undefined;
  const [, sign, zoneHours = '0', zoneMinutes = '0'] = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(zone) ?? [];
  const offset = BigInt(Number(zoneHours) * 60 + Number(zoneMinutes)) * 60n * SECOND_NS;
  return BigInt(date) * DAY_NS + clock - (sign === '-' ? -offset : offset);
}

/** @param year as it is written: without a year 0 the year before 1 is written -1. */
function dayOf(calendar: Calendar, year: number, month: number, day: number): number | undefined {
  if (!hasYearZero(calendar) && year === 0) return undefined;
  const astronomical = !hasYearZero(calendar) && year < 0 ? year + 1 : year;
  return dayNumber(calendar, { year: astronomical, month, day });
}

function clockNs(hour: string, minute: string, second: string, fraction: string): bigint | undefined {
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  return BigInt(seconds) * SECOND_NS + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

/**
 * The instant of a number on the axis, in nanoseconds from the calendar's day 0; undefined for NaN and infinities. Whole
 * numbers are exact. What a fraction adds is rounded to microseconds, as a double has no more: 0.1 days are 8640 s.
 */
export function instantOf({ stepNs, epochNs }: TimeUnits, value: number | bigint): bigint | undefined {
  if (typeof value === 'bigint') return epochNs + value * stepNs;
  if (!Number.isFinite(value)) return undefined;
  const whole = Math.trunc(value);
  const fraction = value - whole;
  const exact = epochNs + BigInt(whole) * stepNs;
  if (fraction === 0) return exact;
  return exact + BigInt(Math.round((fraction * Number(stepNs)) / 1000)) * 1000n;
}

/** ISO text of an instant: `2001-03-04T06:00:00`, with 3, 6 or 9 decimals where they are needed. */
export function instantText(calendar: Calendar, instantNs: bigint): string {
  const day = floorDivide(instantNs, DAY_NS);
  const rest = instantNs - day * DAY_NS;
  const { year, month, day: dayOfMonth } = dateOfDay(calendar, Number(day));
  const written = !hasYearZero(calendar) && year <= 0 ? year - 1 : year;
  const seconds = Number(rest / SECOND_NS);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const decimals = String(rest % SECOND_NS)
    .padStart(9, '0')
    .replace(/(?:000){1,3}$/, '');
  const time = clock.map((part) => String(part).padStart(2, '0')).join(':');
  return `${dateText({ year: written, month, day: dayOfMonth })}T${time}${decimals === '' ? '' : `.${decimals}`}`;
}

/**
 * The period that a date means in a calendar: `2001`, `2001-03`, `2001-03-04`, `2001-03-04T06`, … down to a fraction of a
 * second.
 *
 * @returns undefined for what is no date of the calendar.
 */
export function parsePeriod(calendar: Calendar, text: string): Period | undefined {
  const match =
    /^([+-]?\d{1,9})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?Z?)?)?)?$/.exec(text);
  if (match === null) return undefined;
  const [, years = '', month, date, hour, minute, second, fraction] = match;
  const year = Number(years);
  const from = dayOf(calendar, year, Number(month ?? 1), Number(date ?? 1));
  const clock = clockNs(hour ?? '0', minute ?? '0', second ?? '0', fraction ?? '');
  if (from === undefined || clock === undefined) return undefined;
  const fromNs = BigInt(from) * DAY_NS + clock;
  if (date === undefined) {
    const toNs = BigInt(nextMonth(calendar, year, month === undefined ? 12 : Number(month))) * DAY_NS;
    return { fromNs, toNs, isInstant: false };
  }
  if (fraction !== undefined) return { fromNs, toNs: fromNs + 10n ** BigInt(9 - fraction.length), isInstant: true };
  const lengthS = second !== undefined ? 1n : minute !== undefined ? 60n : hour !== undefined ? 3600n : 86_400n;
  return { fromNs, toNs: fromNs + lengthS * SECOND_NS, isInstant: hour !== undefined };
}

/** The first day after a month. */
function nextMonth(calendar: Calendar, year: number, month: number): number {
  const nextYear = year === -1 && !hasYearZero(calendar) ? 1 : year + 1;
  return (month === 12 ? dayOf(calendar, nextYear, 1, 1) : dayOf(calendar, year, month + 1, 1)) ?? 0;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}
