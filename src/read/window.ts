import type { Clock } from '../clock.js';
import { type Path, TO_END } from '../engine/engine.js';
import { checkPath } from '../engine/failure.js';
import { isLsioError, LsioError } from '../errors.js';
import { shown } from '../printable.js';
import { type ByteRange, checkRange } from '../range.js';
import { type Orderable, type Ordering, samePath } from './backend.js';
import { Item, QUEUED, type Ranged } from './item.js';
import type { OutputQueue } from './output-queue.js';
import { type RequestQueue, UNDEFINED } from './request-queue.js';

/**
 * Requests put into order at a time where items come in the order given: so many, and such a number of bytes, that what
 * is read before its turn can be held.
 */
export const ORDERED_WINDOW_MAX = 2048;
const ORDERED_WINDOW_BYTES = 8 * 1024 * 1024;
/** What a read to the end is taken to bring until some have come; the first window is not to be more than can be held. */
const LENGTH_GUESS_BYTES = 8 * 1024;
/** The weight of the last length in the average. */
const LENGTH_WEIGHT = 1 / 32;
/** Longest time spent in a synchronous source before the event loop turns. */
const GATHER_MS_MAX = 5;
/** The clock is read once in so many requests. */
const GATHERED_PER_CLOCK = 256;
/** A list that didn't pay to be ordered is probed again after so many requests at the latest. */
const PAUSE_MAX = 16_384;

interface WindowOptions<R extends Ranged> {
  readonly queue: RequestQueue<R>;
  readonly output: OutputQueue<R>;
  /** May throw an LsioError: the request fails with it. */
  readonly pathOf: (request: R) => Path;
  readonly ordering: Ordering | undefined;
  readonly ordered: boolean;
  readonly clock: Clock;
  /** There may be an item now where there was none. */
  readonly onReady: () => void;
  /** Nothing more can be read. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Makes items of the requests, and gives them in the order in which they are to be read: as given, or a window of those
 * that have come in a better order. It never waits for a window to fill.
 */
export class Window<R extends Ranged> {
  readonly #options: WindowOptions<R>;
  readonly #windowMax: number;
  /** The next item to be read. */
  #item: Item<R> | undefined;
  /** What was admitted together, as given. */
  #items: Item<R>[] = [];
  /** In which it is read; undefined: as given. */
  #order: Uint32Array | undefined;
  #next = 0;
  #isOrdering = false;
  #admitted = 0;
  #begun = 0;
  /** So many requests go as given before it is probed again whether another order pays. */
  #unprobed: number;
  #pause = 0;
  #lengthGuess = LENGTH_GUESS_BYTES;
  /** The path of the request before, as text, which is no other meanwhile. */
  #checkedPath: string | undefined;

  constructor(options: WindowOptions<R>) {
    const { ordering, ordered } = options;
    this.#options = options;
    this.#windowMax = Math.min(ordering?.windowMax ?? 1, ordered ? ORDERED_WINDOW_MAX : Number.POSITIVE_INFINITY);
    this.#unprobed = ordering === undefined ? Number.POSITIVE_INFINITY : 0;
  }

  /** The next item to be read, if one is there now. */
  peek(): Item<R> | undefined {
    if (this.#item !== undefined || this.#isOrdering) return this.#item;
    while (this.#next < this.#items.length) {
      const place = this.#next++;
      const item = this.#items[this.#order === undefined ? place : this.#order[place]!]!;
      // After giveUpOrder() some were begun before.
      if (item.state !== QUEUED) continue;
      this.#item = item;
      return item;
    }
    if (this.#unprobed === 0) return this.#gather();
    this.#item = this.#admit();
    if (this.#item !== undefined) this.#unprobed--;
    return this.#item;
  }

  /** Whether the next request is there and wants a range of this file. */
  nextIsOf(path: Path): boolean {
    const next = this.peek();
    if (next === undefined || next.error !== undefined || next.request.range === undefined) return false;
    return samePath(next.path, path);
  }

  /** The item that `peek` gives is being read. */
  skip(): void {
    if (this.#item === undefined) return;
    this.#options.output.begin(this.#item);
    this.#item = undefined;
    this.#begun++;
  }

  /** An order is being looked for: until then no item is given. */
  get isOrdering(): boolean {
    return this.#isOrdering;
  }

  /** How many items were given. */
  get begun(): number {
    return this.#begun;
  }

  /** More can't be held, and what is to be handed out next was not begun: the rest of the window is read as given. */
  giveUpOrder(): void {
    this.#order = undefined;
    this.#item = undefined;
    this.#next = 0;
  }

  /** A read to the end has brought so much. */
  note(lengthBytes: number): void {
    this.#lengthGuess += (lengthBytes - this.#lengthGuess) * LENGTH_WEIGHT;
  }

  /** Admits a window, and looks for an order if it is worth that. */
  #gather(): Item<R> | undefined {
    const ordering = this.#options.ordering!;
    this.#items = [];
    this.#next = 0;
    this.#order = undefined;
    const bytes = this.#fill(Math.min(ordering.probedMax, this.#windowMax), 0);
    if (this.#items.length === 0) return undefined;
    if (this.#items.length < ordering.requestsMin) return this.peek();
    this.#options.output.beginWindow();
    this.#isOrdering = true;
    this.#putInOrder(ordering, bytes)
      .catch(this.#options.onFailure)
      .finally(() => {
        this.#isOrdering = false;
        this.#options.onReady();
      });
    return undefined;
  }

  /** Gathers the rest of the window and puts it into order, if that pays. */
  async #putInOrder(ordering: Ordering, bytes: number): Promise<void> {
    const pays = await ordering.pays(this.#orderable());
    this.#pause = pays ? 0 : Math.min(PAUSE_MAX, Math.max(ordering.probedMax, this.#pause * 2));
    this.#unprobed = this.#pause;
    this.#options.queue.lookAhead(pays ? this.#windowMax : 0);
    if (!pays) return;
    this.#fill(this.#windowMax, bytes);
    this.#order = await ordering.order(this.#orderable());
  }

  /** Admits until the window has so many requests, as far as they are there. Returns how many bytes it has. */
  #fill(lengthMax: number, bytesBefore: number): number {
    const items = this.#items;
    const bytesMax = this.#options.ordered ? ORDERED_WINDOW_BYTES : Number.POSITIVE_INFINITY;
    let bytes = bytesBefore;
    let beganMs = 0;
    while (items.length < lengthMax && bytes < bytesMax) {
      if (items.length % GATHERED_PER_CLOCK === GATHERED_PER_CLOCK - 1) {
        const { clock } = this.#options;
        beganMs ||= clock.now();
        if (clock.now() - beganMs > GATHER_MS_MAX) break;
      }
      const item = this.#admit();
      if (item === undefined) break;
      items.push(item);
      bytes += item.length === TO_END ? this.#lengthGuess : item.length;
    }
    return bytes;
  }

  #orderable(): Orderable {
    const items = this.#items;
    return {
      count: items.length,
      pathOf: (index) => (items[index]!.error === undefined ? items[index]!.path : ''),
      offsetOf: (index) => items[index]!.offset,
    };
  }

  #admit(): Item<R> | undefined {
    const { queue, output, onFailure } = this.#options;
    const request = queue.take();
    if (request === undefined) return undefined;
    try {
      const item = this.#itemOf(request === UNDEFINED ? (undefined as unknown as R) : request);
      output.admit(item);
      return item;
    } catch (error) {
      onFailure(error);
      return undefined;
    }
  }

  #check(path: Path): void {
    checkPath(path);
    this.#checkedPath = typeof path === 'string' ? path : undefined;
  }

  #itemOf(request: R): Item<R> {
    const index = this.#admitted++;
    try {
      if (typeof request !== 'object' || request === null) {
        throw new LsioError('usage', `${shown(request)} is not a request`);
      }
      const { range } = request;
      const path = this.#options.pathOf(request);
      if (path !== this.#checkedPath) this.#check(path);
      if (range === undefined) return new Item({ index, request, path }, 0, TO_END);
      checkRange(range);
      return new Item({ index, request, path }, offsetOf(range), lengthOf(range));
    } catch (error) {
      if (!isLsioError(error)) throw error;
      const item = new Item({ index, request, path: '' }, 0, 0);
      item.error = error;
      return item;
    }
  }
}

function offsetOf(range: ByteRange): number {
  return 'offset' in range ? range.offset : 0;
}

/** The bytes that a range asks for; TO_END where it doesn't say. */
function lengthOf(range: ByteRange): number {
  return 'offset' in range ? (range.length ?? TO_END) : TO_END;
}
