import { type WasmMemory, wasmMemory } from '../webassembly.js';
import { Slab } from './slab.js';

/** Left to kernels at the beginning of the memory: for their stack, tables and scratch. */
export const SCRATCH_BYTES = 64 * 1024;

const wasmMemories = new WeakMap<ArrayBufferLike, WasmMemory>();

/**
 * The WebAssembly memory that bytes of an engine lie in, for kernels: `byteOffset` is their address in it. Undefined
 * where they lie elsewhere. Below {@link SCRATCH_BYTES} it belongs to the kernels.
 */
export function wasmMemoryOf({ buffer }: Uint8Array): WasmMemory | undefined {
  return wasmMemories.get(buffer);
}

/** A slab in a part of a memory. */
export function slabIn(memory: WasmMemory, offset: number, lengthBytes: number): Slab {
  wasmMemories.set(memory.buffer, memory);
  return new Slab(new Uint8Array(memory.buffer, offset, lengthBytes));
}

/**
 * Page-aligned memory for a slab whose address nobody needs: no native library is loaded for it.
 *
 * @param lengthBytes a power of two of pages.
 */
export function portableSlab(lengthBytes: number): Slab {
  const memory = wasmMemory(SCRATCH_BYTES + lengthBytes);
  // Without alignment O_DIRECT fails, which then falls back.
  return memory === undefined ? new Slab(new Uint8Array(lengthBytes)) : slabIn(memory, SCRATCH_BYTES, lengthBytes);
}
