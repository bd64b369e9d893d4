import { type KernelChoice, type Kernels, kernelMemory, loadKernels } from '../kernels/kernels.js';
import { takeScratch } from '../memory/wasm-slab.js';
import { type ElementFormat, Preparation, storedBytes } from './elements.js';
import { type Pass, reducerBytes, wantedFormat } from './pass.js';

export interface WorkplaceOptions {
  readonly format: ElementFormat;
  readonly pass: Pass;
  readonly chunkShape: readonly number[];
  /** Cells of the largest column. */
  readonly cells: number;
  readonly kernels?: KernelChoice | undefined;
}

/** Bytes for results of kernels, at address 0. */
const OUT_BYTES = 128;
/** A converted element, and the float32 that a float16 becomes on the way. */
const SCRATCH_BYTES_PER_ELEMENT = 12;

/**
 * The memory in which chunks are decoded and reduced: where there is room for it, that which the engine reads into, so that
 * a chunk that is stored as it is is reduced where it was read.
 */
export class Workplace {
  readonly kernels: Kernels;
  readonly preparation: Preparation;
  /** Addresses: of results, of a decoded chunk, of a part of it made dense, and of what reducers need. */
  readonly out = 0;
  readonly chunk = OUT_BYTES;
  readonly dense: number;
  readonly area: number;
  readonly #release: (() => void) | undefined;

  /** @param bytes of the first chunk; undefined if it has none. */
  constructor({ format, pass, chunkShape, cells, kernels }: WorkplaceOptions, bytes: Uint8Array | undefined) {
    const elements = chunkShape.reduce((a, b) => a * b, 1);
    const room = align(elements * storedBytes(format));
    this.dense = this.chunk + room;
    const scratch = this.dense + room;
    this.area = scratch + align(elements * SCRATCH_BYTES_PER_ELEMENT);
    const wanted = wantedFormat(pass, format);
    // What a preparation makes of elements does not depend on the memory.
    const { prepared } = new Preparation(loadKernels({ buffer: new ArrayBuffer(0) }, 'js'), format, wanted, 0);
    const needed = this.area + reducerBytes(pass, prepared, cells);
    const lent = bytes && takeScratch(bytes, needed);
    this.#release = lent?.release;
    this.kernels = loadKernels(lent?.memory ?? kernelMemory(needed), kernels);
    this.preparation = new Preparation(this.kernels, format, wanted, scratch);
  }

  /** Where bytes lie for the kernels; undefined if in another memory. */
  addressOf({ buffer, byteOffset }: Uint8Array): number | undefined {
    return buffer === this.kernels.buffer ? byteOffset : undefined;
  }

  close(): void {
    this.#release?.();
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
