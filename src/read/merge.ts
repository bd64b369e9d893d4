import type { Path, SharedFile } from '../engine/engine.js';
import type { ReadSlots } from '../engine/slots.js';
import { OwnedMemory } from '../memory/owned.js';
import { type Coalesce, coalesceAuto } from '../plan/coalesce.js';
import { orderBy } from '../plan/order.js';
import { type PlannedRead, planReads } from '../plan/plan.js';
import type { Merging, SharedFiles } from './backend.js';
import type { Item } from './item.js';

/** Requests merged at a time, and the bytes that they ask for at most: all of them may have to wait for the last. */
export const GROUP_MAX = 1024;
const GROUP_BYTES_MAX = 4 * 1024 * 1024;
/** Where ranges of the page cache lie far apart, so many: to hold and to sort more takes longer than the few reads that it saves. */
export const SPARSE_GROUP_MAX = 64;
/** Of a sparse group more than this share is read as it was asked for. */
const SPARSE_SHARE = 15 / 16;
/** After so many requests in small groups a large one is tried again: first the least, then twice as many each time. */
const SPARSE_REQUESTS_MIN = 1024;
const SPARSE_REQUESTS_MAX = 16_384;

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

/** One read of the file for one or more items, each of which gets a copy of its part. */
export class MergedRead<R> {
  readonly offset: number;
  readonly length: number;
  readonly file: SharedFile;
  /** Nothing else is read from the file. */
  endsFile = false;
  readonly #plan: PlannedRead;
  readonly #of: MergedItems<R>;

  constructor(plan: PlannedRead, file: SharedFile, of: MergedItems<R>) {
    this.offset = plan.offset;
    this.length = plan.length;
    this.file = file;
    this.#plan = plan;
    this.#of = of;
  }

  done(slots: ReadSlots, slot: number, outcome: MergeOutcome<R>): void {
    const bytes = slots.view(slot);
    const errno = slots.errno[slot]!;
    const { items, shares, memory } = this.#of;
    for (const { request, from, at, length } of this.#plan.parts) {
      const got = bytes.subarray(at, at + length);
      const failure = got.length < length ? errno : 0;
      const share = shares.get(request);
      if (share !== undefined) addTo(share, { got, from, length, errno: failure }, outcome);
      else {
        const item = items[request]!;
        item.gotBytes = got.length;
        item.bytes = memory.copy(got);
        outcome.merged(item, failure);
      }
    }
  }
}

function addTo<R>(
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

/** One read: for an item alone, or a merged one. */
export type Task<R> = Item<R> | MergedRead<R>;

const NO_TASKS: readonly never[] = [];

/** The items of a plan: its requests. */
interface MergedItems<R> {
  readonly items: readonly Item<R>[];
  /** Of those items that need several reads. */
  readonly shares: ReadonlyMap<number, Share<R>>;
  readonly memory: OwnedMemory;
}

/** What the reads for items of one file are made with. */
interface MergeContext {
  readonly file: SharedFile;
  readonly memory: OwnedMemory;
}

/** The reads that items of one file come to, in ascending order: the items themselves, where nothing is gained by merging. */
function mergeItems<R>(items: readonly Item<R>[], limits: Coalesce, context: MergeContext): readonly Task<R>[] {
  const { gapBytesMax, readBytesMax } = limits;
  const offsets = new Float64Array(items.length);
  for (let index = 0; index < items.length; index++) offsets[index] = items[index]!.offset;
  const order = orderBy(offsets);
  const tasks: Task<R>[] = [];
  // Most items of a random order have no neighbour: a plan for each would cost more than its read gains.
  for (let begin = 0, end = 0; begin < items.length; begin = end) {
    const first = items[order[begin]!]!;
    let reach = endOf(first);
    for (end = begin + 1; end < items.length; end++) {
      const next = items[order[end]!]!;
      if (next.offset - reach > gapBytesMax) break;
      reach = Math.max(reach, endOf(next));
    }
    if (end === begin + 1 && first.length <= readBytesMax) {
      first.file = context.file;
      tasks.push(first);
    } else {
      const near = Array.from(order.subarray(begin, end), (index) => items[index]!);
      for (const task of planItems(near, limits, context)) tasks.push(task);
    }
  }
  return tasks;
}

/** The reads for items that lie close together. */
function planItems<R>(
  items: readonly Item<R>[],
  { gapBytesMax, readBytesMax }: Coalesce,
  { file, memory }: MergeContext,
): readonly Task<R>[] {
  const shares = new Map<number, Share<R>>();
  const of = { items, shares, memory };
  return planReads(items, { gapBytesMax, readBytesMax }).map((plan) => {
    const [part] = plan.parts;
    const only = items[part!.request]!;
    // Read for one item alone: it can borrow the buffer.
    if (plan.parts.length === 1 && part!.length === only.length) {
      only.file = file;
      return only;
    }
    for (const { request, length } of plan.parts) {
      const item = items[request]!;
      if (length === item.length) continue;
      const share = shares.get(request) ?? new Share(item, memory.take(item.length));
      share.reads++;
      shares.set(request, share);
    }
    return new MergedRead(plan, file, of);
  });
}

function endOf({ offset, length }: { readonly offset: number; readonly length: number }): number {
  return offset + length;
}

interface MergerOptions {
  /** How ranges are merged; undefined: not at all. */
  readonly coalesce: 'auto' | Coalesce | undefined;
  /** The longest single read, in bytes. */
  readonly readBytesMax: number;
  readonly files: SharedFiles;
  /** As {@link DirectPolicy.alignBytesFor}. */
  readonly alignBytesFor: (path: Path) => number;
  readonly merging: Merging | undefined;
  /** Reads that were planned before and are not done; whether a request is there that was not begun. */
  readonly inHand: () => { readonly inHand: number; readonly hasMore: boolean };
}

/** Gathers requests on one file that follow one another, and says what is to be read for them. */
export class Merger<R> {
  readonly #options: MergerOptions;
  readonly #memory = new OwnedMemory();
  /** The longest range that is merged. */
  readonly #itemBytesMax: number;
  #items: Item<R>[] = [];
  #bytes = 0;
  /** So many requests are still to be planned in small groups; as how many that began. */
  #sparseLeft = 0;
  #sparseRequests = 0;

  constructor(options: MergerOptions) {
    this.#options = options;
    const { coalesce, merging, readBytesMax } = options;
    if (coalesce === undefined) this.#itemBytesMax = 0;
    else if (coalesce === 'auto' && merging !== undefined)
      this.#itemBytesMax = Math.min(merging.readBytesMax, readBytesMax);
    else this.#itemBytesMax = this.#limitsFor(coalesce, false).readBytesMax;
  }

  /** The file of what was gathered; undefined: nothing was. */
  get path(): Path | undefined {
    return this.#items[0]?.path;
  }

  /** Whether a range of so many bytes, or TO_END, of that file can be added. */
  takes(lengthBytes: number): boolean {
    const groupMax = this.#options.merging?.groupMax() ?? (this.#sparseLeft > 0 ? SPARSE_GROUP_MAX : GROUP_MAX);
    const hasRoom = this.#items.length < groupMax && this.#bytes < GROUP_BYTES_MAX;
    return hasRoom && lengthBytes > 0 && lengthBytes <= this.#itemBytesMax;
  }

  /** Adds an item of that file; false when it can't be merged with anything. */
  add(item: Item<R>): boolean {
    if (!this.takes(item.length)) return false;
    this.#items.push(item);
    this.#bytes += item.length;
    return true;
  }

  /** Ends what was gathered, and returns the reads for it. */
  end(): readonly Task<R>[] {
    const items = this.#items;
    const [first] = items;
    if (first === undefined) return NO_TASKS;
    this.#items = [];
    this.#bytes = 0;
    if (items.length === 1) return items;
    const alignBytes = this.#options.alignBytesFor(first.path);
    const file = this.#options.files.begin(first.path, alignBytes);
    const limits = this.#limitsFor(this.#options.coalesce ?? 'auto', alignBytes > 0, items);
    const tasks = mergeItems(items, limits, { file, memory: this.#memory });
    if (this.#options.coalesce === 'auto' && alignBytes === 0) this.#note(items.length, tasks.length);
    return tasks;
  }

  /** So many items have come to so many reads. */
  #note(items: number, reads: number): void {
    if (reads <= items * SPARSE_SHARE) [this.#sparseLeft, this.#sparseRequests] = [0, 0];
    else if (this.#sparseLeft > 0) this.#sparseLeft -= items;
    else if (items > SPARSE_GROUP_MAX) {
      const next = Math.max(SPARSE_REQUESTS_MIN, this.#sparseRequests * 2);
      this.#sparseRequests = Math.min(SPARSE_REQUESTS_MAX, next);
      this.#sparseLeft = this.#sparseRequests;
    }
  }

  /** The reads for an item that is too long for a single one. */
  split(item: Item<R>): readonly Task<R>[] {
    const { files, readBytesMax, alignBytesFor } = this.#options;
    const file = files.open(item.path, item.buffered ? 0 : alignBytesFor(item.path));
    const tasks = mergeItems([item], { gapBytesMax: -1, readBytesMax }, { file, memory: this.#memory });
    const last = tasks.at(-1);
    if (last instanceof MergedRead) last.endsFile = true;
    return tasks;
  }

  /** Reads that bypass the page cache can afford larger gaps. */
  #limitsFor(coalesce: 'auto' | Coalesce, direct: boolean, items: readonly Item<R>[] = []): Coalesce {
    const limits = coalesce === 'auto' ? this.#autoLimits(direct, items) : coalesce;
    return { ...limits, readBytesMax: Math.min(limits.readBytesMax, this.#options.readBytesMax) };
  }

  #autoLimits(direct: boolean, items: readonly Item<R>[]): Coalesce {
    const { merging, inHand } = this.#options;
    if (merging === undefined) return coalesceAuto({ direct });
    return merging.limits({ count: items.length, ...lengthsOf(items), ...inHand() });
  }
}

function lengthsOf<R>(items: readonly Item<R>[]): { medianBytes: number; longestBytes: number } {
  const lengths = Float64Array.from(items, ({ length }) => length).sort();
  return { medianBytes: lengths[lengths.length >> 1] ?? 0, longestBytes: lengths.at(-1) ?? 0 };
}
