import type { OwnedMemory } from '../memory/owned.js';
import { Piece } from './long-read.js';
import { type Item, NO_BYTES, NO_LOAN } from './read-item.js';

/** Makes a value that its taker owns out of the items of one request. */
export class Gathering {
  readonly #memory: OwnedMemory;
  #bytes: Uint8Array = NO_BYTES;
  #usedBytes = 0;

  constructor(memory: OwnedMemory) {
    this.#memory = memory;
  }

  /** Adds an item. Returns the value if it was the last. */
  add<R>(item: Item<R>): Uint8Array | undefined {
    const { bytes } = item;
    // What isn't lent was copied already.
    if (!(item instanceof Piece)) return item.loan === NO_LOAN ? bytes : this.#memory.copy(bytes);
    const endBytes = this.#usedBytes + bytes.length;
    // The expectation is the file system's; when the file has grown, it is a guess.
    if (endBytes > this.#bytes.length) this.#grow(Math.max(endBytes, item.long.expectedBytes, this.#bytes.length * 2));
    this.#bytes.set(bytes, this.#usedBytes);
    this.#usedBytes = endBytes;
    if (!item.last) return undefined;
    const value = this.#bytes.subarray(0, this.#usedBytes);
    this.#bytes = NO_BYTES;
    this.#usedBytes = 0;
    return value;
  }

  #grow(lengthBytes: number): void {
    const grown = this.#memory.take(lengthBytes);
    grown.set(this.#bytes.subarray(0, this.#usedBytes));
    this.#bytes = grown;
  }
}
