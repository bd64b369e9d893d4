import { LsioError } from '../errors.js';
import type { DType } from './dtype.js';
import { elementValue } from './elements.js';
import { type JsonObject, type JsonValue, shownJson } from './exact-json.js';
import { bytesOf, parseScalar } from './scalar.js';

/** What the attributes of CF say about stored numbers: which mean "missing", and how the rest becomes values. */
export interface Packing {
  /** Stored numbers that mean "missing"; NaN always does. 64-bit integers are bigints. */
  readonly missing: readonly (number | bigint)[];
  /** The least and the largest stored number that is valid. */
  readonly validMin: number | bigint | undefined;
  readonly validMax: number | bigint | undefined;
  /** A value is `stored * scale + offset`. */
  readonly scale: number;
  readonly offset: number;
}

/**
 * Reads `_FillValue`, `missing_value`, `valid_min`, `valid_max`, `valid_range`, `scale_factor` and `add_offset`.
 *
 * @returns undefined where the attributes say nothing of the kind.
 * @throws {LsioError} `format`, naming the attribute, for a value that can't be meant: a scale of 0, a `_FillValue` of
 * another type than the data.
 * @see https://cfconventions.org/Data/cf-conventions/cf-conventions-1.11/cf-conventions.html#packed-data
 */
export function parsePacking(dtype: DType, attributes: JsonObject): Packing | undefined {
  if (dtype.kind !== 'int' && dtype.kind !== 'uint' && dtype.kind !== 'float') return undefined;
  const missing = ['_FillValue', 'missing_value'].flatMap((name) => storedNumbers(dtype, attributes, name));
  const [rangeMin, rangeMax] = storedNumbers(dtype, attributes, 'valid_range');
  const [validMin] = [...storedNumbers(dtype, attributes, 'valid_min'), rangeMin];
  const [validMax] = [...storedNumbers(dtype, attributes, 'valid_max'), rangeMax];
  const scale = factor(attributes, 'scale_factor') ?? 1;
  const offset = factor(attributes, 'add_offset') ?? 0;
  if (scale === 0) throw new LsioError('format', 'attribute scale_factor is 0: all values would be the same');
  const says = ['_FillValue', 'missing_value', 'valid_min', 'valid_max', 'valid_range', 'scale_factor', 'add_offset'];
  if (!says.some((name) => attributes[name] !== undefined && attributes[name] !== null)) return undefined;
  return { missing, validMin, validMax, scale, offset };
}

/** Unpacks one stored number: NaN if it means "missing". */
export function unpack({ missing, validMin, validMax, scale, offset }: Packing, stored: number | bigint): number {
  if (missing.some((value) => value === stored)) return Number.NaN;
  if (validMin !== undefined && stored < validMin) return Number.NaN;
  if (validMax !== undefined && stored > validMax) return Number.NaN;
  return Number(stored) * scale + offset;
}

function factor(attributes: JsonObject, name: string): number | undefined {
  const json = unwrapped(attributes[name]);
  if (json === undefined || json === null) return undefined;
  const value = typeof json === 'string' && json.trim() !== '' ? Number(json) : json;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new LsioError('format', `attribute ${name} is ${shownJson(json)}, not a finite number`);
}

/** Attributes of netCDF files are often lists of one number. */
function unwrapped(json: JsonValue | undefined): JsonValue | undefined {
  return Array.isArray(json) && json.length === 1 ? json[0] : json;
}

function storedNumbers(dtype: DType, attributes: JsonObject, name: string): (number | bigint)[] {
  const json = attributes[name];
  if (json === undefined || json === null) return [];
  return (Array.isArray(json) ? json : [json]).map((part) => storedNumber(dtype, part, name));
}

/** xarray writes the `_FillValue` of floats as the base64 of a little-endian double, whatever the data's own width. */
function storedNumber(dtype: DType, json: JsonValue, name: string): number | bigint {
  const base64 = dtype.kind === 'float' && typeof json === 'string' ? bytesOf(json) : undefined;
  if (base64?.length === 8) {
    const value = new DataView(base64.buffer, base64.byteOffset).getFloat64(0, true);
    return dtype.itemBytes === 4 ? Math.fround(value) : value;
  }
  const parsed = parseScalar(dtype, json);
  if (typeof parsed === 'string') throw new LsioError('format', `attribute ${name}: ${parsed}`);
  return elementValue(dtype, parsed.value as Uint8Array, 0) as number | bigint;
}
