import { plainDType } from '../../array/dtype.js';
import type { JsonObject } from '../../array/exact-json.js';
import type { ByteSource, ChunkedArray, ChunkRef, StoredObject } from '../chunked-array.js';
import { type Cube, placeOf } from './cube.js';
import { GRIB_FORMAT } from './decoder.js';
import type { GribField } from './field.js';
import { chunkOf } from './part.js';
import { rowsChunk } from './rows.js';

export const FLOAT32 = plainDType('float32');
const FILL = new Uint8Array(new Float32Array([Number.NaN]).buffer);

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
  readonly dtype = FLOAT32;
  readonly fill = FILL;
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
    this.decoder = { format: GRIB_FORMAT, dtype: FLOAT32, chunkShape, fill: FILL, parameters: null };
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
