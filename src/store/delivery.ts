import type { ReadSlots } from '../engine/slots.js';
import type { LsioError } from '../errors.js';
import { OwnedMemory } from '../memory/owned.js';
import { Fifo, InOrder } from './fifo.js';
import { LONG_PIECE_BYTES, LongRead, type Piece } from './long-read.js';
import { type Item, NO_LOAN } from './read-item.js';

/**
 * Items that wait to be handed out take this much memory at most, give or take what is in flight; as much again when they
 * were read before their turn and turn out to be too long for that.
 */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
/** The least that an item counts for: so that their number is limited, too. */
const ITEM_BYTES_MIN = 4096;
/** Pieces of long reads, in flight or waiting to be handed out. */
const PIECES_MAX = Math.ceil(WAITING_BYTES_MAX / LONG_PIECE_BYTES);
/** Long reads at a time. More of them would only wait. */
const LONGS_MAX = 16;

/**
 * Holds what was read until it is handed out, in the order of the requests or as it comes; the items of one request
 * always follow one another.
 *
 * It lends the engine's memory only to what can be handed out without waiting for a read. Whatever has to wait for one
 * is copied: that read may need the very memory. And of what could be handed out it lends so much at most that others who
 * use the engine while the items' taker is busy find memory, too.
 */
export class Delivery<R> {
  readonly #ordered: boolean;
  readonly #lentBytesMax: number;
  readonly #inHandLimit: number;
  readonly #memory = new OwnedMemory();
  /** Ordered: everything admitted and not yet handed out. */
  readonly #window = new InOrder<Item<R> | LongRead<R>>();
  /** Not ordered: what is finished, except long reads. */
  readonly #ready = new Fifo<Item<R>>();
  /** Not ordered: it was handed out in part. */
  #current: LongRead<R> | undefined;
  /** Those that aren't handed out, in the order in which they are to be read. */
  readonly #longs: LongRead<R>[] = [];
  /** Admitted and not handed out; those of them that were begun. */
  #outstanding = 0;
  #inHand = 0;
  #waitingBytes = 0;
  /** What may wait: more when it waits for what couldn't be begun otherwise. */
  #waitingBytesMax = WAITING_BYTES_MAX;
  #inHandMax: number;
  #longsMax = LONGS_MAX;
  #lentBytes = 0;
  #slots: ReadSlots | undefined;
  readonly #giveBack = (item: Item<R>) => this.#release(item);

  constructor(options: { readonly ordered: boolean; readonly slabBytes: number; readonly queueDepth: number }) {
    this.#ordered = options.ordered;
    this.#lentBytesMax = options.slabBytes / 2;
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
   * Makes room where all that is held waits for an item that nobody has begun to read: as much again. Returns whether it
   * did. From then on items have to be begun in the order given, so that this happens once in a window.
   */
  makeRoom(): boolean {
    const { first } = this.#window;
    if (first === undefined || first.finished || first instanceof LongRead || first.begun) return false;
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

  /** Everything admitted was handed out. */
  get empty(): boolean {
    return this.#outstanding === 0;
  }

  admit(item: Item<R>): void {
    this.#outstanding++;
    if (this.#ordered) this.#window.push(item);
  }

  /** The item is being read. */
  begin(item: Item<R>): void {
    item.begun = true;
    this.#inHand++;
  }

  /** The item turned out to be too long for one. */
  lengthen(item: Item<R>, long: LongRead<R>): void {
    let place = this.#longs.length;
    if (this.#ordered) {
      this.#window.replace(item.index - this.#window.first!.index, long);
      while (place > 0 && this.#longs[place - 1]!.index > long.index) place--;
    }
    this.#longs.splice(place, 0, long);
  }

  /** The next piece of a long read, if one is to be read now. */
  describePiece(): Piece<R> | undefined {
    let pieces = 0;
    for (const long of this.#longs) pieces += long.pieces;
    for (const long of this.#longs) {
      // What is to be handed out next must go on, even if pieces of the others take up all the room; and the next piece
      // may tell whether this one is the last.
      const mayGoOn = pieces < PIECES_MAX || (long === this.#turn && long.pieces <= 1);
      const piece = mayGoOn ? long.describe() : undefined;
      if (piece !== undefined) return piece;
    }
    return undefined;
  }

  /** The item is finished: its bytes are the slot's. */
  finish(item: Item<R>, slots: ReadSlots, slot: number): void {
    const goesNext = this.#ordered ? this.#window.pending === item : this.#current === undefined;
    this.#keep(item, slots, slot, goesNext);
    if (item.suffixBytes >= 0) {
      const skipBytes = Math.max(0, item.bytes.length - item.suffixBytes);
      item.bytes = item.bytes.subarray(skipBytes);
      item.offset += skipBytes;
    }
    this.finishOwned(item);
  }

  /** The item is finished: it has its bytes, or its error. */
  finishOwned(item: Item<R>): void {
    item.finished = true;
    item.waitingBytes = Math.max(item.bytes.length, ITEM_BYTES_MIN);
    this.#waitingBytes += item.waitingBytes;
    if (this.#ordered) this.#window.advance();
    else this.#ready.push(item);
  }

  fail(item: Item<R>, error: LsioError): void {
    item.error = error;
    this.finishOwned(item);
  }

  /** The piece of a long read is finished: its bytes are the slot's, unless it failed. */
  finishPiece(piece: Piece<R>, slots: ReadSlots, slot: number, error: LsioError | undefined): void {
    const { long } = piece;
    const goesNext = long.done(piece, slots.bytes[slot]!, error) && this.#turn === long;
    if (piece.error === undefined && !long.dropped) this.#keep(piece, slots, slot, goesNext);
    this.#window.advance();
  }

  /** What is to be handed out next, if it is there. */
  take(): Item<R> | undefined {
    const item = this.#ordered ? this.#takeInOrder() : this.#takeAny();
    if (item === undefined) return undefined;
    this.#waitingBytes -= item.waitingBytes;
    if (item.error !== undefined) {
      item.offset += item.gotBytes;
      item.release();
    }
    return item;
  }

  /** Gives up everything that isn't handed out. */
  clear(): void {
    for (let entry = this.#window.shift(); entry !== undefined; entry = this.#window.shift()) {
      if (!(entry instanceof LongRead)) entry.release();
    }
    for (let item = this.#ready.shift(); item !== undefined; item = this.#ready.shift()) item.release();
    for (const long of this.#longs.splice(0)) dropPieces(long);
  }

  /** The engine and its memory are gone: nothing is to be given back. */
  forget(): void {
    this.#slots = undefined;
  }

  /** The long read whose pieces are to be handed out next, if it is one's turn. */
  get #turn(): LongRead<R> | undefined {
    if (!this.#ordered) return this.#current ?? this.#longs[0];
    const { pending } = this.#window;
    return pending instanceof LongRead ? pending : undefined;
  }

  #takeInOrder(): Item<R> | undefined {
    const { first } = this.#window;
    if (first instanceof LongRead) return this.#takePiece(first);
    if (first?.finished !== true) return undefined;
    this.#window.shift();
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
    const piece = long === undefined ? undefined : this.#takePiece(long);
    if (piece !== undefined) this.#current = piece.last ? undefined : long;
    return piece;
  }

  #takePiece(long: LongRead<R>): Piece<R> | undefined {
    const piece = long.take();
    if (piece?.last !== true) return piece;
    this.#longs.splice(this.#longs.indexOf(long), 1);
    if (this.#ordered) this.#window.shift();
    dropPieces(long);
    this.#outstanding--;
    this.#inHand--;
    return piece;
  }

  #keep(item: Item<R>, slots: ReadSlots, slot: number, lend: boolean): void {
    if (slots.bytes[slot] === 0) return;
    const lentBytes = slots.pieceBytes(slot);
    if (lend && this.#lentBytes + lentBytes <= this.#lentBytesMax) {
      this.#slots = slots;
      this.#lentBytes += lentBytes;
      item.lentBytes = lentBytes;
      item.loan = slots.keep(slot);
      item.giveBack = this.#giveBack;
      item.bytes = slots.view(slot);
    } else item.bytes = this.#memory.copy(slots.view(slot));
  }

  #release(item: Item<R>): void {
    this.#lentBytes -= item.lentBytes;
    this.#slots?.release(item.loan);
    item.loan = NO_LOAN;
  }
}

function dropPieces<R>(long: LongRead<R>): void {
  for (let piece = long.drop(); piece !== undefined; piece = long.drop()) piece.release();
}
