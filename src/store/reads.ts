// long: what is admitted and what becomes of it; in two files each would have to know the other's state.
import { type Engine, type Path, PIECE_BYTES_MAX, type ReadSource, TO_END } from '../engine/engine.js';
import { changedError, failureOf } from '../engine/failure.js';
import { type ReadSlots, TOO_LARGE } from '../engine/slots.js';
import { ECANCELED, EINVAL } from '../errno.js';
import { LsioError } from '../errors.js';
import { OwnedMemory } from '../memory/owned.js';
import { type Coalesce, coalesceAuto } from '../plan/coalesce.js';
import { Admission, type Ranged } from './admission.js';
import type { Delivery } from './delivery.js';
import { Fifo } from './fifo.js';
import { FileUses, samePath } from './file-uses.js';
import type { Intake } from './intake.js';
import { Lengths } from './lengths.js';
import type { ReadOrder } from './local/device-order.js';
import type { DirectReads } from './local/direct.js';
import { Piece } from './long-read.js';
import { MergedRead, MergeGroup, mergeItems } from './merged-read.js';
import { Item } from './read-item.js';

interface ReadsOptions<R> {
  readonly engine: Engine;
  readonly intake: Intake<R>;
  readonly delivery: Delivery<R>;
  /** May throw an LsioError: the request fails with it. */
  readonly pathOf: (request: R) => Path;
  readonly coalesce: 'auto' | Coalesce | undefined;
  readonly direct: DirectReads;
  /** The longest single read, in bytes: up to PIECE_BYTES_MAX, which limits nothing. */
  readonly readBytesMax: number;
  readonly ordered: boolean;
  readonly readOrder: ReadOrder;
  /** There may be something to be handed out. */
  readonly onProgress: () => void;
  /** Nothing more can be read. */
  readonly onFailure: (error: unknown) => void;
  /** There may be something to be read again. */
  readonly wake: () => void;
}

/** What an engine reads for the requests: each becomes one read, several pieces, or a share of merged reads. */
export class Reads<R extends Ranged> implements ReadSource {
  readonly #options: ReadsOptions<R>;
  readonly #intake: Intake<R>;
  readonly #admission: Admission<R>;
  readonly #delivery: Delivery<R>;
  readonly #direct: DirectReads;
  readonly #uses: FileUses;
  readonly #lengths: Lengths<R>;
  /** By slot: for what it reads. */
  readonly #tasks: (Item<R> | MergedRead<R> | undefined)[] = [];
  /** To be described before anything else. */
  readonly #planned = new Fifo<Item<R> | MergedRead<R>>();
  /** Absent: nothing is merged. */
  readonly #group: MergeGroup<R> | undefined;
  readonly #readBytesMax: number;
  readonly #memory = new OwnedMemory();
  /** The engine asked for more than there was. */
  #starved = false;
  #closed = false;

  constructor(options: ReadsOptions<R>) {
    this.#options = options;
    this.#intake = options.intake;
    this.#delivery = options.delivery;
    this.#direct = options.direct;
    this.#admission = new Admission({ ...options, onReady: () => this.#onLooked() });
    this.#uses = new FileUses(options.engine, (path) => this.#direct.alignBytesFor(path));
    this.#lengths = new Lengths({
      ...options,
      uses: this.#uses,
      plan: (item) => this.#planParts(item),
      onLooked: () => this.#onLooked(),
    });
    this.#readBytesMax = options.readBytesMax;
    if (options.coalesce !== undefined) {
      const limitsFor = (path: Path) => this.#limitsFor(this.#direct.alignBytesFor(path) > 0);
      const itemBytesMax = this.#limitsFor(false).readBytesMax;
      this.#group = new MergeGroup({ itemBytesMax, limitsFor }, { uses: this.#uses, memory: this.#memory });
    }
  }

  get ended(): boolean {
    return this.#closed || (this.#intake.ended && this.#delivery.empty);
  }

  fill(slots: ReadSlots, free: Int32Array, count: number): number {
    let described = 0;
    while (described < count && !this.#closed) {
      const task = this.#planned.shift() ?? this.#delivery.describePiece() ?? this.#beginNext();
      if (task === undefined) break;
      const slot = free[described++]!;
      this.#tasks[slot] = task;
      slots.file[slot] = task.use?.file;
      const path = task.use === undefined && task instanceof Item ? task.path : undefined;
      slots.path[slot] = path;
      if (path !== undefined)
        slots.alignBytes[slot] = (task as Item<R>).buffered ? 0 : this.#direct.alignBytesFor(path);
      slots.offset[slot] = task.offset;
      slots.length[slot] = task.length;
    }
    this.#options.onProgress();
    // Last of all: a call of wake() before this returns would be lost.
    this.#starved = described < count;
    return described;
  }

  done(slots: ReadSlots, finished: Int32Array, count: number): void {
    for (let index = 0; index < count; index++) {
      const slot = finished[index]!;
      const task = this.#tasks[slot]!;
      this.#tasks[slot] = undefined;
      const { use } = task;
      if (this.#closed) {
        // Nobody wants it any more.
      } else if (task instanceof MergedRead) task.done(slots, slot, this);
      else if (task instanceof Piece) this.#pieceDone(slots, slot, task);
      else this.#itemDone(slots, slot, task);
      if (use !== undefined) this.#uses.release(use);
    }
    this.wakeIfStarved();
    this.#options.onProgress();
  }

  /** There is room, or something to be read, that wasn't there when the engine last asked. */
  wakeIfStarved(): void {
    if (!this.#starved) return;
    this.#starved = false;
    this.#options.wake();
  }

  /** Reads no more. What is in flight is dropped when it arrives. */
  close(): void {
    this.#closed = true;
    this.#lengths.close();
    this.#intake.close();
    this.#uses.finishAll();
  }

  /** Of merged reads: the item has its bytes, or those before an error. */
  merged(item: Item<R>, errno: number): void {
    if (errno === EINVAL && !item.buffered && this.#direct.alignBytesFor(item.path) > 0) this.#readBuffered(item);
    // The error may lie in bytes of others: what was not cut is read again, alone.
    else if (errno !== 0 && item.length <= this.#readBytesMax) this.#planned.push(item);
    else if (this.#accepts(item, errno)) this.#delivery.finishOwned(item);
  }

  #itemDone(slots: ReadSlots, slot: number, item: Item<R>): void {
    const errno = slots.errno[slot]!;
    item.gotBytes = slots.bytes[slot]!;
    if (item.length === TO_END && errno === 0) this.#admission.note(item.gotBytes);
    if (errno === EINVAL && slots.alignBytes[slot]! > 0) this.#readBuffered(item);
    else if (this.#accepts(item, errno)) this.#delivery.finish(item, slots, slot);
  }

  /** Whether what was read for the item is what it is to have; else it has failed, or is read in another way. */
  #accepts(item: Item<R>, errno: number): boolean {
    const { gotBytes, length, offset } = item;
    if (errno === TOO_LARGE && item.suffixBytes < 0) this.#lengths.readPieces(item, Number.POSITIVE_INFINITY);
    else if (errno === ECANCELED) this.#options.onFailure(new LsioError('closed', 'the engine was closed'));
    else if (errno !== 0) this.#delivery.fail(item, failureOf(item.path, offset + gotBytes, errno));
    else if (item.beyondEnd && gotBytes === length) this.#lengths.readOn(item);
    else if (item.exact && gotBytes < length) this.#delivery.fail(item, changedError(item.path, offset + gotBytes));
    else if (gotBytes > 0 || length === 0) return true;
    else if ((length === TO_END || item.beyondEnd) && offset === 0) return true;
    else this.#lengths.failPastTheEnd(item);
    return false;
  }

  /** The device asks for another alignment than the one that was looked at. */
  #readBuffered(item: Item<R>): void {
    this.#direct.refused();
    item.buffered = true;
    item.use = undefined;
    this.#planParts(item);
  }

  #pieceDone(slots: ReadSlots, slot: number, piece: Piece<R>): void {
    const errno = slots.errno[slot]!;
    const error = errno === 0 ? undefined : failureOf(piece.path, piece.offset + slots.bytes[slot]!, errno);
    this.#delivery.finishPiece(piece, slots, slot, error);
    if (piece.long.finished) this.#uses.finish(piece.long.use);
  }

  /** Begins requests until there is something to be read for them. */
  #beginNext(): Item<R> | MergedRead<R> | undefined {
    let isAllBegun = false;
    // A group that was begun is gone on with: what it comes to doesn't depend on how fast items are taken.
    while (!isAllBegun && (this.#group?.path !== undefined || this.#mayBegin()) && this.#knowsHow()) {
      const item = this.#tryToPeek();
      this.#admission.skip();
      if (item === undefined) isAllBegun = !this.#admission.isLooking;
      else if (this.#begin(item) && this.#group?.add(item) !== true) return item;
      if (!this.#groupGoesOn()) this.#endGroup();
      const planned = this.#planned.shift();
      if (planned !== undefined) return planned;
    }
    const { failure } = this.#intake;
    if (isAllBegun && failure !== undefined) this.#options.onFailure(failure.error);
    this.#endGroup();
    return this.#planned.shift();
  }

  #mayBegin(): boolean {
    if (this.#lengths.busy || this.#admission.isLooking) return false;
    if (!this.#delivery.hasRoom && this.#delivery.makeRoom()) this.#admission.giveUpOrder();
    return this.#delivery.hasRoom;
  }

  /** Whether it is known how the next item is to be read; if not, that is being found out. */
  #knowsHow(): boolean {
    // A look would end the group, and less be merged.
    if (!this.#direct.isDue(this.#admission.begun) || this.#groupGoesOn()) return true;
    const next = this.#tryToPeek();
    if (next === undefined || next.error !== undefined) return true;
    return this.#direct.knows(this.#admission.begun, next.path, next, () => this.#onLooked());
  }

  /** A look has ended: there may be more to be read, or to be handed out. */
  #onLooked(): void {
    if (this.#closed) return;
    this.wakeIfStarved();
    this.#options.onProgress();
  }

  /** The next item to be begun. */
  #tryToPeek(): Item<R> | undefined {
    try {
      return this.#admission.peek();
    } catch (error) {
      this.#options.onFailure(error);
      return undefined;
    }
  }

  /** Returns whether the item is to be read now; else it was planned, is being looked at, or has failed. */
  #begin(item: Item<R>): boolean {
    if (item.error !== undefined) {
      this.#delivery.fail(item, item.error);
      return false;
    }
    const { range } = item.request;
    if (range !== undefined && 'suffixLength' in range) this.#lengths.lookForSuffix(item, range.suffixLength);
    else if (item.length > PIECE_BYTES_MAX) this.#lengths.readPieces(item, item.offset + item.length);
    else if (item.length === TO_END && this.#readBytesMax < PIECE_BYTES_MAX) this.#lengths.lookForEnd(item);
    else if (item.length > this.#readBytesMax) this.#planParts(item);
    else {
      if (range !== undefined && this.#group?.takes(item.length) !== true) {
        item.use = this.#uses.take(item.path, () => this.#nextIsOf(item.path));
      }
      return true;
    }
    return false;
  }

  /** The item is read next, in parts if it is too long for one read. */
  #planParts(item: Item<R>): void {
    if (item.length <= this.#readBytesMax) this.#planned.push(item);
    else {
      const limits = { gapBytesMax: -1, readBytesMax: this.#readBytesMax };
      const tasks = mergeItems([item], limits, { uses: this.#uses, memory: this.#memory });
      for (const task of tasks) this.#planned.push(task);
    }
  }

  /** How ranges of a file are merged: whoever reads past the page cache can afford larger gaps. */
  #limitsFor(direct: boolean): Coalesce {
    const { coalesce = 'auto' } = this.#options;
    const limits = coalesce === 'auto' ? coalesceAuto({ direct }) : coalesce;
    return { ...limits, readBytesMax: Math.min(limits.readBytesMax, this.#readBytesMax) };
  }

  /** Whether the next request is there and wants a range of this file. */
  #nextIsOf(path: Path): boolean {
    const next = this.#tryToPeek();
    return (
      next !== undefined && next.error === undefined && next.request.range !== undefined && samePath(next.path, path)
    );
  }

  /** Whether the next request is there and belongs to the group. */
  #groupGoesOn(): boolean {
    const path = this.#group?.path;
    return path !== undefined && this.#nextIsOf(path) && this.#group!.takes(this.#tryToPeek()!.length);
  }

  #endGroup(): void {
    for (const task of this.#group?.plan() ?? []) this.#planned.push(task);
  }
}
