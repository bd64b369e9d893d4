import { type DType, isVariable, plainDType } from '../../array/dtype.js';
import { isJsonObject, type JsonObject, type JsonValue, shownJson, withoutBigints } from '../../array/exact-json.js';
import { parseNumpyDType } from '../../array/numpy-dtype.js';
import { parseScalar, zeroScalar } from '../../array/scalar.js';
import type { CodecSpec } from '../source.js';
import { type ArrayMetadata, dimensionNames, Fields, type GroupMetadata } from './metadata.js';

/** The filters that make bytes of an array of objects. */
const OBJECT_FILTERS: Readonly<Record<string, 'string' | 'bytes' | undefined>> = {
  'vlen-utf8': 'string',
  'vlen-bytes': 'bytes',
  json2: 'string',
};

/**
 * Understands a `.zarray` with its `.zattrs`.
 *
 * @param path names the `.zarray` in errors.
 * @throws {LsioError} `format` for what the specification doesn't allow; what lsio doesn't know is a problem of the array.
 * @see https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
 */
export function parseV2Array(path: string, json: JsonValue | undefined, attributes: JsonObject): ArrayMetadata {
  const fields = new Fields(path, json);
  const format = fields.get('zarr_format');
  if (format !== 2) throw fields.error('zarr_format', `${shownJson(format)} instead of 2`);
  const shape = fields.lengths('shape', 0);
  const chunkShape = fields.lengths('chunks', 1, shape.length);
  const problems: string[] = [];
  const descr = fields.get('dtype');
  if (descr === undefined) throw fields.error('dtype', 'is missing');
  const filters = codecList(fields, 'filters', fields.get('filters'));
  const compressor = codecList(
    fields,
    'compressor',
    [fields.get('compressor') ?? null].filter((one) => one !== null),
  );
  const { dtype, bigEndian } = storedType(descr, filters, problems);
  const order = fields.get('order');
  if (order !== 'C' && order !== 'F') throw fields.error('order', `${shownJson(order)} instead of "C" or "F"`);
  const separator = fields.get('dimension_separator') ?? '.';
  if (separator !== '.' && separator !== '/') {
    problems.push(`chunk keys with the separator ${shownJson(separator)} are refused, only "/" and "." are safe`);
  }
  const fillJson = fields.get('fill_value') ?? null;
  const fill =
    dtype === undefined ? undefined : fillJson === null ? { value: zeroScalar(dtype) } : parseScalar(dtype, fillJson);
  if (typeof fill === 'string') throw fields.error('fill_value', fill);
  const reversed = shape.map((_, axis) => shape.length - 1 - axis);
  const names = attributes._ARRAY_DIMENSIONS;
  return {
    zarrFormat: 2,
    shape,
    chunkShape,
    dtype,
    dtypeText: dtype?.name ?? shownJson(descr),
    keys: { name: 'v2', separator: separator === '/' ? '/' : '.' },
    codecs: [
      ...(order === 'F' && shape.length > 1 ? [{ name: 'transpose', configuration: { order: reversed } }] : []),
      ...(dtype !== undefined && isVariable(dtype) ? [] : [bytesCodec(dtype, bigEndian)]),
      ...filters,
      ...compressor,
    ],
    fill: fill?.value,
    fillJson,
    dims: dimensionNames(shape.length, Array.isArray(names) ? names : undefined),
    attributes,
    problems,
  };
}

/** Understands a `.zgroup`. @throws {LsioError} `format` */
export function parseV2Group(path: string, json: JsonValue | undefined, attributes: JsonObject): GroupMetadata {
  const fields = new Fields(path, json);
  const format = fields.get('zarr_format');
  if (format !== 2) throw fields.error('zarr_format', `${shownJson(format)} instead of 2`);
  return { zarrFormat: 2, attributes };
}

/** A filter of v2 works on bytes and says of which dtype: it comes after the codec `bytes`, as it is undone before it. */
function codecList(fields: Fields, field: string, json: JsonValue | undefined): CodecSpec[] {
  if (json === null || json === undefined) return [];
  if (!Array.isArray(json)) throw fields.error(field, `${shownJson(json)} instead of a list`);
  return json.map((codec) => {
    if (!isJsonObject(codec) || typeof codec.id !== 'string')
      throw fields.error(field, `${shownJson(codec)} has no id`);
    const { id: _, ...configuration } = withoutBigints(codec);
    const { id } = codec;
    return { name: Object.hasOwn(OBJECT_FILTERS, id) ? id : `numcodecs.${id}`, configuration };
  });
}

function bytesCodec(dtype: DType | undefined, bigEndian: boolean): CodecSpec {
  const swaps = dtype !== undefined && dtype.wordBytes > 1;
  return { name: 'bytes', configuration: swaps ? { endian: bigEndian ? 'big' : 'little' } : {} };
}

/** An array of objects has the type that its first filter makes of them. */
function storedType(
  descr: JsonValue,
  filters: readonly CodecSpec[],
  problems: string[],
): { dtype: DType | undefined; bigEndian: boolean } {
  const parsed = parseNumpyDType(descr);
  if (typeof parsed === 'string') {
    problems.push(parsed);
    return { dtype: undefined, bigEndian: false };
  }
  if (!isVariable(parsed.dtype)) return parsed;
  const [first] = filters;
  const kind = first === undefined ? undefined : OBJECT_FILTERS[first.name];
  if (kind !== undefined) return { dtype: plainDType(kind), bigEndian: false };
  const name = first?.name.replace(/^numcodecs\./, '');
  problems.push(
    name === 'pickle'
      ? 'objects stored by pickle are never read: that would run code from the file'
      : `dtype "|O" needs the filter vlen-utf8, vlen-bytes or json2; it has ${name ?? 'none'}`,
  );
  return { dtype: undefined, bigEndian: false };
}
