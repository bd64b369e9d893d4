import { exactCopy, exactMemory, type OwnedBytes } from '../memory/owned.js';
import { Piece } from './long-read.js';
import type { Item } from './read-item.js';

/** Makes a value of exact memory of the items of one request. */
export class Gathering {
  #bytes: OwnedBytes = new Uint8Array(0);
  #usedBytes = 0;

  /**
   * Adds an item. Returns the value if it was the last.
   *
   * @throws {LsioError} `too-large` when the value doesn't fit into one array.
   */
  add<R>(item: Item<R>): OwnedBytes | undefined {
    const { bytes } = item;
    if (!(item instanceof Piece)) return exactCopy(bytes);
    const endBytes = this.#usedBytes + bytes.length;
    // The expectation is the file system's; when the file has grown, it is a guess.
    if (endBytes > this.#bytes.length) this.#grow(Math.max(endBytes, item.long.expectedBytes, this.#bytes.length * 2));
    this.#bytes.set(bytes, this.#usedBytes);
    this.#usedBytes = endBytes;
    if (!item.last) return undefined;
    const value = this.#usedBytes === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#usedBytes);
    this.#bytes = new Uint8Array(0);
    this.#usedBytes = 0;
    return value;
  }

  #grow(lengthBytes: number): void {
    const grown = exactMemory(lengthBytes);
    grown.set(this.#bytes.subarray(0, this.#usedBytes));
    this.#bytes = grown;
  }
}
