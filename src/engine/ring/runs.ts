import { assert } from '../../assert.js';
import { ActiveRun, type RunOwner } from '../active-run.js';
import type { ReadSource, RunOptions } from '../engine.js';
import type { ReadSlots } from '../slots.js';
import type { Lane } from './lane.js';

/** The runs of an engine: gives them slots in turn, and what came of their reads. */
export class Runs {
  readonly #slots: ReadSlots;
  readonly #runs: ActiveRun[] = [];
  /** Who is asked for reads first; the next one the next time, or a single free slot would always be the first run's. */
  #first = 0;
  /** Slots of lost rings, whose reads wait for a place in another ring. */
  #homeless: number[] = [];
  /** Runs whose reads are to be given up. */
  #cancelling: ActiveRun[] = [];
  /** By slot that holds a read. */
  readonly #runOf: (ActiveRun | undefined)[];

  constructor(slots: ReadSlots, slotCount: number) {
    this.#slots = slots;
    this.#runOf = new Array<ActiveRun | undefined>(slotCount).fill(undefined);
  }

  get all(): readonly ActiveRun[] {
    return this.#runs;
  }

  /** Whether there are reads to ask for, or to be begun again. */
  get hungry(): boolean {
    return this.#homeless.length > 0 || this.#runs.some((run) => run.hungry);
  }

  /** Has other rings read for these slots of a ring that is lost. */
  moveAway(slots: readonly number[]): void {
    this.#homeless.push(...slots);
  }

  add(owner: RunOwner, source: ReadSource, options: RunOptions): ActiveRun {
    const run = new ActiveRun(owner, source, options, this.#runOf.length);
    this.#runs.push(run);
    return run;
  }

  /** Describes no more of its reads; {@link cancelReads} is to give up those in flight. */
  cancel(run: ActiveRun): void {
    run.cancelled = true;
    this.#cancelling.push(run);
  }

  /** The runs that were cancelled since this was last asked. */
  takeCancelled(): readonly ActiveRun[] {
    const runs = this.#cancelling;
    if (runs.length > 0) this.#cancelling = [];
    return runs;
  }

  cancelReads(lane: Lane, runs: readonly ActiveRun[]): void {
    if (runs.length === 0) return;
    for (const [slot, run] of this.#runOf.entries()) {
      if (run !== undefined && runs.includes(run) && lane.owns(slot)) lane.stages.cancel(slot);
    }
  }

  /** Gives up to `max` free slots of a lane to the sources, each a fair share. Returns how many are in use more. */
  fill(lane: Lane, max: number): number {
    let filled = this.#takeIn(lane, max);
    const runs = this.#runs.length;
    let hungry = 0;
    for (const run of this.#runs) hungry += run.hungry ? 1 : 0;
    let room = Math.min(lane.freeCount, max - filled);
    for (let step = 0; step < runs && room > 0; step++) {
      const run = this.#runs[(this.#first + step) % runs]!;
      if (!run.hungry) continue;
      // A run may have been woken since they were counted.
      const share = Math.ceil(room / Math.max(1, hungry--));
      const count = run.source.fill(this.#slots, lane.free, share);
      run.idle = count < share;
      lane.take(count);
      // All are the run's before the first begins: the ring may turn out to be lost.
      for (let index = 0; index < count; index++) this.#runOf[lane.taken[index]!] = run;
      run.busy += count;
      room -= count;
      filled += count;
      for (let index = 0; index < count; index++) lane.stages.begin(lane.taken[index]!, run.alignBytes, run.regular);
    }
    if (filled > 0) this.#first++;
    return filled;
  }

  #takeIn(lane: Lane, max: number): number {
    let count = 0;
    while (count < max && lane.freeCount > 0) {
      const slot = this.#homeless.shift();
      if (slot === undefined) break;
      const run = this.#runOf[slot]!;
      lane.adopt(slot);
      lane.stages.begin(slot, run.alignBytes, run.regular, true);
      if (run.cancelled) lane.stages.cancel(slot);
      count++;
    }
    return count;
  }

  /** Hands a lane's finished reads to their sources, then frees their slots. */
  deliver(lane: Lane): void {
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
  endThrough(): void {
    for (let index = this.#runs.length - 1; index >= 0; index--) {
      const run = this.#runs[index]!;
      if (run.busy > 0 || !(run.cancelled || run.source.ended)) continue;
      this.#runs.splice(index, 1);
      run.settle(run.outcome);
    }
  }

  /** Ends all of them, whatever they still wait for. */
  settleAll(outcome: Error): void {
    for (const run of this.#runs.splice(0)) run.settle(outcome);
  }
}
