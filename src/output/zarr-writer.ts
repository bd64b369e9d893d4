import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DType } from '../array/dtype.js';
import type { JsonObject } from '../array/exact-json.js';
import { isLsioError, LsioError, outputError } from '../errors.js';
import { loadZstdCompress } from '../native/zstd-compress.js';

/** An array that is written whole. */
export interface OutputArray {
  readonly name: string;
  readonly dims: readonly string[];
  readonly shape: readonly number[];
  /** A plain number, or `string`. */
  readonly dtype: DType;
  /** In row-major order. */
  readonly values: Float64Array | BigInt64Array | BigUint64Array | readonly string[];
  readonly attributes: JsonObject;
}

/** Rows along the first axis are put into chunks of about this length. */
const CHUNK_BYTES = 16 * 1024 ** 2;
/** What a directory must have to be replaced: it may be anything else by mistake. */
const STORE_FILES = ['zarr.json', '.zgroup', '.zmetadata', '.zarray'];

/** Refuses a directory that can't become an output, before anything is computed. @throws {LsioError} `output` */
export function checkZarrStore(directory: string, overwrite: boolean): void {
  if (!existsSync(directory)) return;
  if (!overwrite) {
    throw new LsioError('output', `${directory}: exists`, {
      code: 'EEXIST',
      path: directory,
      remedy: '--overwrite replaces it',
    });
  }
  if (STORE_FILES.some((name) => existsSync(path.join(directory, name)))) return;
  throw new LsioError('output', `${directory}: is no Zarr store, and is not replaced`, {
    code: 'EEXIST',
    path: directory,
  });
}

/**
 * Writes arrays as a Zarr store, version 3, with consolidated metadata. It is made under another name beside the final
 * one, metadata last, and renamed when it is whole.
 *
 * @throws {LsioError} `output`
 */
export function writeZarrStore(
  directory: string,
  arrays: readonly OutputArray[],
  attributes: JsonObject,
  overwrite: boolean,
): void {
  checkZarrStore(directory, overwrite);
  const temporary = `${directory.replace(/\/+$/, '')}.lsio-${process.pid}.tmp`;
  try {
    mkdirSync(temporary);
    const compress = compressor();
    const metadata: Record<string, object> = {};
    for (const array of arrays) metadata[array.name] = writeArray(path.join(temporary, array.name), array, compress);
    const group = {
      zarr_format: 3,
      node_type: 'group',
      attributes,
      consolidated_metadata: { kind: 'inline', must_understand: false, metadata },
    };
    writeFileSync(path.join(temporary, 'zarr.json'), JSON.stringify(group));
    if (overwrite) replaceBy(directory, temporary);
    else renameSync(temporary, directory);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error instanceof LsioError ? error : outputError(directory, error);
  }
}

function replaceBy(directory: string, temporary: string): void {
  const old = `${temporary}.old`;
  if (!existsSync(directory)) return renameSync(temporary, directory);
  renameSync(directory, old);
  try {
    renameSync(temporary, directory);
  } catch (error) {
    renameSync(old, directory);
    throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

interface Compressor {
  readonly codec: JsonObject;
  compress(bytes: Uint8Array): Uint8Array;
}

/** Zstd where the system's library is there, else gzip. */
function compressor(): Compressor {
  try {
    const compress = loadZstdCompress();
    return { codec: { name: 'zstd', configuration: { level: 3, checksum: false } }, compress };
  } catch (error) {
    if (!isLsioError(error, 'unavailable')) throw error;
    return { codec: { name: 'gzip', configuration: { level: 5 } }, compress: (bytes) => gzipSync(bytes, { level: 5 }) };
  }
}

/** Writes the chunks, then the metadata. @returns the metadata. */
function writeArray(directory: string, array: OutputArray, { codec, compress }: Compressor): object {
  const { shape, dims, dtype, attributes, values } = array;
  const [length = 1, ...others] = shape;
  const rowElements = others.reduce((a, b) => a * b, 1);
  const rows = Math.max(1, Math.min(length, Math.floor(CHUNK_BYTES / Math.max(1, rowElements * 8))));
  mkdirSync(directory);
  for (let row = 0; row < length; row += rows) {
    const elements = values.slice(row * rowElements, (row + rows) * rowElements);
    // The last chunk is as long as the others: what lies beyond the array is the fill value.
    const bytes =
      dtype.kind === 'string'
        ? textBytes(elements as string[], rows * rowElements)
        : numberBytes(elements, rows * rowElements);
    const name = path.join(directory, 'c', ...shape.map((_, axis) => String(axis === 0 ? row / rows : 0)));
    mkdirSync(path.dirname(name), { recursive: true });
    writeFileSync(name, compress(bytes));
  }
  const serializer =
    dtype.kind === 'string' ? { name: 'vlen-utf8' } : { name: 'bytes', configuration: { endian: 'little' } };
  const metadata = {
    zarr_format: 3,
    node_type: 'array',
    shape,
    data_type: dtype.name,
    chunk_grid: {
      name: 'regular',
      configuration: { chunk_shape: shape.length === 0 ? [] : [rows, ...others.map((n) => Math.max(1, n))] },
    },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: dtype.kind === 'string' ? '' : dtype.kind === 'float' ? 'NaN' : 0,
    codecs: [serializer, codec],
    attributes,
    dimension_names: dims,
    storage_transformers: [],
  };
  writeFileSync(path.join(directory, 'zarr.json'), JSON.stringify(metadata));
  return metadata;
}

function numberBytes(elements: OutputArray['values'], count: number): Uint8Array {
  const all = elements as Float64Array | BigInt64Array | BigUint64Array;
  const isFloat = all instanceof Float64Array;
  const bytes = new Uint8Array(count * 8);
  if (isFloat) new Float64Array(bytes.buffer).fill(Number.NaN);
  bytes.set(new Uint8Array(all.buffer, all.byteOffset, all.byteLength));
  return bytes;
}

/** The codec vlen-utf8: how many, then each with its length before it. */
function textBytes(elements: readonly string[], count: number): Uint8Array {
  const all = [...elements, ...new Array<string>(count - elements.length).fill('')].map((text) => Buffer.from(text));
  const parts = all.flatMap((text) => [u32(text.length), text]);
  return Buffer.concat([u32(all.length), ...parts]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
