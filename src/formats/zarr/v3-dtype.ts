import {
  type DType,
  type Field,
  fixedDType,
  ITEM_BYTES_MAX,
  PLAIN_DTYPES,
  plainDType,
  recordDType,
  TIME_UNITS,
  type TimeUnit,
  timeDType,
} from '../../array/dtype.js';
import { isJsonObject, type JsonObject, type JsonValue, shownJson } from '../../array/exact-json.js';

/** The other names by which writers call a type. */
const ALIASES: Readonly<Record<string, string>> = {
  variable_length_bytes: 'bytes',
  variable_length_utf8: 'string',
  'r*': '',
};
const RECORD_DEPTH_MAX = 16;

/**
 * The dtype that `data_type` of Zarr v3 names.
 *
 * @returns the dtype, or text that says what is not known.
 */
export function parseV3DType(json: JsonValue | undefined, depth = 0): DType | string {
  const name = typeof json === 'string' ? json : isJsonObject(json) ? json.name : undefined;
  if (typeof name !== 'string') return `data_type ${shownJson(json)} is neither a name nor an object with one`;
  const configuration = isJsonObject(json) && isJsonObject(json.configuration) ? json.configuration : {};
  const plain = PLAIN_DTYPES.get(ALIASES[name] ?? name);
  if (plain !== undefined) return plain;
  const bits = /^r(\d{1,11})$/.exec(name)?.[1];
  if (bits !== undefined) {
    if (Number(bits) % 8 !== 0 || Number(bits) === 0) return `data_type ${name} is not a whole number of bytes`;
    return sized('raw', Number(bits) / 8, name);
  }
  switch (name) {
    case 'numpy.datetime64':
    case 'numpy.timedelta64':
      return parseTime(name, configuration);
    case 'fixed_length_utf32':
      return sized('fixed-text', Number(configuration.length_bytes) / 4, name);
    case 'null_terminated_bytes':
      return sized('fixed-bytes', Number(configuration.length_bytes), name);
    case 'raw_bytes':
      return sized('raw', Number(configuration.length_bytes), name);
    case 'struct':
    case 'structured':
      return parseStruct(configuration, depth);
  }
  return `data_type ${JSON.stringify(name)} is not known`;
}

function sized(kind: 'raw' | 'fixed-bytes' | 'fixed-text', length: number, name: string): DType | string {
  const dtype = fixedDType(kind, length);
  const possible = Number.isSafeInteger(length) && length >= 0 && dtype.itemBytes <= ITEM_BYTES_MAX;
  return possible ? dtype : `data_type ${name} has no possible length`;
}

function parseTime(name: string, { unit, scale_factor: count = 1 }: JsonObject): DType | string {
  if (typeof unit !== 'string' || !Object.hasOwn(TIME_UNITS, unit)) return `${name} has the unit ${shownJson(unit)}`;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > ITEM_BYTES_MAX) {
    return `${name} has the scale_factor ${shownJson(count)}`;
  }
  const kind = name === 'numpy.datetime64' ? 'datetime' : 'timedelta';
  return timeDType(kind, { unit: unit as TimeUnit, count });
}

/** Fields are packed, in their order; a field is `[name, dtype]` or `{ name, data_type }`. */
function parseStruct({ fields: list }: JsonObject, depth: number): DType | string {
  if (!Array.isArray(list) || list.length === 0) return 'data_type struct has no fields';
  if (depth > RECORD_DEPTH_MAX) return `data_type has structs nested deeper than ${RECORD_DEPTH_MAX}`;
  const fields: Field[] = [];
  let offset = 0;
  for (const entry of list) {
    const [name, type] = Array.isArray(entry) ? entry : isJsonObject(entry) ? [entry.name, entry.data_type] : [];
    if (typeof name !== 'string') return `field ${shownJson(entry)} has no name`;
    const dtype = parseV3DType(type, depth + 1);
    if (typeof dtype === 'string') return `field ${JSON.stringify(name)}: ${dtype}`;
    if (dtype.itemBytes === 0 && (dtype === plainDType('string') || dtype === plainDType('bytes'))) {
      return `field ${JSON.stringify(name)} has no fixed length`;
    }
    fields.push({ name, offset, dtype, bigEndian: false });
    offset += dtype.itemBytes;
  }
  return offset <= ITEM_BYTES_MAX ? recordDType(fields, offset) : 'data_type is a struct of more than 2 GiB';
}
