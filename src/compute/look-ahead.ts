/** About twice what an engine has in flight: less would let it run dry, more is kept from other threads. */
const BYTES_MAX = 16 * 1024 ** 2;
const CHUNKS_MIN = 4;
const CHUNKS_MAX = 512;

/** How many chunks are asked for and not used: more are asked for only when there is room. */
export class LookAhead {
  readonly #chunksMax: number;
  #count = 0;
  #onRoom: (() => void) | undefined;

  /** @param chunkBytes about how long a chunk is. */
  constructor(chunkBytes: number) {
    this.#chunksMax = Math.max(CHUNKS_MIN, Math.min(CHUNKS_MAX, Math.floor(BYTES_MAX / Math.max(1, chunkBytes))));
  }

  begun(chunks: number): void {
    this.#count += chunks;
  }

  used(): void {
    this.#count--;
    if (this.#onRoom === undefined || this.#count > this.#chunksMax / 2) return;
    this.#onRoom();
    this.#onRoom = undefined;
  }

  /** Fulfils when there is room. */
  async room(): Promise<void> {
    if (this.#count < this.#chunksMax) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
  }
}
