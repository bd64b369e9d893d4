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
  /** By slot of a lost ring: whose place it has. */
  readonly #adopted = new Map<number, number>();

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
    return (slot >= this.#first && slot < this.#first + this.depth) || this.#adopted.has(slot);
  }

  /** Takes the first `count` free slots. */
  take(count: number): void {
    for (let index = 0; index < count; index++) this.taken[index] = this.free[index]!;
    this.free.copyWithin(0, count, this.freeCount);
    this.freeCount -= count;
  }

  /** Reads for a slot of a lost ring, in the place of a free slot. */
  adopt(slot: number): void {
    const host = this.free[--this.freeCount]!;
    this.#adopted.set(slot, host);
    this.stages.adopt(slot, host - this.#first);
  }

  /** Gives a slot back. */
  end(slot: number): void {
    this.stages.end(slot);
    const host = this.#adopted.size === 0 ? undefined : this.#adopted.get(slot);
    if (host !== undefined) {
      this.#adopted.delete(slot);
      this.stages.adopt(host, host - this.#first);
    }
    this.free[this.freeCount++] = host ?? slot;
  }

  /**
   * The ring has failed: it is given nothing more.
   *
   * @returns its reads that are not finished, and what of the slab is lost with it.
   */
  abandon(): { readonly slots: readonly number[]; readonly lostBytes: number; readonly lostLeases: number } {
    const taken = new Set(Array.from({ length: this.depth }, (_, index) => this.#first + index));
    for (const slot of this.free.subarray(0, this.freeCount)) taken.delete(slot);
    for (const [slot, host] of this.#adopted) taken.add(slot).delete(host);
    const slots = [...taken];
    const lost = this.stages.abandon(slots);
    this.ring.shutdown(false);
    return { slots, ...lost };
  }
}
