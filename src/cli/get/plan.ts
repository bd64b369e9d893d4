import { accessSync, constants as fsConstants, type Stats, statSync } from 'node:fs';
import { constants } from 'node:os';
import { PIECE_BYTES_MAX } from '../../engine/engine.js';
import { failureOf, pastTheEndOf } from '../../engine/failure.js';
import { NOT_REGULAR } from '../../engine/slots.js';
import type { LsioError } from '../../errors.js';
import type { Input } from '../../output/input.js';
import type { ByteText } from '../../paths/byte-text.js';
import { type PlannedRead, planReads } from '../../plan/plan.js';
import { type ByteRange, type Extent, resolveRange } from '../../range.js';
import { FILES_MIN } from '../../store/local/device-order.js';
import { LONG_PIECE_BYTES } from '../../store/long-read.js';
import { GROUP_BYTES_MAX, GROUP_MAX } from '../../store/merged-read.js';
import type { Merging } from '../app/options.js';

/** A file that turns out to be long was begun to be read as a short one. */
const FIRST_LOOK_BYTES = 8 * 1024;

/** What is to be got, and what is to be read for it. All quantities are bytes. */
export interface PlanTotals {
  items: number;
  reads: number;
  bytes: number;
  bytesRead: number;
}

export interface FilePlan extends PlanTotals {
  readonly name: ByteText;
}

/** What the file system says of a file. */
interface Look {
  /** Unless it is 0, the file can't be read; NOT_REGULAR is one of them. */
  readonly errno: number;
  readonly sizeBytes: number;
}

/** What an input comes to. */
export interface PlannedItem extends Extent {
  readonly error?: LsioError;
}

/**
 * Works out what a run would read, from the sizes that the file system states: where they are wrong, as in procfs, so is
 * the plan. It takes inputs one by one, and holds little more than the names of the files.
 */
export class GetPlan {
  readonly totals: PlanTotals = { items: 0, reads: 0, bytes: 0, bytesRead: 0 };
  /** So many files of a directory are to be got that they may be read in device order. */
  mayReorder = false;
  readonly #merging: Merging;
  readonly #onFile: (file: FilePlan) => void;
  readonly #names = new Set<ByteText>();
  /** Files by directory. */
  readonly #filesIn = new Map<ByteText, number>();
  /** The file of the last input. */
  #file: (FilePlan & { readonly look: Look }) | undefined;
  /** Ranges of it that are merged. */
  #group: Extent[] = [];
  #groupBytes = 0;

  /** @param onFile Is told of every file that all inputs in a row were of. */
  constructor(merging: Merging, onFile: (file: FilePlan) => void) {
    this.#merging = merging;
    this.#onFile = onFile;
  }

  get files(): number {
    return this.#names.size;
  }

  /** What comes of an input; it is in the totals once {@link end} was called. */
  add({ name, path, range }: Input): PlannedItem {
    if (this.#file?.name !== name) {
      this.end();
      this.#countFile(name);
      this.#file = { name, look: lookAt(path), items: 0, reads: 0, bytes: 0, bytesRead: 0 };
    }
    const { look } = this.#file!;
    const extent = extentOf(range, look.sizeBytes);
    this.#read(range, extent ?? { offset: 0, length: 0 });
    const offset = extent?.offset ?? (range !== undefined && 'offset' in range ? range.offset : 0);
    if (look.errno !== 0) return { offset, length: 0, error: failureOf(path, offset, look.errno) };
    if (extent === undefined) return { offset, length: 0, error: pastTheEndOf(path, offset, look.sizeBytes) };
    this.#count({ items: 1, bytes: extent.length });
    return extent;
  }

  end(): void {
    this.#endGroup();
    if (this.#file === undefined) return;
    this.totals.items += this.#file.items;
    this.totals.reads += this.#file.reads;
    this.totals.bytes += this.#file.bytes;
    this.totals.bytesRead += this.#file.bytesRead;
    this.#onFile(this.#file);
    this.#file = undefined;
  }

  /** Plans the reads for a range, which come to `extent`. */
  #read(range: ByteRange | undefined, extent: Extent): void {
    const { coalesce, readBytesMax } = this.#merging;
    const asked = range !== undefined && 'offset' in range ? range.length : undefined;
    if (asked !== undefined && asked > 0 && asked <= Math.min(coalesce?.readBytesMax ?? 0, readBytesMax)) {
      if (this.#group.length === GROUP_MAX || this.#groupBytes >= GROUP_BYTES_MAX) this.#endGroup();
      this.#group.push({ offset: (range as Extent).offset, length: asked });
      this.#groupBytes += asked;
      return;
    }
    this.#endGroup();
    const { errno, sizeBytes } = this.#file!.look;
    const exact = range !== undefined && 'suffixLength' in range;
    const isLong = extent.length > PIECE_BYTES_MAX || (asked ?? 0) > PIECE_BYTES_MAX;
    // Up to the end, where that has to be known before: one byte beyond shows that it is the end.
    const toLook = asked === undefined && !exact && readBytesMax < PIECE_BYTES_MAX;
    const parts = Math.max(1, Math.ceil((asked ?? extent.length + (toLook ? 1 : 0)) / readBytesMax));
    // Where the size has to be looked at first, a file that isn't there is met without a read.
    if (errno !== 0) this.#count({ reads: isLong || exact || toLook ? 0 : parts });
    else if (!isLong) this.#count({ reads: parts, bytesRead: extent.length });
    else {
      const pieceBytes = Math.min(LONG_PIECE_BYTES, readBytesMax);
      const end = asked === undefined ? Number.POSITIVE_INFINITY : (range as Extent).offset + asked;
      const endsKnown = exact || end <= sizeBytes;
      const pieces = Math.ceil(extent.length / pieceBytes);
      // That the file ends between two pieces shows only in one more.
      const last = !endsKnown && extent.length % pieceBytes === 0 ? 1 : 0;
      const first = asked === undefined && !exact && !toLook ? 1 : 0;
      this.#count({ reads: pieces + last + first, bytesRead: extent.length + first * FIRST_LOOK_BYTES });
    }
  }

  #endGroup(): void {
    const group = this.#group;
    if (group.length === 0) return;
    this.#group = [];
    this.#groupBytes = 0;
    const { errno, sizeBytes } = this.#file!.look;
    const { gapBytesMax, readBytesMax } = this.#merging.coalesce!;
    const limits = { gapBytesMax, readBytesMax: Math.min(readBytesMax, this.#merging.readBytesMax) };
    const reads = planReads(group, limits);
    let bytesRead = 0;
    for (const { offset, length } of reads) bytesRead += Math.max(0, Math.min(length, sizeBytes - offset));
    // What fails merged is read once more by itself.
    const again = errno === 0 ? 0 : mergedRequests(reads, group);
    this.#count({ reads: reads.length + again, bytesRead });
  }

  #countFile(name: ByteText): void {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    const directory = name.slice(0, name.lastIndexOf('/') + 1);
    const files = (this.#filesIn.get(directory) ?? 0) + 1;
    this.#filesIn.set(directory, files);
    this.mayReorder ||= files >= FILES_MIN;
  }

  #count(more: Partial<PlanTotals>): void {
    const file = this.#file!;
    for (const key of Object.keys(more) as (keyof PlanTotals)[]) file[key] += more[key]!;
  }
}

/** Undefined when the range begins at or past the end. */
function extentOf(range: ByteRange | undefined, sizeBytes: number): Extent | undefined {
  try {
    return resolveRange(range ?? { offset: 0 }, sizeBytes);
  } catch {
    return undefined;
  }
}

function lookAt(path: Input['path']): Look {
  const file = typeof path === 'string' ? path : Buffer.from(path);
  try {
    const stats = statSync(file);
    const errno = errnoOf(stats);
    if (errno === 0) accessSync(file, fsConstants.R_OK);
    return { errno, sizeBytes: errno === 0 ? stats.size : 0 };
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    return { errno: -errno, sizeBytes: 0 };
  }
}

function errnoOf(stats: Stats): number {
  if (stats.isDirectory()) return constants.errno.EISDIR;
  return stats.isFile() ? 0 : NOT_REGULAR;
}

/** How many requests don't have a read of their own. */
function mergedRequests(reads: readonly PlannedRead[], group: readonly Extent[]): number {
  const merged = new Set<number>();
  for (const { parts } of reads) {
    for (const { request, length } of parts) {
      if (parts.length > 1 || length < group[request]!.length) merged.add(request);
    }
  }
  return merged.size;
}
