import { assert } from '../../assert.js';
import type { Path, SharedFile } from '../read.js';

/** Where a shared file stands: it needs an entry of the ring's file table to be read. */
export const CLOSED = 0;
const OPENING = 1;
export const OPEN = 2;

/** A shared file, as its engine knows it: each ring that reads it opens it for itself. */
export class EngineFile implements SharedFile {
  readonly path: Path;
  readonly #alignBytes: number;
  readonly #stream: boolean;
  readonly #owner: object;
  /** By lane. */
  readonly #open: (OpenFile | undefined)[] = [];
  #closed = false;

  /**
   * @param owner the engine that it is a file of.
   * @param alignBytes 0: buffered.
   * @param stream read from where the last read ended, whatever offset is asked for.
   */
  constructor(owner: object, path: Path, alignBytes: number, stream = false) {
    this.#owner = owner;
    this.#stream = stream;
    this.path = path;
    this.#alignBytes = alignBytes;
  }

  /** The file as the ring of a lane has it. */
  in(table: FileTable): OpenFile {
    return this.#open[table.lane] ?? this.#add(table);
  }

  close(): void {
    this.#closed = true;
    for (const file of this.#open) file?.table.retire(file);
  }

  #add(table: FileTable): OpenFile {
    assert(table.owner === this.#owner, 'a slot names a file of its own engine');
    const file = new OpenFile(table, this.path, this.#alignBytes, this.#stream);
    file.retired = this.#closed;
    this.#open[table.lane] = file;
    return file;
  }
}

/** A shared file in the table of one ring. */
export class OpenFile {
  readonly path: Path;
  /** 0: buffered. Else opened with O_DIRECT, and offsets and lengths are multiples of this. */
  alignBytes: number;
  state: typeof CLOSED | typeof OPENING | typeof OPEN = CLOSED;
  /** Its entry of the file table, or -1. */
  entry = -1;
  /** Its size when it was last asked for, since it was opened; -1: unknown. */
  sizeBytes = -1;
  /** The size may not be the file's: an end has to be confirmed. */
  sizeMayLie = false;
  /** Reads that need it open: in flight or about to be. */
  users = 0;
  /** Its owner no longer wants it. */
  retired = false;
  /** Slots that wait for its open to complete. */
  readonly waiting: number[] = [];
  readonly table: FileTable;
  readonly stream: boolean;
  /** Read by ordinary reads: it is a device, which may not heed offsets. */
  plain = false;

  constructor(table: FileTable, path: Path, alignBytes: number, stream: boolean) {
    this.stream = stream;
    this.table = table;
    this.path = path;
    this.alignBytes = alignBytes;
  }
}

export interface FileTableOptions {
  /** The engine. */
  readonly owner: object;
  /** The number of the lane that the ring belongs to. */
  readonly lane: number;
  /** The files have the entries `first` … `first + count - 1`. */
  readonly first: number;
  readonly count: number;
  /** Closes what is open in an entry. */
  readonly closeEntry: (entry: number) => void;
  /** {@link FileTable.closeRetired} has something to do. */
  readonly onRetired: () => void;
}

/**
 * Shares a bounded part of the ring's file table among the shared files: a file keeps its entry while it is read, and
 * after that until another needs it, the longest unused first.
 */
export class FileTable {
  readonly owner: object;
  readonly lane: number;
  readonly #freeEntries: number[] = [];
  /** Open, with no users; the longest unused first, since a Set keeps the order of insertion. */
  readonly #unused = new Set<OpenFile>();
  #retired: OpenFile[] = [];
  readonly #options: FileTableOptions;

  constructor(options: FileTableOptions) {
    const { owner, lane, first, count } = options;
    this.owner = owner;
    this.lane = lane;
    for (let entry = first + count - 1; entry >= first; entry--) this.#freeEntries.push(entry);
    this.#options = options;
  }

  /** Gives a closed file an entry to be opened into; false when all are in use. Opening replaces what is open there. */
  assign(file: OpenFile): boolean {
    assert(file.state === CLOSED, 'only a closed file is given an entry');
    let entry = this.#freeEntries.pop();
    if (entry === undefined) {
      const [oldest] = this.#unused;
      if (oldest === undefined) return false;
      this.#unused.delete(oldest);
      entry = oldest.entry;
      oldest.entry = -1;
      oldest.sizeBytes = -1;
      oldest.state = CLOSED;
    }
    file.entry = entry;
    file.state = OPENING;
    return true;
  }

  opened(file: OpenFile): void {
    file.state = OPEN;
  }

  /** The open failed: nothing is in the entry, or what was there before, which nobody reads. */
  openFailed(file: OpenFile): void {
    this.#close(file);
  }

  use(file: OpenFile): void {
    if (file.users++ === 0) this.#unused.delete(file);
  }

  unuse(file: OpenFile): void {
    assert(file.users > 0, 'a file is given back as often as it was taken');
    if (--file.users > 0 || file.state !== OPEN) return;
    if (file.retired) this.#close(file);
    else this.#unused.add(file);
  }

  /** Says that nothing more will be read from a file. */
  retire(file: OpenFile): void {
    if (file.retired) return;
    file.retired = true;
    if (!this.#unused.has(file)) return;
    this.#retired.push(file);
    this.#options.onRetired();
  }

  /** Closes the files that were retired while nothing used them. */
  closeRetired(): void {
    if (this.#retired.length === 0) return;
    for (const file of this.#retired) {
      if (this.#unused.delete(file)) this.#close(file);
    }
    this.#retired = [];
  }

  #close(file: OpenFile): void {
    this.#options.closeEntry(file.entry);
    this.#freeEntries.push(file.entry);
    file.entry = -1;
    file.sizeBytes = -1;
    file.state = CLOSED;
  }
}
