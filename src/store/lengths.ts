import { type Stats, stat } from 'node:fs';
import { PIECE_BYTES_MAX, TO_END } from '../engine/engine.js';
import { failureOf, pastTheEndOf } from '../engine/failure.js';
import { NOT_REGULAR } from '../engine/slots.js';
import { EIO, EISDIR } from '../errno.js';
import { resolveRange } from '../range.js';
import type { Delivery } from './delivery.js';
import type { FileUses } from './file-uses.js';
import type { DirectReads } from './local/direct.js';
import { LONG_PIECE_BYTES, LongRead } from './long-read.js';
import type { Item } from './read-item.js';

/** Looks at files' sizes under way at a time: libuv has four threads for them. */
const LOOKS_MAX = 16;

interface LengthsOptions<R> {
  readonly delivery: Delivery<R>;
  readonly direct: DirectReads;
  readonly uses: FileUses;
  /** The longest single read, in bytes. */
  readonly readBytesMax: number;
  /** The item's length is known, and at most about 8 MiB: it is to be read. */
  readonly plan: (item: Item<R>) => void;
  /** A look has come to something. */
  readonly onLooked: () => void;
  /** Nothing more can be read. */
  readonly onFailure: (error: unknown) => void;
}

/** Finds out how long that is what an item asks for, where the file has to be looked at for that. */
export class Lengths<R> {
  readonly #options: LengthsOptions<R>;
  #looks = 0;
  #closed = false;

  constructor(options: LengthsOptions<R>) {
    this.#options = options;
  }

  /** No more should be looked at for now. */
  get busy(): boolean {
    return this.#looks >= LOOKS_MAX;
  }

  /** What is being looked at is dropped. */
  close(): void {
    this.#closed = true;
  }

  /** The range begins at or past the end of the file; how long it is remains to be said. */
  failPastTheEnd(item: Item<R>): void {
    this.#look(item, ({ size }) => {
      this.#options.delivery.fail(item, pastTheEndOf(item.path, item.offset, Math.min(size, item.offset)));
    });
  }

  /** The item is too long for one: it is read in pieces, from where it begins to `end`. */
  readPieces(item: Item<R>, end: number): void {
    this.#look(item, ({ size }) => this.#lengthen(item, end, size));
  }

  /** The engine would read to the end at once, and may not: how far that is has to be known. */
  lookForEnd(item: Item<R>): void {
    this.#look(item, (stats) => {
      if (!stats.isFile()) this.#fail(item, stats.isDirectory() ? EISDIR : NOT_REGULAR);
      // procfs says 0 whatever there is.
      else if (stats.size === 0) this.#options.plan(item);
      else this.#readBeyond(item, Math.max(0, stats.size - item.offset));
    });
  }

  /** There is more than the size said. */
  readOn(item: Item<R>): void {
    const { length } = item;
    this.#readBeyond(item, length > PIECE_BYTES_MAX ? length : Math.min(2 * length, PIECE_BYTES_MAX));
  }

  /** Where the last bytes begin depends on the file's size. */
  lookForSuffix(item: Item<R>, suffixLength: number): void {
    this.#look(item, (stats) => {
      if (!stats.isFile()) return this.#fail(item, stats.isDirectory() ? EISDIR : NOT_REGULAR);
      const extent = resolveRange({ suffixLength }, stats.size);
      item.offset = extent.offset;
      item.length = extent.length;
      item.exact = true;
      if (stats.size === 0 && suffixLength > 0) {
        // procfs says 0 whatever there is: the end is found by reading.
        item.exact = false;
        item.length = TO_END;
        item.suffixBytes = suffixLength;
      }
      if (item.length > PIECE_BYTES_MAX) this.readPieces(item, item.offset + item.length);
      else this.#options.plan(item);
    });
  }

  /** Reads one byte more than there should be: a size is only a hint, the end is where nothing comes. */
  #readBeyond(item: Item<R>, restBytes: number): void {
    if (restBytes > PIECE_BYTES_MAX) {
      this.#lengthen(item, Number.POSITIVE_INFINITY, item.offset + restBytes);
      return;
    }
    item.length = restBytes + 1;
    item.beyondEnd = true;
    this.#options.plan(item);
  }

  #lengthen(item: Item<R>, end: number, sizeBytes: number): void {
    const { delivery, direct, uses, readBytesMax, onLooked } = this.#options;
    const pieceBytes = Math.min(LONG_PIECE_BYTES, readBytesMax);
    const extent = { begin: item.offset, end, sizeBytes, pieceBytes };
    direct.decide(item.path, { offset: item.offset, length: TO_END }, (alignBytes) => {
      if (this.#closed) return;
      delivery.lengthen(item, new LongRead(item, uses.open(item.path, alignBytes), extent));
      onLooked();
    });
  }

  #fail(item: Item<R>, errno: number): void {
    this.#options.delivery.fail(item, failureOf(item.path, item.offset + item.gotBytes, errno));
  }

  #look(item: Item<R>, then: (stats: Stats) => void): void {
    this.#looks++;
    stat(typeof item.path === 'string' ? item.path : Buffer.from(item.path), (error, stats) => {
      this.#looks--;
      if (this.#closed) return;
      try {
        if (error === null) then(stats);
        else this.#fail(item, -(error.errno ?? -EIO));
      } catch (failure) {
        this.#options.onFailure(failure);
      }
      this.#options.onLooked();
    });
  }
}
