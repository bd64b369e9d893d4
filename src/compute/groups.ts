import { type Calendar, type CalendarDate, dateOfDay, dayNumber } from '../array/calendar.js';

/** What time steps can be grouped by, as in xarray's `time.month`. */
export const GROUP_FIELDS = ['year', 'month', 'hour', 'dayofyear', 'season'] as const;

export type GroupField = (typeof GROUP_FIELDS)[number];

/** Seasons in the order of the year that begins in December. */
const SEASONS = ['DJF', 'MAM', 'JJA', 'SON'] as const;
const DAY_NS = 86_400_000_000_000n;
const HOUR_NS = 3_600_000_000_000n;

/** Which group each time step belongs to. Groups that do not occur are left out. */
export interface Groups {
  readonly field: GroupField;
  /** Ascending: the months, years …, or the names of seasons. */
  readonly keys: readonly (number | string)[];
  /** For each time step the index of its key. */
  readonly indexes: Int32Array;
}

/** @param instants in nanoseconds of that calendar, as the time labels are. */
export function groupTimes(calendar: Calendar, instants: readonly bigint[], field: GroupField): Groups {
  const numbers = instants.map((instant) => groupNumber(calendar, instant, field));
  const present = [...new Set(numbers)].sort((a, b) => a - b);
  const places = new Map(present.map((number, index) => [number, index]));
  return {
    field,
    keys: field === 'season' ? present.map((number) => SEASONS[number]!) : present,
    indexes: Int32Array.from(numbers, (number) => places.get(number)!),
  };
}

function groupNumber(calendar: Calendar, instant: bigint, field: GroupField): number {
  const inDay = ((instant % DAY_NS) + DAY_NS) % DAY_NS;
  if (field === 'hour') return Number(inDay / HOUR_NS);
  const day = Number((instant - inDay) / DAY_NS);
  const date = dateOfDay(calendar, day);
  switch (field) {
    case 'year':
      return date.year;
    case 'month':
      return date.month;
    case 'season':
      return Math.floor((date.month % 12) / 3);
    case 'dayofyear':
      return dayOfYear(calendar, day, date);
  }
}

function dayOfYear(calendar: Calendar, day: number, { year }: CalendarDate): number {
  return day - dayNumber(calendar, { year, month: 1, day: 1 })! + 1;
}
