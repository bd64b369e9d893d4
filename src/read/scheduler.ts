import type { Clock } from '../clock.js';
import { BUFFER_BYTES_MAX, type Engine, type Path, type ReadSource, TO_END } from '../engine/engine.js';
import { failureOf } from '../engine/failure.js';
import { namesDescriptor } from '../engine/size.js';
import { type ReadSlots, TOO_LARGE } from '../engine/slots.js';
import { ECANCELED, EINVAL } from '../errno.js';
import type { Coalesce } from '../plan/coalesce.js';
import { type DirectPolicy, type ReadBackend, SharedFiles } from './backend.js';
import { Fifo } from './fifo.js';
import { EXACT_LENGTH, type Item, LAST_BYTES, PAST_STATED_END, PLANNED, type Ranged, READING } from './item.js';
import { MergedRead, Merger, type Task } from './merge.js';
import type { OutputQueue } from './output-queue.js';
import { LongRead, PART_BYTES, Part } from './parts.js';
import type { RequestQueue } from './request-queue.js';
import { Sizes } from './sizes.js';
import { Window } from './window.js';

interface SchedulerOptions<R extends Ranged> {
  readonly backend: ReadBackend;
  readonly clock: Clock;
  readonly queue: RequestQueue<R>;
  readonly output: OutputQueue<R>;
  /** May throw an LsioError: the request fails with it. */
  readonly pathOf: (request: R) => Path;
  readonly coalesce: 'auto' | Coalesce | undefined;
  /** The longest single read, in bytes: up to BUFFER_BYTES_MAX, which limits nothing. */
  readonly readBytesMax: number;
  readonly inFlightMax: number;
  readonly ordered: boolean;
  /** The size of every file, and that what is wanted of it is too long for one read; absent: nothing is known. */
  readonly sizeBytes: number | undefined;
  /** There may be something to take; nothing more can be read; there may be more to read. */
  readonly onProgress: () => void;
  readonly onFailure: (error: unknown) => void;
  readonly wake: () => void;
}

/** What an engine reads for the requests: each becomes one read, several parts, or a share of merged reads. */
export class Scheduler<R extends Ranged> implements ReadSource {
  readonly #options: SchedulerOptions<R>;
  readonly #window: Window<R>;
  readonly #output: OutputQueue<R>;
  readonly #engine: Engine;
  readonly #direct: DirectPolicy | undefined;
  readonly #files: SharedFiles;
  readonly #sizes: Sizes<R>;
  /** By slot: for what it reads. */
  readonly #tasks: (Task<R> | undefined)[] = [];
  /** To be described before anything else. */
  readonly #planned = new Fifo<Task<R>>();
  readonly #merger: Merger<R>;
  #inFlight = 0;
  /** The engine asked for more than there was. */
  #starved = false;
  #filling = false;
  #closed = false;

  constructor(options: SchedulerOptions<R>) {
    const { readBytesMax, coalesce, backend } = options;
    const { engine, direct, ordering, merging } = backend;
    this.#options = options;
    [this.#output, this.#engine, this.#direct] = [options.output, engine, direct];
    this.#window = new Window({ ...options, ordering, onReady: this.#onReady });
    this.#files = new SharedFiles(engine);
    this.#sizes = new Sizes({
      ...options,
      onPlanned: (item) => this.#plan(item),
      onLong: (item, end, sizeBytes) => this.#lengthen(item, end, sizeBytes),
      onPipe: (item) => this.#openLong(item, { end: Number.POSITIVE_INFINITY, sizeBytes: 0 }, 0, true),
      onSized: this.#onReady,
    });
    const reads = { files: this.#files, alignBytesFor: this.#alignBytesFor, inHand: this.#inHand };
    this.#merger = new Merger({ coalesce, readBytesMax, merging, ...reads });
  }

  get ended(): boolean {
    return this.#closed || (this.#options.queue.ended && this.#output.empty);
  }

  fill(slots: ReadSlots, free: Int32Array, count: number): number {
    this.#files.closeEnded();
    this.#filling = true;
    const room = Math.min(count, this.#options.inFlightMax - this.#inFlight);
    let described = 0;
    while (described < room && !this.#closed) {
      const task = this.#planned.shift() ?? this.#output.nextPart() ?? this.#beginNext() ?? this.#output.nextPart();
      if (task === undefined) break;
      this.#describe(slots, free[described++]!, task);
      this.#inFlight++;
    }
    this.#options.onProgress();
    this.#filling = false;
    if (described === 0) this.#files.closeEnded();
    // Last of all: a call of wake() before this returns would be lost.
    this.#starved = described < count;
    return described;
  }

  done(slots: ReadSlots, finished: Int32Array, count: number): void {
    this.#inFlight -= count;
    for (let index = 0; index < count; index++) {
      const slot = finished[index]!;
      const task = this.#tasks[slot]!;
      this.#tasks[slot] = undefined;
      if (this.#closed) continue;
      if (task instanceof MergedRead) task.done(slots, slot, this);
      else if (task instanceof Part) this.#partDone(slots, slot, task);
      else this.#itemDone(slots, slot, task);
    }
    this.#files.closeEnded();
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
    this.#sizes.close();
    this.#options.queue.close();
    this.#files.endAll();
    if (!this.#filling) this.#files.closeEnded();
  }

  /** Of merged reads: the item has its bytes, or those before an error. */
  merged(item: Item<R>, errno: number): void {
    if (errno === EINVAL && !item.buffered && this.#alignBytesFor(item.path) > 0) this.#readBuffered(item);
    // The error may lie in bytes of others: what was not cut is read again, alone.
    else if (errno !== 0 && item.length <= this.#options.readBytesMax) this.#planned.push(item);
    else if (this.#accepts(item, errno)) this.#output.finishOwned(item);
  }

  #describe(slots: ReadSlots, slot: number, task: Task<R>): void {
    this.#tasks[slot] = task;
    slots.offset[slot] = task.offset;
    slots.length[slot] = task.length;
    slots.file[slot] = task.file;
    if (task instanceof MergedRead) {
      slots.path[slot] = undefined;
      if (task.endsFile) this.#files.end(task.file);
    } else {
      task.state = READING;
      slots.path[slot] = task.file === undefined ? task.path : undefined;
      slots.alignBytes[slot] = task.buffered ? 0 : this.#alignBytesFor(task.path);
    }
  }

  #itemDone(slots: ReadSlots, slot: number, item: Item<R>): void {
    const errno = slots.errno[slot]!;
    item.gotBytes = slots.bytes[slot]!;
    if (item.length === TO_END && errno === 0) this.#window.note(item.gotBytes);
    if (errno === EINVAL && slots.alignBytes[slot]! > 0) this.#readBuffered(item);
    else if (errno === TOO_LARGE && item.lengthMeans !== LAST_BYTES) {
      const sizeBytes = slots.total[slot]!;
      if (sizeBytes > 0) this.#lengthen(item, Number.POSITIVE_INFINITY, sizeBytes);
      else this.#sizes.askForLong(item, Number.POSITIVE_INFINITY);
    } else if (this.#accepts(item, errno)) this.#output.finish(item, slots, slot);
  }

  /** Whether what was read for the item is what it is to have; else it has failed, or is read in another way. */
  #accepts(item: Item<R>, errno: number): boolean {
    const { gotBytes, length, offset, lengthMeans } = item;
    if (errno === ECANCELED) this.#options.onFailure(failureOf(item.path, offset, errno));
    else if (errno !== 0) this.#output.fail(item, failureOf(item.path, offset + gotBytes, errno, this.#engine));
    else if (lengthMeans === PAST_STATED_END && gotBytes === length) this.#sizes.readOn(item);
    else if (lengthMeans === EXACT_LENGTH && gotBytes < length) this.#sizes.endedEarly(item);
    else if (lengthMeans === LAST_BYTES && this.#sizes.contradict(item)) return false;
    else if (gotBytes > 0 || length === 0) return true;
    else if ((length === TO_END || lengthMeans === PAST_STATED_END) && offset === 0) return true;
    else this.#sizes.failPastTheEnd(item);
    return false;
  }

  /** The device asks for another alignment than the one that was probed. */
  #readBuffered(item: Item<R>): void {
    this.#direct?.refused();
    item.buffered = true;
    item.file = undefined;
    this.#plan(item);
  }

  #partDone(slots: ReadSlots, slot: number, part: Part<R>): void {
    const errno = slots.errno[slot]!;
    const error = errno === 0 ? undefined : failureOf(part.path, part.offset + slots.bytes[slot]!, errno, this.#engine);
    this.#output.finishPart(part, slots, slot, error);
    if (part.long.finished) this.#files.end(part.long.file);
  }

  /** Begins requests until there is something to be read for them. */
  #beginNext(): Task<R> | undefined {
    let isAllBegun = false;
    // A group that was begun is gone on with: it doesn't depend on how fast items are taken.
    while (!isAllBegun && (this.#merger.path !== undefined || this.#mayBegin()) && this.#isReady()) {
      const item = this.#window.peek();
      this.#window.skip();
      if (item === undefined) isAllBegun = !this.#window.isOrdering;
      else if (this.#begin(item) && !this.#merger.add(item)) return item;
      if (!this.#groupGoesOn()) this.#endGroup();
      const planned = this.#planned.shift();
      if (planned !== undefined) return planned;
    }
    const { failure } = this.#options.queue;
    if (isAllBegun && failure !== undefined) this.#options.onFailure(failure.error);
    this.#endGroup();
    return this.#planned.shift();
  }

  #mayBegin(): boolean {
    if (this.#sizes.busy || this.#window.isOrdering) return false;
    if (!this.#output.hasRoom && this.#output.makeRoom()) this.#window.giveUpOrder();
    return this.#output.hasRoom;
  }

  /** Whether it is known how the next item is to be read; if not, that is being found out. */
  #isReady(): boolean {
    const { begun } = this.#window;
    // A probe would end the group, and less be merged.
    if (this.#direct === undefined || this.#groupGoesOn()) return true;
    const next = this.#window.peek();
    if (next?.error !== undefined || !next || !this.#direct.isDue(begun, next.path, next.length)) return true;
    return this.#direct.ready(begun, next.path, next, this.#onReady);
  }

  /** There may be more to be read, or to be taken. */
  readonly #onReady = (): void => {
    if (this.#closed) return;
    this.wakeIfStarved();
    this.#options.onProgress();
  };

  /** Returns whether the item is to be read now; else it was planned, waits for a size, or has failed. */
  #begin(item: Item<R>): boolean {
    const range = item.error === undefined ? item.request.range : undefined;
    const { sizeBytes } = this.#options;
    const end = item.length === TO_END ? Number.POSITIVE_INFINITY : item.offset + item.length;
    if (item.error !== undefined) this.#output.fail(item, item.error);
    else if (range !== undefined && 'suffixLength' in range) this.#sizes.askForSuffix(item, range.suffixLength);
    else if (sizeBytes !== undefined) this.#lengthen(item, end, sizeBytes);
    else if (item.length === TO_END && item.offset === 0 && namesDescriptor(item.path)) this.#sizes.askForPipe(item);
    else if (item.length > BUFFER_BYTES_MAX) this.#sizes.askForLong(item, end);
    else if (item.length === TO_END && this.#options.readBytesMax < BUFFER_BYTES_MAX) this.#sizes.askForEnd(item);
    else if (item.length > this.#options.readBytesMax) this.#plan(item);
    else {
      if (range !== undefined && !this.#merger.takes(item.length)) item.file = this.#sharedFile(item.path);
      return true;
    }
    return false;
  }

  /** The open file of several requests in a row; undefined when the request is the only one. */
  #sharedFile(path: Path) {
    const alignBytes = this.#alignBytesFor(path);
    const current = this.#files.current(path, alignBytes);
    return current ?? (this.#window.nextIsOf(path) ? this.#files.begin(path, alignBytes) : undefined);
  }

  /** The item is read next, in several reads if it is too long for one. */
  #plan(item: Item<R>): void {
    item.state = PLANNED;
    if (item.length <= this.#options.readBytesMax) this.#planned.push(item);
    else for (const task of this.#merger.split(item)) this.#planned.push(task);
  }

  #lengthen(item: Item<R>, end: number, sizeBytes: number): void {
    if (this.#direct === undefined) return this.#openLong(item, { end, sizeBytes }, 0);
    this.#direct
      .alignBytesOfLong(item.path, { offset: item.offset, length: TO_END })
      .then((alignBytes) => {
        if (this.#closed) return;
        this.#openLong(item, { end, sizeBytes }, alignBytes);
        this.#onReady();
      })
      .catch(this.#options.onFailure);
  }

  #openLong(item: Item<R>, bounds: { end: number; sizeBytes: number }, alignBytes: number, stream = false): void {
    const partBytes = Math.min(PART_BYTES, this.#options.readBytesMax);
    const file = this.#files.open(item.path, alignBytes, stream);
    this.#output.lengthen(item, new LongRead(item, file, { begin: item.offset, ...bounds, partBytes }));
  }

  readonly #inHand = () => ({ inHand: this.#inFlight + this.#planned.length, hasMore: !!this.#window.peek() });
  readonly #alignBytesFor = (path: Path) => (this.#direct === undefined ? 0 : this.#direct.alignBytesFor(path));

  /** Whether the next request is there and belongs to the group. */
  #groupGoesOn(): boolean {
    const path = this.#merger.path;
    return path !== undefined && this.#window.nextIsOf(path) && this.#merger.takes(this.#window.peek()!.length);
  }

  #endGroup(): void {
    for (const task of this.#merger.end()) this.#planned.push(task);
  }
}
