import type { DType } from '../array/dtype.js';
import { plainDType, timeDType } from '../array/dtype.js';
import type { JsonObject } from '../array/exact-json.js';
import { countExactly } from '../array/grid.js';
import { zeroScalar } from '../array/scalar.js';
import type { ChunkDecoder, ChunkedArray, ChunkRef, DecoderSpec, StoredObject } from './chunked-array.js';
import type { ListedArray } from './source.js';

/** The format's name in a {@link DecoderSpec}. */
export const MEMORY_FORMAT = 'memory';

export interface MemoryArrayFacts {
  readonly name: string;
  readonly dims: readonly string[];
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly attributes: JsonObject;
  /** All elements in row-major order, little-endian. Called when they are first needed. */
  readonly bytes: () => Uint8Array;
}

/** An array whose elements are computed, such as the coordinates of a grid: one chunk, read from nowhere. */
export function memoryArray({ name, dims, shape, dtype, attributes, bytes }: MemoryArrayFacts): ListedArray {
  const fill = zeroScalar(dtype);
  const spec: DecoderSpec = { format: MEMORY_FORMAT, dtype, chunkShape: shape, fill, parameters: null };
  const array: ChunkedArray = {
    name,
    shape,
    chunkShape: shape,
    dtype,
    fill,
    dims,
    attributes,
    sources: [],
    decoder: spec,
    async *refs(chunks): AsyncGenerator<readonly ChunkRef[]> {
      yield Array.from(chunks, (_, index) => ({ index, bytes: bytes() }));
    },
    async *stored(): AsyncGenerator<StoredObject> {
      yield { bytes: Number(countExactly([...shape, dtype.itemBytes])), chunks: () => [shape.map(() => 0)] };
    },
  };
  return { name, dtype: dtype.name, shape, dims, chunkShape: shape, codecs: [], fillValue: null, attributes, array };
}

/** Doubles along one axis. */
export function axisArray(name: string, values: readonly number[] | Float64Array, attributes: JsonObject): ListedArray {
  const doubles = Float64Array.from(values);
  const bytes = () => new Uint8Array(doubles.buffer);
  return memoryArray({ name, dims: [name], shape: [doubles.length], dtype: plainDType('float64'), attributes, bytes });
}

/** numpy's NaT. */
const NOT_A_TIME = -(2n ** 63n);

/** Seconds as 64-bit integers; NaN, such as of a date in month 13, is not a time. */
export function wholeSeconds(seconds: readonly number[]): BigInt64Array<ArrayBuffer> {
  return BigInt64Array.from(seconds, (one) => (Number.isSafeInteger(one) ? BigInt(one) : NOT_A_TIME));
}

/** Times along one axis. @param seconds since 1970; NaN for none. */
export function timeArray(name: string, seconds: readonly number[], attributes: JsonObject): ListedArray {
  const bytes = () => new Uint8Array(wholeSeconds(seconds).buffer);
  const dtype = timeDType('datetime', { unit: 's', count: 1 });
  return memoryArray({ name, dims: [name], shape: [seconds.length], dtype, attributes, bytes });
}

/** The stored bytes are the elements. */
export function openMemoryDecoder(): ChunkDecoder {
  return {
    isRaw: true,
    decoder: 'none',
    libraries: [],
    decode: (source, target) => target.set(source),
    decodeItems: () => {
      throw new TypeError('the elements do not vary in length');
    },
  };
}
