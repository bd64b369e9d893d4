import { LsioError } from '../errors.js';
import { instantText, type Period, parsePeriod, type TimeUnits } from './cf-time.js';
import { MonotonicAxis, single } from './monotonic-axis.js';
import { type AxisSelection, runsOf } from './selection.js';
import type { LabelSelector } from './selection-text.js';

/**
 * The labels along an axis, in the order of the axis. `time` labels are instants in nanoseconds, as cf-time.ts gives them.
 */
export type Labels =
  | { readonly kind: 'number'; readonly values: ArrayLike<number>; readonly isLongitude: boolean }
  | { readonly kind: 'time'; readonly values: readonly bigint[]; readonly calendar: TimeUnits['calendar'] }
  | { readonly kind: 'text'; readonly values: readonly string[] };

const WHOLE_CIRCLE = 360;
/** A decimal that is written and the label that is stored for it, or computed, differ by less, relative to 1 or more. */
const FLOAT32_TOLERANCE = 2 ** -23;
const FLOAT64_TOLERANCE = 2 ** -44;

/**
 * What a label or a range of labels means along an axis.
 *
 * - A value must be there; a date without a time of day takes all that lies in its day, month or year, and keeps the axis.
 * - `nearest` takes the closest label, at most half a step away.
 * - A range includes both ends and may be given in either direction; the result is in the axis' own order. Along
 *   longitudes it goes eastwards from the first to the second, across the axis' end where it must.
 *
 * @throws {LsioError} `usage` when nothing is selected, a label is of another kind than the axis', or the axis is not
 * strictly ascending or descending.
 */
export function selectLabels(name: string, labels: Labels, selector: LabelSelector): AxisSelection {
  if (labels.values.length === 0) throw new LsioError('usage', `${name}: the axis is empty`);
  if (labels.kind === 'text') return selectText(name, labels.values, selector);
  return labels.kind === 'time' ? selectTime(name, labels, selector) : selectNumber(name, labels, selector);
}

function selectNumber(name: string, labels: Labels & { kind: 'number' }, selector: LabelSelector): AxisSelection {
  const axis = new MonotonicAxis(name, labels.values, String);
  if ('value' in selector) {
    const value = numberLabel(name, selector.value);
    const same = labels.isLongitude ? [value, value - WHOLE_CIRCLE, value + WHOLE_CIRCLE] : [value];
    if (selector.nearest) return axis.nearest(same, selector.value);
    for (const label of same) {
      const index = axis.indexNear(label);
      if (Math.abs(Number(axis.values[index]) - label) <= tolerance(labels.values, label)) return single(index);
    }
    throw axis.absent(selector.value);
  }
  const [from, to] = [selector.from, selector.to].map((text) => {
    return text === undefined ? undefined : numberLabel(name, text);
  });
  const text = rangeText(selector);
  if (from === undefined || to === undefined) {
    // An open end stays on its side of the axis: `60:` of a descending axis is 60 and below.
    const [low, high] = axis.ascending ? [from, to] : [to, from];
    return axis.range(widened(labels.values, low, -1), widened(labels.values, high, 1), text);
  }
  if (labels.isLongitude) return eastwards(axis, from, to, text);
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  return axis.range(widened(labels.values, low, -1), widened(labels.values, high, 1), text);
}

function selectTime(name: string, labels: Labels & { kind: 'time' }, selector: LabelSelector): AxisSelection {
  const { calendar } = labels;
  const axis = new MonotonicAxis(name, labels.values, (instant) => instantText(calendar, BigInt(instant)));
  function period(text: string): Period {
    const found = parsePeriod(calendar, text);
    if (found !== undefined) return found;
    throw new LsioError('usage', `${name}: ${JSON.stringify(text)} is no date of the calendar ${calendar}`, {
      remedy: 'write 2001, 2001-03, 2001-03-04 or 2001-03-04T06:00',
    });
  }
  if ('value' in selector) {
    const { fromNs, toNs, isInstant } = period(selector.value);
    if (selector.nearest) return axis.nearest([fromNs], selector.value);
    if (!isInstant) return axis.range(fromNs, toNs - 1n, selector.value);
    const index = axis.indexNear(fromNs);
    if (axis.values[index] !== fromNs) throw axis.absent(selector.value);
    return single(index);
  }
  const from = selector.from === undefined ? undefined : period(selector.from);
  const to = selector.to === undefined ? undefined : period(selector.to);
  const backwards = from !== undefined && to !== undefined ? from.fromNs > to.fromNs : !axis.ascending;
  const [low, high] = backwards ? [to, from] : [from, to];
  return axis.range(low?.fromNs, high === undefined ? undefined : high.toNs - 1n, rangeText(selector));
}

function selectText(name: string, values: readonly string[], selector: LabelSelector): AxisSelection {
  function indexOf(text: string): number {
    const index = values.indexOf(text);
    if (index >= 0) return index;
    const known = `the axis goes from ${JSON.stringify(values[0])} to ${JSON.stringify(values.at(-1))}`;
    throw new LsioError('usage', `${name}=${text} is not among the ${values.length} labels: ${known}`);
  }
  if ('value' in selector) {
    if (selector.nearest) throw new LsioError('usage', `${name}: text has no nearest label`);
    return single(indexOf(selector.value));
  }
  const from = selector.from === undefined ? 0 : indexOf(selector.from);
  const to = selector.to === undefined ? values.length - 1 : indexOf(selector.to);
  return { runs: [{ start: Math.min(from, to), step: 1, count: Math.abs(to - from) + 1 }], drop: false };
}

/** From west to east: the labels between, in the order in which they are met. */
function eastwards(axis: MonotonicAxis, west: number, east: number, text: string): AxisSelection {
  const { values } = axis;
  const width = east >= west ? east - west : modulo(east - west);
  const slack = Math.max(tolerance(values, west), tolerance(values, east));
  const met: { readonly index: number; readonly offset: number }[] = [];
  for (let index = 0; index < values.length; index++) {
    // A stored label may lie a hair west of the decimal that was written.
    const offset = modulo(Number(values[index]) - west + slack) - slack;
    if (offset <= width + slack) met.push({ index, offset });
  }
  if (met.length === 0) throw axis.nothing(text);
  // What covers the whole circle, or doesn't cross the axis' end, stays in the axis' order.
  const crosses = !isSorted(met, axis.ascending ? 1 : -1);
  if (width < WHOLE_CIRCLE && crosses) met.sort((a, b) => a.offset - b.offset);
  return { runs: runsOf(met.map(({ index }) => index)), drop: false };
}

function isSorted(met: readonly { readonly offset: number }[], sign: number): boolean {
  return met.every(({ offset }, i) => i === 0 || (offset - met[i - 1]!.offset) * sign > 0);
}

function modulo(degrees: number): number {
  return degrees - Math.floor(degrees / WHOLE_CIRCLE) * WHOLE_CIRCLE;
}

function tolerance(labels: ArrayLike<unknown>, value: number): number {
  return Math.max(1, Math.abs(value)) * (labels instanceof Float32Array ? FLOAT32_TOLERANCE : FLOAT64_TOLERANCE);
}

function numberLabel(name: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new LsioError('usage', `${name}: ${JSON.stringify(text)} is not a number, as the axis' labels are`);
}

function widened(labels: ArrayLike<unknown>, end: number | undefined, sign: 1 | -1): number | undefined {
  return end === undefined ? undefined : end + sign * tolerance(labels, end);
}

function rangeText({ from = '', to = '' }: { readonly from: string | undefined; readonly to: string | undefined }) {
  return `${from}:${to}`;
}
