import { s32, u32 } from '../octets.js';
import type { Product } from './product.js';
import { operationText, unitText } from './texts.js';

/** Octets of one time range in the statistical block. */
const RANGE_BYTES = 12;
const HOUR = 1;
/** Units that are a number of hours: 3, 6 and 12. */
const HOURS: Readonly<Record<number, number>> = { 10: 3, 11: 6, 12: 12 };
/** Unit, how many make one of the next larger, and that unit. */
const LARGER = [
  [13, 60, 0],
  [0, 60, 1],
  [1, 24, 2],
  [3, 12, 4],
] as const;

interface Span {
  readonly unit: number;
  readonly value: number;
}

interface TimeRange {
  readonly operation: number;
  readonly increment: number;
  readonly length: Span;
  readonly step: Span;
}

/** The time in wgrib2's words: `anl`, `6 hour fcst`, `0-6 hour acc fcst`. */
export function timeText(product: Product, section: Uint8Array, skipsOperation: boolean): string {
  const unit = product.get('indicatorOfUnitOfTimeRange');
  if (unit === undefined) return 'anl';
  const forecast = { unit, value: product.number('forecastTime', 0) };
  const count = product.get('numberOfTimeRange');
  if (count === undefined) return forecast.value === 0 ? 'anl' : `${spanText(forecast)} fcst`;
  const at = product.offsetOf('numberOfTimeRange')! + 5;
  if (count === 0 || count === 255 || at + count * RANGE_BYTES > section.length) return '';
  const ranges = Array.from({ length: count }, (_, i) => rangeAt(section, at + i * RANGE_BYTES));
  const { text, countsMissing } = rangesText(ranges, 0, forecast, skipsOperation);
  if (!countsMissing) return text;
  const missing = product.get('numberOfMissingInStatisticalProcess') ?? 0;
  return `${text},missing=${Number.isNaN(missing) ? -1 : missing}`;
}

function rangeAt(section: Uint8Array, at: number): TimeRange {
  return {
    operation: section[at]!,
    increment: section[at + 1]!,
    length: { unit: section[at + 2]!, value: signedTime(section, at + 3) },
    step: { unit: section[at + 7]!, value: signedTime(section, at + 8) },
  };
}

/** All ones would be the least number, but mean "missing". */
function signedTime(section: Uint8Array, at: number): number {
  return u32(section, at) === 0xffffffff ? 0 : s32(section, at);
}

interface RangeText {
  readonly text: string;
  readonly countsMissing: boolean;
}

function rangesText(ranges: readonly TimeRange[], index: number, forecast: Span, skipsOperation: boolean): RangeText {
  const range = ranges[index]!;
  if (index === ranges.length - 1) return lastRangeText(range, forecast, skipsOperation);
  const { operation, increment, length, step } = range;
  const inner = rangesText(ranges, index + 1, forecast, skipsOperation).text;
  if (step.value === 0) return { text: '', countsMissing: false };
  if (increment === 0 || increment > 5) {
    const reserved = increment === 0 ? 'Code Table 4.11=reserved' : `CodeTable 4.11=${increment}`;
    return { text: `${reserved} ?[${inner}]`, countsMissing: true };
  }
  const [left, right] = [
    ['(', ')'],
    ['(', ')++'],
    [' (', ')--'],
    ['(', ')++'],
    [' ?[', ']'],
  ][increment - 1] as [string, string];
  const simple = simplified(step);
  const head =
    length.unit === step.unit
      ? `${Math.trunc(length.value / step.value) + 1}@${increment === 4 ? '-' : ''}${simple.value} ${unitText(simple.unit)}`
      : `${length.value} ${unitText(length.unit)}s@${step.value} ${unitText(step.unit)}`;
  return { text: `${head} ${operationText(operation)}${left}${inner}${right}`, countsMissing: true };
}

function lastRangeText(range: TimeRange, forecast: Span, skipsOperation: boolean): RangeText {
  const { operation, increment, length, step } = range;
  const name = operationText(operation);
  const plain = (text: string): RangeText => ({ text, countsMissing: false });
  if (increment === 0) return plain('Code Table 4.11=reserved');
  if (increment === 1) return sameLengthText(range, forecast);
  if (increment === 2) {
    const period = periodText(forecast, length, '-');
    if (step.value === 0) return plain(`${period}${skipsOperation && operation === 255 ? '' : ` ${name}`} fcst`);
    const normal = normalized(step);
    return { text: `${period} ${name}@(fcst,dt=${normal.value} ${unitText(normal.unit)})`, countsMissing: true };
  }
  if (increment === 3 && step.value === 0) {
    const back = periodText(forecast, { unit: length.unit, value: -length.value }, ':');
    return plain(`0-${length.value} ${unitText(length.unit)} ${name}(${back} fcst)`);
  }
  if (increment <= 4) {
    return plain(`ensemble ${name}-${increment} valid ${forecast.value} ${unitText(forecast.unit)}`);
  }
  if (increment === 5) return plain(`${periodText(forecast, length, '-')} (subinterval) ${name}`);
  return plain(`Code Table 4.11=${increment}`);
}

/** Fields of the same forecast length from successive runs. */
function sameLengthText({ operation, length, step }: TimeRange, forecast: Span): RangeText {
  const name = operationText(operation);
  if (step.value === 0) {
    const period = periodText({ unit: length.unit, value: 0 }, length, '-');
    if (forecast.value === 0) return { text: `${period} ${name} anl`, countsMissing: false };
    return { text: `${period} ${name}(${forecast.value} ${unitText(forecast.unit)} fcst)`, countsMissing: false };
  }
  const head =
    length.unit === step.unit
      ? `${Math.trunc(length.value / step.value) + 1}@${step.value} ${unitText(step.unit)} ${name}`
      : `${length.value} ${unitText(length.unit)}s@${step.value} ${unitText(step.unit)} ${name}`;
  const inner = forecast.value === 0 ? 'anl' : `${spanText(forecast)} fcst`;
  return { text: `${head}(${inner})`, countsMissing: true };
}

function spanText(span: Span): string {
  const { unit, value } = normalized(span);
  return `${value} ${unitText(unit)}`;
}

/** `0-6 hour`, in the largest unit that divides both ends. */
function periodText(from: Span, length: Span, dash: string): string {
  let first = normalized(from);
  let second = normalized(length);
  if (first.value === 0) first = { ...first, unit: second.unit };
  else if (second.value === 0) second = { ...second, unit: first.unit };
  if (first.unit !== second.unit) {
    const [a, b] = [unitText(first.unit), unitText(second.unit)];
    return `${first.value} ${a}${dash}(${first.value} ${a}+${second.value} ${b})`;
  }
  for (const [unit, count, larger] of LARGER) {
    if (first.unit !== unit || first.value % count !== 0 || second.value % count !== 0) continue;
    first = { unit: larger, value: first.value / count };
    second = { unit: larger, value: second.value / count };
  }
  return `${first.value}${dash}${first.value + second.value} ${unitText(first.unit)}`;
}

function normalized({ unit, value }: Span): Span {
  const hours = HOURS[unit];
  return hours === undefined ? { unit, value } : { unit: HOUR, value: value * hours };
}

function simplified(span: Span): Span {
  let { unit, value } = normalized(span);
  for (const [small, count, larger] of LARGER.slice(0, 3)) {
    if (unit !== small || value === 0 || value % count !== 0) continue;
    unit = larger;
    value /= count;
  }
  return { unit, value };
}
