import type { ReadSlots } from '../engine/slots.js';
import type { LsioError } from '../errors.js';
import { OwnedMemory } from '../memory/owned.js';
import { Fifo, InOrder } from './fifo.js';
import {
  type BufferPool,
  DELIVERED,
  FAILED,
  type Item,
  LAST_BYTES,
  type NO_BYTES,
  PLANNED,
  QUEUED,
  type Ranged,
  READY,
} from './item.js';
import { LongRead, PART_BYTES, type Part } from './parts.js';

/**
 * Items that wait to be taken hold this much memory at most, give or take what is in flight; as much again when they
 * were read before their turn and turn out to be too long for that.
 */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
/** The least that an item counts for: so that their number is limited, too. */
const ITEM_BYTES_MIN = 4096;
/** Parts of long reads, in flight or waiting to be taken. */
const PARTS_MAX = Math.ceil(WAITING_BYTES_MAX / PART_BYTES);
/** Long reads at a time. More of them would only wait. */
const LONGS_MAX = 16;
/** Bytes of a batch, give or take an item: the next reads begin while it is worked on. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Holds what was read until it is taken, in the order of the requests or as it comes; the items of one request always
 * follow one another.
 *
 * Items next in line borrow the engine's buffers. All others are copied, since a read that they wait for may need the
 * buffer. At most half of the engine's memory is borrowed, so that other runs are not starved.
 */
export class OutputQueue<R extends Ranged> implements BufferPool {
  readonly #ordered: boolean;
  readonly #borrowedBytesMax: number;
  readonly #inHandLimit: number;
  readonly #memory = new OwnedMemory();
  /** Ordered: everything admitted and not yet taken. */
  readonly #pending = new InOrder<Item<R> | LongRead<R>>();
  /** Not ordered: what is finished, except long reads. */
  readonly #ready = new Fifo<Item<R>>();
  /** Not ordered: it was taken in part. */
  #current: LongRead<R> | undefined;
  /** Those that aren't taken, in the order in which they are to be read. */
  readonly #longs: LongRead<R>[] = [];
  /** Admitted and not taken; those of them that were begun. */
  #outstanding = 0;
  #inHand = 0;
  #waitingBytes = 0;
  /** What may wait: more when it waits for what couldn't be begun otherwise. */
  #waitingBytesMax = WAITING_BYTES_MAX;
  #inHandMax: number;
  #longsMax = LONGS_MAX;
  #borrowedBytes = 0;
  #slots: ReadSlots | undefined;

  constructor(options: { readonly ordered: boolean; readonly slabBytes: number; readonly queueDepth: number }) {
    this.#ordered = options.ordered;
    this.#borrowedBytesMax = options.slabBytes / 2;
    // One read may be for a thousand items: those in flight are limited, too.
    this.#inHandLimit = WAITING_BYTES_MAX / ITEM_BYTES_MIN + options.queueDepth;
    this.#inHandMax = this.#inHandLimit;
  }

  /** Whether more requests should be read. */
  get hasRoom(): boolean {
    const mayWait = this.#waitingBytes < this.#waitingBytesMax && this.#inHand < this.#inHandMax;
    return mayWait && this.#longs.length < this.#longsMax;
  }

  /**
   * Makes room, as much again, where everything held waits for an item that is not being read yet. Returns whether it
   * did. From then on items have to be begun in the order given, so that this happens once in a window.
   */
  makeRoom(): boolean {
    const { first } = this.#pending;
    if (first === undefined || first instanceof LongRead || first.state !== QUEUED) return false;
    this.#waitingBytesMax = this.#waitingBytes + WAITING_BYTES_MAX;
    this.#inHandMax = this.#inHand + this.#inHandLimit;
    this.#longsMax = this.#longs.length + LONGS_MAX;
    return true;
  }

  /** More requests are admitted together: what they may occupy is measured anew. */
  beginWindow(): void {
    this.#waitingBytesMax = WAITING_BYTES_MAX;
    this.#inHandMax = this.#inHandLimit;
    this.#longsMax = LONGS_MAX;
  }

  /** Everything admitted was taken. */
  get empty(): boolean {
    return this.#outstanding === 0;
  }

  admit(item: Item<R>): void {
    this.#outstanding++;
    if (this.#ordered) this.#pending.push(item);
  }

  /** The item is to be read now. */
  begin(item: Item<R>): void {
    item.state = PLANNED;
    this.#inHand++;
  }

  /** The item turned out to be too long for one. */
  lengthen(item: Item<R>, long: LongRead<R>): void {
    let place = this.#longs.length;
    if (this.#ordered) {
      this.#pending.replace(item.index - this.#pending.first!.index, long);
      while (place > 0 && this.#longs[place - 1]!.index > long.index) place--;
    }
    this.#longs.splice(place, 0, long);
  }

  /** The next part of a long read, if one is to be read now. */
  nextPart(): Part<R> | undefined {
    if (this.#longs.length === 0) return undefined;
    let parts = 0;
    for (const long of this.#longs) parts += long.parts;
    for (const long of this.#longs) {
      // What is to be taken next must go on, even if parts of the others take up all the room; and the next part may
      // tell whether this one is the last.
      const mayGoOn = parts < PARTS_MAX || (long === this.#turn && long.parts <= 1);
      const part = mayGoOn ? long.describe() : undefined;
      if (part !== undefined) return part;
    }
    return undefined;
  }

  /** The item is finished: its bytes are the slot's. */
  finish(item: Item<R>, slots: ReadSlots, slot: number): void {
    const goesNext = this.#ordered ? this.#pending.pending === item : this.#current === undefined;
    this.#hold(item, slots, slot, goesNext);
    if (item.lengthMeans === LAST_BYTES) cutToSuffix(item);
    this.finishOwned(item);
  }

  /** The item is finished: it has its bytes, or its error. */
  finishOwned(item: Item<R>): void {
    item.state = item.error === undefined ? READY : FAILED;
    item.waitingBytes = Math.max(item.bytes.length, ITEM_BYTES_MIN);
    this.#waitingBytes += item.waitingBytes;
    if (this.#ordered) this.#pending.advance();
    else this.#ready.push(item);
  }

  fail(item: Item<R>, error: LsioError): void {
    item.error = error;
    this.finishOwned(item);
  }

  /** The part of a long read is finished: its bytes are the slot's, unless it failed. */
  finishPart(part: Part<R>, slots: ReadSlots, slot: number, error: LsioError | undefined): void {
    const { long } = part;
    const goesNext = long.done(part, slots.bytes[slot]!, error) && this.#turn === long;
    if (part.error === undefined && !long.dropped) this.#hold(part, slots, slot, goesNext);
    this.#pending.advance();
  }

  /** What is there to be taken; undefined: nothing is. */
  take(): Item<R>[] | undefined {
    let item = this.#takeItem();
    if (item === undefined) return undefined;
    const batch: Item<R>[] = [];
    for (let bytes = 0; item !== undefined; item = bytes < BATCH_BYTES_MAX ? this.#takeItem() : undefined) {
      this.#waitingBytes -= item.waitingBytes;
      bytes += Math.max(item.bytes.length, ITEM_BYTES_MIN);
      if (item.error === undefined) item.state = DELIVERED;
      else failBytes(item);
      batch.push(item);
    }
    return batch;
  }

  /** Gives up everything that isn't taken. */
  clear(): void {
    for (let entry = this.#pending.shift(); entry !== undefined; entry = this.#pending.shift()) {
      if (!(entry instanceof LongRead)) entry.release();
    }
    for (let item = this.#ready.shift(); item !== undefined; item = this.#ready.shift()) item.release();
    for (const long of this.#longs.splice(0)) dropParts(long);
  }

  release(buffer: number, bytes: number): void {
    this.#borrowedBytes -= bytes;
    this.#slots?.release(buffer);
  }

  /** The engine and its memory are gone: nothing is to be given back. */
  forget(): void {
    this.#slots = undefined;
  }

  /** The long read whose parts are to be taken next, if it is one's turn. */
  get #turn(): LongRead<R> | undefined {
    if (!this.#ordered) return this.#current ?? this.#longs[0];
    const { pending } = this.#pending;
    return pending instanceof LongRead ? pending : undefined;
  }

  #takeItem(): Item<R> | undefined {
    return this.#ordered ? this.#takeInOrder() : this.#takeAny();
  }

  #takeInOrder(): Item<R> | undefined {
    const { first } = this.#pending;
    if (first instanceof LongRead) return this.#takePart(first);
    if (first?.finished !== true) return undefined;
    this.#pending.shift();
    this.#outstanding--;
    this.#inHand--;
    return first;
  }

  #takeAny(): Item<R> | undefined {
    const item = this.#current === undefined ? this.#ready.shift() : undefined;
    if (item !== undefined) {
      this.#outstanding--;
      this.#inHand--;
      return item;
    }
    const long = this.#turn;
    const part = long === undefined ? undefined : this.#takePart(long);
    if (part !== undefined) this.#current = part.last ? undefined : long;
    return part;
  }

  #takePart(long: LongRead<R>): Part<R> | undefined {
    const part = long.take();
    if (part?.last !== true) return part;
    this.#longs.splice(this.#longs.indexOf(long), 1);
    if (this.#ordered) this.#pending.shift();
    dropParts(long);
    this.#outstanding--;
    this.#inHand--;
    return part;
  }

  #hold(item: Item<R>, slots: ReadSlots, slot: number, borrow: boolean): void {
    if (slots.bytes[slot] === 0) return;
    const bufferBytes = slots.bufferBytes(slot);
    if (borrow && this.#borrowedBytes + bufferBytes <= this.#borrowedBytesMax) {
      this.#slots = slots;
      this.#borrowedBytes += bufferBytes;
      item.bufferBytes = bufferBytes;
      item.buffer = slots.lease(slot);
      item.pool = this;
      item.bytes = slots.view(slot);
    } else item.bytes = this.#memory.copy(slots.view(slot));
  }
}

function cutToSuffix<R extends Ranged>(item: Item<R>): void {
  const { range } = item.request;
  const wantedBytes = range !== undefined && 'suffixLength' in range ? range.suffixLength : item.bytes.length;
  const skipBytes = Math.max(0, item.bytes.length - wantedBytes);
  item.bytes = item.bytes.subarray(skipBytes);
  item.offset += skipBytes;
}

function failBytes<R>(item: Item<R>): void {
  item.offset += item.gotBytes;
  item.release();
  item.bytes = undefined as unknown as typeof NO_BYTES;
}

function dropParts<R>(long: LongRead<R>): void {
  for (let part = long.drop(); part !== undefined; part = long.drop()) part.release();
}
