import { type Path, TO_END } from '../engine/engine.js';
import { checkPath } from '../engine/failure.js';
import { isLsioError, LsioError } from '../errors.js';
import { shown } from '../printable.js';
import { type ByteRange, checkRange } from '../range.js';
import type { Delivery } from './delivery.js';
import { type Intake, UNDEFINED } from './intake.js';
import {
  DeviceOrder,
  FILES_MIN,
  type Orderable,
  PROBED_MAX,
  type ReadOrder,
  WINDOW_MAX,
} from './local/device-order.js';
import { Item } from './read-item.js';

/**
 * Requests put into device order at a time where they are handed out in the order given: so many, and such a number of
 * bytes, that what is read before its turn can be held.
 */
export const ORDERED_WINDOW_MAX = 2048;
const ORDERED_WINDOW_BYTES = 8 * 1024 * 1024;
/** What a read to the end is taken to bring until some have come; the first window is not to be more than can be held. */
const LENGTH_GUESS_BYTES = 8 * 1024;
/** The weight of the last length in the average. */
const LENGTH_WEIGHT = 1 / 32;
/** A source that makes its requests while it is asked for them holds everybody else up for no longer than this. */
const GATHER_MS_MAX = 5;
/** A list that didn't pay to be ordered is looked at again after so many requests at the latest. */
const PAUSE_MAX = 16_384;
/** The clock is looked at once in so many requests. */
const GATHERED_PER_LOOK = 256;

/** A request that says which part of a file it wants. */
export interface Ranged {
  readonly range?: ByteRange | undefined;
}

interface AdmissionOptions<R> {
  readonly intake: Intake<R>;
  readonly delivery: Delivery<R>;
  /** May throw an LsioError: the request fails with it. */
  readonly pathOf: (request: R) => Path;
  readonly readOrder: ReadOrder;
  readonly ordered: boolean;
  /** There may be an item now where there was none. */
  readonly onReady: () => void;
}

/** How many requests are admitted at a time, at most. */
export function windowMax({
  readOrder,
  ordered,
}: {
  readonly readOrder: ReadOrder;
  readonly ordered: boolean;
}): number {
  if (readOrder === 'given') return 1;
  return ordered ? ORDERED_WINDOW_MAX : WINDOW_MAX;
}

/**
 * Makes items of the requests, and gives them in the order in which they are to be read: as given, or a window of those
 * that have come in the order in which they lie on the device. It never waits for a window to fill.
 */
export class Admission<R extends Ranged> {
  readonly #options: AdmissionOptions<R>;
  readonly #windowMax: number;
  readonly #deviceOrder = new DeviceOrder();
  /** What was admitted together, as given. */
  #window: Item<R>[] = [];
  /** In which it is read; undefined: as given. */
  #order: Uint32Array | undefined;
  #next = 0;
  /** What it asks for, in bytes. */
  #bytes = 0;
  #isLooking = false;
  /** What came of the look, until the window is put into order. */
  #pays: boolean | undefined;
  #admitted = 0;
  #begun = 0;
  /** So many requests go as given before it is looked again whether another order pays. */
  #unprobed = 0;
  #pause = 0;
  #lengthGuess = LENGTH_GUESS_BYTES;

  constructor(options: AdmissionOptions<R>) {
    this.#options = options;
    this.#windowMax = windowMax(options);
    if (options.readOrder === 'given') this.#unprobed = Number.POSITIVE_INFINITY;
  }

  /** The next item to be read, if one is there now. */
  peek(): Item<R> | undefined {
    if (this.#pays !== undefined) this.#putInOrder(this.#pays);
    for (;;) {
      if (this.#next === this.#window.length && !this.#isLooking) this.#gather();
      if (this.#isLooking) return undefined;
      const item = this.#at(this.#next);
      if (item?.begun !== true) return item;
      this.#next++;
    }
  }

  /** That item is being read. */
  skip(): void {
    const item = this.#at(this.#next);
    if (item === undefined || this.#isLooking) return;
    this.#options.delivery.begin(item);
    this.#next++;
    this.#begun++;
  }

  /** Some files are being looked at: until then no item is given. */
  get isLooking(): boolean {
    return this.#isLooking;
  }

  /** How many items were given. */
  get begun(): number {
    return this.#begun;
  }

  /** More can't be held, and what is to be handed out next was not begun: the rest of the window is read as given. */
  giveUpOrder(): void {
    this.#order = undefined;
    this.#next = 0;
  }

  /** A read to the end has brought so much. */
  note(lengthBytes: number): void {
    this.#lengthGuess += (lengthBytes - this.#lengthGuess) * LENGTH_WEIGHT;
  }

  #at(place: number): Item<R> | undefined {
    return this.#window[this.#order === undefined ? place : this.#order[place]!];
  }

  /** Admits what is there: a few, or a window where that can be put into a better order. */
  #gather(): void {
    const { delivery } = this.#options;
    this.#window = [];
    this.#next = 0;
    this.#order = undefined;
    if (this.#unprobed > 0) {
      this.#take(1, 0);
      this.#unprobed--;
      return;
    }
    this.#bytes = this.#take(Math.min(PROBED_MAX, this.#windowMax), 0);
    if (this.#window.length < FILES_MIN) return;
    delivery.beginWindow();
    this.#isLooking = true;
    let isLater = false;
    this.#deviceOrder.pays(this.#orderable(), (pays) => {
      this.#isLooking = false;
      if (!isLater) return this.#putInOrder(pays);
      this.#pays = pays;
      this.#options.onReady();
    });
    isLater = true;
  }

  /** Gathers the rest of the window and puts it into order, if that pays. */
  #putInOrder(pays: boolean): void {
    const { intake } = this.#options;
    this.#pays = undefined;
    this.#pause = pays ? 0 : Math.min(PAUSE_MAX, Math.max(PROBED_MAX, this.#pause * 2));
    this.#unprobed = this.#pause;
    intake.lookAhead(pays ? this.#windowMax : 0);
    if (!pays) return;
    this.#take(this.#windowMax, this.#bytes);
    this.#order = this.#deviceOrder.of(this.#orderable());
  }

  /** Admits until the window has so many requests, as far as they are there. Returns how many bytes it has. */
  #take(lengthMax: number, bytesBefore: number): number {
    const { intake, delivery, ordered } = this.#options;
    const window = this.#window;
    const bytesMax = ordered ? ORDERED_WINDOW_BYTES : Number.POSITIVE_INFINITY;
    let bytes = bytesBefore;
    let beganMs = 0;
    while (window.length < lengthMax && bytes < bytesMax) {
      if (window.length % GATHERED_PER_LOOK === GATHERED_PER_LOOK - 1) {
        beganMs ||= performance.now();
        if (performance.now() - beganMs > GATHER_MS_MAX) break;
      }
      const request = intake.take();
      if (request === undefined) break;
      const item = this.#itemOf(request);
      delivery.admit(item);
      window.push(item);
      bytes += item.length === TO_END ? this.#lengthGuess : item.length;
    }
    return bytes;
  }

  #orderable(): Orderable {
    const window = this.#window;
    return {
      count: window.length,
      pathOf: (index) => (window[index]!.error === undefined ? window[index]!.path : ''),
      offsetOf: (index) => window[index]!.offset,
    };
  }

  #itemOf(taken: R): Item<R> {
    const request = taken === UNDEFINED ? (undefined as unknown as R) : taken;
    const index = this.#admitted++;
    let range: ByteRange | undefined;
    let path: Path = '';
    let error: LsioError | undefined;
    try {
      if (typeof request !== 'object' || request === null) {
        throw new LsioError('usage', `${shown(request)} is not a request`);
      }
      range = request.range;
      path = this.#options.pathOf(request);
      checkPath(path);
      if (range !== undefined) checkRange(range);
    } catch (failure) {
      if (!isLsioError(failure)) throw failure;
      error = failure;
    }
    if (error === undefined) return new Item({ index, request, path }, offsetOf(range), lengthOf(range));
    const item = new Item({ index, request, path }, 0, 0);
    item.error = error;
    return item;
  }
}

function offsetOf(range: ByteRange | undefined): number {
  return range !== undefined && 'offset' in range ? range.offset : 0;
}

/** The bytes that a range asks for; TO_END where it doesn't say. */
function lengthOf(range: ByteRange | undefined): number {
  return range !== undefined && 'offset' in range ? (range.length ?? TO_END) : TO_END;
}
