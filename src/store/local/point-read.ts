import { type Abortable, addAbortable, type Signal } from '../../abort.js';
import type { Path } from '../../engine/engine.js';
import type { OwnedBytes } from '../../memory/owned.js';
import type { CachedFile } from './file-cache.js';

export type Outcome = OwnedBytes | undefined;

/** What is to be read: a range of a file, to its end perhaps, or its last bytes. */
export interface Point {
  readonly path: Path;
  readonly offset: number;
  /** Bytes, or TO_END. */
  readonly length: number;
  /** The last so many bytes, whatever `offset` and `length` are; -1: those. */
  readonly suffixLength: number;
  readonly signal: Signal | undefined;
  /** Memory of the caller, at least `length` bytes; undefined: the answer is in memory of its own. */
  readonly into: Uint8Array | undefined;
  /** Given with one user, which the read takes over. */
  readonly file: CachedFile | undefined;
}

/** Where `new Promise` leaves its functions: a closure for each promise would cost more than the rest of a read's JS. */
let resolveLatest: (outcome: Outcome | Promise<Outcome>) => void;
let rejectLatest: (error: unknown) => void;

function capture(resolve: typeof resolveLatest, reject: typeof rejectLatest): void {
  resolveLatest = resolve;
  rejectLatest = reject;
}

/** A read, and the promise of its outcome. */
export class PointRead implements Point, Abortable {
  readonly path: Path;
  readonly signal: Signal | undefined;
  readonly into: Uint8Array | undefined;
  readonly promise: Promise<Outcome>;
  readonly resolve: typeof resolveLatest;
  readonly reject: typeof rejectLatest;
  readonly offset: number;
  readonly length: number;
  readonly suffixLength: number;
  file: CachedFile | undefined;
  /** It is no longer wanted. */
  aborted = false;
  /** What begins where this ends, and is read with it. */
  next: PointRead | undefined = undefined;
  /** Nothing came, where the file states that there is something. */
  cameEmpty = false;
  /** Reading it with others didn't work. */
  alone = false;

  constructor({ path, offset, length, suffixLength, signal, into, file }: Point) {
    this.path = path;
    this.offset = offset;
    this.length = length;
    this.suffixLength = suffixLength;
    this.signal = signal;
    this.into = into;
    this.file = file;
    this.promise = new Promise(capture);
    this.resolve = resolveLatest;
    this.reject = rejectLatest;
    if (signal !== undefined) addAbortable(signal, this);
  }

  /** A read in flight finishes, and its outcome is dropped: settling twice does nothing. */
  onAbort(reason: unknown): void {
    this.aborted = true;
    this.reject(reason);
  }
}
