import { assert } from '../assert.js';
import { isLsioError, LsioError } from '../errors.js';
import type { Ring } from '../uring/ring.js';
import { ActiveRun } from './active-run.js';
import type { Engine, EngineInfo, OpenOptions, Path, ReadSource, Run, RunOptions, SharedFile } from './engine.js';
import { EngineFile } from './files.js';
import { Lane } from './lane.js';
import { ReadSlots } from './slots.js';

/** How long the pump may go on without letting the event loop turn. Signals and timers wait no longer than this. */
const TURN_MS_MAX = 1;
/** How often reads in flight are looked at: whether they can end at all, and whether a wake-up was missed. */
const WATCHDOG_MS = 100;
/** How long `close()` waits for reads in flight before it leaves their memory to them. */
const CLOSE_MS_MAX = 2000;

export interface RingEngineOptions {
  /** Entries of each ring's file table beyond the first `queueDepth`. */
  readonly sharedFiles: number;
  /** Bytes in flight at most, of each ring. */
  readonly windowBytes: number;
  /** All rings are shut down; with `drained` false their memory may still be written to. */
  readonly onShutdown?: (drained: boolean) => void;
}

/**
 * The engine over any {@link Ring}, or over several that share a slab: pulls reads from its sources, takes them through
 * their stages, and hands out what came of them, all from the event loop. Several rings share the work as they get
 * through it: whichever has room is given the next reads.
 *
 * One turn of the pump: ask the sources for reads, prepare their operations, submit and reap in one call, move the reads
 * on, deliver what is finished. It goes round while anything moves, for {@link TURN_MS_MAX} at most; then it waits to be
 * woken by completions, by a source, or by the next turn of the event loop.
 */
export class RingEngine implements Engine {
  readonly info: EngineInfo;
  readonly #slots: ReadSlots;
  readonly #options: RingEngineOptions;
  /** Those whose rings work. */
  #lanes: Lane[];
  /** Some rings were lost with reads in flight. */
  #leaks = false;
  readonly #runs: ActiveRun[] = [];
  /** Who is asked for reads first; the next one the next time, or a single free slot would always be the first run's. */
  #firstRun = 0;
  /** Runs whose reads are to be given up, at the beginning of the next round. */
  #cancelling: ActiveRun[] = [];
  readonly #runOf: (ActiveRun | undefined)[];
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

  /** @param rings at least one; all read into the same slab, `info.queueDepth` at a time each. */
  constructor(rings: readonly Ring[], info: EngineInfo, options: RingEngineOptions) {
    const depth = info.queueDepth;
    const { slab } = rings[0]!;
    this.info = info;
    this.#options = options;
    this.#slots = new ReadSlots(slab, depth * rings.length, () => this.schedule());
    this.#lanes = rings.map((ring, lane) => {
      assert(ring.slab === slab, 'rings of one engine share their slab');
      ring.listen(() => this.#turn());
      const { sharedFiles, windowBytes } = options;
      const onProgress = () => this.schedule();
      return new Lane(ring, this.#slots, { lane, first: lane * depth, depth, sharedFiles, windowBytes, onProgress });
    });
    this.#runOf = new Array<ActiveRun | undefined>(depth * rings.length).fill(undefined);
    this.#watchdog = setTimeout(() => this.#onWatchdog(), WATCHDOG_MS).unref();
  }

  share(path: Path, options: OpenOptions = {}): SharedFile {
    this.#assertOpen();
    return new EngineFile(path, options.directAlignBytes ?? 0);
  }

  run(source: ReadSource, options: RunOptions = {}): Run {
    this.#assertOpen();
    const run = new ActiveRun(this, source, options, this.#runOf.length);
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
    this.#arm(false);
    for (;;) {
      this.#again = false;
      this.#cancelReads();
      let moved = 0;
      let waits = false;
      for (const lane of this.#lanes) {
        moved += this.#advance(lane);
        waits ||= lane.busy || this.#canFill(lane);
      }
      this.#endRuns();
      if (!waits && !this.#again) break;
      if (moved > 0 || this.#again) {
        if (armed) this.#arm(false);
        armed = false;
        if (performance.now() < deadlineMs) continue;
        this.#scheduled = true;
        setImmediate(() => this.#turn());
        return;
      }
      if (armed) break;
      // Completions that came before this would wake nobody: look once more.
      this.#arm(true);
      armed = true;
    }
    this.#hold(this.#inFlight > 0);
  }

  /** Fills a lane, submits and reaps, and delivers. Returns how much was done. */
  #advance(lane: Lane): number {
    lane.stages.resume();
    const filled = this.#fill(lane);
    const reaped = this.#submitAndReap(lane);
    this.#deliver(lane);
    if (lane.lost) return 1;
    if (lane.freeCount === lane.depth) lane.stages.closeUnused();
    return filled + reaped + (lane.ring.unsubmitted ? 1 : 0);
  }

  #cancelReads(): void {
    if (this.#cancelling.length === 0) return;
    for (let slot = 0; slot < this.#runOf.length; slot++) {
      const run = this.#runOf[slot];
      if (run !== undefined && this.#cancelling.includes(run)) this.#laneOf(slot).stages.cancel(slot);
    }
    this.#cancelling = [];
  }

  #laneOf(slot: number): Lane {
    return this.#lanes.find((lane) => lane.owns(slot))!;
  }

  #submitAndReap(lane: Lane): number {
    try {
      const count = lane.ring.submitAndReap();
      lane.stages.completeMany(count);
      return count;
    } catch (error) {
      // One ring of several: its reads fail, the others go on. The last one takes the engine with it.
      if (!isLsioError(error, 'unavailable') || this.#lanes.length === 1) throw error;
      this.#leaks = true;
      this.#lanes = this.#lanes.filter((other) => other !== lane);
      lane.abandon();
      return 1;
    }
  }

  /** Gives free slots of a lane to the sources, each a fair share. Returns how many are in use more than before. */
  #fill(lane: Lane): number {
    let filled = 0;
    const runs = this.#runs.length;
    let hungry = 0;
    for (const run of this.#runs) hungry += run.hungry ? 1 : 0;
    // With several rings none may keep this thread for long: the others would wait for more.
    let room = this.#lanes.length === 1 ? lane.freeCount : Math.min(lane.freeCount, Math.ceil(lane.depth / 4));
    for (let step = 0; step < runs && room > 0; step++) {
      const run = this.#runs[(this.#firstRun + step) % runs]!;
      if (!run.hungry) continue;
      // A run may have been woken since they were counted.
      const share = Math.ceil(room / Math.max(1, hungry--));
      const count = run.source.fill(this.#slots, lane.free, share);
      run.idle = count < share;
      for (let taken = 0; taken < count; taken++) {
        const slot = lane.free[taken]!;
        this.#runOf[slot] = run;
        lane.stages.begin(slot, run.alignBytes, run.regular);
      }
      run.busy += count;
      lane.free.copyWithin(0, count, lane.freeCount);
      lane.freeCount -= count;
      room -= count;
      filled += count;
    }
    if (filled > 0) this.#firstRun++;
    return filled;
  }

  #canFill(lane: Lane): boolean {
    return lane.freeCount > 0 && this.#runs.some((run) => run.hungry);
  }

  /** Hands a lane's finished reads to their sources, then frees their slots. */
  #deliver(lane: Lane): void {
    const { finished, finishedCount } = lane.stages;
    if (finishedCount === 0) return;
    for (let index = 0; index < finishedCount; index++) {
      const slot = finished[index]!;
      const run = this.#runOf[slot];
      assert(run !== undefined, 'a finished read belongs to a run');
      run.finishedSlots[run.finishedCount++] = slot;
    }
    lane.stages.finishedCount = 0;
    for (let index = this.#runs.length - 1; index >= 0; index--) {
      const run = this.#runs[index]!;
      const count = run.finishedCount;
      if (count === 0) continue;
      run.source.done(this.#slots, run.finishedSlots, count);
      run.finishedCount = 0;
      for (let taken = 0; taken < count; taken++) {
        const slot = run.finishedSlots[taken]!;
        this.#runOf[slot] = undefined;
        lane.end(slot);
      }
      run.busy -= count;
    }
  }

  /** Ends the runs that are through. */
  #endRuns(): void {
    for (let index = this.#runs.length - 1; index >= 0; index--) {
      const run = this.#runs[index]!;
      if (run.busy > 0 || !(run.cancelled || run.source.ended)) continue;
      this.#runs.splice(index, 1);
      run.settle(run.outcome);
    }
  }

  get #inFlight(): number {
    let count = 0;
    for (const lane of this.#lanes) count += lane.stages.inFlight;
    return count;
  }

  #arm(on: boolean): void {
    for (const lane of this.#lanes) lane.ring.arm(on);
  }

  #hold(on: boolean): void {
    if (on === this.#held) return;
    this.#held = on;
    if (on) this.#watchdog.refresh();
    for (const lane of this.#lanes) lane.ring.hold(on);
  }

  #onWatchdog(): void {
    if (this.#closed || this.#inFlight === 0) return;
    this.#watchdog.refresh();
    this.#turn();
    if (this.#closed) return;
    for (const lane of this.#lanes) lane.stages.refuseEndless();
  }

  /**
   * The ring has failed for good: nothing more will come of what is in hand. After a broken invariant, what is in flight
   * isn't known either.
   */
  #fail(error: Error): void {
    this.#failure = error;
    for (const run of this.#runs.splice(0)) run.settle(error);
    this.#shutDown(error instanceof LsioError && this.#inFlight === 0);
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
    } while (this.#inFlight > 0 && !this.#closed && performance.now() < deadlineMs);
    if (this.#closed) return;
    for (const run of this.#runs.splice(0)) run.settle(closed);
    this.#shutDown(this.#inFlight === 0);
  }

  #shutDown(drained: boolean): void {
    this.#closed = true;
    clearTimeout(this.#watchdog);
    for (const lane of this.#lanes) lane.ring.shutdown(drained);
    this.#options.onShutdown?.(drained && !this.#leaks);
  }

  #assertOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed || this.#closing !== undefined) throw new LsioError('closed', 'the engine is closed');
  }
}
