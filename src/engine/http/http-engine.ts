import { type Abortable, addAbortable } from '../../abort.js';
import { assert } from '../../assert.js';
import type { Clock } from '../../clock.js';
import { LsioError } from '../../errors.js';
import type { Slab } from '../../memory/slab.js';
import { ActiveRun } from '../active-run.js';
import {
  BUFFER_BYTES_MAX,
  type Engine,
  type EngineInfo,
  type Path,
  type ReadSource,
  type Run,
  type RunOptions,
  type SharedFile,
  TO_END,
} from '../engine.js';
import { ReadSlots, TOO_LARGE } from '../slots.js';
import { type Asked, Pin } from './checks.js';
import { ABSENT, type HttpClient } from './client.js';
import type { Target } from './client-options.js';
import { FailureLog } from './failure-log.js';
import { HttpFile, Targets } from './http-file.js';
import type { Land } from './part.js';

/** The first guess of how long an object of unknown length is, in bytes. */
const GUESS_BYTES = 64 * 1024;

export interface HttpEngineOptions {
  readonly client: Pick<HttpClient, 'read'>;
  readonly slab: Slab;
  /** Reads in flight at most. */
  readonly depth: number;
  /** Reads that are in hand at most, as of now: sources are asked for no more, since they plan better later. */
  readonly inHandMax?: (() => number) | undefined;
  /** Where the object of a path is. */
  readonly target: (path: Path) => Target;
  readonly info: EngineInfo;
  readonly clock: Clock;
}

/** Reads ranges of objects over HTTP into the same slab, by the same interface, as the engines for files do. */
export class HttpEngine implements Engine {
  readonly info: EngineInfo;
  readonly #options: HttpEngineOptions;
  readonly #slots: ReadSlots;
  readonly #free: Int32Array;
  #freeCount: number;
  readonly #runs: ActiveRun[] = [];
  readonly #abort = new Map<ActiveRun, AbortController>();
  /** Registered at a run's signal for as long as the run: adding reads to a listener that exists costs little. */
  readonly #waker: Abortable = { onAbort: () => this.#wake() };
  /** Reads that wait for memory. */
  #waiting: (() => void)[] = [];
  readonly #targets: Targets;
  readonly #failures = new FailureLog();
  #guessBytes = GUESS_BYTES;
  #isScheduled = false;
  #isClosed = false;

  constructor(options: HttpEngineOptions) {
    this.info = options.info;
    this.#options = options;
    this.#targets = new Targets(options.target);
    this.#slots = new ReadSlots(options.slab, options.depth, () => this.#wake());
    this.#free = Int32Array.from({ length: options.depth }, (_, i) => options.depth - 1 - i);
    this.#freeCount = options.depth;
  }

  share(path: Path): SharedFile {
    this.#assertOpen();
    return new HttpFile(path, this.#targets.of(path));
  }

  run(source: ReadSource, options: RunOptions = {}): Run {
    this.#assertOpen();
    const run = new ActiveRun(this, source, options, this.#options.depth);
    this.#runs.push(run);
    const controller = new AbortController();
    addAbortable(controller.signal, this.#waker);
    this.#abort.set(run, controller);
    this.schedule();
    return run;
  }

  /** The error behind an errno of this engine. */
  failure(errno: number): LsioError | undefined {
    return this.#failures.of(errno);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const closed = new LsioError('closed', 'the engine was closed');
    for (const controller of this.#abort.values()) controller.abort(closed);
    for (const run of this.#runs.splice(0)) run.settle(closed);
  }

  schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    this.#options.clock.soon(() => this.#pump());
  }

  cancelRun(run: ActiveRun): void {
    if (run.cancelled) return;
    run.cancelled = true;
    this.#abort.get(run)?.abort(new LsioError('closed', 'cancelled'));
    this.schedule();
  }

  /** Lets those that wait for memory look again: some was freed, or their run was ended. */
  #wake(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }

  #pump(): void {
    this.#isScheduled = false;
    if (this.#isClosed) return;
    try {
      this.#deliver();
      this.#fill();
    } catch (error) {
      this.#isClosed = true;
      for (const run of this.#runs.splice(0)) run.settle(error as Error);
      return;
    }
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const run = this.#runs[i]!;
      if (run.busy > 0 || !(run.cancelled || run.source.ended)) continue;
      this.#runs.splice(i, 1);
      // Nobody listens any more: connections do until their next exchange.
      this.#abort.get(run)!.abort();
      this.#abort.delete(run);
      run.settle(run.outcome);
    }
  }

  /** Tells the sources of what is finished, then frees its slots. */
  #deliver(): void {
    for (const run of this.#runs) {
      const count = run.finishedCount;
      if (count === 0) continue;
      run.source.done(this.#slots, run.finishedSlots, count);
      run.finishedCount = 0;
      for (let i = 0; i < count; i++) this.#end(run.finishedSlots[i]!);
      run.busy -= count;
    }
  }

  #end(slot: number): void {
    const slots = this.#slots;
    const buffer = slots.buffer[slot]!;
    slots.buffer[slot] = -1;
    slots.path[slot] = undefined;
    slots.file[slot] = undefined;
    this.#free[this.#freeCount++] = slot;
    if (buffer >= 0) slots.release(buffer);
  }

  /** Gives the free slots to the sources, each a fair share. */
  #fill(): void {
    const { depth, inHandMax } = this.#options;
    let hungry = this.#runs.filter((run) => run.hungry).length;
    for (const run of this.#runs) {
      const inHand = depth - this.#freeCount;
      const room = Math.min(this.#freeCount, (inHandMax?.() ?? depth) - inHand);
      if (room <= 0) return;
      if (!run.hungry) continue;
      const share = Math.ceil(room / hungry--);
      const offered = this.#free.slice(this.#freeCount - share, this.#freeCount).reverse();
      const count = run.source.fill(this.#slots, offered, share);
      run.idle = count < share;
      run.busy += count;
      this.#freeCount -= count;
      const { signal } = this.#abort.get(run)!;
      for (let i = 0; i < count; i++) void this.#begin(run, offered[i]!, signal);
    }
  }

  async #begin(run: ActiveRun, slot: number, signal: AbortSignal): Promise<void> {
    const slots = this.#slots;
    const { slab, client } = this.#options;
    slots.errno[slot] = 0;
    slots.bytes[slot] = 0;
    slots.start[slot] = 0;
    slots.alignBytes[slot] = 0;
    slots.total[slot] = 0;
    try {
      const file = slots.file[slot] as HttpFile | undefined;
      const target = file?.target ?? this.#targets.of(slots.path[slot]!);
      assert(slots.suffix[slot] === -1, 'a suffix is asked for as a range');
      const pin = file?.pin ?? new Pin();
      const asked = { offset: slots.offset[slot]!, length: slots.length[slot]! };
      if (asked.length === TO_END) await this.#readToEnd(slot, target, pin, signal);
      // What an empty range means differs from server to server: none is sent.
      else if (asked.length > 0) {
        const buffer = slab.lease(asked.length);
        slots.buffer[slot] = buffer >= 0 ? buffer : await this.#lease(asked.length, signal);
        this.#note(slot, target, await client.read(target, asked, this.#landing(slot, asked, 0), pin, signal), 0);
      }
    } catch (error) {
      slots.errno[slot] = this.#failures.remember(error);
    }
    run.finishedSlots[run.finishedCount++] = slot;
    this.schedule();
  }

  async #readToEnd(slot: number, target: Target, pin: Pin, signal: AbortSignal): Promise<void> {
    const offset = this.#slots.offset[slot]!;
    const guessed = { offset, length: Math.min(BUFFER_BYTES_MAX, this.#guessBytes) };
    const got = await this.#readInto(slot, target, guessed, 0, pin, signal);
    const { sizeBytes } = pin.version;
    if (got < guessed.length || sizeBytes === undefined || sizeBytes <= offset + got) return;
    const wanted = sizeBytes - offset;
    if (wanted > BUFFER_BYTES_MAX) {
      this.#slots.errno[slot] = TOO_LARGE;
      return;
    }
    // Objects that are read together are often of about one size.
    this.#guessBytes = Math.max(this.#guessBytes, 2 ** Math.ceil(Math.log2(wanted)));
    await this.#grow(slot, wanted, got, signal);
    await this.#readInto(slot, target, { offset: offset + got, length: wanted - got }, got, pin, signal);
  }

  /** Reads a range into the slot's memory, `at` bytes from its beginning. Returns how many bytes there were. */
  async #readInto(
    slot: number,
    target: Target,
    asked: Asked & { length: number },
    at: number,
    pin: Pin,
    signal: AbortSignal,
  ): Promise<number> {
    const slots = this.#slots;
    if (slots.buffer[slot]! < 0) slots.buffer[slot] = await this.#lease(asked.length, signal);
    const got = await this.#options.client.read(target, asked, this.#landing(slot, asked, at), pin, signal);
    return this.#note(slot, target, got, at);
  }

  /** Gives the slot's memory, from `at` bytes behind its beginning. */
  #landing(slot: number, { length }: { readonly length: number }, at: number): Land {
    const { memory, buffer, start } = this.#slots;
    const begin = buffer[slot]!;
    start[slot] = begin;
    return (bytes) => {
      assert(bytes <= length, 'no more lands than was asked for');
      return memory.subarray(begin + at, begin + at + bytes);
    };
  }

  /** Notes what was read for a slot. Returns how many bytes there were. @throws {LsioError} where there is no object */
  #note(slot: number, target: Target, got: Awaited<ReturnType<HttpClient['read']>>, at: number): number {
    const slots = this.#slots;
    if (got === ABSENT) {
      throw new LsioError('read', `${target.name}: no such object (ENOENT)`, {
        code: 'ENOENT',
        path: target.name,
        offset: 0,
      });
    }
    slots.total[slot] = ('pastTheEnd' in got ? got.sizeBytes : got.version.sizeBytes) ?? 0;
    if ('pastTheEnd' in got) return 0;
    slots.bytes[slot] = at + got.bytes;
    return got.bytes;
  }

  /** Memory for `bytes` in place of what the slot has, with the first `kept` bytes of it. */
  async #grow(slot: number, bytes: number, kept: number, signal: AbortSignal): Promise<void> {
    const slots = this.#slots;
    if (slots.bufferBytes(slot) >= bytes) return;
    const old = slots.buffer[slot]!;
    const copy = new Uint8Array(slots.memory.subarray(old, old + kept));
    // Waiting with memory in hand for more could block all reads for ever.
    slots.buffer[slot] = -1;
    slots.release(old);
    const buffer = await this.#lease(bytes, signal);
    slots.buffer[slot] = buffer;
    slots.memory.set(copy, buffer);
  }

  async #lease(bytes: number, signal: AbortSignal): Promise<number> {
    for (;;) {
      signal.throwIfAborted();
      const at = this.#options.slab.lease(bytes);
      if (at >= 0) return at;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new LsioError('closed', 'the engine is closed');
  }
}
