import type { Extent } from '../../range.js';

/**
 * A parser that does no I/O: it yields the range that it needs next and is resumed with its bytes, which are fewer only
 * at the end of the file. One parser serves memory, files and stores.
 */
export type ReadSteps<Result> = Generator<Extent, Result, Uint8Array>;

/** Reads a range of one file. Answers fewer bytes only at the end of the file. */
export type ReadRange = (extent: Extent) => Uint8Array | Promise<Uint8Array>;

/** Runs a parser over a source. */
export async function runSteps<Result>(steps: ReadSteps<Result>, read: ReadRange): Promise<Result> {
  let next = steps.next();
  while (!next.done) {
    const bytes = read(next.value);
    next = steps.next(bytes instanceof Promise ? await bytes : bytes);
  }
  return next.value;
}

/** Runs a parser over bytes in memory. */
export function runStepsOver<Result>(steps: ReadSteps<Result>, bytes: Uint8Array): Result {
  let next = steps.next();
  while (!next.done) next = steps.next(bytes.subarray(next.value.offset, next.value.offset + next.value.length));
  return next.value;
}

/** A message header, without a bitmap, lies in this many bytes. */
const WINDOW_BYTES = 512;
const WINDOW_BYTES_MAX = 1 << 20;
/** Needs closer than this to the window's end are served by longer sequential reads. */
const NEAR_BYTES = 1 << 13;

/** The bytes that were read last. Grows while reads follow one another closely, so tiny messages are read in bulk. */
export class Window {
  readonly size: number;
  bytesRead = 0;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #windowBytes = WINDOW_BYTES;
  readonly #searchBytes: number | undefined;

  /**
   * @param size of the file in bytes.
   * @param searchBytes that a search reads at a time. By default it begins with little and reads more and more.
   */
  constructor(size: number, searchBytes?: number) {
    this.size = size;
    this.#searchBytes = searchBytes;
  }

  /**
   * The bytes of a range where they lie in the window, else `undefined`. Ask here before {@link need}: most bytes do, and a
   * generator costs more than they do.
   */
  held(offset: number, length: number): Uint8Array | undefined {
    const at = offset - this.#start;
    const end = Math.min(offset + length, this.size) - this.#start;
    if (at < 0 || end > this.#bytes.length) return undefined;
    return this.#bytes.subarray(at, Math.max(end, at));
  }

  /** The bytes of a range, fewer at the end of the file. The view is good until the next call. */
  *need(offset: number, length: number): ReadSteps<Uint8Array> {
    const held = this.held(offset, length);
    if (held !== undefined) return held;
    const windowEnd = this.#start + this.#bytes.length;
    const near =
      offset >= this.#start && offset - windowEnd < Math.max(NEAR_BYTES, this.#windowBytes) && this.#bytes.length > 0;
    this.#windowBytes = near ? Math.min(this.#windowBytes * 2, WINDOW_BYTES_MAX) : WINDOW_BYTES;
    yield* this.#fill(offset, Math.max(length, this.#windowBytes));
    return this.#bytes.subarray(0, Math.max(Math.min(length, this.size - offset), 0));
  }

  *#fill(offset: number, length: number): ReadSteps<void> {
    const wanted = Math.min(length, this.size - offset);
    this.#start = offset;
    this.#bytes = wanted > 0 ? yield { offset, length: wanted } : new Uint8Array(0);
    this.bytesRead += this.#bytes.length;
  }

  /** The position of `GRIB` at or after `from` and before `until`, or `undefined`. */
  *find(from: number, until: number): ReadSteps<number | undefined> {
    for (let at = from; at + 4 <= this.size && at < until; ) {
      const isHere = at >= this.#start && at + 4 <= this.#start + this.#bytes.length;
      if (this.#searchBytes !== undefined && !isHere) yield* this.#fill(at, this.#searchBytes);
      const bytes = yield* this.need(at, 4);
      // A source that answers less than its size says ends here.
      if (bytes.length < 4) return undefined;
      const rest = this.#bytes.subarray(at - this.#start);
      const found = Buffer.from(rest.buffer, rest.byteOffset, rest.length).indexOf('GRIB', 0, 'latin1');
      if (found >= 0) return at + found < until ? at + found : undefined;
      at += Math.max(rest.length - 3, 1);
    }
    return undefined;
  }
}
