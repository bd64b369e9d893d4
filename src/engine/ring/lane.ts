import type { Ring } from '../../uring/ring.js';
import type { ReadSlots } from '../slots.js';
import { Stages, type StagesOptions } from './stages.js';

/** A ring in its engine: with the slots that are its own, and the stages of the reads in them. */
export class Lane {
  readonly ring: Ring;
  readonly stages: Stages;
  readonly depth: number;
  /** The first {@link freeCount} are slots that hold no read. */
  readonly free: Int32Array;
  freeCount: number;
  /** The slots that {@link take} took last. */
  readonly taken: Int32Array;
  readonly #first: number;

  constructor(ring: Ring, slots: ReadSlots, options: StagesOptions) {
    const { first, depth } = options;
    this.#first = first;
    this.ring = ring;
    this.stages = new Stages(ring, slots, options);
    this.depth = depth;
    this.free = Int32Array.from({ length: depth }, (_, index) => first + index);
    this.freeCount = depth;
    this.taken = new Int32Array(depth);
  }

  /** Whether something is in hand. */
  get busy(): boolean {
    return this.stages.inFlight > 0 || this.stages.waiting;
  }

  owns(slot: number): boolean {
    return slot >= this.#first && slot < this.#first + this.depth;
  }

  /** Takes the first `count` free slots. */
  take(count: number): void {
    for (let index = 0; index < count; index++) this.taken[index] = this.free[index]!;
    this.free.copyWithin(0, count, this.freeCount);
    this.freeCount -= count;
  }

  /** Gives a slot back. */
  end(slot: number): void {
    this.stages.end(slot);
    this.free[this.freeCount++] = slot;
  }

  /**
   * The ring has failed: its reads finish with RING_LOST, and it gets no others.
   *
   * @returns how many bytes of the slab are lost with it.
   */
  abandon(): number {
    const taken = new Set(Array.from({ length: this.depth }, (_, index) => this.#first + index));
    for (const slot of this.free.subarray(0, this.freeCount)) taken.delete(slot);
    const lostBytes = this.stages.abandon(taken);
    this.ring.shutdown(false);
    return lostBytes;
  }
}
