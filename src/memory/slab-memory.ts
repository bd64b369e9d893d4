import { isMainThread } from 'node:worker_threads';
import { HUGE_PAGE_BYTES, preferHugePages } from '../native/libc.js';
import { addressOf } from '../native/library.js';
import { type WasmMemory, wasmMemory } from '../webassembly.js';
import { MappedSlab } from './mapped-slab.js';
import type { Slab } from './slab.js';
import { SCRATCH_BYTES, slabIn } from './wasm-slab.js';

/**
 * Where the memory of a slab comes from. `webassembly`: kernels work on it where reads land. `mapped`: what works on it
 * has to copy. `auto`: WebAssembly's on the main thread, where it can be had.
 */
export type SlabChoice = 'auto' | 'webassembly' | 'mapped';

/** A slab that the kernel and threads know by its address; any number of rings read into it. */
export interface SlabMemory {
  readonly slab: Slab;
  readonly address: number;
  readonly lengthBytes: number;
  /**
   * No ring is given anything more. With `drained` false, reads in flight may still land in it: then it stays for good.
   * A view that is still in use must not crash.
   */
  retire(drained: boolean): void;
}

/** Memory that reads may still land in. */
const kept: SlabMemory[] = [];

/**
 * Memory for a slab, in huge pages where there are any: a device is told of each piece of memory that lies apart, and
 * reads of 256 KiB took twice as long into the single pages that a system has left after a while. Around it are pages
 * that must not be touched.
 *
 * WebAssembly's sets 10 GiB of addresses aside, which a limit (`ulimit -v`) may forbid. It goes with its thread, also if
 * that is terminated with reads in flight: so `auto` takes it on the main thread only. Who sees to it that the engine is
 * closed before the thread ends may ask for it.
 *
 * @param lengthBytes a power of two of pages.
 * @throws {LsioError} `unavailable` when the system has no memory to give.
 */
export function openSlabMemory(lengthBytes: number, choice: SlabChoice = 'auto'): SlabMemory {
  const wanted = choice === 'webassembly' || (choice === 'auto' && isMainThread);
  const memory = wanted ? wasmMemory(SCRATCH_BYTES + HUGE_PAGE_BYTES + lengthBytes) : undefined;
  return memory === undefined ? new MappedSlab(lengthBytes) : new WasmSlab(memory, lengthBytes);
}

class WasmSlab implements SlabMemory {
  readonly slab: Slab;
  readonly address: number;
  readonly lengthBytes: number;

  constructor(memory: WasmMemory, lengthBytes: number) {
    const base = addressOf(new Uint8Array(memory.buffer));
    this.address = Math.ceil((base + SCRATCH_BYTES) / HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES;
    this.lengthBytes = lengthBytes;
    preferHugePages(this.address, lengthBytes);
    this.slab = slabIn(memory, this.address - base, lengthBytes);
  }

  retire(drained: boolean): void {
    if (!drained) kept.push(this);
  }
}
