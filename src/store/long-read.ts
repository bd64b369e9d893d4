import type { Path } from '../engine/engine.js';
import { changedError, pastTheEndOf } from '../engine/failure.js';
import type { LsioError } from '../errors.js';
import { InOrder } from './fifo.js';
import { type FileUse, Item } from './read-item.js';

/**
 * 1 GiB came from the page cache at 6.3 GiB/s in pieces of 1 MiB, at 4.6 in pieces of 512 KiB and 3.9 in 256 KiB; from
 * the device at the same rate in each.
 */
export const LONG_PIECE_BYTES = 1024 * 1024;

/** A part of a long read. */
export class Piece<R> extends Item<R> {
  readonly long: LongRead<R>;

  constructor(long: LongRead<R>, offset: number, length: number) {
    super(long, offset, length);
    this.long = long;
    this.use = long.use;
    this.last = false;
  }
}

/**
 * A request that is too long for one item: it is read and handed out in pieces, several of which are in flight.
 *
 * The size that the file system states is only a hint (procfs says 0, and a file may grow). Up to there pieces are read
 * at full depth; from there on one at a time, until one comes back short, which is the end of the file.
 */
export class LongRead<R> {
  readonly index: number;
  readonly request: R;
  readonly path: Path;
  readonly use: FileUse;
  /** Fewer bytes than `end` promises mean that the file has changed. */
  readonly exact: boolean;
  /** Pieces described and not yet handed out. */
  readonly #pieces = new InOrder<Piece<R>>();
  readonly #begin: number;
  readonly #end: number;
  readonly #sizeBytes: number;
  readonly #pieceBytes: number;
  #next: number;
  #inFlight = 0;
  /** The end of the file, or an error, was met. */
  #stopped = false;
  /** Nobody wants what is still in flight. */
  #dropped = false;

  /** The bytes from `begin` to `end` (`Infinity`: the end of the file) of a file said to be `sizeBytes` long. */
  constructor(
    item: Item<R>,
    use: FileUse,
    extent: { begin: number; end: number; sizeBytes: number; pieceBytes: number },
  ) {
    this.index = item.index;
    this.request = item.request;
    this.path = item.path;
    this.exact = item.exact;
    this.use = use;
    this.#begin = extent.begin;
    this.#end = extent.end;
    this.#sizeBytes = extent.sizeBytes;
    this.#pieceBytes = extent.pieceBytes;
    this.#next = extent.begin;
  }

  /** How many bytes there are, if the size that the file system stated is right. */
  get expectedBytes(): number {
    return Math.max(0, Math.min(this.#end, this.#sizeBytes) - this.#begin);
  }

  /** Nothing more needs to be read. */
  get finished(): boolean {
    return this.#inFlight === 0 && (this.#stopped || this.#next >= this.#end);
  }

  /** Pieces in flight or not yet handed out. */
  get pieces(): number {
    return this.#pieces.length;
  }

  get dropped(): boolean {
    return this.#dropped;
  }

  /** The next piece to read, if there is one to be read now. */
  describe(): Piece<R> | undefined {
    if (this.#stopped || this.#next >= this.#end) return undefined;
    if (this.#next >= this.#sizeBytes && this.#inFlight > 0) return undefined;
    const piece = new Piece(this, this.#next, Math.min(this.#pieceBytes, this.#end - this.#next));
    this.use.users++;
    this.#next += piece.length;
    this.#pieces.push(piece);
    this.#inFlight++;
    return piece;
  }

  /**
   * Takes what came of a piece.
   *
   * @returns whether it can be handed out without waiting for another read.
   */
  done(piece: Piece<R>, gotBytes: number, error: LsioError | undefined): boolean {
    this.#inFlight--;
    const isNext = this.#pieces.pending === piece;
    piece.gotBytes = gotBytes;
    piece.error = error;
    piece.finished = true;
    if (error !== undefined || gotBytes < piece.length) this.#stopped = true;
    this.#pieces.advance();
    return isNext && this.#settle(piece, undefined);
  }

  /** The next piece to be handed out, if it is there and it is known whether it is the last. */
  take(): Piece<R> | undefined {
    const piece = this.#pieces.first;
    if (piece === undefined || !piece.finished || !this.#settle(piece, this.#pieces.at(1))) return undefined;
    return this.#pieces.shift();
  }

  /** Takes a piece that nobody wants, until there is none. */
  drop(): Piece<R> | undefined {
    this.#dropped = true;
    return this.#pieces.shift();
  }

  /** Decides whether a finished piece is the last, or how it fails; false when that isn't known yet. */
  #settle(piece: Piece<R>, next: Piece<R> | undefined): boolean {
    const end = piece.offset + piece.gotBytes;
    if (piece.error === undefined && piece.gotBytes < piece.length) {
      // What lies behind the end was read at the same time: it must be nothing.
      if (this.#inFlight > 0) return false;
      piece.error = this.#errorAtEnd(piece, end);
      piece.last = true;
    } else if (piece.error !== undefined || end === this.#end) {
      piece.last = true;
    } else if (end >= this.#sizeBytes) {
      if (next === undefined || !next.finished) return false;
      piece.last = next.gotBytes === 0 && next.error === undefined;
    }
    return true;
  }

  #errorAtEnd(piece: Piece<R>, end: number): LsioError | undefined {
    let behindBytes = 0;
    for (let index = 0; index < this.#pieces.length; index++) {
      const other = this.#pieces.at(index)!;
      if (other.offset > piece.offset) behindBytes += other.gotBytes;
    }
    if (this.exact || behindBytes > 0) return changedError(this.path, end);
    const wholeFile = this.#begin === 0 && this.#end === Number.POSITIVE_INFINITY;
    if (end > this.#begin || wholeFile) return undefined;
    return pastTheEndOf(this.path, end, Math.min(end, this.#sizeBytes));
  }
}
