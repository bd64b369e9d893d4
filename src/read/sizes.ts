import { BUFFER_BYTES_MAX, TO_END } from '../engine/engine.js';
import { changedError, pastTheEndOf } from '../engine/failure.js';
import { isOpenPipe } from '../engine/size.js';
import { isLsioError } from '../errors.js';
import { resolveRange } from '../range.js';
import type { ReadBackend } from './backend.js';
import type { Ranged } from './item.js';
import { EXACT_LENGTH, type Item, LAST_BYTES, PAST_STATED_END, PLANNED, SIZING } from './item.js';
import type { OutputQueue } from './output-queue.js';

/** Sizes asked for at a time: libuv has four threads for them. */
const ASKED_MAX = 16;

interface SizesOptions<R extends Ranged> {
  readonly backend: ReadBackend;
  readonly output: OutputQueue<R>;
  /** The item's length is known, and at most about 8 MiB: it is to be read. */
  readonly onPlanned: (item: Item<R>) => void;
  /**
   * The item is too long for one: it is to be read in parts, up to the offset `end`.
   *
   * @param sizeBytes The stated size of the file.
   */
  readonly onLong: (item: Item<R>, end: number, sizeBytes: number) => void;
  /** It is a pipe, which is read one part after another. */
  readonly onPipe: (item: Item<R>) => void;
  /** There may be more to be read, or to be taken. */
  readonly onSized: () => void;
  /** Nothing more can be read. */
  readonly onFailure: (error: unknown) => void;
}

/** Finds out how long that is what an item asks for, where the size of the file has to be asked for. */
export class Sizes<R extends Ranged> {
  readonly #options: SizesOptions<R>;
  /** Of items that came short of the stated size: where they ended. Undefined: nothing came. */
  readonly #shortEnds = new Map<Item<R>, number | undefined>();
  #asked = 0;
  #closed = false;

  constructor(options: SizesOptions<R>) {
    this.#options = options;
  }

  /** No more should be asked for now. */
  get busy(): boolean {
    return this.#asked >= ASKED_MAX;
  }

  /** Answers that are still to come are dropped. */
  close(): void {
    this.#closed = true;
  }

  /**
   * Nothing came for a range: it begins past the end. Where the stated size denies that, the file has grown, or states
   * what isn't true, as those of sysfs do: a second read tells.
   */
  failPastTheEnd(item: Item<R>): void {
    this.#ask(item, (size) => {
      const { path, offset } = item;
      const again = size > offset && !this.#shortEnds.delete(item);
      if (!again) {
        this.#options.output.fail(item, pastTheEndOf(path, offset, size > offset ? undefined : size));
        return;
      }
      this.#shortEnds.set(item, undefined);
      item.file = undefined;
      this.#options.onPlanned(item);
    });
  }

  /**
   * The last bytes ended before the stated size does. If it is stated again, it isn't true: the end is found by reading.
   */
  endedEarly(item: Item<R>): void {
    const stated = item.offset + item.length;
    const end = item.offset + item.gotBytes;
    this.#ask(item, (size) => {
      if (size !== stated) return this.#options.output.fail(item, changedError(item.path, end));
      this.#shortEnds.set(item, item.gotBytes > 0 ? end : undefined);
      item.offset = 0;
      item.length = TO_END;
      item.lengthMeans = LAST_BYTES;
      item.file = undefined;
      this.#options.onPlanned(item);
    });
  }

  /** Whether all of a file ended elsewhere than its last bytes did; if so, the item has failed. */
  contradict(item: Item<R>): boolean {
    const end = this.#shortEnds.get(item);
    this.#shortEnds.delete(item);
    if (end === undefined || end === item.gotBytes) return false;
    this.#options.output.fail(item, changedError(item.path, end));
    return true;
  }

  /** The item is too long for one, up to the offset `end`. */
  askForLong(item: Item<R>, end: number): void {
    this.#ask(item, (size) => this.#options.onLong(item, end, size));
  }

  /** A read to the end, where a limit holds for single reads: how far that is must be known. */
  askForEnd(item: Item<R>): void {
    this.#ask(item, (size) => {
      // procfs says 0 whatever there is.
      if (size === 0) this.#options.onPlanned(item);
      else this.#readPastEnd(item, Math.max(0, size - item.offset));
    });
  }

  /** There is more than the size said. */
  readOn(item: Item<R>): void {
    const { length } = item;
    this.#readPastEnd(item, length > BUFFER_BYTES_MAX ? length : Math.min(2 * length, BUFFER_BYTES_MAX));
  }

  /** Where the last bytes begin depends on the file's size. */
  askForSuffix(item: Item<R>, suffixLength: number): void {
    this.#ask(item, (size) => {
      const extent = resolveRange({ suffixLength }, size);
      item.offset = extent.offset;
      item.length = extent.length;
      item.lengthMeans = EXACT_LENGTH;
      if (size === 0 && suffixLength > 0) {
        // procfs says 0 whatever there is: the end is found by reading.
        item.length = TO_END;
        item.lengthMeans = LAST_BYTES;
      }
      if (item.length > BUFFER_BYTES_MAX) this.#options.onLong(item, size, size);
      else this.#options.onPlanned(item);
    });
  }

  /** All of what the process has open, which may be a pipe. */
  askForPipe(item: Item<R>): void {
    this.#await(item, isOpenPipe(item.path), (isPipe) => {
      if (isPipe) this.#options.onPipe(item);
      else this.askForEnd(item);
    });
  }

  #readPastEnd(item: Item<R>, restBytes: number): void {
    const end = item.offset + restBytes;
    if (restBytes > BUFFER_BYTES_MAX) return this.#options.onLong(item, Number.POSITIVE_INFINITY, end);
    item.length = restBytes + 1;
    item.lengthMeans = PAST_STATED_END;
    this.#options.onPlanned(item);
  }

  #ask(item: Item<R>, then: (size: number) => void): void {
    this.#await(item, this.#options.backend.sizeOf(item.path), then);
  }

  #await<T>(item: Item<R>, answer: Promise<T>, then: (value: T) => void): void {
    const { output, onFailure, onSized } = this.#options;
    item.state = SIZING;
    this.#asked++;
    answer
      .then(
        (value) => {
          if (this.#closed) return;
          item.state = PLANNED;
          then(value);
        },
        (error) => {
          if (this.#closed) return;
          if (!isLsioError(error)) throw error;
          output.fail(item, error);
        },
      )
      .catch(onFailure)
      .finally(() => {
        this.#asked--;
        if (!this.#closed) onSized();
      });
  }
}
