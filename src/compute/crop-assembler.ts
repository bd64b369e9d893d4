import type { CropBox, CropChunk } from '../array/crop-plan.js';
import { rowMajorStrides } from '../array/grid.js';
import { type RawLimits, type RawPart, rawParts } from '../array/raw-parts.js';
import { fillWith } from '../array/scalar.js';
import { LsioError } from '../errors.js';
import type { ChunkDecoder } from '../formats/chunked-array.js';
import { type Kernels, kernelMemory, loadKernels } from '../kernels/kernels.js';
import { takeScratch } from '../memory/wasm-slab.js';
import { chunkName, decodingError, type StoredChunk } from './chunk-reader.js';
import type { JobArray } from './workers/job.js';

export interface CropRoom {
  /** Elements of a crop along each axis. */
  readonly size: readonly number[];
  /** Crops of the largest group. */
  readonly crops: number;
  readonly limits: RawLimits;
}

/** What a chunk gives to a group. */
export interface CropTask extends CropChunk {
  /** What is read of a raw chunk; undefined: all of it is read and decoded. */
  readonly parts: readonly RawPart[] | undefined;
}

/**
 * Puts a group of crops together, in memory of the kernels: a chunk is decoded there once, and its boxes are copied to all
 * crops that it belongs to. Where there is room that is the memory which the engine reads into, so that a raw chunk is copied
 * from where it was read. One a thread.
 */
export class CropAssembler {
  readonly cropBytes: number;
  readonly chunkBytes: number;
  readonly #array: JobArray;
  readonly #decoder: ChunkDecoder;
  readonly #limits: RawLimits;
  readonly #roomBytes: number;
  /** Taken for the first chunk. */
  #room: Room | undefined;
  /** Where a chunk or a part of one lies; the crops follow it. */
  readonly #chunkRoom: number;
  readonly #chunkStrides: readonly number[];
  readonly #cropStrides: readonly number[];

  constructor(array: JobArray, decoder: ChunkDecoder, { size, crops, limits }: CropRoom) {
    const { itemBytes } = array.dtype;
    this.#array = array;
    this.#decoder = decoder;
    this.#limits = limits;
    this.cropBytes = bytesOf(size, itemBytes);
    this.chunkBytes = bytesOf(array.chunkShape, itemBytes);
    this.#chunkRoom = align(this.#chunkRoomBytes());
    this.#chunkStrides = rowMajorStrides(array.chunkShape, itemBytes);
    this.#cropStrides = rowMajorStrides(size, itemBytes);
    this.#roomBytes = this.#chunkRoom + crops * this.cropBytes;
  }

  /** Gives its memory to the next one: fresh memory is slow when it is first touched. */
  close(): void {
    this.#room?.release();
    this.#room = undefined;
  }

  /** Bytes of memory that {@link CropAssembler} takes. */
  static bytes(
    { dtype, chunkShape }: Pick<JobArray, 'dtype' | 'chunkShape'>,
    { size, crops }: Pick<CropRoom, 'size' | 'crops'>,
  ): number {
    return bytesOf(chunkShape, dtype.itemBytes) + crops * bytesOf(size, dtype.itemBytes);
  }

  /** A part of a raw chunk is no longer than the limit, or than one run of a crop. */
  #chunkRoomBytes(): number {
    if (!this.#decoder.isRaw) return Math.max(this.chunkBytes, this.#array.dtype.itemBytes);
    return Math.min(this.chunkBytes, Math.max(this.#limits.partBytesMax, this.cropBytes));
  }

  task(chunk: CropChunk): CropTask {
    const { chunkShape, dtype } = this.#array;
    const parts = this.#decoder.isRaw ? rawParts(chunk.boxes, chunkShape, dtype.itemBytes, this.#limits) : undefined;
    return { ...chunk, parts };
  }

  /**
   * Copies what a chunk, or a part of one, gives to the crops.
   *
   * @throws {LsioError} `format` for a damaged chunk, naming it; the chunk's own error.
   */
  add({ boxes, parts }: CropTask, stored: StoredChunk): void {
    const { bytes, error, part } = stored;
    if (error !== undefined) throw error;
    this.#room ??= takeRoom(this.#roomBytes, bytes);
    if (bytes === undefined) this.#addFill(part === undefined ? boxes : parts![part]!.boxes);
    else if (parts === undefined) this.#addDecoded(boxes, stored, bytes);
    else if (part !== undefined) this.#addPart(parts[part]!, bytes);
    else this.#addWhole(parts, stored, bytes);
  }

  /** Copies the crops of the group to their places among those of the output. */
  copyOut(places: Iterable<number>, output: Uint8Array): void {
    const { buffer } = this.#kernels;
    let from = this.#chunkRoom;
    for (const place of places) {
      output.set(new Uint8Array(buffer, from, this.cropBytes), place * this.cropBytes);
      from += this.cropBytes;
    }
  }

  get #kernels(): Kernels {
    return this.#room!.kernels;
  }

  #addDecoded(boxes: readonly CropBox[], { ref, detail }: StoredChunk, bytes: Uint8Array): void {
    try {
      this.#decoder.decode(bytes, new Uint8Array(this.#kernels.buffer, 0, this.chunkBytes), detail);
    } catch (cause) {
      throw decodingError(ref, cause);
    }
    for (const box of boxes) this.#copy(box, 0, this.#chunkStrides);
  }

  /** A raw chunk that was given whole. */
  #addWhole(parts: readonly RawPart[], { ref }: StoredChunk, bytes: Uint8Array): void {
    if (bytes.length !== this.chunkBytes) {
      const name = chunkName(ref);
      const text = `${name}: chunk: found ${bytes.length} bytes, expected ${this.chunkBytes}`;
      throw new LsioError('format', text, { path: name });
    }
    for (const part of parts) this.#addPart(part, bytes.subarray(part.offset, part.offset + part.length));
  }

  #addPart({ offset, boxes }: RawPart, bytes: Uint8Array): void {
    const { buffer } = this.#kernels;
    const isHere = bytes.buffer === buffer;
    if (!isHere) new Uint8Array(buffer, 0, bytes.length).set(bytes);
    const base = (isHere ? bytes.byteOffset : 0) - offset;
    for (const box of boxes) this.#copy(box, base, this.#chunkStrides);
  }

  /** One row of fill values is copied to every row. */
  #addFill(boxes: readonly CropBox[]): void {
    const { dtype, fill } = this.#array;
    const rowBytes = Math.max(...boxes.map(({ count }) => count.at(-1) ?? 1)) * dtype.itemBytes;
    fillWith(new Uint8Array(this.#kernels.buffer, 0, rowBytes), fill as Uint8Array);
    const strides = this.#chunkStrides.map(() => 0);
    for (const box of boxes) this.#copy(box, 0, strides);
  }

  /** @param base where element 0 of the chunk would lie. */
  #copy({ crop, source, target, count }: CropBox, base: number, sourceStrides: readonly number[]): void {
    const last = count.length - 1;
    let from = base;
    let to = this.#chunkRoom + crop * this.cropBytes;
    for (let axis = 0; axis <= last; axis++) {
      from += source[axis]! * sourceStrides[axis]!;
      to += target[axis]! * this.#cropStrides[axis]!;
    }
    const rowBytes = (count[last] ?? 1) * this.#array.dtype.itemBytes;
    const [rows, targetRow, sourceRow] = this.#axis(count, sourceStrides, last - 1);
    const [planes, targetPlane, sourcePlane] = this.#axis(count, sourceStrides, last - 2);
    const outer = Math.max(0, last - 2);
    const copyOuter = (axis: number, at: number, place: number): void => {
      if (axis === outer) {
        this.#kernels.copyBox(place, at, rowBytes, rows, targetRow, sourceRow, planes, targetPlane, sourcePlane);
        return;
      }
      for (let i = 0; i < count[axis]!; i++) {
        copyOuter(axis + 1, at + i * sourceStrides[axis]!, place + i * this.#cropStrides[axis]!);
      }
    };
    copyOuter(0, from, to);
  }

  #axis(count: readonly number[], sourceStrides: readonly number[], axis: number): [number, number, number] {
    return axis < 0 ? [1, 0, 0] : [count[axis]!, this.#cropStrides[axis]!, sourceStrides[axis]!];
  }
}

/** Memory of the kernels that chunks and crops lie in. */
interface Room {
  readonly kernels: Kernels;
  release(): void;
}

/** Of an assembler that is closed. */
let spare: Kernels | undefined;

/** @param bytes of a chunk, as they were read. */
function takeRoom(length: number, bytes: Uint8Array | undefined): Room {
  const lent = bytes && takeScratch(bytes, length);
  if (lent !== undefined) return { kernels: loadKernels(lent.memory), release: lent.release };
  const kept = spare;
  spare = undefined;
  const isEnough = kept !== undefined && kept.buffer.byteLength >= length;
  const kernels = isEnough ? kept : loadKernels(kernelMemory(length));
  const release = () => {
    spare = kernels;
  };
  return { kernels, release };
}

function bytesOf(shape: readonly number[], itemBytes: number): number {
  return shape.reduce((product, length) => product * length, itemBytes);
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
