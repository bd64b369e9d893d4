import type { ReadSlots } from '../engine/slots.js';
import { type PlannedRead, planReads } from '../plan/plan.js';
import type { OwnedMemory } from './memory.js';
import type { FileUse, Item } from './read-item.js';

/** How requests on one file are merged. */
export interface Coalesce {
  /** The largest gap between two ranges that is read along with them, in bytes. */
  readonly gapBytesMax: number;
  /** The longest read that is made by merging, in bytes. */
  readonly readBytesMax: number;
}

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
export interface MergeOutcome<R> {
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

  private constructor(plan: PlannedRead, shares: readonly Share<R>[], use: FileUse) {
    this.offset = plan.offset;
    this.length = plan.length;
    this.use = use;
    this.#plan = plan;
    this.#shares = shares;
  }

  /** The reads for items of one file, none of them empty. */
  static plan<R>(
    items: readonly Item<R>[],
    { use, coalesce, memory }: { use: FileUse; coalesce: Coalesce; memory: OwnedMemory },
  ): MergedRead<R>[] {
    const shares = items.map((item) => new Share(item, memory.take(item.length)));
    return planReads(items, coalesce).map((plan) => {
      for (const part of plan.parts) shares[part.request]!.reads++;
      use.users++;
      return new MergedRead(plan, shares, use);
    });
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
