/**
 * The calendars of the CF conventions. A day has a number, from a first day that each calendar chooses for itself: only
 * differences within one calendar mean something. In `proleptic_gregorian` and `standard` day 0 is 1970-01-01.
 */
export type Calendar = 'standard' | 'proleptic_gregorian' | 'julian' | 'noleap' | 'all_leap' | '360_day';

export interface CalendarDate {
  /** Astronomical: the year before 1 is 0. Calendars without a year 0 write it as -1. */
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
}

const NAMES: Readonly<Record<string, Calendar>> = {
  standard: 'standard',
  gregorian: 'standard',
  proleptic_gregorian: 'proleptic_gregorian',
  julian: 'julian',
  noleap: 'noleap',
  '365_day': 'noleap',
  all_leap: 'all_leap',
  '366_day': 'all_leap',
  '360_day': '360_day',
};

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Days from 0000-03-01 to 1970-01-01. */
const GREGORIAN_SHIFT = 719_468;
/** The Julian calendar's 0000-03-01 is two days before the Gregorian one's. */
const JULIAN_SHIFT = GREGORIAN_SHIFT + 2;
/** 1582-10-15, the first day of the Gregorian calendar, counted from 1970-01-01. */
const SWITCH_DAY = -141_427;

/** The calendar that an attribute names, undefined if there is none of that name. CF's default is `standard`. */
export function calendarNamed(name: string): Calendar | undefined {
  const lower = name.toLowerCase();
  return Object.hasOwn(NAMES, lower) ? NAMES[lower] : undefined;
}

/** Whether the year before 1 is 0, as cftime has it. */
export function hasYearZero(calendar: Calendar): boolean {
  return calendar !== 'standard' && calendar !== 'julian';
}

/** The number of a day; undefined if the calendar has no such day. */
export function dayNumber(calendar: Calendar, { year, month, day }: CalendarDate): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > monthDays(calendar, year, month)) return undefined;
  switch (calendar) {
    case 'proleptic_gregorian':
      return gregorianDay(year, month, day);
    case 'julian':
      return julianDay(year, month, day);
    case 'standard': {
      const gregorian = gregorianDay(year, month, day);
      if (gregorian >= SWITCH_DAY) return gregorian;
      const julian = julianDay(year, month, day);
      // 1582-10-05 to 1582-10-14 were left out.
      return julian < SWITCH_DAY ? julian : undefined;
    }
    case '360_day':
      return year * 360 + (month - 1) * 30 + day - 1;
    default: {
      let number = year * (calendar === 'noleap' ? 365 : 366) + day - 1;
      for (let before = 1; before < month; before++) number += monthDays(calendar, year, before);
      return number;
    }
  }
}

/** The date of a day, the inverse of {@link dayNumber}. */
export function dateOfDay(calendar: Calendar, number: number): CalendarDate {
  switch (calendar) {
    case 'proleptic_gregorian':
      return gregorianDate(number);
    case 'julian':
      return julianDate(number);
    case 'standard':
      return number >= SWITCH_DAY ? gregorianDate(number) : julianDate(number);
    case '360_day': {
      const year = Math.floor(number / 360);
      const rest = number - year * 360;
      return { year, month: Math.floor(rest / 30) + 1, day: (rest % 30) + 1 };
    }
    default: {
      const yearDays = calendar === 'noleap' ? 365 : 366;
      const year = Math.floor(number / yearDays);
      let rest = number - year * yearDays;
      let month = 1;
      for (; rest >= monthDays(calendar, year, month); month++) rest -= monthDays(calendar, year, month);
      return { year, month, day: rest + 1 };
    }
  }
}

/** `2001-03-04` of a day counted from 1970-01-01, in the proleptic Gregorian calendar. */
export function isoDate(number: number): string {
  return dateText(gregorianDate(number));
}

export function dateText({ year, month, day }: CalendarDate): string {
  const years = `${year < 0 ? '-' : ''}${String(Math.abs(year)).padStart(4, '0')}`;
  return `${years}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

function monthDays(calendar: Calendar, year: number, month: number): number {
  if (calendar === '360_day') return 30;
  return (MONTH_DAYS[month - 1] ?? 0) + (month === 2 && isLeap(calendar, year) ? 1 : 0);
}

function isLeap(calendar: Calendar, year: number): boolean {
  if (calendar === 'noleap' || calendar === '360_day') return false;
  if (calendar === 'all_leap') return true;
  const julian = year % 4 === 0;
  if (calendar === 'julian' || (calendar === 'standard' && year <= 1582)) return julian;
  return julian && (year % 100 !== 0 || year % 400 === 0);
}

// Years are counted from March, so that the leap day is the last: H. Hinnant, "chrono-compatible low-level date algorithms".

function marchDay(month: number, day: number): number {
  return Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
}

function marchDate(marchYear: number, dayOfYear: number): CalendarDate {
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: month <= 2 ? marchYear + 1 : marchYear, month, day };
}

function gregorianDay(year: number, month: number, day: number): number {
  const from = month <= 2 ? year - 1 : year;
  const leaps = Math.floor(from / 4) - Math.floor(from / 100) + Math.floor(from / 400);
  return from * 365 + leaps + marchDay(month, day) - GREGORIAN_SHIFT;
}

function gregorianDate(number: number): CalendarDate {
  const shifted = number + GREGORIAN_SHIFT;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const start = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return marchDate(era * 400 + yearOfEra, dayOfEra - start);
}

function julianDay(year: number, month: number, day: number): number {
  const from = month <= 2 ? year - 1 : year;
  return from * 365 + Math.floor(from / 4) + marchDay(month, day) - JULIAN_SHIFT;
}

function julianDate(number: number): CalendarDate {
  const shifted = number + JULIAN_SHIFT;
  const era = Math.floor(shifted / 1461);
  const dayOfEra = shifted - era * 1461;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460)) / 365);
  return marchDate(era * 4 + yearOfEra, dayOfEra - yearOfEra * 365);
}
