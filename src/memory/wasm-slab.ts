import { isOutOfMemory, LsioError, MEMORY_REMEDY } from '../errors.js';
import { type WasmMemory, wasmMemory } from '../webassembly.js';
import { Slab } from './slab.js';

/** Left to kernels at the beginning of the memory. Untouched memory costs nothing. */
export const SCRATCH_BYTES = 32 * 1024 ** 2;

const wasmMemories = new WeakMap<ArrayBufferLike, WasmMemory>();

/**
 * The WebAssembly memory that bytes of an engine lie in, for kernels: `byteOffset` is their address in it. Undefined
 * where they lie elsewhere. Below {@link SCRATCH_BYTES} it belongs to the kernels.
 */
export function wasmMemoryOf({ buffer }: Uint8Array): WasmMemory | undefined {
  return wasmMemories.get(buffer);
}

const takenScratch = new WeakSet<WasmMemory>();

/** The first {@link SCRATCH_BYTES} of a memory, until it is released. */
export interface Scratch {
  readonly memory: WasmMemory;
  release(): void;
}

/**
 * Room for kernels in the memory that bytes of an engine lie in. One user at a time.
 *
 * @returns undefined where the bytes lie elsewhere, where it is taken, or too small.
 */
export function takeScratch(bytes: Uint8Array, lengthBytes: number): Scratch | undefined {
  const memory = wasmMemoryOf(bytes);
  if (memory === undefined || lengthBytes > SCRATCH_BYTES || takenScratch.has(memory)) return undefined;
  takenScratch.add(memory);
  return { memory, release: () => takenScratch.delete(memory) };
}

/** A slab in a part of a memory. */
export function slabIn(memory: WasmMemory, offset: number, lengthBytes: number): Slab {
  wasmMemories.set(memory.buffer, memory);
  return new Slab(new Uint8Array(memory.buffer, offset, lengthBytes));
}

/**
 * Page-aligned memory for a slab whose address is not needed: no native library is loaded for it.
 *
 * @param lengthBytes a power of two of pages.
 * @throws {LsioError} `unavailable` when there is no memory for it.
 */
export function portableSlab(lengthBytes: number): Slab {
  const memory = wasmMemory(SCRATCH_BYTES + lengthBytes);
  // Without alignment O_DIRECT fails, which then falls back.
  return memory === undefined ? new Slab(plainMemory(lengthBytes)) : slabIn(memory, SCRATCH_BYTES, lengthBytes);
}

function plainMemory(lengthBytes: number): Uint8Array {
  try {
    return new Uint8Array(lengthBytes);
  } catch (cause) {
    if (!isOutOfMemory(cause)) throw cause;
    const remedy = MEMORY_REMEDY;
    throw new LsioError('unavailable', `no memory for ${lengthBytes} bytes of buffers`, {
      code: 'ENOMEM',
      remedy,
      cause,
    });
  }
}
