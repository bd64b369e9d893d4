import { assert } from '../../assert.js';
import { type Clock, systemClock, type Timer } from '../../clock.js';
import { isLsioError, LsioError } from '../../errors.js';
import type { Ring } from '../../uring/ring.js';
import type { ActiveRun } from '../active-run.js';
import type { Engine, EngineInfo, OpenOptions, Path, ReadSource, Run, RunOptions, SharedFile } from '../engine.js';
import { ReadSlots } from '../slots.js';
import { EngineFile } from './files.js';
import { Lane } from './lane.js';
import { Load } from './load.js';
import type { RingEngineOptions } from './options.js';
import { Runs } from './runs.js';

/** How long the pump may go on without letting the event loop turn. Signals and timers wait no longer than this. */
const TURN_MS_MAX = 1;
/** How often reads in flight are looked at: whether they can end at all, and whether a wake-up was missed. */
const WATCHDOG_MS = 100;
/** How long `close()` waits for reads in flight before it leaves their memory to them. */
const CLOSE_MS_MAX = 2000;

/**
 * The engine over one {@link Ring} or several that share a slab. All runs on the event loop; whichever ring has room is
 * given the next reads.
 *
 * One turn of the pump: ask the sources for reads, prepare their operations, submit and reap in one call, move the reads
 * on, deliver what is finished. It goes round while anything moves, for {@link TURN_MS_MAX} at most.
 */
export class RingEngine implements Engine {
  info: EngineInfo;
  readonly #slots: ReadSlots;
  readonly #options: RingEngineOptions;
  /** Those whose rings work. */
  #lanes: Lane[] = [];
  /** The first: this thread enters the kernel for it. */
  #own: Lane | undefined;
  /** So far, lost ones included. */
  #laneCount = 0;
  readonly #load: Load;
  /** Of the slab: lost rings may still write there. */
  #lostBytes = 0;
  #lostLeases = 0;
  readonly #runs: Runs;
  readonly #watchdog: Timer;
  readonly clock: Clock;
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
    const slotCount = info.queueDepth * Math.max(rings.length, options.ringsMax ?? 0);
    this.info = info;
    this.clock = options.clock ?? systemClock;
    this.#options = options;
    this.#slots = new ReadSlots(rings[0]!.slab, slotCount, () => this.schedule());
    this.#runs = new Runs(this.#slots, slotCount);
    for (const ring of rings) this.#addLane(ring);
    this.#load = new Load(() => this.#grow(), this.clock);
    this.#watchdog = this.clock.timer(() => this.#onWatchdog());
  }

  /** How many buffers sources hold. */
  get sourceLeases(): number {
    return this.#slots.sourceLeases;
  }

  share(path: Path, options: OpenOptions = {}): SharedFile {
    this.#assertOpen();
    return new EngineFile(this, path, options.directAlignBytes ?? 0, options.stream);
  }

  run(source: ReadSource, options: RunOptions = {}): Run {
    this.#assertOpen();
    const run = this.#runs.add(this, source, options);
    this.schedule();
    return run;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Has the pump run soon: in this turn of the event loop, unless that has gone on for long. */
  schedule(): void {
    this.#again = true;
    if (this.#scheduled || this.#pumping || this.#closed) return;
    this.#scheduled = true;
    if (this.clock.now() - this.#turnBeganMs < TURN_MS_MAX) this.clock.next(() => this.#pump());
    else this.clock.soon(() => this.#turn());
  }

  cancelRun(run: ActiveRun): void {
    if (this.#closed || run.cancelled) return;
    this.#runs.cancel(run);
    this.schedule();
  }

  /** The pump, as a turn of the event loop begins. */
  #turn(): void {
    this.#turnBeganMs = this.clock.now();
    this.#pump();
  }

  #pump(): void {
    this.#scheduled = false;
    if (this.#closed || this.#pumping) return;
    this.#pumping = true;
    const beganMs = this.clock.now();
    try {
      this.#goRound();
    } catch (error) {
      this.#fail(error as Error);
    } finally {
      this.#pumping = false;
    }
    this.#load.add(beganMs, this.#inFlight > 0);
  }

  #goRound(): void {
    const deadlineMs = this.#turnBeganMs + TURN_MS_MAX;
    let armed = false;
    this.#arm(false);
    for (;;) {
      this.#again = false;
      const cancelled = this.#runs.takeCancelled();
      let [moved, waits] = [0, false];
      for (const lane of this.#lanes) {
        moved += this.#tryToAdvance(lane, cancelled);
        waits ||= lane.busy || (lane.freeCount > 0 && this.#runs.hungry);
      }
      this.#runs.endThrough();
      if (!waits && !this.#again) break;
      if (moved > 0 || this.#again) {
        if (armed) this.#arm(false);
        armed = false;
        if (this.clock.now() < deadlineMs) continue;
        this.#scheduled = true;
        this.clock.soon(() => this.#turn());
        return;
      }
      if (armed) break;
      // Completions from before do not wake this thread: check once more.
      this.#arm(true);
      armed = true;
    }
    this.#checkMemory();
    this.#hold(this.#inFlight > 0);
  }

  #tryToAdvance(lane: Lane, cancelled: readonly ActiveRun[]): number {
    try {
      return this.#advance(lane, cancelled);
    } catch (error) {
      // One ring of several: the others take its reads over. The last one takes the engine with it.
      if (!isLsioError(error, 'unavailable') || this.#lanes.length === 1) throw error;
      this.#lose(lane, error);
      return 1;
    }
  }

  #lose(lane: Lane, { message }: LsioError): void {
    this.#lanes = this.#lanes.filter((other) => other !== lane);
    this.info = { ...this.info, rings: this.#lanes.length, reason: `${this.info.reason}; a ring was lost: ${message}` };
    this.#runs.deliver(lane);
    const { slots, lostBytes, lostLeases } = lane.abandon();
    this.#lostBytes += lostBytes;
    this.#lostLeases += lostLeases;
    this.#runs.moveAway(slots);
    this.#again = true; // the others may have been asked before
  }

  /** Nothing is in flight, so only sources hold memory; or what is left waits for memory that went with lost rings. */
  #checkMemory(): void {
    if (this.#inFlight > 0) return;
    const waiting = this.#lanes.some((lane) => lane.stages.waiting);
    const { leases, sourceLeases } = this.#slots;
    assert(waiting || leases === sourceLeases + this.#lostLeases, 'no memory is leased but what sources hold');
    if (!waiting || this.#lostBytes === 0 || this.#slots.leasedBytes > this.#lostBytes) return;
    throw new LsioError('unavailable', 'the memory of lost rings is missing');
  }

  /** Fills a lane, submits and reaps, and delivers. Returns how much was done. */
  #advance(lane: Lane, cancelled: readonly ActiveRun[]): number {
    this.#runs.cancelReads(lane, cancelled);
    lane.stages.resume();
    const filled = this.#runs.fill(lane, this.#fillMax(lane));
    const reaped = lane.ring.submitAndReap();
    lane.stages.completeMany(reaped);
    this.#runs.deliver(lane);
    // What comes next replaces them.
    if (lane.freeCount === lane.depth && !this.#runs.hungry) lane.stages.closeUnused();
    return filled + reaped + (lane.ring.unsubmitted ? 1 : 0);
  }

  /** The ring that this thread enters the kernel for must not keep it for long while others wait for more. */
  #fillMax(lane: Lane): number {
    return this.#lanes.length > 1 && lane === this.#own ? Math.ceil(lane.depth / 4) : lane.depth;
  }

  get #inFlight(): number {
    return this.#lanes.reduce((count, lane) => count + lane.stages.inFlight, 0);
  }

  #arm(on: boolean): void {
    for (const lane of this.#lanes) lane.ring.arm(on);
  }

  #addLane(ring: Ring): void {
    assert(ring.slab.memory === this.#slots.memory, 'rings of one engine share their slab');
    const lane = this.#laneCount++;
    const depth = this.info.queueDepth;
    const { sharedFiles, windowBytes, sizes } = this.#options;
    const limits = { depth, sharedFiles, windowBytes, slotCount: this.#slots.tag.length, sizes, clock: this.clock };
    const onProgress = () => this.schedule();
    ring.listen(() => this.#turn());
    const added = new Lane(ring, this.#slots, { owner: this, lane, first: lane * depth, ...limits, onProgress });
    this.#own ??= added;
    // Those with threads first: what they have to do is handed over at once.
    this.#lanes.unshift(added);
  }

  /** This thread has been busy for a while: another one may take part of the work. */
  async #grow(): Promise<boolean> {
    const { addRing, ringsMax = 0 } = this.#options;
    if (addRing === undefined || this.#laneCount >= ringsMax) return false;
    const ring = await addRing();
    if (ring === undefined) return false;
    if (this.#closed || this.#closing !== undefined) {
      ring.shutdown(true);
      return false;
    }
    this.#addLane(ring);
    ring.hold(this.#held);
    this.info = { ...this.info, rings: this.#lanes.length };
    this.schedule();
    return true;
  }

  #hold(on: boolean): void {
    if (on === this.#held) return;
    this.#held = on;
    if (on) this.#watchdog.start(WATCHDOG_MS);
    for (const lane of this.#lanes) lane.ring.hold(on);
  }

  #onWatchdog(): void {
    // While the ring is held the timer must go on: nothing else starts it again.
    if (this.#closed || (this.#inFlight === 0 && !this.#held)) return;
    this.#watchdog.start(WATCHDOG_MS);
    this.#turn();
    if (this.#closed) return;
    for (const lane of this.#lanes) lane.stages.refuseEndless();
    this.schedule();
  }

  /** Nothing more comes of what is in hand. After a broken invariant, what is in flight isn't known either. */
  #fail(error: Error): void {
    this.#failure = error;
    this.#runs.settleAll(error);
    this.#shutDown(error instanceof LsioError);
  }

  async #close(): Promise<void> {
    const closed = new LsioError('closed', 'the engine was closed');
    for (const run of this.#runs.all) {
      run.outcome = closed;
      this.cancelRun(run);
    }
    const deadlineMs = this.clock.now() + CLOSE_MS_MAX;
    // One more turn at least, in which cancelled reads are delivered and files closed.
    do {
      await this.clock.sleep(0);
      this.#turn();
    } while (this.#inFlight > 0 && !this.#closed && this.clock.now() < deadlineMs);
    if (this.#closed) return;
    this.#runs.settleAll(closed);
    this.#shutDown(true);
  }

  /** @param known what is in flight: then each ring in which nothing is is freed, though another one hangs. */
  #shutDown(known: boolean): void {
    this.#closed = true;
    this.#watchdog.stop();
    for (const lane of this.#lanes) lane.ring.shutdown(known && lane.stages.inFlight === 0);
    this.#options.onShutdown?.(known && this.#inFlight === 0 && this.#lostBytes === 0);
  }

  #assertOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed || this.#closing !== undefined) throw new LsioError('closed', 'the engine is closed');
  }
}
