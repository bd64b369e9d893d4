import { instantOf, instantText, isTimeUnits, parseTimeUnits } from '../array/cf-time.js';
import { type ElementValue, elementValue, scalarValue } from '../array/elements.js';
import { type Packing, parsePacking, unpack } from '../array/packing.js';
import type { ChunkedArray } from '../formats/chunked-array.js';
import type { ArrayData } from './read.js';

/** What each element means, for people: a number, text, an ISO time; null for a missing one. */
export type Present = (index: number) => ElementValue;

/**
 * @param maskAndScale whether the attributes of CF are applied: missing values, scale and offset, units of time.
 * @throws {LsioError} `format` for attributes that can't be meant.
 */
export function presenter(array: ChunkedArray, data: ArrayData, maskAndScale: boolean): Present {
  const { dtype, bytes, items } = data;
  if (items !== undefined) return (index) => scalarValue(dtype, items[index]!);
  const stored: Present = (index) => elementValue(dtype, bytes, index * dtype.itemBytes);
  if (!maskAndScale) return stored;
  const isNumber = dtype.kind === 'int' || dtype.kind === 'uint' || dtype.kind === 'float';
  const { units, calendar } = array.attributes;
  if (isNumber && isTimeUnits(units)) {
    const time = parseTimeUnits(units, typeof calendar === 'string' ? calendar : undefined);
    return (index) => {
      const instant = instantOf(time, stored(index) as number | bigint);
      return instant === undefined ? null : instantText(time.calendar, instant);
    };
  }
  const packing = packingOf(array);
  if (packing === undefined) return stored;
  const value = unpacker(packing);
  return (index) => value(stored(index) as number | bigint);
}

/** What CF's attributes say, and for Zarr v2 the fill value, which xarray takes for a missing value. */
export function packingOf({ dtype, attributes, missingFill, fill }: ChunkedArray): Packing | undefined {
  const packing = parsePacking(dtype, attributes);
  const isNumber = dtype.kind === 'int' || dtype.kind === 'uint' || dtype.kind === 'float';
  if (missingFill !== true || !isNumber || typeof fill === 'string' || attributes._FillValue !== undefined)
    return packing;
  const missing = elementValue(dtype, fill, 0) as number | bigint;
  const plain = { missing: [], validMin: undefined, validMax: undefined, scale: 1, offset: 0 };
  return { ...(packing ?? plain), missing: [...(packing?.missing ?? []), missing] };
}

/** Unpacks a number; one that is neither scaled nor missing keeps its type. */
function unpacker(packing: Packing): (stored: number | bigint) => ElementValue {
  const isScaled = packing.scale !== 1 || packing.offset !== 0;
  return (stored) => {
    const value = unpack(packing, stored);
    return Number.isNaN(value) ? Number.NaN : isScaled ? value : stored;
  };
}

/** All elements as float64, missing ones as NaN; undefined where the attributes say nothing of the kind. */
export function unpacked(array: ChunkedArray, { dtype, bytes }: ArrayData): Float64Array | undefined {
  const packing = packingOf(array);
  if (packing === undefined) return undefined;
  return Float64Array.from({ length: bytes.length / dtype.itemBytes }, (_, index) => {
    return unpack(packing, elementValue(dtype, bytes, index * dtype.itemBytes) as number | bigint);
  });
}
