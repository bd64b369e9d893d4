import { assert } from '../assert.js';
import { errnoText, LsioError } from '../errors.js';
import { clearEventFd, closeFd, createEventFd, type Mapping, mapMemory, type Watch, watchFd } from '../native/libc.js';
import { viewMemory } from '../native/library.js';
import { CQ_EVENTFD_DISABLED, CQE_WORDS, SQ_CQ_OVERFLOW, setupFlagNames } from './abi.js';
import { EAGAIN, EBUSY, EINTR } from './errno.js';
import type { Completions, Ring, RingOptions } from './ring.js';
import { PATHS_BYTES, type RingSetup, setUpRing } from './setup.js';
import { PAGE_BYTES, Slab } from './slab.js';
import { fillCancel, fillClose, fillOpen, fillRead } from './sqe.js';

/** The slot of cancellations: their own completions tell nothing and are dropped. */
const CANCEL_SLOT = 0xffff_ffff;
/** So many refusals in a row, with nothing completing in between, mean that the ring has failed for good. */
const REFUSALS_MAX = 10_000;

/** linux/limits.h: the longest path in bytes, its NUL included. */
const PATH_MAX = 4096;

/** 64 reads of 256 KiB: more are seldom in flight. */
const FIXED_BYTES_MAX = 16 * 1024 * 1024;

/** Rings whose operations never came back: their memory is kept for ever, since the kernel may still write to it. */
const abandoned: IoUring[] = [];

/** Unmaps memory once no view of it is left. */
const unseen = new FinalizationRegistry<Mapping>((mapping) => mapping.unmap());

/** The kernel's own submission and completion queue, through liburing. */
export class IoUring implements Ring {
  readonly slab: Slab;
  readonly completions: Completions;
  readonly #setup: RingSetup;
  readonly #slabMemory: Mapping;
  readonly #slabAddress: number;
  /** So much of the slab, from its beginning on, is registered; -1: not tried yet. */
  #fixedBytes = -1;
  readonly #eventFd: number;
  readonly #submit: (ring: number) => number;
  readonly #sqes: Uint32Array;
  readonly #sqMask: number;
  readonly #cqMask: number;
  #watch: Watch | undefined;
  #closed = false;
  /** SQEs filled so far; wraps at 2^32 as the kernel's own counters do. */
  #sqTail = 0;
  /** Up to where the kernel had taken them when last looked: at least so far now. */
  #sqHeadSeen = 0;
  #pathsUsedBytes = 0;
  #refusals = 0;
  /** Calls of io_uring_enter: one serves many reads. */
  #enters = 0;

  /** @throws {LsioError} `unavailable`, with the cause and the remedy. */
  static create(options: RingOptions): IoUring {
    // Each operation in flight may be cancelled once, and every file may be closed before completions are looked at.
    const sqEntries = options.entries * 2;
    const setup = setUpRing({ sqEntries, cqEntries: sqEntries + options.files });
    let slabMemory: Mapping | undefined;
    let eventFd = -1;
    try {
      slabMemory = mapMemory(options.slabBytes, PAGE_BYTES);
      eventFd = createEventFd();
      register('event descriptor', setup.liburing.registerEventFd(setup.ring, eventFd));
      registerFileTable(setup, options.files);
      // Best effort: spares a look-up of the ring's descriptor at each submit.
      setup.liburing.registerRingFd?.(setup.ring);
      return new IoUring(setup, slabMemory, eventFd);
    } catch (error) {
      setup.liburing.queueExit(setup.ring);
      setup.control.unmap();
      slabMemory?.unmap();
      if (eventFd >= 0) closeFd(eventFd);
      throw error;
    }
  }

  private constructor(setup: RingSetup, slabMemory: Mapping, eventFd: number) {
    this.#setup = setup;
    this.#slabMemory = slabMemory;
    this.#slabAddress = slabMemory.address;
    this.#eventFd = eventFd;
    this.#submit = setup.liburing.submitAndGetEvents ?? setup.liburing.submit;
    this.#sqes = setup.sqes;
    this.#sqMask = setup.sqEntries - 1;
    this.#cqMask = setup.cqEntries - 1;
    this.slab = new Slab(new Uint8Array(viewMemory(slabMemory.address, slabMemory.lengthBytes)));
    this.completions = {
      slot: new Uint32Array(setup.cqEntries),
      generation: new Uint32Array(setup.cqEntries),
      result: new Int32Array(setup.cqEntries),
    };
  }

  /** The set-up flags that are on, for the log and `lsio doctor`. */
  get flags(): string[] {
    return setupFlagNames(this.#setup.setupFlags);
  }

  /** How often the kernel was entered. */
  get enters(): number {
    return this.#enters;
  }

  open(slot: number, generation: number, file: number, path: string | Uint8Array, direct: boolean): void {
    this.#assertOpen();
    if (direct && this.#fixedBytes < 0) this.#fixedBytes = registerSlab(this.#setup, this.#slabMemory);
    const pathAddress = this.#setup.pathsAddress + this.#writePath(path);
    fillOpen(this.#sqes, this.#nextSqe(), slot, generation, file, pathAddress, direct);
  }

  read(slot: number, generation: number, file: number, offset: number, at: number, length: number): void {
    const fixed = at + length <= this.#fixedBytes;
    fillRead(this.#sqes, this.#nextSqe(), slot, generation, file, offset, this.#slabAddress + at, length, fixed);
  }

  close(slot: number, generation: number, file: number): void {
    fillClose(this.#sqes, this.#nextSqe(), slot, generation, file);
  }

  cancel(slot: number, generation: number): void {
    fillCancel(this.#sqes, this.#nextSqe(), CANCEL_SLOT, slot, generation);
  }

  get unsubmitted(): boolean {
    this.#assertOpen();
    return Atomics.load(this.#setup.sqHead, 0) !== this.#sqTail;
  }

  submitAndReap(): number {
    this.#assertOpen();
    this.#enter();
    const count = this.#reap();
    if (count > 0) this.#refusals = 0;
    return count;
  }

  listen(onWake: () => void): void {
    this.#assertOpen();
    assert(this.#watch === undefined, 'a ring has one listener');
    this.#watch = watchFd(this.#eventFd, () => {
      clearEventFd(this.#eventFd);
      if (!this.#closed) onWake();
    });
    this.#watch.hold(false);
  }

  arm(on: boolean): void {
    this.#assertOpen();
    const { cqFlags } = this.#setup;
    if (cqFlags !== undefined) Atomics.store(cqFlags, 0, on ? 0 : CQ_EVENTFD_DISABLED);
  }

  hold(on: boolean): void {
    this.#assertOpen();
    this.#watch?.hold(on);
  }

  shutdown(drained: boolean): void {
    this.#assertOpen();
    this.#closed = true;
    this.#watch?.close();
    if (!drained) {
      abandoned.push(this);
      return;
    }
    this.#setup.liburing.queueExit(this.#setup.ring);
    this.#setup.control.unmap();
    closeFd(this.#eventFd);
    // Whoever still has a view of the slab, rightly or not, must not crash.
    unseen.register(this.slab.memory.buffer, this.#slabMemory);
  }

  #sqFull(): boolean {
    if ((this.#sqTail - this.#sqHeadSeen) >>> 0 <= this.#sqMask) return false;
    this.#sqHeadSeen = Atomics.load(this.#setup.sqHead, 0);
    return (this.#sqTail - this.#sqHeadSeen) >>> 0 > this.#sqMask;
  }

  /** The index of the next free SQE. The queue is larger than what can be in flight, so that it fills only by refusals. */
  #nextSqe(): number {
    this.#assertOpen();
    while (this.#sqFull()) this.#enter();
    const index = this.#sqTail & this.#sqMask;
    this.#sqTail = (this.#sqTail + 1) >>> 0;
    return index;
  }

  /**
   * Puts a NUL-terminated path where the kernel finds it until the open is submitted. Returns where, in bytes. Leaves a
   * free SQE for the open: were one made afterwards, by submitting, the path would count as taken.
   */
  #writePath(path: string | Uint8Array): number {
    // The kernel refuses a longer path for what it is, and so it does with this much of it.
    if (path.length > PATH_MAX) path = path.slice(0, PATH_MAX);
    // A UTF-16 unit becomes at most 3 bytes of UTF-8.
    const bytesMax = (typeof path === 'string' ? path.length * 3 : path.length) + 1;
    while (this.#sqFull() || this.#pathsUsedBytes + bytesMax > PATHS_BYTES) this.#enter();
    const { paths } = this.#setup;
    const at = this.#pathsUsedBytes;
    let end = at;
    if (typeof path === 'string') end += paths.write(path, at, 'utf8');
    else {
      paths.set(path, at);
      end += path.length;
    }
    paths[end] = 0;
    this.#pathsUsedBytes = end + 1;
    return at;
  }

  /** Publishes the filled SQEs and enters the kernel once, which also runs the completions that wait to be run. */
  #enter(): void {
    this.#setup.sqeTail[0] = this.#sqTail;
    this.#enters++;
    const result = this.#submit(this.#setup.ring);
    // The kernel copies a path when it takes the SQE, so the room is free once all are taken.
    if (!this.unsubmitted) {
      this.#pathsUsedBytes = 0;
      if (result >= 0) this.#refusals = 0;
    }
    if (result >= 0) {
      if (this.unsubmitted) this.#countRefusal(EAGAIN);
      return;
    }
    // EAGAIN and EBUSY ask for completions to be taken first, which the caller does next; EINTR for another try.
    if (result === -EINTR || result === -EAGAIN || result === -EBUSY) this.#countRefusal(-result);
    else throw enterError(-result);
  }

  #countRefusal(errno: number): void {
    if (++this.#refusals > REFUSALS_MAX) throw enterError(errno);
  }

  #reap(): number {
    const { cqes, cqHead, cqTail, sqFlags } = this.#setup;
    assert((sqFlags[0]! & SQ_CQ_OVERFLOW) === 0, 'the completion queue has room for everything in flight');
    const { slot, generation, result } = this.completions;
    const mask = this.#cqMask;
    const tail = Atomics.load(cqTail, 0);
    let head = cqHead[0]!;
    let count = 0;
    while (head !== tail) {
      const at = (head & mask) * CQE_WORDS;
      head = (head + 1) >>> 0;
      if (cqes[at] === CANCEL_SLOT) continue;
      slot[count] = cqes[at]!;
      generation[count] = cqes[at + 1]!;
      result[count] = cqes[at + 2]!;
      count++;
    }
    // Only now may the kernel write over them.
    Atomics.store(cqHead, 0, head);
    return count;
  }

  #assertOpen(): void {
    // A view of a ring that is gone is a crash without a message.
    assert(!this.#closed, 'the ring is open');
  }
}

function register(what: string, result: number): void {
  if (result >= 0) return;
  const [code, text] = errnoText(-result);
  throw new LsioError('unavailable', `io_uring_register (${what}): ${text} (${code})`, {
    code,
    remedy: 'a seccomp filter may block io_uring_register; ulimit -n may be too small',
  });
}

function registerFileTable({ liburing, ring }: RingSetup, files: number): void {
  const sparse = liburing.registerFilesSparse?.(ring, files) ?? -1;
  // Before Linux 5.19 an empty table is one of -1.
  if (sparse < 0) register('files', liburing.registerFiles(ring, new Int32Array(Math.max(files, 64)).fill(-1), files));
}

/**
 * Registers the beginning of the slab, where pieces are leased first, so that the kernel need not look up and pin the
 * pages of each O_DIRECT read. Buffered reads gain nothing, and it takes milliseconds: hence at the first O_DIRECT open.
 *
 * @returns how many bytes are registered: 0 where the limit of locked memory is too small, which only costs speed.
 */
function registerSlab({ liburing, ring }: RingSetup, slab: Mapping): number {
  const bytes = Math.min(FIXED_BYTES_MAX, slab.lengthBytes);
  const vector = new BigUint64Array(16);
  vector[0] = BigInt(slab.address);
  vector[1] = BigInt(bytes);
  return liburing.registerBuffers(ring, vector, 1) < 0 ? 0 : bytes;
}

function enterError(errno: number): LsioError {
  const [code, text] = errnoText(errno);
  return new LsioError('unavailable', `io_uring_enter: ${text} (${code})`, {
    code,
    remedy: '--engine node, or lift the filter that blocks it',
  });
}
