import { PAGE_BYTES } from '../memory/slab.js';
import { type FileFacts, factsOfStatx, STATX_BYTES } from '../native/file-facts.js';
import { type Mapping, mapMemory } from '../native/libc.js';
import { viewMemory } from '../native/library.js';

/** Room for structs statx that the kernel fills in, outside of JavaScript's heap. */
export class StatRoom {
  readonly #mapping: Mapping;
  readonly #memory: ArrayBuffer;

  /** @throws {LsioError} `unavailable` when the system has no memory to give. */
  constructor(places: number) {
    const bytes = Math.ceil((places * STATX_BYTES) / PAGE_BYTES) * PAGE_BYTES;
    this.#mapping = mapMemory(bytes, PAGE_BYTES);
    this.#memory = viewMemory(this.#mapping.address, bytes);
  }

  addressOf(place: number): number {
    return this.#mapping.address + place * STATX_BYTES;
  }

  facts(place: number): FileFacts {
    return factsOfStatx(new DataView(this.#memory, place * STATX_BYTES, STATX_BYTES));
  }

  unmap(): void {
    this.#mapping.unmap();
  }
}
