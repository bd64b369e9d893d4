/** Taken at once at the most: how long a value is to be is what its metadata says, which may be anything. */
const ROOM_BYTES_MAX = 64 * 1024 ** 2;

/** Puts the parts of a long value together: they are good for their batch only. */
export class LongValue {
  readonly #roomBytes: number;
  /** Kept for the next value, if that may be. */
  #memory = new Uint8Array(0);
  #length = 0;

  /** @param roomBytes about how long a value is. */
  constructor(roomBytes: number) {
    this.#roomBytes = Math.min(roomBytes, ROOM_BYTES_MAX);
  }

  /** Bytes of the parts so far. */
  get length(): number {
    return this.#length;
  }

  add(part: Uint8Array): void {
    const needed = this.#length + part.length;
    if (needed > this.#memory.length) {
      // Of a value that is longer than it should be, each step takes twice as much.
      const larger = new Uint8Array(Math.max(needed, this.#length === 0 ? this.#roomBytes : 2 * this.#memory.length));
      larger.set(this.#memory.subarray(0, this.#length));
      this.#memory = larger;
    }
    this.#memory.set(part, this.#length);
    this.#length = needed;
  }

  /**
   * The whole value. Another one may begin.
   *
   * @param keeps whether its memory may be used for the next one.
   */
  take(keeps: boolean): Uint8Array {
    const value = this.#memory.subarray(0, this.#length);
    this.#length = 0;
    if (!keeps) this.#memory = new Uint8Array(0);
    return value;
  }

  /** What came so far is of no use. */
  drop(): void {
    this.#length = 0;
  }
}
