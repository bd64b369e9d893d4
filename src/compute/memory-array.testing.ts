import { type DType, plainDType } from '../array/dtype.js';
import { gridShape } from '../array/grid.js';
import { wholeSelection } from '../array/selection.js';
import type { ChunkDecoder, ChunkedArray } from '../formats/chunked-array.js';
import { packingSpec, type StatsSpec } from './stats-spec.js';

type Elements = ArrayLike<number | bigint> & ArrayBufferView;

/** An array whose chunks lie in memory, raw. */
export interface MemoryArray {
  readonly array: ChunkedArray;
  readonly decoder: ChunkDecoder;
}

export interface MemoryArrayOptions {
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly dtype: string;
  /** All elements in row-major order. */
  readonly values: Elements;
  /** Chunks that are not stored. */
  readonly absent?: ReadonlySet<number>;
  readonly fill?: Uint8Array;
}

export function memoryArray({ shape, chunkShape, dtype: name, values, absent, fill }: MemoryArrayOptions): MemoryArray {
  const dtype = plainDType(name);
  const grid = gridShape(shape, chunkShape);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const zeros = fill ?? new Uint8Array(dtype.itemBytes);
  const array: ChunkedArray = {
    name: 'memory',
    shape,
    chunkShape,
    dtype,
    fill: zeros,
    dims: shape.map((_, axis) => 'xyzuv'[axis]!),
    attributes: {},
    sources: [],
    decoder: { format: 'memory', dtype, chunkShape, fill: zeros, parameters: null },
    stored() {
      throw new Error('nothing is listed');
    },
    async *refs(chunks) {
      let index = 0;
      for (const chunk of chunks) {
        const flat = chunk.reduce((all, position, axis) => all * grid[axis]! + position, 0);
        const stored = chunkBytes(bytes, shape, chunkShape, chunk, dtype);
        yield [absent?.has(flat) ? { index } : { index, bytes: stored }];
        index++;
      }
    },
  };
  const decoder = {
    decoder: 'none',
    libraries: [],
    isRaw: true,
    decode: (source: Uint8Array, target: Uint8Array) => target.set(source),
    decodeItems: () => [],
  } as const;
  return { array, decoder: decoder as unknown as ChunkDecoder };
}

/** One chunk; what lies beyond the array is 0xAA, to be seen where it is counted in. */
function chunkBytes(
  bytes: Uint8Array,
  shape: readonly number[],
  chunkShape: readonly number[],
  chunk: readonly number[],
  { itemBytes }: DType,
): Uint8Array {
  const elements = chunkShape.reduce((a, b) => a * b, 1);
  const target = new Uint8Array(elements * itemBytes).fill(0xaa);
  for (let element = 0; element < elements; element++) {
    let rest = element;
    let place = 0;
    let stride = 1;
    let inside = true;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = chunk[axis]! * chunkShape[axis]! + (rest % chunkShape[axis]!);
      rest = Math.floor(rest / chunkShape[axis]!);
      if (at >= shape[axis]!) inside = false;
      place += at * stride;
      stride *= shape[axis]!;
    }
    if (inside) target.set(bytes.subarray(place * itemBytes, (place + 1) * itemBytes), element * itemBytes);
  }
  return target;
}

/** All of an array, reduced to one cell, unless said otherwise. */
export function specOf({ array }: MemoryArray, changes: Partial<StatsSpec> = {}): StatsSpec {
  const { shape, chunkShape, dims, dtype } = array;
  return {
    shape,
    chunkShape,
    dims,
    dtype,
    selection: wholeSelection(shape),
    kept: shape.map(() => false),
    groups: null,
    weights: null,
    reductions: ['mean', 'std', 'min', 'max', 'count', 'sum', 'var'],
    exact: false,
    ddof: 0,
    minCount: 0,
    skipMissing: true,
    packing: packingSpec(undefined),
    ...changes,
  };
}
