import { isVariable } from '../../array/dtype.js';
import { isJsonObject, type JsonValue, shownJson, withoutBigints } from '../../array/exact-json.js';
import { parseScalar } from '../../array/scalar.js';
import type { CodecSpec } from '../source.js';
import { type ArrayMetadata, type ChunkKeyEncoding, dimensionNames, Fields, type GroupMetadata } from './metadata.js';
import { parseV3DType } from './v3-dtype.js';

const ARRAY_FIELDS = new Set([
  'zarr_format',
  'node_type',
  'shape',
  'data_type',
  'chunk_grid',
  'chunk_key_encoding',
  'fill_value',
  'codecs',
  'attributes',
  'dimension_names',
  'storage_transformers',
]);
const GROUP_FIELDS = new Set(['zarr_format', 'node_type', 'attributes', 'consolidated_metadata']);
/** A codec that makes bytes of an array; a chain has exactly one. */
const ARRAY_TO_BYTES = new Set(['bytes', 'sharding_indexed', 'vlen-utf8', 'vlen-bytes', 'numcodecs.vlen-utf8']);

/**
 * Understands a `zarr.json`: an array or a group.
 *
 * @param path names it in errors.
 * @throws {LsioError} `format` for what no version of the specification allows. What is allowed but not known to lsio is a
 * problem of the array, which can still be listed.
 * @see https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html
 */
export function parseV3(path: string, json: JsonValue | undefined): ArrayMetadata | GroupMetadata {
  const fields = new Fields(path, json);
  const format = fields.get('zarr_format');
  if (format !== 3) throw fields.error('zarr_format', `${shownJson(format)} instead of 3`);
  const type = fields.get('node_type');
  if (type === 'array') return parseArray(fields);
  if (type !== 'group') throw fields.error('node_type', `${shownJson(type)} instead of "array" or "group"`);
  const [problem] = unknownFields(fields, GROUP_FIELDS);
  if (problem !== undefined) throw fields.error('must_understand', problem);
  return { zarrFormat: 3, attributes: fields.object('attributes') };
}

function parseArray(fields: Fields): ArrayMetadata {
  const problems = unknownFields(fields, ARRAY_FIELDS);
  const shape = fields.lengths('shape', 0);
  const chunkShape = parseGrid(fields, shape, problems);
  const dtype = parseV3DType(fields.get('data_type'));
  if (typeof dtype === 'string') problems.push(dtype);
  const keys = parseKeys(fields, problems);
  const codecs = parseCodecs(fields, fields.list('codecs'), problems);
  const transformers = fields.get('storage_transformers');
  if (Array.isArray(transformers) ? transformers.length > 0 : transformers !== undefined) {
    problems.push(`storage transformers are not supported: ${nameList(transformers)}`);
  }
  const fillJson = fields.get('fill_value');
  if (fillJson === undefined) throw fields.error('fill_value', 'is missing');
  const fill = typeof dtype === 'string' ? undefined : parseScalar(dtype, fillJson);
  if (typeof fill === 'string') throw fields.error('fill_value', fill);
  if (typeof dtype !== 'string') problems.push(...chainProblems(codecs, isVariable(dtype)));
  const names = fields.get('dimension_names') ?? undefined;
  if (names !== undefined && !(Array.isArray(names) && names.length === shape.length)) {
    throw fields.error('dimension_names', `${shownJson(names)} instead of ${shape.length} names`);
  }
  return {
    zarrFormat: 3,
    shape,
    chunkShape,
    dtype: typeof dtype === 'string' ? undefined : dtype,
    dtypeText: typeof dtype === 'string' ? typeText(fields.get('data_type')) : dtype.name,
    keys,
    codecs,
    fill: fill?.value,
    fillJson,
    dims: dimensionNames(shape.length, names),
    attributes: fields.object('attributes'),
    problems,
  };
}

/** Whatever else is there must say that it needn't be understood. */
function unknownFields(fields: Fields, known: ReadonlySet<string>): string[] {
  return Object.entries(fields.values)
    .filter(([name, value]) => !known.has(name) && !(isJsonObject(value) && value.must_understand === false))
    .map(([name]) => `${JSON.stringify(name)} is an extension that lsio does not know`);
}

function parseGrid(fields: Fields, shape: readonly number[], problems: string[]): number[] {
  const { name, configuration } = named(fields, fields.get('chunk_grid'), 'chunk_grid');
  if (name === 'regular') {
    return new Fields(`${fields.path}: chunk_grid`, configuration).lengths('chunk_shape', 1, shape.length);
  }
  problems.push(`chunk grid ${JSON.stringify(name)} is not supported, only "regular"`);
  return shape.map((length) => Math.max(1, length));
}

function parseKeys(fields: Fields, problems: string[]): ChunkKeyEncoding {
  const { name, configuration } = named(fields, fields.get('chunk_key_encoding'), 'chunk_key_encoding');
  const separator = configuration.separator ?? (name === 'v2' ? '.' : '/');
  if (name !== 'default' && name !== 'v2') {
    problems.push(`chunk key encoding ${JSON.stringify(name)} is not supported, only "default" and "v2"`);
  } else if (separator === '/' || separator === '.') return { name, separator };
  else problems.push(`chunk keys with the separator ${shownJson(separator)} are refused, only "/" and "." are safe`);
  return { name: 'default', separator: '/' };
}

/** The codecs of a chain, or of a shard's inner chunks or index. */
export function parseCodecs(fields: Fields, list: readonly JsonValue[], problems: string[]): CodecSpec[] {
  return list.map((json) => {
    const { name, configuration, ...rest } = named(fields, json, 'codecs');
    const [extra] = Object.keys(rest).filter((key) => key !== 'must_understand');
    if (extra !== undefined)
      problems.push(`codec ${JSON.stringify(name)} has ${JSON.stringify(extra)}, which is not known`);
    return { name, configuration };
  });
}

/** `{ name, configuration }`, or the name alone. */
function named(fields: Fields, json: JsonValue | undefined, field: string) {
  if (typeof json === 'string') return { name: json, configuration: {} };
  if (!isJsonObject(json) || typeof json.name !== 'string') throw fields.error(field, `${shownJson(json)} has no name`);
  const { configuration = {} } = json;
  if (!isJsonObject(configuration))
    throw fields.error(field, `configuration of ${json.name} is ${shownJson(configuration)}`);
  return { ...json, name: json.name, configuration: withoutBigints(configuration) };
}

/** Exactly one codec makes bytes of the array; transpose and the like stand before it. */
function chainProblems(codecs: readonly CodecSpec[], isVariable: boolean): string[] {
  const count = codecs.filter(({ name }) => ARRAY_TO_BYTES.has(name)).length;
  if (count === 1) return [];
  if (count > 1) return ['the codecs turn the array into bytes more than once'];
  const names = codecs.map(({ name }) => name).join(', ') || 'none';
  return [`none of the codecs turns ${isVariable ? 'elements of any length' : 'the array'} into bytes: ${names}`];
}

function nameList(json: JsonValue | undefined): string {
  if (!Array.isArray(json)) return shownJson(json);
  return json.map((entry) => (isJsonObject(entry) ? String(entry.name) : shownJson(entry))).join(', ');
}

function typeText(json: JsonValue | undefined): string {
  if (typeof json === 'string') return json;
  return isJsonObject(json) && typeof json.name === 'string' ? json.name : shownJson(json);
}
