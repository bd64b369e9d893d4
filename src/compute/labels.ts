import { instantOf, instantText, isTimeUnits, parseTimeUnits, type TimeUnits } from '../array/cf-time.js';
import { type DType, TIME_UNITS } from '../array/dtype.js';
import { type ElementValue, elementValue, scalarValue } from '../array/elements.js';
import type { JsonObject } from '../array/exact-json.js';
import type { Labels } from '../array/labels.js';
import { parsePacking, unpack } from '../array/packing.js';
import type { Selection } from '../array/selection.js';
import { LsioError } from '../errors.js';
import { axisKind } from '../formats/axis-kind.js';
import type { ChunkedArray } from '../formats/chunked-array.js';
import { type ArrayData, type ReadOptions, readArray } from './read.js';

const ATTOSECONDS_A_NANOSECOND = 10n ** 9n;
const NOT_A_TIME = -(2n ** 63n);
/** Datetime64 counts from 1970-01-01, which is day 0. */
const CALENDAR: TimeUnits['calendar'] = 'proleptic_gregorian';

/**
 * The labels along an axis: all elements of its coordinate array.
 *
 * @throws {LsioError} `format` for time units or a calendar that is not understood, and for a dtype that no label has; as
 * {@link readArray}.
 */
export async function readLabels(array: ChunkedArray, options: Omit<ReadOptions, 'selection'> = {}): Promise<Labels> {
  return labelsOf(array, await readArray(array, options));
}

/** The first and the last label, as people read them: of the array only the chunks of these are read. */
export async function readEnds(
  array: ChunkedArray,
  options: Omit<ReadOptions, 'selection'> = {},
): Promise<readonly [first: ElementValue, last: ElementValue] | undefined> {
  const [length = 0] = array.shape;
  if (length === 0) return undefined;
  const runs = [0, length - 1].map((start) => ({ start, step: 1, count: 1 }));
  const selection: Selection = [{ runs, drop: false }];
  const labels = labelsOf(array, await readArray(array, { ...options, selection }));
  return [labelText(labels, 0), labelText(labels, 1)];
}

/** A label as people read it. */
export function labelText(labels: Labels, index: number): ElementValue {
  if (labels.kind !== 'time') return labels.values[index] ?? null;
  return instantText(labels.calendar, labels.values[index]!);
}

/** What the elements of a coordinate array mean. */
export function labelsOf({ name, attributes, dtype }: ChunkedArray, data: ArrayData): Labels {
  if (data.items !== undefined)
    return { kind: 'text', values: data.items.map((item) => String(scalarValue(dtype, item))) };
  switch (dtype.kind) {
    case 'int':
    case 'uint':
    case 'float':
      return isTimeUnits(attributes.units)
        ? timeLabels(name, attributes, attributes.units, numbersOf(dtype, data.bytes))
        : numberLabels(name, attributes, dtype, data);
    case 'datetime':
      return { kind: 'time', calendar: CALENDAR, values: datetimeInstants(name, dtype, data.bytes) };
    case 'fixed-text':
    case 'fixed-bytes':
      return { kind: 'text', values: elementsOf(dtype, data.bytes).map(String) };
    default:
      throw new LsioError('format', `${name}: elements of ${dtype.name} are no labels`, {
        remedy: 'select by position: --isel',
      });
  }
}

function timeLabels(
  name: string,
  attributes: JsonObject,
  units: string,
  numbers: readonly (number | bigint)[],
): Labels {
  const calendar = typeof attributes.calendar === 'string' ? attributes.calendar : undefined;
  const time = parseTimeUnits(units, calendar);
  const values = numbers.map((number, i) => {
    const instant = instantOf(time, number);
    if (instant === undefined) throw new LsioError('format', `${name}: its label at ${i} is missing`);
    return instant;
  });
  return { kind: 'time', values, calendar: time.calendar };
}

function numberLabels(name: string, attributes: JsonObject, dtype: DType, { bytes }: ArrayData): Labels {
  const packing = parsePacking(dtype, attributes);
  const numbers = numbersOf(dtype, bytes).map((number) =>
    packing === undefined ? Number(number) : unpack(packing, number),
  );
  // Labels keep their precision: it tells how exactly a label that is written in decimals can match.
  const isFloat32 = dtype.kind === 'float' && dtype.itemBytes === 4;
  const values = isFloat32 ? Float32Array.from(numbers) : numbers;
  return { kind: 'number', values, isLongitude: axisKind(name, attributes) === 'longitude' };
}

function datetimeInstants(name: string, dtype: DType, bytes: Uint8Array): bigint[] {
  const { unit, count } = dtype.time ?? { unit: 'generic', count: 1 };
  const attoseconds = TIME_UNITS[unit];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (attoseconds === null) throw new LsioError('format', `${name}: ${dtype.name} has no fixed length`);
  return Array.from({ length: bytes.length / 8 }, (_, i) => {
    const steps = view.getBigInt64(i * 8, true);
    if (steps === NOT_A_TIME) throw new LsioError('format', `${name}: its label at ${i} is missing`);
    return (steps * BigInt(count) * attoseconds) / ATTOSECONDS_A_NANOSECOND;
  });
}

function numbersOf(dtype: DType, bytes: Uint8Array): (number | bigint)[] {
  return elementsOf(dtype, bytes) as (number | bigint)[];
}

function elementsOf(dtype: DType, bytes: Uint8Array): ElementValue[] {
  return Array.from({ length: bytes.length / dtype.itemBytes }, (_, i) =>
    elementValue(dtype, bytes, i * dtype.itemBytes),
  );
}
