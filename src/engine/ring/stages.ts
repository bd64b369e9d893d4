// long: one state machine; apart, its transitions could not be followed.
import { assert } from '../../assert.js';
import type { Clock } from '../../clock.js';
import { EAGAIN, ECANCELED, EINTR, EINVAL, EIO, EISDIR, ESPIPE } from '../../errno.js';
import { type FileFacts, hasEnd } from '../../native/file-facts.js';
import { type Ring, SPARE_STATS } from '../../uring/ring.js';
import { BUFFER_BYTES_MAX, type Path, TO_END } from '../read.js';
import { CHANGED, NOT_REGULAR, type ReadSlots, TOO_LARGE } from '../slots.js';
import { CLOSED, EngineFile, FileTable, OPEN, type OpenFile } from './files.js';
import type { StatedSizes } from './stated-sizes.js';

/** Where a slot stands: free, waiting for something, or finished. */
const FREE = 0;
/** Its own open is in flight. */
const FOR_OPEN = 1;
/** Another slot's open of the shared file is in flight. */
const FOR_FILE = 2;
/** All entries for shared files are in use. */
const FOR_ENTRY = 3;
const FOR_MEMORY = 4;
const FOR_READ = 5;
/** A stat of its path is in flight. */
const FOR_STAT = 6;
/** It is being asked whether the file, which is open, can be read at an offset. */
const FOR_SEEK = 7;
const FINISHED = 8;

/**
 * What a stat is for: a read that gets EAGAIN again and again, memory that is full, the end of the file, its size, an
 * open file that may not be read at an offset.
 */
const WHY_RETRY = 0;
const WHY_FULL = 1;
const WHY_END = 2;
const WHY_SIZE = 3;
const WHY_SEEK = 4;

/**
 * The first guess at an unknown length. Most small files fit; 64 KiB would halve the rate of
 * O_DIRECT reads of 4 KiB files.
 */
const GUESS_BYTES_MIN = 8 * 1024;
/** Guesses follow the lengths seen up to here; one large file must not make memory scarce for many small ones. */
const GUESS_BYTES_MAX = 260 * 1024;
/** How often in a row one operation may answer EINTR or EAGAIN before that counts as its result. */
const RETRIES_MAX = 1000;
/** Stats of what has been in flight for long have names from here on, beyond those of all slots. */
const WATCHES = 2 ** 29;
/** Closes of files have names from here on. */
const CLOSES = 2 ** 30;
/** No answer to an operation is this small. */
const NEVER = -(2 ** 31);
/** Devices read no less than this many bytes. */
const SECTOR_BYTES = 512;
/** A file whose size keeps changing while its last bytes are read is given up after so many tries. */
const SUFFIX_TRIES_MAX = 4;
/** The offset of a read of the last bytes, until the size of the file is known. */
const UNKNOWN = -1;
/** After EAGAIN this often the path is asked about: a FIFO with a writer answers so for ever. */
const RETRIES_BEFORE_STAT = 8;

export interface StagesOptions {
  /** The engine: it tells its own shared files from others'. */
  readonly owner: object;
  /** The number of the ring in its engine. */
  readonly lane: number;
  /** The slots that are this ring's: `first` … `first + depth - 1`. */
  readonly first: number;
  readonly depth: number;
  /** Entries of the ring's file table beyond the first `depth`, for shared files. */
  readonly sharedFiles: number;
  /** Bytes in flight at most; one read is always let through. */
  readonly windowBytes: number;
  /** Of all rings of the engine. */
  readonly slotCount: number;
  /** Where an end has to be confirmed; absent: nowhere. */
  readonly sizes?: StatedSizes | undefined;
  readonly clock: Clock;
  /** Something went on outside of the ring: {@link Stages.resume} is to be called. */
  readonly onProgress: () => void;
}

/**
 * Takes each read through its stages: open into the slot's own entry of the file table (or wait for the shared file to
 * be open), lease memory, read until the end, finished. Here, and only here, short reads are continued, EINTR and EAGAIN
 * are tried again, O_DIRECT reads are widened to what the device asks for, and unknown lengths are found out.
 *
 * The file of a slot stays open until the next open replaces it, which saves a close per file; {@link closeUnused}
 * closes what is left.
 */
export class Stages {
  readonly files: FileTable;
  readonly #ring: Ring;
  readonly #slots: ReadSlots;
  readonly #options: StagesOptions;
  /** Operations that the ring has and hasn't answered. */
  #inFlight = 0;
  /** Bytes that the reads in hand may fill. */
  #windowUsedBytes = 0;
  #guessBytes = GUESS_BYTES_MIN;
  #openPlaces = 0;
  readonly #forMemory: number[] = [];
  readonly #forEntry: number[] = [];
  /** By stat of what has been in flight for long: the slot and its generation; and those that are not in use. */
  readonly #watched = new Int32Array(SPARE_STATS).fill(-1);
  readonly #watchedGeneration = new Uint32Array(SPARE_STATS);
  readonly #freeWatches = Array.from({ length: SPARE_STATS }, (_, index) => index);
  /** Closes in flight, by entry of the file table. */
  readonly #closing: Uint8Array;
  readonly #depth: number;
  /** By place: the slot that has it, or -1. */
  readonly #slotAt: Int32Array;
  /** By slot: its place in the ring, which is its entry of the file table, too. */
  readonly #place: Int32Array;
  /** By slot that names no path. */
  readonly #file: (OpenFile | undefined)[];
  /** By slot: what a stat is for. */
  readonly #why: Uint8Array;
  /** By slot: how often its last bytes were asked for. */
  readonly #suffixTries: Uint8Array;
  /** By slot: 1 when it is read by ordinary reads. */
  readonly #plain: Uint8Array;
  /** The slots of finished reads, until the engine has delivered them. */
  readonly finished: Int32Array;
  finishedCount = 0;

  readonly #stage: Uint8Array;
  /** Tells the operations of a slot apart; an answer to any but the last one is a bug. */
  readonly #generation: Uint32Array;
  /** By place. */
  readonly #placeOpen: Uint8Array;
  readonly #retries: Uint16Array;
  /** Cancellation errno, or 0. Overrides the CQE result. */
  readonly #givenUp: Int32Array;
  /** The generation that was in flight when {@link refuseEndless} was last called; -1 less it, once that was looked at. */
  readonly #seen: Float64Array;
  readonly #regular: Uint8Array;
  /** 0: buffered. The slots' own column: the source sees the final value. */
  readonly #alignBytes: Int32Array;
  /** Where in the file the slot's memory begins: the offset, aligned down. */
  readonly #base: Float64Array;
  /** How many bytes from there on have been read, and how many are to be read at most. */
  readonly #filled: Int32Array;
  readonly #capacity: Int32Array;
  /** The answer that finishes the read at once, as nearly every read of a known length gets it; or {@link NEVER}. */
  readonly #whole: Int32Array;

  constructor(ring: Ring, slots: ReadSlots, options: StagesOptions) {
    const { owner, lane, first, depth, slotCount } = options;
    this.#depth = depth;
    this.#slotAt = Int32Array.from({ length: depth }, (_, place) => first + place);
    this.#place = Int32Array.from({ length: slotCount }, (_, slot) => slot - first);
    this.#ring = ring;
    this.#slots = slots;
    this.#options = options;
    this.files = new FileTable({
      owner,
      lane,
      first: depth,
      count: options.sharedFiles,
      closeEntry: (entry) => this.#closeEntry(entry),
      onRetired: options.onProgress,
    });
    this.#closing = new Uint8Array(depth + options.sharedFiles);
    this.#stage = new Uint8Array(slotCount);
    this.#generation = new Uint32Array(slotCount);
    this.#placeOpen = new Uint8Array(depth);
    this.#retries = new Uint16Array(slotCount);
    this.#givenUp = new Int32Array(slotCount);
    this.#seen = new Float64Array(slotCount);
    this.#regular = new Uint8Array(slotCount);
    this.#why = new Uint8Array(slotCount);
    this.#suffixTries = new Uint8Array(slotCount);
    this.#plain = new Uint8Array(slotCount);
    this.#alignBytes = slots.alignBytes;
    this.#base = new Float64Array(slotCount);
    this.#filled = new Int32Array(slotCount);
    this.#capacity = new Int32Array(slotCount);
    this.#whole = new Int32Array(slotCount).fill(NEVER);
    this.#file = new Array<OpenFile | undefined>(slotCount).fill(undefined);
    this.finished = new Int32Array(depth);
  }

  /** Operations in flight, closes of files included. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether reads wait for memory or for an entry of the file table. */
  get waiting(): boolean {
    return this.#forMemory.length > 0 || this.#forEntry.length > 0;
  }

  /** Gives a place of this ring to a slot of a ring that is lost. */
  adopt(slot: number, place: number): void {
    this.#slotAt[place] = slot;
    this.#place[slot] = place;
  }

  /**
   * Starts the read that the source described in `slot`; unless that says how its path is opened, `alignBytes` does.
   *
   * @param again it was begun before, by a ring that is lost; its file may have been closed meanwhile.
   */
  begin(slot: number, alignBytes: number, regular: boolean, again = false): void {
    assert(this.#stage[slot] === FREE, 'a described slot was free');
    if (this.#slots.suffix[slot]! >= 0) {
      this.#slots.total[slot] = -1;
      this.#forgetSize(slot);
    }
    const length = this.#slots.length[slot]!;
    assert(length >= TO_END && length <= BUFFER_BYTES_MAX, 'a read fits in a buffer');
    this.#suffixTries[slot] = 0;
    this.#retries[slot] = 0;
    this.#givenUp[slot] = 0;
    this.#regular[slot] = regular ? 1 : 0;
    this.#plain[slot] = 0;
    this.#filled[slot] = 0;
    this.#capacity[slot] = 0;
    if (this.#alignBytes[slot]! < 0) this.#alignBytes[slot] = alignBytes;
    this.#base[slot] = this.#slots.offset[slot]!;
    if (this.#slots.path[slot] !== undefined) this.#open(slot);
    else {
      const shared = this.#slots.file[slot];
      assert(shared instanceof EngineFile, 'a slot names a path or a file of an engine');
      const file = shared.in(this.files);
      assert(file.table === this.files, 'a slot names a file of this engine');
      assert(!file.retired || again, 'nothing is read from a file after it was closed');
      this.#file[slot] = file;
      // What is read as a stream may well have no end.
      if (file.stream) this.#regular[slot] = 1;
      const begun = length === TO_END ? this.#beginSuffix(slot, file) : this.#beginWhole(slot, file, length, length);
      if (!begun) this.#openShared(slot);
    }
  }

  /**
   * The short way of nearly every read of a range, worth 35 ns: the file is open and there is memory. Does what
   * {@link #openShared} would, less the questions that don't arise; false where one does.
   *
   * @param expected What the read is answered with, nearly always.
   */
  #beginWhole(slot: number, file: OpenFile, length: number, expected: number): boolean {
    if (file.state !== OPEN || file.alignBytes !== 0 || file.plain) return false;
    if (length <= 0 || this.#forMemory.length > 0) return false;
    if (this.#windowUsedBytes > 0 && this.#windowUsedBytes + length > this.#options.windowBytes) return false;
    const buffer = this.#ring.slab.lease(length, this.#options.lane);
    if (buffer < 0) return false;
    this.files.use(file);
    this.#slots.buffer[slot] = buffer;
    this.#windowUsedBytes += length;
    this.#alignBytes[slot] = 0;
    this.#capacity[slot] = length;
    this.#whole[slot] = expected;
    const offset = this.#slots.offset[slot]!;
    this.#ring.read(slot, this.#next(slot, FOR_READ), file.entry, offset, buffer, length);
    return true;
  }

  /** The same of the last bytes of a file whose size is known. One byte more is asked for: it shows when the file has grown. */
  #beginSuffix(slot: number, file: OpenFile): boolean {
    const { sizeBytes } = file;
    const length = Math.min(this.#slots.suffix[slot]!, sizeBytes);
    if (length <= 0 || length >= BUFFER_BYTES_MAX || file.sizeMayLie) return false;
    const offset = sizeBytes - length;
    this.#slots.offset[slot] = offset;
    this.#slots.length[slot] = length + 1;
    this.#base[slot] = offset;
    if (this.#beginWhole(slot, file, length + 1, showsEnd(sizeBytes) ? length : NEVER)) return true;
    this.#forgetSize(slot);
    return false;
  }

  /** The slot was delivered: its memory, unless the source leased it, and the slot itself are free again. */
  end(slot: number): void {
    assert(this.#stage[slot] === FINISHED, 'only a finished slot ends');
    this.#giveBackMemory(slot);
    this.#alignBytes[slot] = -1;
    this.#slots.suffix[slot] = -1;
    this.#stage[slot] = FREE;
  }

  /** Takes the first `count` completions of the ring. */
  completeMany(count: number): void {
    const { slot: slots, generation: generations, result: results } = this.#ring.completions;
    for (let index = 0; index < count; index++) {
      const slot = slots[index]!;
      const generation = generations[index]!;
      const result = results[index]!;
      if (slot < WATCHES && result === this.#whole[slot] && generation === this.#generation[slot])
        this.#wholeDone(slot);
      else this.complete(slot, generation, result);
    }
  }

  /** What {@link complete} would do with the answer that finishes a read at once. */
  #wholeDone(slot: number): void {
    const slots = this.#slots;
    const bytes = this.#whole[slot]!;
    this.#inFlight--;
    this.#whole[slot] = NEVER;
    slots.errno[slot] = 0;
    slots.bytes[slot] = bytes;
    slots.start[slot] = slots.buffer[slot]!;
    this.#windowUsedBytes -= this.#capacity[slot]!;
    this.files.unuse(this.#shared(slot));
    this.#stage[slot] = FINISHED;
    this.finished[this.finishedCount++] = slot;
  }

  /** Takes one completion. */
  complete(slot: number, generation: number, result: number): void {
    this.#inFlight--;
    if (slot >= CLOSES) {
      // Nothing waits for the close of a file.
      assert(this.#closing[slot - CLOSES]! > 0, 'a completion is that of an operation in flight');
      this.#closing[slot - CLOSES]!--;
      return;
    }
    if (slot >= WATCHES) return this.#watchDone(slot - WATCHES, result);
    assert(generation === this.#generation[slot], 'a completion is the one that its slot waits for');
    switch (this.#stage[slot]) {
      case FOR_READ:
        return this.#readDone(slot, result);
      case FOR_OPEN:
        return this.#openDone(slot, result);
      case FOR_SEEK:
        return this.#seekDone(slot, result);
      default:
        assert(this.#stage[slot] === FOR_STAT, 'a slot with a completion waits for one');
        this.#statDone(slot, result);
    }
  }

  /** Closes files that were retired. Lets on, in order, what waits for memory or for an entry of the file table. */
  resume(): void {
    this.files.closeRetired();
    while (this.#forEntry.length > 0) {
      const slot = this.#forEntry[0]!;
      if (this.#stage[slot] === FOR_ENTRY && !this.#assignEntry(slot)) break;
      this.#forEntry.shift();
    }
    while (this.#forMemory.length > 0) {
      const slot = this.#forMemory[0]!;
      if (this.#stage[slot] === FOR_MEMORY && !this.#lease(slot)) break;
      this.#forMemory.shift();
    }
  }

  /** Gives a read up, as far as the system allows; it finishes with ECANCELED. */
  cancel(slot: number): void {
    const stage = this.#stage[slot]!;
    if (stage === FREE || stage === FINISHED) return;
    if (stage !== FOR_FILE && stage !== FOR_ENTRY && stage !== FOR_MEMORY) return this.#giveUp(slot, ECANCELED);
    if (stage === FOR_FILE) {
      const { waiting } = this.#shared(slot);
      waiting.splice(waiting.indexOf(slot), 1);
    }
    this.#givenUp[slot] = ECANCELED;
    this.#finish(slot, ECANCELED);
  }

  /**
   * The ring is lost: forgets the reads in `slots`. A late answer may still write to the memory of those in flight, so
   * that it is never leased again.
   *
   * @returns what of the slab is lost.
   */
  abandon(slots: Iterable<number>): { readonly lostBytes: number; readonly lostLeases: number } {
    let [lostBytes, lostLeases] = [0, 0];
    for (const slot of slots) {
      const buffer = this.#slots.buffer[slot]!;
      if (buffer < 0) continue;
      if (this.#stage[slot] === FOR_READ) {
        lostBytes += this.#ring.slab.sizeBytes(buffer);
        lostLeases++;
      } else this.#ring.slab.release(buffer);
      this.#slots.buffer[slot] = -1;
    }
    this.#forMemory.length = 0;
    this.#forEntry.length = 0;
    this.#inFlight = 0;
    return { lostBytes, lostLeases };
  }

  #giveUp(slot: number, errno: number): void {
    this.#whole[slot] = NEVER;
    // Once is enough, and what the completion queue has room for.
    if (this.#givenUp[slot] === 0) this.#ring.cancel(slot, this.#generation[slot]!);
    this.#givenUp[slot] = errno;
  }

  /** Closes the files of slots that nothing is being read from. */
  closeUnused(): void {
    if (this.#openPlaces === 0) return;
    for (let place = 0; place < this.#depth; place++) {
      if (this.#placeOpen[place] === 0 || this.#stage[this.#slotAt[place]!] !== FREE) continue;
      this.#placeOpen[place] = 0;
      this.#openPlaces--;
      this.#closeEntry(place);
    }
  }

  /** The shared file of a slot that names no path. */
  #shared(slot: number): OpenFile {
    return this.#file[slot]!;
  }

  /** What the slot reads, in the ring's table of files. */
  #entry(slot: number): number {
    return this.#slots.path[slot] === undefined ? this.#shared(slot).entry : this.#place[slot]!;
  }

  #path(slot: number): Path {
    return this.#slots.path[slot] ?? this.#shared(slot).path;
  }

  /** Opens the slot's path into the slot's entry, or its shared file into that file's entry. */
  #open(slot: number): void {
    const path = this.#path(slot);
    // The system would take what is before a NUL for the whole path, and read another file.
    if (typeof path === 'string' ? path.includes('\0') : path.includes(0)) return this.#openDone(slot, -EINVAL);
    const stream = this.#slots.path[slot] === undefined && this.#shared(slot).stream;
    this.#ring.open(slot, this.#next(slot, FOR_OPEN), this.#entry(slot), path, this.#alignBytes[slot] !== 0, stream);
  }

  #openShared(slot: number): void {
    const file = this.#shared(slot);
    this.#alignBytes[slot] = file.alignBytes;
    if (file.state === OPEN) {
      this.files.use(file);
      this.#prepareRead(slot);
    } else if (!this.#assignEntry(slot)) {
      this.#stage[slot] = FOR_ENTRY;
      this.#forEntry.push(slot);
    }
  }

  /** Opens the shared file, or waits with others for its open. False: all entries are in use. */
  #assignEntry(slot: number): boolean {
    const file = this.#shared(slot);
    const opener = file.state === CLOSED;
    if (opener && !this.files.assign(file)) return false;
    this.files.use(file);
    // It has an entry now: a read that ends at once, of no bytes, must give it back.
    this.#stage[slot] = FOR_FILE;
    if (file.state === OPEN) this.#prepareRead(slot);
    else if (opener) this.#open(slot);
    else file.waiting.push(slot);
    return true;
  }

  #openDone(slot: number, result: number): void {
    if (result < 0 && this.#retryOpen(slot, -result)) return;
    if (this.#slots.path[slot] === undefined) {
      this.#sharedOpenDone(slot, result);
    } else if (result < 0) {
      this.#finish(slot, this.#givenUp[slot]! || -result);
    } else {
      const place = this.#place[slot]!;
      this.#openPlaces += 1 - this.#placeOpen[place]!;
      this.#placeOpen[place] = 1;
      if (!this.#checksSeek(slot)) this.#prepareRead(slot);
    }
  }

  /**
   * A range of a pipe or a terminal would be whatever comes next in it: asks whether the file can be read at an offset,
   * unless that is known, or the read is of everything.
   */
  #checksSeek(slot: number): boolean {
    const whole = this.#slots.length[slot] === TO_END && this.#slots.offset[slot] === 0;
    if (this.#ring.checkSeek === undefined || this.#regular[slot] !== 0) return false;
    if (this.#slots.path[slot] !== undefined && (whole || this.#slots.length[slot] === 0)) return false;
    this.#ring.checkSeek(slot, this.#next(slot, FOR_SEEK), this.#entry(slot));
    return true;
  }

  #seekDone(slot: number, result: number): void {
    if (result === 0) this.#seekable(slot, false);
    else if (this.#givenUp[slot] !== 0) this.#notSeekable(slot, ECANCELED);
    else this.#stat(slot, WHY_SEEK);
  }

  /** The kind of an open file that may not be read at an offset. */
  #kindDone(slot: number, result: number): void {
    if (this.#givenUp[slot] !== 0) return this.#notSeekable(slot, ECANCELED);
    if (result < 0)
      return this.#mayRetry(slot, -result) ? this.#stat(slot, WHY_SEEK) : this.#notSeekable(slot, -result);
    const { kind } = this.#ring.facts(this.#place[slot]!);
    if (kind === 'fifo' || kind === 'other') this.#notSeekable(slot, NOT_REGULAR);
    // Of devices an ordinary read tells: /dev/zero has offsets, a terminal has none.
    else this.#seekable(slot, kind === 'character');
  }

  #seekable(slot: number, plain: boolean): void {
    if (this.#slots.path[slot] === undefined) {
      this.#shared(slot).plain = plain;
      this.#sharedOpened(slot);
    } else {
      this.#plain[slot] = Number(plain);
      this.#prepareRead(slot);
    }
  }

  #notSeekable(slot: number, errno: number): void {
    if (this.#slots.path[slot] === undefined) this.#sharedOpenFailed(slot, this.#givenUp[slot]! || errno);
    else this.#finish(slot, this.#givenUp[slot]! || errno);
  }

  #retryOpen(slot: number, errno: number): boolean {
    if (this.#givenUp[slot] !== 0) return false;
    if (errno === EINVAL && this.#alignBytes[slot] !== 0) {
      // The file system has no O_DIRECT: read through the page cache.
      this.#alignBytes[slot] = 0;
      if (this.#slots.path[slot] === undefined) this.#shared(slot).alignBytes = 0;
    } else if (!this.#mayRetry(slot, errno)) return false;
    this.#open(slot);
    return true;
  }

  #sharedOpenDone(slot: number, result: number): void {
    if (result < 0) this.#sharedOpenFailed(slot, this.#givenUp[slot]! || -result);
    else if (!this.#checksSeek(slot)) this.#sharedOpened(slot);
  }

  #sharedOpened(slot: number): void {
    const file = this.#shared(slot);
    this.files.opened(file);
    this.#prepareRead(slot);
    for (const other of file.waiting.splice(0)) {
      this.#alignBytes[other] = file.alignBytes;
      this.#prepareRead(other);
    }
  }

  #sharedOpenFailed(slot: number, errno: number): void {
    const file = this.#shared(slot);
    const waiting = file.waiting.splice(0);
    const cancelled = this.#givenUp[slot] === ECANCELED;
    this.files.openFailed(file);
    this.#finish(slot, errno);
    for (const other of waiting) {
      if (!cancelled) this.#finish(other, errno);
      else {
        // Only the opener was cancelled: one of the others opens it again.
        this.files.unuse(file);
        this.#openShared(other);
      }
    }
  }

  /** The file is open: settles what to read, and reads it once there is memory for it. */
  #prepareRead(slot: number): void {
    if (this.#givenUp[slot] !== 0) return this.#finish(slot, this.#givenUp[slot]!);
    if (this.#slots.offset[slot] === UNKNOWN) return this.#findSuffix(slot);
    const length = this.#slots.length[slot]!;
    if (length === 0) return this.#finish(slot, 0);
    this.#retries[slot] = 0;
    if (this.#slots.path[slot] === undefined && this.#shared(slot).plain) this.#plain[slot] = 1;
    const offset = this.#slots.offset[slot]!;
    const alignBytes = this.#alignBytes[slot]!;
    const wantBytes = length === TO_END ? Math.max(this.#capacity[slot]!, this.#guessBytes) : length;
    if (alignBytes === 0) {
      this.#base[slot] = offset;
      this.#capacity[slot] = wantBytes;
    } else {
      const skipBytes = offset % alignBytes;
      this.#base[slot] = offset - skipBytes;
      this.#capacity[slot] = Math.ceil((skipBytes + wantBytes) / alignBytes) * alignBytes;
    }
    // Not before those that wait already: small reads would always find room, and a large one never.
    if (this.#forMemory.length > 0 || !this.#lease(slot)) {
      this.#stage[slot] = FOR_MEMORY;
      this.#forMemory.push(slot);
    }
  }

  /** Where the last bytes begin depends on the size, which is known of a file that such a read was made of before. */
  #findSuffix(slot: number): void {
    const sizeBytes = this.#slots.path[slot] === undefined ? this.#shared(slot).sizeBytes : -1;
    if (sizeBytes < 0) this.#stat(slot, WHY_SIZE);
    else this.#readSuffix(slot, sizeBytes);
  }

  /** Asks for one byte more than there should be, so that a file that has grown is noticed. */
  #readSuffix(slot: number, sizeBytes: number): void {
    const suffix = this.#slots.suffix[slot]!;
    const length = Math.min(suffix, sizeBytes);
    if (length >= BUFFER_BYTES_MAX) {
      this.#slots.total[slot] = sizeBytes;
      return this.#finish(slot, TOO_LARGE);
    }
    this.#slots.offset[slot] = sizeBytes - length;
    if (suffix === 0) this.#slots.length[slot] = 0;
    // procfs says 0 whatever there is: the end is found by reading.
    else if (sizeBytes > 0) this.#slots.length[slot] = length + 1;
    this.#prepareRead(slot);
  }

  #forgetSize(slot: number): void {
    this.#slots.offset[slot] = UNKNOWN;
    this.#slots.length[slot] = TO_END;
    this.#base[slot] = UNKNOWN;
  }

  /** The file is not as long as was said: its size is asked for again. */
  #retrySuffix(slot: number): void {
    if (++this.#suffixTries[slot]! >= SUFFIX_TRIES_MAX) {
      // What was read is not the end of the file.
      this.#filled[slot] = 0;
      return this.#finish(slot, CHANGED);
    }
    this.#startOver(slot);
    this.#forgetSize(slot);
    if (this.#slots.path[slot] === undefined) this.#shared(slot).sizeBytes = -1;
    this.#stat(slot, WHY_SIZE);
  }

  /** Gives the memory of a read back, and with it what was read. */
  #startOver(slot: number): void {
    this.#giveBackMemory(slot);
    this.#windowUsedBytes -= this.#capacity[slot]!;
    this.#filled[slot] = 0;
  }

  /** False: there is no memory for the read now, or enough is in flight. */
  #lease(slot: number): boolean {
    const bytes = this.#capacity[slot]!;
    if (this.#windowUsedBytes > 0 && this.#windowUsedBytes + bytes > this.#options.windowBytes) return false;
    const buffer = this.#ring.slab.lease(bytes, this.#options.lane);
    if (buffer < 0) return false;
    this.#slots.buffer[slot] = buffer;
    this.#windowUsedBytes += bytes;
    this.#read(slot);
    return true;
  }

  #giveBackMemory(slot: number): void {
    const buffer = this.#slots.buffer[slot]!;
    if (buffer >= 0) {
      this.#ring.slab.release(buffer);
      this.#slots.buffer[slot] = -1;
    }
  }

  /** Reads on from where the last read ended. */
  #read(slot: number): void {
    const from = this.#readFrom(slot);
    const entry = this.#entry(slot);
    const offset = this.#base[slot]! + from;
    const generation = this.#next(slot, FOR_READ);
    const at = this.#slots.buffer[slot]! + from;
    const length = this.#capacity[slot]! - from;
    if (this.#plain[slot] === 0) this.#ring.read(slot, generation, entry, offset, at, length);
    else this.#ring.readPlainly(slot, generation, this.#path(slot), offset, at, length);
  }

  /**
   * Where the next read begins. With O_DIRECT the rest of a block can't be read alone. Where a read has ended inside of
   * one, and so probably the file, the next block is read, which costs no I/O at the end of a file.
   */
  #readFrom(slot: number): number {
    const filled = this.#filled[slot]!;
    const alignBytes = this.#plain[slot] === 0 ? this.#alignBytes[slot]! : 0;
    if (alignBytes === 0 || filled % alignBytes === 0) return filled;
    const blockBegin = filled - (filled % alignBytes);
    return blockBegin + alignBytes < this.#capacity[slot]! ? blockBegin + alignBytes : blockBegin;
  }

  #readDone(slot: number, result: number): void {
    this.#whole[slot] = NEVER;
    if (this.#givenUp[slot] !== 0) return this.#finish(slot, this.#givenUp[slot]!);
    if (result < 0) {
      // What can't be read at an offset, says libuv: a FIFO, a socket, a terminal.
      if (result === -ESPIPE) return this.#finish(slot, NOT_REGULAR);
      if (!this.#mayRetry(slot, -result)) return this.#finish(slot, -result);
      return this.#retries[slot] === RETRIES_BEFORE_STAT ? this.#stat(slot, WHY_RETRY) : this.#read(slot);
    }
    this.#retries[slot] = 0;
    const before = this.#filled[slot]!;
    const from = this.#readFrom(slot);
    const reached = from + result;
    assert(reached <= this.#capacity[slot]!, 'a read brings no more than was asked for');
    // Something beyond the block in which a read had ended: the file goes on, and what is between is missing.
    if (from > before && result > 0) return this.#readPlainly(slot);
    // Nothing more: the end of the file.
    if (reached <= before || from > before) return this.#atEnd(slot);
    this.#filled[slot] = reached;
    const length = this.#slots.length[slot]!;
    // A short read is not the end of the file: only a read that brings nothing is.
    if (length === TO_END) return reached === this.#capacity[slot] ? this.#stat(slot, WHY_FULL) : this.#readOn(slot);
    const wanted = this.#slots.offset[slot]! - this.#base[slot]! + length;
    if (reached >= wanted) return this.#finish(slot, 0);
    // The last bytes end where the file was said to: nothing is to be read on where sizes are true.
    const reachesEnd = this.#slots.suffix[slot]! >= 0 && reached === wanted - 1;
    return reachesEnd &&
      showsEnd(this.#base[slot]! + reached) &&
      this.#plain[slot] === 0 &&
      this.#mayEndEarly(slot) === false
      ? this.#finish(slot, 0)
      : this.#readOn(slot);
  }

  /**
   * A direct read that ends at a sector inside of a block is not at the end of the file for sure: the next sector may be
   * bad. (One that ends inside of a sector is.) An ordinary read tells.
   */
  #readOn(slot: number): void {
    const filled = this.#filled[slot]!;
    const alignBytes = this.#alignBytes[slot]!;
    const unclear = alignBytes !== 0 && filled % alignBytes !== 0 && !showsEnd(filled);
    if (unclear && this.#plain[slot] === 0) this.#readPlainly(slot);
    else this.#read(slot);
  }

  #atEnd(slot: number): void {
    // A FIFO without a writer looks like an empty file.
    const empty = this.#filled[slot] === 0 && this.#regular[slot] === 0;
    const lies = this.#mayEndEarly(slot);
    if (empty || lies === undefined) this.#stat(slot, WHY_END);
    else if (lies) this.#readPlainly(slot);
    else this.#finish(slot, 0);
  }

  /** Whether the end is where the file system says, which may be untrue. Undefined: that isn't known. */
  #mayEndEarly(slot: number): boolean | undefined {
    const { sizes } = this.#options;
    if (sizes === undefined || this.#plain[slot] !== 0) return false;
    if (this.#slots.path[slot] === undefined && this.#shared(slot).stream) return false;
    return sizes.mayLie(this.#path(slot), this.#options.clock.now());
  }

  /** Reads on by ordinary reads, which find the true end. */
  #readPlainly(slot: number): void {
    this.#plain[slot] = 1;
    this.#read(slot);
  }

  #mayRetry(slot: number, errno: number): boolean {
    // The system also cancels reads when one of its own threads ends: try again.
    if (errno !== EINTR && errno !== EAGAIN && errno !== ECANCELED) return false;
    return ++this.#retries[slot]! <= RETRIES_MAX;
  }

  /**
   * Gives up what has been in flight since the last call and is no file: a FIFO's open waits for a writer, and a read of
   * it until that writes. To be called now and then.
   */
  refuseEndless(): void {
    for (const slot of this.#slotAt) {
      const stage = this.#stage[slot];
      if ((stage !== FOR_READ && stage !== FOR_OPEN) || this.#regular[slot] !== 0) continue;
      const generation = this.#generation[slot]!;
      const askedAbout = -1 - generation;
      if (this.#seen[slot] === generation) {
        if (!this.#watch(slot, generation)) return;
        this.#seen[slot] = askedAbout;
      } else if (this.#seen[slot] !== askedAbout) this.#seen[slot] = generation;
    }
  }

  /** Asks what a slot's path is while its operation is in flight. False: too much is being asked already. */
  #watch(slot: number, generation: number): boolean {
    const watch = this.#freeWatches.pop();
    if (watch === undefined) return false;
    this.#watched[watch] = slot;
    this.#watchedGeneration[watch] = generation;
    this.#inFlight++;
    this.#ring.stat(WATCHES + watch, 0, this.#depth + watch, this.#path(slot));
    return true;
  }

  #watchDone(watch: number, result: number): void {
    const slot = this.#watched[watch]!;
    assert(slot >= 0, 'a completion is that of an operation in flight');
    const stage = this.#stage[slot];
    // What went on meanwhile is not endless.
    const waits =
      (stage === FOR_READ || stage === FOR_OPEN) && this.#generation[slot] === this.#watchedGeneration[watch];
    this.#watched[watch] = -1;
    this.#freeWatches.push(watch);
    if (!waits || result !== 0 || this.#givenUp[slot] !== 0) return;
    if (this.#isEndless(slot, this.#ring.facts(this.#depth + watch))) this.#giveUp(slot, NOT_REGULAR);
  }

  /** Asks the file system what the path is, and how long. */
  #stat(slot: number, why: number): void {
    this.#why[slot] = why;
    this.#ring.stat(slot, this.#next(slot, FOR_STAT), this.#place[slot]!, this.#path(slot));
  }

  /** Whether no end of it can be found by reading. */
  #isEndless(slot: number, facts: FileFacts): boolean {
    if (hasEnd(facts) || facts.kind === 'directory') return false;
    return facts.kind !== 'character' || this.#slots.length[slot] === TO_END;
  }

  #statDone(slot: number, result: number): void {
    const why = this.#why[slot]!;
    if (why === WHY_SEEK) return this.#kindDone(slot, result);
    if (this.#givenUp[slot] !== 0) return this.#finish(slot, this.#givenUp[slot]!);
    if (result < 0) {
      if (!this.#mayRetry(slot, -result)) return this.#finish(slot, -result);
      return why === WHY_RETRY ? this.#read(slot) : this.#stat(slot, why);
    }
    const facts = this.#ring.facts(this.#place[slot]!);
    if (facts.kind === 'directory') return this.#finish(slot, EISDIR);
    if (this.#isEndless(slot, facts)) return this.#finish(slot, NOT_REGULAR);
    if (why === WHY_SIZE) return this.#sizeKnown(slot, facts);
    if (why === WHY_RETRY) return this.#read(slot);
    if (why === WHY_FULL) return this.#grow(slot, facts.sizeBytes);
    const lies = this.#options.sizes?.learn(this.#path(slot), facts.device, this.#options.clock.now()) === true;
    // Nothing, where the file system says that there is something: once more, before it is believed.
    const doubtful = this.#filled[slot] === 0 && facts.sizeBytes > this.#slots.offset[slot]!;
    if (this.#plain[slot] === 0 && (doubtful || (lies && this.#mayEndEarly(slot) === true))) this.#readPlainly(slot);
    else this.#finish(slot, 0);
  }

  #sizeKnown(slot: number, facts: FileFacts): void {
    if (!hasEnd(facts)) return this.#finish(slot, NOT_REGULAR);
    const lies = this.#options.sizes?.learn(this.#path(slot), facts.device, this.#options.clock.now()) === true;
    // Stated again of a file that ended elsewhere: it isn't true, and the end is found by reading, as in procfs.
    const untrue = this.#suffixTries[slot]! > 0 && facts.sizeBytes === this.#slots.total[slot];
    this.#slots.total[slot] = facts.sizeBytes;
    const sizeBytes = untrue ? 0 : facts.sizeBytes;
    if (this.#slots.path[slot] === undefined) {
      const file = this.#shared(slot);
      file.sizeBytes = sizeBytes;
      file.sizeMayLie = lies;
    }
    this.#readSuffix(slot, sizeBytes);
  }

  /**
   * The file is longer than the guess: starts over with memory for all of it. (Keeping the first buffer while waiting for
   * a larger one could leave every slot waiting for memory that the others hold.)
   */
  #grow(slot: number, sizeBytes: number): void {
    const offset = this.#slots.offset[slot]!;
    const readBytes = this.#filled[slot]! - (offset - this.#base[slot]!);
    // The size is a hint: procfs says 0, and a file may grow. One byte more than it makes the end show.
    const expectedBytes = sizeBytes - offset >= readBytes ? sizeBytes - offset : readBytes * 2;
    if (readBytes > BUFFER_BYTES_MAX || sizeBytes - offset > BUFFER_BYTES_MAX) {
      this.#slots.total[slot] = Math.max(sizeBytes, offset + readBytes);
      return this.#finish(slot, TOO_LARGE);
    }
    this.#startOver(slot);
    this.#capacity[slot] = Math.min(expectedBytes, BUFFER_BYTES_MAX) + 1;
    this.#prepareRead(slot);
  }

  #finish(slot: number, errno: number): void {
    const offset = this.#slots.offset[slot]!;
    const length = this.#slots.length[slot]!;
    const skipBytes = offset - this.#base[slot]!;
    const readBytes = Math.max(0, this.#filled[slot]! - skipBytes);
    const suffix = this.#slots.suffix[slot]!;
    if (suffix >= 0 && errno === 0 && length > 0 && readBytes !== length - 1) return this.#retrySuffix(slot);
    const bytes = length === TO_END ? readBytes : Math.min(readBytes, length);
    // It says that the read was given up, and must not when it wasn't.
    this.#slots.errno[slot] = errno === ECANCELED && this.#givenUp[slot] === 0 ? EIO : errno;
    this.#slots.bytes[slot] = bytes;
    this.#slots.start[slot] = Math.max(0, this.#slots.buffer[slot]!) + skipBytes;
    if (this.#slots.buffer[slot]! >= 0) this.#windowUsedBytes -= this.#capacity[slot]!;
    if (this.#slots.path[slot] === undefined && this.#stage[slot] !== FOR_ENTRY) this.files.unuse(this.#shared(slot));
    if (suffix >= 0) this.#cutToSuffix(slot, suffix);
    else if (length === TO_END && errno === 0) this.#learn(bytes + 1);
    this.#stage[slot] = FINISHED;
    this.finished[this.finishedCount++] = slot;
  }

  #cutToSuffix(slot: number, suffix: number): void {
    const skipBytes = Math.max(0, this.#slots.bytes[slot]! - suffix);
    this.#slots.bytes[slot]! -= skipBytes;
    this.#slots.start[slot]! += skipBytes;
    this.#slots.offset[slot]! += skipBytes;
  }

  #learn(seenBytes: number): void {
    const guess = this.#guessBytes;
    const next = seenBytes > guess ? seenBytes : guess - Math.floor((guess - seenBytes) / 8);
    this.#guessBytes = Math.min(GUESS_BYTES_MAX, Math.max(GUESS_BYTES_MIN, next));
  }

  #closeEntry(entry: number): void {
    this.#inFlight++;
    this.#closing[entry]!++;
    this.#ring.close(CLOSES + entry, 0, entry);
  }

  /** The slot's next operation: what it waits for, and the name by which the answer is known. */
  #next(slot: number, stage: number): number {
    this.#stage[slot] = stage;
    this.#inFlight++;
    const generation = (this.#generation[slot]! + 1) >>> 0;
    this.#generation[slot] = generation;
    return generation;
  }
}

/**
 * Whether a read that stops there, before what was asked for, is at the end of the file for sure. Inside of a file it can
 * stop between sectors only: where a page can't be read, or the call was interrupted.
 */
function showsEnd(at: number): boolean {
  return at % SECTOR_BYTES !== 0;
}
