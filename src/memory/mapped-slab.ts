import { HUGE_PAGE_BYTES, type Mapping, mapMemory, preferHugePages } from '../native/libc.js';
import { viewMemory } from '../native/library.js';
import { PAGE_BYTES, Slab } from './slab.js';

/** Unmaps memory once no view of it is left. */
const unseen = new FinalizationRegistry<Mapping>((mapping) => mapping.unmap());

/** A slab in a mapping of its own, for where that of WebAssembly can't be had. */
export class MappedSlab {
  readonly slab: Slab;
  readonly address: number;
  readonly lengthBytes: number;
  readonly #mapping: Mapping;

  /**
   * @param lengthBytes a power of two of pages.
   * @throws {LsioError} `unavailable` when the system has no memory to give.
   */
  constructor(lengthBytes: number) {
    this.#mapping = mapMemory(lengthBytes, PAGE_BYTES, HUGE_PAGE_BYTES);
    this.address = this.#mapping.address;
    this.lengthBytes = lengthBytes;
    preferHugePages(this.address, lengthBytes);
    this.slab = new Slab(new Uint8Array(viewMemory(this.address, lengthBytes)));
  }

  /** As {@link SlabMemory.retire}. */
  retire(drained: boolean): void {
    if (drained) unseen.register(this.slab.memory.buffer, this.#mapping);
  }
}
