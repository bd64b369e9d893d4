import type { DType } from '../../array/dtype.js';
import { isJsonObject, type JsonObject, type JsonValue, shownJson } from '../../array/exact-json.js';
import type { Scalar } from '../../array/scalar.js';
import { LsioError } from '../../errors.js';
import type { CodecSpec } from '../source.js';

/** How the key of a chunk is made of its place in the grid: `c/0/1` or `0.1`. */
export interface ChunkKeyEncoding {
  readonly name: 'default' | 'v2';
  readonly separator: '/' | '.';
}

/** The metadata of an array of Zarr v2 or v3, in one form. */
export interface ArrayMetadata {
  readonly zarrFormat: 2 | 3;
  readonly shape: readonly number[];
  /** Of what is stored under one key: a chunk, or a shard. */
  readonly chunkShape: readonly number[];
  /** Absent if it is not known; `problems` then says so. */
  readonly dtype: DType | undefined;
  /** The dtype as the metadata has it, for people. */
  readonly dtypeText: string;
  readonly keys: ChunkKeyEncoding;
  /** In the order of encoding. Those of v2 are said in the words of v3: transpose, bytes, then filters and compressor. */
  readonly codecs: readonly CodecSpec[];
  readonly fill: Scalar | undefined;
  /** What the metadata says; null: nothing, the fill is zeros. */
  readonly fillJson: JsonValue;
  /** One name for each axis; `dim_0` … where there is none. */
  readonly dims: readonly string[];
  readonly attributes: JsonObject;
  /** Why the array can't be read; empty if it can. */
  readonly problems: readonly string[];
}

export interface GroupMetadata {
  readonly zarrFormat: 2 | 3;
  readonly attributes: JsonObject;
}

/** Zarr allows any number of axes; nothing real has more, and a hostile file could. */
const AXES_MAX = 64;

/** Reads the fields of one JSON object. What is wrong is said with the object's path and the field's name. */
export class Fields {
  readonly path: string;
  readonly values: JsonObject;

  /** @throws {LsioError} `format` if it is no object. */
  constructor(path: string, json: JsonValue | undefined) {
    this.path = path;
    if (!isJsonObject(json)) throw new LsioError('format', `${path}: ${typeName(json)} instead of an object`, { path });
    this.values = json;
  }

  get(name: string): JsonValue | undefined {
    return Object.hasOwn(this.values, name) ? this.values[name] : undefined;
  }

  object(name: string): JsonObject {
    const value = this.get(name);
    if (value === undefined || value === null) return {};
    if (!isJsonObject(value)) throw this.error(name, `${typeName(value)} instead of an object`);
    return value;
  }

  list(name: string): readonly JsonValue[] {
    const value = this.get(name);
    if (!Array.isArray(value)) throw this.error(name, `${typeName(value)} instead of a list`);
    return value;
  }

  /** Whole numbers of elements, each at least `min`. */
  lengths(name: string, min: number, axes?: number): number[] {
    const list = this.list(name);
    if (axes !== undefined && list.length !== axes) {
      throw this.error(name, `${list.length} numbers for ${axes} axes`);
    }
    if (list.length > AXES_MAX) throw this.error(name, `${list.length} axes; lsio reads up to ${AXES_MAX}`);
    return list.map((length, axis) => {
      if (Number.isSafeInteger(length) && (length as number) >= min) return length as number;
      const expected = `a whole number from ${min} to 2^53-1`;
      throw this.error(name, `${shownJson(length)} along axis ${axis} instead of ${expected}`);
    });
  }

  error(name: string, what: string): LsioError {
    return new LsioError('format', `${this.path}: ${name}: ${what}`, { path: this.path });
  }
}

function typeName(json: JsonValue | undefined): string {
  if (json === undefined) return 'nothing';
  if (json === null) return 'null';
  if (Array.isArray(json)) return 'a list';
  return isJsonObject(json) ? 'an object' : typeof json === 'boolean' ? 'a boolean' : shownJson(json);
}

/**
 * The names of the axes, each of which a selection can use.
 *
 * @param names from the metadata; null or absent ones and those that occur again are called by their number.
 */
export function dimensionNames(axes: number, names: readonly JsonValue[] | undefined): string[] {
  return Array.from({ length: axes }, (_, axis) => {
    const name = names?.[axis];
    return typeof name === 'string' && name !== '' && names?.indexOf(name) === axis ? name : `dim_${axis}`;
  });
}

/** The key of a chunk below the array's own path: `c/0/1`, `0.1`. */
export function chunkKey({ name, separator }: ChunkKeyEncoding, chunk: readonly number[]): string {
  if (name === 'default') return chunk.length === 0 ? 'c' : `c${separator}${chunk.join(separator)}`;
  return chunk.length === 0 ? '0' : chunk.join(separator);
}
