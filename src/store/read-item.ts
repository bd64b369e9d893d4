import type { Path, SharedFile } from '../engine/engine.js';
import type { LsioError } from '../errors.js';
import type { ByteRange } from '../range.js';

/** A file, or a part of one, to be read. */
export interface ReadRequest {
  readonly path: Path;
  /** Absent: the whole file. */
  readonly range?: ByteRange | undefined;
}

/** What came of a request, or of a part of it. */
export interface ReadItem<R> {
  /** The request's place among the requests, from 0. */
  readonly index: number;
  readonly request: R;
  /** Where `bytes` begin in the file, in bytes; with an `error`, where it happened. */
  readonly offset: number;
  /** Lent: good until the next item is asked for or `release()` is called. Empty with an `error`. */
  readonly bytes: Uint8Array;
  /** No more of this request follows. */
  readonly last: boolean;
  /** Why the request ends here. */
  readonly error: LsioError | undefined;
  /** Gives the memory of `bytes` back early. */
  release(): void;
}

/** Items as they are asked for. */
export interface ItemIterator<I> extends AsyncIterableIterator<I> {
  /**
   * The next item if it is there already, without a promise: to go on with after one that was waited for, until it returns
   * undefined. As `next()`, it gives back the bytes of the item before.
   */
  takeNow(): I | undefined;
}

/** An open file that several items are read from; it is closed after the last of them. */
export interface FileUse {
  readonly file: SharedFile;
  users: number;
  /** No more users come. */
  ended: boolean;
}

export const NO_BYTES = new Uint8Array(0);
export const NO_LOAN = -1;

/** A request, or a piece of a long one, from when it is admitted until its bytes are given back. */
export class Item<R> implements ReadItem<R> {
  readonly index: number;
  readonly request: R;
  readonly path: Path;
  offset: number;
  bytes: Uint8Array = NO_BYTES;
  last = true;
  error: LsioError | undefined = undefined;
  /** Bytes to read, or TO_END. */
  length: number;
  /** Fewer bytes than `length` mean that the file has changed: its size was looked at before. */
  exact = false;
  /** It is read to the end of the file: fewer bytes than `length` are expected, and as many mean that there are more. */
  beyondEnd = false;
  /** At least 0: only the last so many of the bytes are wanted. */
  suffixBytes = -1;
  use: FileUse | undefined = undefined;
  /** O_DIRECT was refused: it is read through the page cache. */
  buffered = false;
  /** It is being read, or was. */
  begun = false;
  finished = false;
  /** So many bytes were read, whether or not they are shown. */
  gotBytes = 0;
  /** What it counts for while it waits to be handed out, in bytes. */
  waitingBytes = 0;
  loan = NO_LOAN;
  lentBytes = 0;
  giveBack: ((item: Item<R>) => void) | undefined = undefined;

  constructor(
    from: { readonly index: number; readonly request: R; readonly path: Path },
    offset: number,
    length: number,
  ) {
    this.index = from.index;
    this.request = from.request;
    this.path = from.path;
    this.offset = offset;
    this.length = length;
  }

  release(): void {
    this.bytes = NO_BYTES;
    if (this.loan !== NO_LOAN) this.giveBack?.(this);
  }
}
