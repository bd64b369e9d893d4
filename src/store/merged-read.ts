import { type Path, PIECE_BYTES_MAX } from '../engine/engine.js';
import type { ReadSlots } from '../engine/slots.js';
import { type PlannedRead, planReads } from '../plan/plan.js';
import type { FileUses } from './file-uses.js';
import { OwnedMemory } from './memory.js';
import type { FileUse, Item } from './read-item.js';

/** Requests merged at a time, and the bytes that they ask for at most: all of them may have to wait for the last. */
export const GROUP_MAX = 1024;
export const GROUP_BYTES_MAX = 4 * 1024 * 1024;

/** How requests on one file are merged. */
export interface Coalesce {
  /** The largest gap between two ranges that is read along with them, in bytes. */
  readonly gapBytesMax: number;
  /** The longest read that is made by merging, in bytes. */
  readonly readBytesMax: number;
}

/**
 * A device with 130,000 reads and 2 GiB a second reads 16 KiB more in the time of one more read. Merged reads stay small
 * enough for several to be in flight.
 */
export const COALESCE_AUTO: Coalesce = { gapBytesMax: 16 * 1024, readBytesMax: 1024 * 1024 };

/** An item that gets its bytes from merged reads, part by part. */
class Share<R> {
  readonly item: Item<R>;
  readonly bytes: Uint8Array;
  /** Reads that it still waits for. */
  reads = 0;
  /** Its bytes are good up to here: there the file ends. */
  endBytes: number;
  failed = false;

  constructor(item: Item<R>, bytes: Uint8Array) {
    this.item = item;
    this.bytes = bytes;
    this.endBytes = item.length;
  }
}

/** What to do with an item when all its reads are done. */
interface MergeOutcome<R> {
  /** The item has its bytes, in `gotBytes` and `bytes`. */
  whole(item: Item<R>): void;
  /** A read for it failed, perhaps at bytes of others: it must be read by itself. */
  alone(item: Item<R>): void;
}

/** One read of the file for the sake of several items, each of which gets a copy of its part. */
export class MergedRead<R> {
  readonly offset: number;
  readonly length: number;
  readonly use: FileUse;
  readonly #plan: PlannedRead;
  readonly #shares: readonly Share<R>[];

  constructor(plan: PlannedRead, shares: readonly Share<R>[], use: FileUse) {
    this.offset = plan.offset;
    this.length = plan.length;
    this.use = use;
    use.users++;
    for (const part of plan.parts) shares[part.request]!.reads++;
    this.#plan = plan;
    this.#shares = shares;
  }

  done(slots: ReadSlots, slot: number, outcome: MergeOutcome<R>): void {
    const bytes = slots.view(slot);
    for (const part of this.#plan.parts) {
      const share = this.#shares[part.request]!;
      const got = bytes.subarray(part.at, part.at + part.length);
      share.bytes.set(got, part.from);
      if (got.length < part.length) {
        if (slots.errno[slot] !== 0) share.failed = true;
        else share.endBytes = Math.min(share.endBytes, part.from + got.length);
      }
      if (--share.reads > 0) continue;
      const { item } = share;
      if (share.failed) outcome.alone(item);
      else {
        item.gotBytes = share.endBytes;
        item.bytes = share.bytes.subarray(0, share.endBytes);
        outcome.whole(item);
      }
    }
  }
}

/** Requests on one file, one after another, that are to be merged. */
export class MergeGroup<R> {
  readonly #coalesce: Coalesce;
  readonly #uses: FileUses;
  readonly #memory = new OwnedMemory();
  #items: Item<R>[] = [];
  #bytes = 0;

  constructor(coalesce: Coalesce, uses: FileUses) {
    this.#coalesce = coalesce;
    this.#uses = uses;
  }

  /** The file, once there is an item. */
  get path(): Path | undefined {
    return this.#items[0]?.path;
  }

  /** Whether a range of so many bytes, or TO_END, can be added. */
  takes(lengthBytes: number): boolean {
    const hasRoom = this.#items.length < GROUP_MAX && this.#bytes < GROUP_BYTES_MAX;
    return hasRoom && lengthBytes > 0 && lengthBytes <= PIECE_BYTES_MAX;
  }

  /** Adds an item of the group's file; false when it can't be merged with anything. */
  add(item: Item<R>): boolean {
    if (!this.takes(item.length)) return false;
    this.#items.push(item);
    this.#bytes += item.length;
    return true;
  }

  /** Ends the group: what is to be read for it. */
  plan(): readonly (Item<R> | MergedRead<R>)[] {
    const items = this.#items;
    this.#items = [];
    this.#bytes = 0;
    if (items.length < 2) return items;
    const use = this.#uses.open(items[0]!.path);
    const shares = items.map((item) => new Share(item, this.#memory.take(item.length)));
    const reads = planReads(items, this.#coalesce).map((plan) => new MergedRead(plan, shares, use));
    this.#uses.finish(use);
    return reads;
  }
}
