import { assert } from '../assert.js';
import { LsioError } from '../errors.js';
import type { Ring } from '../uring/ring.js';
import { ActiveRun } from './active-run.js';
import type { Engine, EngineInfo, OpenOptions, Path, ReadSource, Run, RunOptions, SharedFile } from './engine.js';
import { OpenFile } from './files.js';
import { ReadSlots } from './slots.js';
import { Stages } from './stages.js';

/** How long the pump may go on without letting the event loop turn. Signals and timers wait no longer than this. */
const TURN_MS_MAX = 1;
/** How often reads in flight are looked at: whether they can end at all, and whether a wake-up was missed. */
const WATCHDOG_MS = 100;
/** How long `close()` waits for reads in flight before it leaves their memory to them. */
const CLOSE_MS_MAX = 2000;

/**
 * The engine over any {@link Ring}: pulls reads from its sources, takes them through their stages, and hands out what
 * came of them, all from the event loop.
 *
 * One turn of the pump: ask the sources for reads, prepare their operations, submit and reap in one call, move the reads
 * on, deliver what is finished. It goes round while anything moves, for {@link TURN_MS_MAX} at most; then it waits to be
 * woken by completions, by a source, or by the next turn of the event loop.
 */
export class RingEngine implements Engine {
  readonly info: EngineInfo;
  readonly #ring: Ring;
  readonly #slots: ReadSlots;
  readonly #stages: Stages;
  readonly #runs: ActiveRun[] = [];
  /** Who is asked for reads first; the next one the next time, or a single free slot would always be the first run's. */
  #firstRun = 0;
  /** Runs whose reads are to be given up, at the beginning of the next round. */
  #cancelling: ActiveRun[] = [];
  readonly #runOf: (ActiveRun | undefined)[];
  readonly #free: Int32Array;
  #freeCount: number;
  readonly #watchdog: NodeJS.Timeout;
  #turnBeganMs = Number.NEGATIVE_INFINITY;
  #scheduled = false;
  #pumping = false;
  /** Something was asked of us while the pump ran: one more round. */
  #again = false;
  #held = false;
  #closing: Promise<void> | undefined;
  #closed = false;
  #failure: Error | undefined;

  /** @param sharedFiles entries of the ring's file table beyond the first `queueDepth`. */
  constructor(ring: Ring, info: EngineInfo, options: { readonly sharedFiles: number; readonly windowBytes: number }) {
    const depth = info.queueDepth;
    this.info = info;
    this.#ring = ring;
    this.#slots = new ReadSlots(ring.slab, depth, () => this.schedule());
    this.#stages = new Stages(ring, this.#slots, {
      ...options,
      depth,
      onProgress: () => this.schedule(),
    });
    this.#runOf = new Array<ActiveRun | undefined>(depth).fill(undefined);
    this.#free = Int32Array.from({ length: depth }, (_, slot) => slot);
    this.#freeCount = depth;
    ring.listen(() => this.#turn());
    this.#watchdog = setTimeout(() => this.#onWatchdog(), WATCHDOG_MS).unref();
  }

  share(path: Path, options: OpenOptions = {}): SharedFile {
    this.#assertOpen();
    return new OpenFile(this.#stages.files, path, options.directAlignBytes ?? 0);
  }

  run(source: ReadSource, options: RunOptions = {}): Run {
    this.#assertOpen();
    const run = new ActiveRun(this, source, options, this.info.queueDepth);
    this.#runs.push(run);
    this.schedule();
    return run;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Sees to it that the pump runs soon: in this turn of the event loop, unless that has gone on for long. */
  schedule(): void {
    this.#again = true;
    if (this.#scheduled || this.#pumping || this.#closed) return;
    this.#scheduled = true;
    if (performance.now() - this.#turnBeganMs < TURN_MS_MAX) process.nextTick(() => this.#pump());
    else setImmediate(() => this.#turn());
  }

  cancelRun(run: ActiveRun): void {
    if (this.#closed || run.cancelled) return;
    run.cancelled = true;
    this.#cancelling.push(run);
    this.schedule();
  }

  /** The pump, at the beginning of a turn of the event loop. */
  #turn(): void {
    this.#turnBeganMs = performance.now();
    this.#pump();
  }

  #pump(): void {
    this.#scheduled = false;
    if (this.#closed || this.#pumping) return;
    this.#pumping = true;
    try {
      this.#goRound();
    } catch (error) {
      this.#fail(error as Error);
    } finally {
      this.#pumping = false;
    }
  }

  #goRound(): void {
    const deadlineMs = this.#turnBeganMs + TURN_MS_MAX;
    let armed = false;
    this.#ring.arm(false);
    for (;;) {
      this.#again = false;
      this.#cancelReads();
      this.#stages.resume();
      const filled = this.#fill();
      const reaped = this.#submitAndReap();
      this.#deliver();
      if (this.#freeCount === this.info.queueDepth) this.#stages.closeUnused();
      if (this.#stages.inFlight === 0 && !this.#stages.waiting && !this.#again && !this.#canFill()) break;
      if (filled > 0 || reaped > 0 || this.#again || this.#ring.unsubmitted) {
        if (armed) this.#ring.arm(false);
        armed = false;
        if (performance.now() < deadlineMs) continue;
        this.#scheduled = true;
        setImmediate(() => this.#turn());
        return;
      }
      if (armed) break;
      // Completions that came before this would wake nobody: look once more.
      this.#ring.arm(true);
      armed = true;
    }
    this.#hold(this.#stages.inFlight > 0);
  }

  #cancelReads(): void {
    if (this.#cancelling.length === 0) return;
    for (let slot = 0; slot < this.#runOf.length; slot++) {
      const run = this.#runOf[slot];
      if (run !== undefined && this.#cancelling.includes(run)) this.#stages.cancel(slot);
    }
    this.#cancelling = [];
  }

  #submitAndReap(): number {
    const count = this.#ring.submitAndReap();
    this.#stages.completeMany(count);
    return count;
  }

  /** Gives free slots to the sources, each a fair share. Returns how many are in use more than before. */
  #fill(): number {
    let filled = 0;
    const runs = this.#runs.length;
    let hungry = 0;
    for (const run of this.#runs) hungry += run.hungry ? 1 : 0;
    for (let step = 0; step < runs && this.#freeCount > 0; step++) {
      const run = this.#runs[(this.#firstRun + step) % runs]!;
      if (!run.hungry) continue;
      // A run may have been woken since they were counted.
      const share = Math.ceil(this.#freeCount / Math.max(1, hungry--));
      const count = run.source.fill(this.#slots, this.#free, share);
      run.idle = count < share;
      for (let taken = 0; taken < count; taken++) {
        const slot = this.#free[taken]!;
        this.#runOf[slot] = run;
        this.#stages.begin(slot, run.alignBytes, run.regular);
      }
      run.busy += count;
      this.#free.copyWithin(0, count, this.#freeCount);
      this.#freeCount -= count;
      filled += count;
    }
    if (filled > 0) this.#firstRun++;
    return filled;
  }

  #canFill(): boolean {
    return this.#freeCount > 0 && this.#runs.some((run) => run.hungry);
  }

  /** Hands finished reads to their sources, then frees their slots; ends the runs that are through. */
  #deliver(): void {
    const { finished, finishedCount } = this.#stages;
    for (let index = 0; index < finishedCount; index++) {
      const slot = finished[index]!;
      const run = this.#runOf[slot];
      assert(run !== undefined, 'a finished read belongs to a run');
      run.finishedSlots[run.finishedCount++] = slot;
    }
    this.#stages.finishedCount = 0;
    for (let index = this.#runs.length - 1; index >= 0; index--) {
      const run = this.#runs[index]!;
      const count = run.finishedCount;
      if (count > 0) {
        run.source.done(this.#slots, run.finishedSlots, count);
        run.finishedCount = 0;
        for (let taken = 0; taken < count; taken++) {
          const slot = run.finishedSlots[taken]!;
          this.#stages.end(slot);
          this.#runOf[slot] = undefined;
          this.#free[this.#freeCount++] = slot;
        }
        run.busy -= count;
      }
      if (run.busy === 0 && (run.cancelled || run.source.ended)) {
        this.#runs.splice(index, 1);
        run.settle(run.outcome);
      }
    }
  }

  #hold(on: boolean): void {
    if (on === this.#held) return;
    this.#held = on;
    if (on) this.#watchdog.refresh();
    this.#ring.hold(on);
  }

  #onWatchdog(): void {
    if (this.#closed || this.#stages.inFlight === 0) return;
    this.#watchdog.refresh();
    this.#turn();
    if (!this.#closed) this.#stages.refuseEndless();
  }

  /**
   * The ring has failed for good: nothing more will come of what is in hand. After a broken invariant, what is in flight
   * isn't known either.
   */
  #fail(error: Error): void {
    this.#failure = error;
    for (const run of this.#runs.splice(0)) run.settle(error);
    this.#shutDown(error instanceof LsioError && this.#stages.inFlight === 0);
  }

  async #close(): Promise<void> {
    const closed = new LsioError('closed', 'the engine was closed');
    for (const run of [...this.#runs]) {
      run.outcome = closed;
      this.cancelRun(run);
    }
    const deadlineMs = performance.now() + CLOSE_MS_MAX;
    // One more turn at least: cancelled reads are delivered and files closed in it.
    do {
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.#turn();
    } while (this.#stages.inFlight > 0 && !this.#closed && performance.now() < deadlineMs);
    if (this.#closed) return;
    for (const run of this.#runs.splice(0)) run.settle(closed);
    this.#shutDown(this.#stages.inFlight === 0);
  }

  #shutDown(drained: boolean): void {
    this.#closed = true;
    clearTimeout(this.#watchdog);
    this.#ring.shutdown(drained);
  }

  #assertOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed || this.#closing !== undefined) throw new LsioError('closed', 'the engine is closed');
  }
}
