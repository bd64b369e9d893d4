import { type DType, plainDType } from '../../array/dtype.js';
import type { JsonObject } from '../../array/exact-json.js';
import type { ByteSource, ChunkedArray, ChunkRef, StoredObject } from '../chunked-array.js';
import { type Cube, placeOf } from './cube.js';
import { hasDoubles } from './decode.js';
import { GRIB_FORMAT } from './decoder.js';
import type { GribField } from './field.js';
import { chunkOf } from './part.js';
import { rowsChunk } from './rows.js';

const FLOAT32 = plainDType('float32');
const FLOAT64 = plainDType('float64');
const FILL32 = new Uint8Array(new Float32Array([Number.NaN]).buffer);
const FILL64 = new Uint8Array(new Float64Array([Number.NaN]).buffer);

/** Float32 loses nothing that packings hold, but where a field has numbers of 64 bits. */
export function dtypeOf({ cells }: Cube): DType {
  return [...cells.values()].some(({ field }) => hasDoubles(field)) ? FLOAT64 : FLOAT32;
}

export interface ArrayFacts {
  readonly shape: readonly number[];
  readonly dims: readonly string[];
  readonly chunkShape: readonly number[];
  readonly attributes: JsonObject;
  readonly locate: ChunkedArray['locate'];
}

/** Fields of one kind as an array: a chunk is a field, or some of its rows where these can be read alone. */
export class GribArray implements ChunkedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dims: readonly string[];
  readonly chunkShape: readonly number[];
  readonly attributes: JsonObject;
  readonly locate: ChunkedArray['locate'];
  readonly dtype: DType;
  readonly fill: Uint8Array;
  readonly sources: readonly ByteSource[];
  readonly decoder;
  readonly #cube: Cube;

  constructor(cube: Cube, { shape, dims, chunkShape, attributes, locate }: ArrayFacts, source: ByteSource) {
    this.name = cube.name;
    this.shape = shape;
    this.dims = dims;
    this.chunkShape = chunkShape;
    this.attributes = attributes;
    this.locate = locate;
    this.sources = [source];
    this.dtype = dtypeOf(cube);
    this.fill = this.dtype === FLOAT64 ? FILL64 : FILL32;
    this.decoder = { format: GRIB_FORMAT, dtype: this.dtype, chunkShape, fill: this.fill, parameters: null };
    this.#cube = cube;
  }

  async *refs(chunks: Iterable<readonly number[]>): AsyncGenerator<readonly ChunkRef[]> {
    yield Array.from(chunks, (chunk, index): ChunkRef => {
      const cell = this.#cube.cells.get(this.#cellOf(chunk));
      if (cell === undefined) return { index };
      return { index, source: 0, key: cell.file.key, required: true, ...this.#partOf(cell.field, chunk.at(-2)!) };
    });
  }

  async *stored(): AsyncGenerator<StoredObject> {
    for (const [cell, { field }] of this.#cube.cells) {
      yield { bytes: field.data.length, chunks: () => this.#chunksOf(cell) };
    }
  }

  #cellOf(chunk: readonly number[]): number {
    return this.#cube.axes.reduce((at, { values }, i) => at * values.length + chunk[i]!, 0);
  }

  /** All of a field, or a block of its rows where the chunks are such. */
  #partOf(field: GribField, block: number) {
    const axis = this.shape.length - 2;
    const rows = this.shape[axis]!;
    const blockRows = this.chunkShape[axis]!;
    if (this.#gridDims < 2 || blockRows === rows) return chunkOf(field);
    return rowsChunk(field, block * blockRows, Math.min((block + 1) * blockRows, rows));
  }

  #chunksOf(cell: number): number[][] {
    const place = placeOf(this.#cube, cell, this.shape.length);
    if (this.#gridDims < 2) return [place];
    const axis = this.shape.length - 2;
    const blocks = Math.ceil(this.shape[axis]! / this.chunkShape[axis]!);
    return Array.from({ length: blocks }, (_, block) => place.map((at, i) => (i === axis ? block : at)));
  }

  get #gridDims(): number {
    return this.shape.length - this.#cube.axes.length;
  }
}
