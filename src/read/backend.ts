import type { Engine, Path, SharedFile } from '../engine/engine.js';
import type { Coalesce } from '../plan/coalesce.js';
import type { Extent } from '../range.js';

/** What reads are made with: an engine, and what only the place that values lie in can tell. */
export interface ReadBackend {
  readonly engine: Engine;
  /**
   * The size of a value in bytes, as stated: it may be wrong, and 0 where nothing is known.
   * Rejects with an LsioError that the request fails with.
   */
  sizeOf(path: Path): Promise<number>;
  /** Absent: all reads go through the page cache. */
  readonly direct?: DirectPolicy | undefined;
  /** Absent: requests are read in the order given. */
  readonly ordering?: Ordering | undefined;
  /** Absent: ranges are merged as those of files are. */
  readonly merging?: Merging | undefined;
}

/** Decides how ranges are merged by default. */
export interface Merging {
  /** Ranges that are planned at a time at most: few, while what they cost is not known. */
  readonly groupMax: () => number;
  /** The longest read that merging makes at all, in bytes. */
  readonly readBytesMax: number;
  /**
   * @param group `count` ranges of one value, of which the median asks for `medianBytes` and the longest for
   * `longestBytes`, while `inHand` other reads are not done; `hasMore`: other requests wait behind them
   */
  limits(group: {
    readonly count: number;
    readonly medianBytes: number;
    readonly longestBytes: number;
    readonly inHand: number;
    readonly hasMore: boolean;
  }): Coalesce;
}

/** Decides which reads bypass the page cache. */
export interface DirectPolicy {
  /** What reads of the file must be multiples of, in bytes; 0: it is read through the page cache. */
  alignBytesFor(path: Path): number;
  /** Whether {@link ready} is to be asked before the request with this index is begun, which is for so many bytes. */
  isDue(index: number, path: Path, lengthBytes: number): boolean;
  /** Whether it is known how to read the file. If not, no request is begun until `onReady` is called. */
  ready(index: number, path: Path, extent: Extent, onReady: () => void): boolean;
  /** As {@link alignBytesFor}, for a file that is long enough for a probe of its own. */
  alignBytesOfLong(path: Path, extent: Extent): Promise<number>;
  /** A direct read was refused (EINVAL): the alignment was wrong. */
  refused(): void;
}

/** Requests that are to be put into order, by number. */
export interface Orderable {
  readonly count: number;
  readonly pathOf: (index: number) => Path;
  /** Where in the file, in bytes. */
  readonly offsetOf: (index: number) => number;
}

/** Puts requests into an order that is read faster than the one given. */
export interface Ordering {
  /** Fewer requests are read as given. */
  readonly requestsMin: number;
  /** So many requests are shown to {@link pays} at most. */
  readonly probedMax: number;
  /** So many are put into order at a time. */
  readonly windowMax: number;
  /** Whether another order may be faster, judged by the first requests. */
  pays(reads: Orderable): Promise<boolean>;
  /** The order in which to read; undefined: as given. It must not hold the event loop up for over 5 ms. */
  order(reads: Orderable): Promise<Uint32Array | undefined>;
}

/** The files that several reads share. */
export class SharedFiles {
  readonly #engine: Engine;
  readonly #open = new Set<SharedFile>();
  /** To be closed once the engine has begun the reads that were described last. */
  #ended: SharedFile[] = [];
  /** The file of the requests that are being begun. */
  #current: SharedFile | undefined;
  #alignBytes = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** A file for many reads, until {@link end}. */
  open(path: Path, alignBytes: number, stream = false): SharedFile {
    const file = this.#engine.share(path, { directAlignBytes: alignBytes, stream });
    this.#open.add(file);
    return file;
  }

  /** The file of the request before, if it is the same. Otherwise that one ends. */
  current(path: Path, alignBytes: number): SharedFile | undefined {
    if (this.#current === undefined) return undefined;
    if (alignBytes === this.#alignBytes && samePath(this.#current.path, path)) return this.#current;
    this.end(this.#current);
    this.#current = undefined;
    return undefined;
  }

  /** The file of a request and of those that follow it. */
  begin(path: Path, alignBytes: number): SharedFile {
    const current = this.current(path, alignBytes);
    if (current !== undefined) return current;
    this.#alignBytes = alignBytes;
    this.#current = this.open(path, alignBytes);
    return this.#current;
  }

  /** No more reads of the file will be described. */
  end(file: SharedFile): void {
    if (this.#open.delete(file)) this.#ended.push(file);
  }

  /** All reads that were described have begun. */
  closeEnded(): void {
    if (this.#ended.length === 0) return;
    for (const file of this.#ended) file.close();
    this.#ended = [];
  }

  /** No more reads will be described at all. */
  endAll(): void {
    this.#current = undefined;
    this.#ended.push(...this.#open);
    this.#open.clear();
  }
}

export function samePath(one: Path, other: Path): boolean {
  if (one === other) return true;
  return typeof one !== 'string' && typeof other !== 'string' && Buffer.compare(one, other) === 0;
}
