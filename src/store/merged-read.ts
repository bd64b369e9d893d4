import type { Path } from '../engine/engine.js';
import type { ReadSlots } from '../engine/slots.js';
import type { OwnedMemory } from '../memory/owned.js';
import type { Coalesce } from '../plan/coalesce.js';
import { type PlannedRead, planReads } from '../plan/plan.js';
import type { FileUses } from './file-uses.js';
import type { FileUse, Item } from './read-item.js';

/** Requests merged at a time, and the bytes that they ask for at most: all of them may have to wait for the last. */
export const GROUP_MAX = 1024;
export const GROUP_BYTES_MAX = 4 * 1024 * 1024;

/** An item that gets its bytes from several reads, part by part. */
class Share<R> {
  readonly item: Item<R>;
  readonly bytes: Uint8Array;
  /** Reads that it still waits for. */
  reads = 0;
  /** Its bytes are good up to here: there the file ends, or an error was met. */
  endBytes: number;
  errno = 0;

  constructor(item: Item<R>, bytes: Uint8Array) {
    this.item = item;
    this.bytes = bytes;
    this.endBytes = item.length;
  }
}

/** What to do with an item when all its reads are done. */
interface MergeOutcome<R> {
  /** The item has its bytes, in `gotBytes` and `bytes`; with an errno, those before the error. */
  merged(item: Item<R>, errno: number): void;
}

/** One read of the file for the sake of one or more items, each of which gets a copy of its part. */
export class MergedRead<R> {
  readonly offset: number;
  readonly length: number;
  readonly use: FileUse;
  readonly #plan: PlannedRead;
  readonly #items: readonly Item<R>[];
  /** Of those items that need other reads, too. */
  readonly #shares: ReadonlyMap<number, Share<R>>;
  readonly #memory: OwnedMemory;

  constructor(plan: PlannedRead, use: FileUse, of: MergedItems<R>) {
    this.offset = plan.offset;
    this.length = plan.length;
    this.use = use;
    use.users++;
    this.#plan = plan;
    this.#items = of.items;
    this.#shares = of.shares;
    this.#memory = of.memory;
  }

  done(slots: ReadSlots, slot: number, outcome: MergeOutcome<R>): void {
    const bytes = slots.view(slot);
    const errno = slots.errno[slot]!;
    for (const { request, from, at, length } of this.#plan.parts) {
      const got = bytes.subarray(at, at + length);
      const failure = got.length < length ? errno : 0;
      const share = this.#shares.get(request);
      if (share !== undefined) this.#addTo(share, { got, from, length, errno: failure }, outcome);
      else {
        const item = this.#items[request]!;
        item.gotBytes = got.length;
        item.bytes = this.#memory.copy(got);
        outcome.merged(item, failure);
      }
    }
  }

  #addTo(
    share: Share<R>,
    part: { readonly got: Uint8Array; readonly from: number; readonly length: number; readonly errno: number },
    outcome: MergeOutcome<R>,
  ): void {
    const { got, from, length, errno } = part;
    share.bytes.set(got, from);
    if (got.length < length && from + got.length < share.endBytes) {
      share.endBytes = from + got.length;
      share.errno = errno;
    }
    if (--share.reads > 0) return;
    const { item } = share;
    item.gotBytes = share.endBytes;
    item.bytes = share.bytes.subarray(0, share.endBytes);
    outcome.merged(item, share.errno);
  }
}

/** The items of a plan: its requests. */
interface MergedItems<R> {
  readonly items: readonly Item<R>[];
  readonly shares: ReadonlyMap<number, Share<R>>;
  readonly memory: OwnedMemory;
}

/** The reads that items of one file come to: themselves, where nothing is gained by merging. */
export function mergeItems<R>(
  items: readonly Item<R>[],
  { gapBytesMax, readBytesMax }: Coalesce,
  { uses, memory }: { readonly uses: FileUses; readonly memory: OwnedMemory },
): readonly (Item<R> | MergedRead<R>)[] {
  const use = uses.open(items[0]!.path, items[0]!.buffered ? 0 : undefined);
  const shares = new Map<number, Share<R>>();
  const of = { items, shares, memory };
  const farApart = items.every((item, index) => {
    const before = items[index - 1];
    return item.length <= readBytesMax && (before === undefined || item.offset - endOf(before) > gapBytesMax);
  });
  const reads = farApart ? items : planReads(items, { gapBytesMax, readBytesMax }).map(readOf);
  if (farApart) for (const item of items) shareFile(item);
  uses.finish(use);
  return reads;

  function readOf(plan: PlannedRead): Item<R> | MergedRead<R> {
    const [part] = plan.parts;
    const only = items[part!.request]!;
    // Read for one item alone: its bytes can be lent.
    if (plan.parts.length === 1 && part!.length === only.length) return shareFile(only);
    for (const { request, length } of plan.parts) {
      const item = items[request]!;
      if (length === item.length) continue;
      const share = shares.get(request) ?? new Share(item, memory.take(item.length));
      share.reads++;
      shares.set(request, share);
    }
    return new MergedRead(plan, use, of);
  }

  function shareFile(item: Item<R>): Item<R> {
    use.users++;
    item.use = use;
    return item;
  }
}

function endOf({ offset, length }: { readonly offset: number; readonly length: number }): number {
  return offset + length;
}

/** Requests on one file, one after another, that are to be merged. */
export class MergeGroup<R> {
  readonly #itemBytesMax: number;
  readonly #limitsFor: (path: Path) => Coalesce;
  readonly #from: { readonly uses: FileUses; readonly memory: OwnedMemory };
  #items: Item<R>[] = [];
  #bytes = 0;

  /** @param limits how ranges of a file are merged, and the longest that takes part. */
  constructor(
    limits: { readonly itemBytesMax: number; readonly limitsFor: (path: Path) => Coalesce },
    from: { readonly uses: FileUses; readonly memory: OwnedMemory },
  ) {
    this.#itemBytesMax = limits.itemBytesMax;
    this.#limitsFor = limits.limitsFor;
    this.#from = from;
  }

  /** The file, once there is an item. */
  get path(): Path | undefined {
    return this.#items[0]?.path;
  }

  /** Whether a range of so many bytes, or TO_END, of the group's file can be added. */
  takes(lengthBytes: number): boolean {
    const hasRoom = this.#items.length < GROUP_MAX && this.#bytes < GROUP_BYTES_MAX;
    return hasRoom && lengthBytes > 0 && lengthBytes <= this.#itemBytesMax;
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
    return items.length < 2 ? items : mergeItems(items, this.#limitsFor(items[0]!.path), this.#from);
  }
}
