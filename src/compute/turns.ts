import type { Lease } from '../read/item.js';
import type { StoredChunk } from './chunk-reader.js';

/** Borrowed memory, until it is given back. */
export type ChunkLease = Pick<Lease, 'bytes' | 'release'>;

/** A chunk that came before its turn. */
interface Early {
  readonly chunk: StoredChunk;
  readonly lease: ChunkLease | undefined;
}

/** Hands chunks over in the order in which they were asked for, whatever the order in which they come; or as they come. */
export class Turns {
  readonly #ordered: boolean;
  readonly #use: (chunk: StoredChunk) => void;
  readonly #early = new Map<number, Early>();
  #next = 0;

  constructor(ordered: boolean, use: (chunk: StoredChunk) => void) {
    this.#ordered = ordered;
    this.#use = use;
  }

  /**
   * @param turn counts all that is handed over, from 0.
   * @param lease keeps the chunk's bytes, if they lie in borrowed memory.
   */
  offer(turn: number, chunk: StoredChunk, lease?: () => ChunkLease): void {
    if (!this.#ordered) {
      this.#use(chunk);
      return;
    }
    if (turn !== this.#next) {
      const kept = lease?.();
      this.#early.set(turn, { chunk: kept === undefined ? chunk : { ...chunk, bytes: kept.bytes }, lease: kept });
      return;
    }
    this.#next++;
    this.#use(chunk);
    for (let early = this.#early.get(this.#next); early !== undefined; early = this.#early.get(this.#next)) {
      this.#early.delete(this.#next++);
      try {
        this.#use(early.chunk);
      } finally {
        early.lease?.release();
      }
    }
  }

  /** Gives the memory of all that is left back. */
  close(): void {
    for (const { lease } of this.#early.values()) lease?.release();
    this.#early.clear();
  }
}
