import { errnoText, LsioError } from '../errors.js';
import { PAGE_BYTES } from '../memory/slab.js';
import type { SlabMemory } from '../memory/slab-memory.js';
import { closeFd, createEventFd } from '../native/libc.js';
import { lockableBytes } from '../native/limits.js';
import { callAtThreadEnd, closeAtThreadEnd } from '../native/thread-end.js';
import { SQ_CQ_OVERFLOW, setupFlagNames } from './abi.js';
import type { Queues } from './queues.js';
import { type RingOptions, SPARE_STATS } from './ring.js';
import { type RingSetup, setUpRing } from './setup.js';

/** 64 reads of 256 KiB: more are seldom in flight. */
const FIXED_BYTES_MAX = 16 * 1024 * 1024;
/** Share of the limit on locked memory: it counts for all of a user's processes and rings. */
const LOCKED_SHARE_MAX = 1 / 4;

/** What a thread must know of a slab in order to have it registered. */
export type SlabPlace = Pick<SlabMemory, 'address' | 'lengthBytes'>;

/** How many entries the queues need. */
export function queueSizes({ entries, files }: RingOptions): { sqEntries: number; cqEntries: number } {
  // Each operation in flight may be one of two and be cancelled once, and every file may be closed before completions are
  // looked at; there are spare stats, and a ring's thread has a bell and a timer.
  return { sqEntries: Math.max(entries * 2, 4), cqEntries: entries * 3 + files + SPARE_STATS + 2 };
}

/** The kernel's own queues, through liburing. They may be used on the thread that made them only. */
export class KernelQueues implements Queues {
  readonly sqEntries: number;
  readonly cqEntries: number;
  readonly sqes: Uint32Array;
  readonly cqes: Uint32Array;
  readonly sqHead: Uint32Array;
  readonly cqHead: Uint32Array;
  readonly cqTail: Uint32Array;
  readonly cqFlags: Uint32Array | undefined;
  readonly eventFd: number;
  readonly paths: Buffer;
  readonly pathsAddress: number;
  readonly flags: string[];
  /** -1: not tried yet. */
  #fixedBytes = -1;
  readonly #setup: RingSetup;
  readonly #ring: number;
  readonly #slab: SlabPlace;
  readonly #submit: (ring: number) => number;
  readonly #removeHooks: readonly (() => void)[];

  /** @throws {LsioError} `unavailable`, with the cause and the remedy. */
  static create(options: RingOptions, slab: SlabPlace): KernelQueues {
    const setup = setUpRing(queueSizes(options));
    let eventFd = -1;
    try {
      eventFd = createEventFd();
      register('event descriptor', setup.liburing.registerEventFd(setup.ring, eventFd));
      registerFileTable(setup, options.files);
      // Best effort: spares a look-up of the ring's descriptor at each submit.
      setup.liburing.registerRingFd?.(setup.ring);
      return new KernelQueues(setup, slab, eventFd);
    } catch (error) {
      setup.liburing.queueExit(setup.ring);
      setup.control.unmap();
      if (eventFd >= 0) closeFd(eventFd);
      throw error;
    }
  }

  private constructor(setup: RingSetup, slab: SlabPlace, eventFd: number) {
    this.sqEntries = setup.sqEntries;
    this.cqEntries = setup.cqEntries;
    this.sqes = setup.sqes;
    this.cqes = setup.cqes;
    this.sqHead = setup.sqHead;
    this.cqHead = setup.cqHead;
    this.cqTail = setup.cqTail;
    this.cqFlags = setup.cqFlags;
    this.eventFd = eventFd;
    this.paths = setup.paths;
    this.pathsAddress = setup.pathsAddress;
    this.flags = setupFlagNames(setup.setupFlags);
    this.#setup = setup;
    this.#ring = setup.ring;
    this.#slab = slab;
    this.#submit = setup.liburing.submitAndGetEvents ?? setup.liburing.submit;
    this.#removeHooks = [callAtThreadEnd(setup.liburing.queueExitAddress, setup.ring), closeAtThreadEnd(eventFd)];
  }

  get fixedBytes(): number {
    return this.#fixedBytes;
  }

  /** Where {@link setTimespec} writes, for timeouts. */
  get timespecAddress(): number {
    return this.#setup.timespecAddress;
  }

  /** @param ms less than 1000 */
  setTimespec(ms: number): void {
    this.#setup.timespec.set([0, 0, ms * 1_000_000, 0]);
  }

  get overflowed(): boolean {
    return (this.#setup.sqFlags[0]! & SQ_CQ_OVERFLOW) !== 0;
  }

  /**
   * Registers the beginning of the slab, where buffers are leased first, so that the kernel need not look up and pin the
   * pages of each O_DIRECT read. Buffered reads gain nothing, and it takes milliseconds: hence at the first O_DIRECT
   * open. Less where the limit of locked memory, 8 MiB on most systems, asks for it.
   */
  registerSlab(): void {
    if (this.#fixedBytes >= 0) return;
    const lockedBytes = Math.min(FIXED_BYTES_MAX, this.#slab.lengthBytes, lockableBytes() * LOCKED_SHARE_MAX);
    const bytes = Math.floor(lockedBytes / PAGE_BYTES) * PAGE_BYTES;
    const vector = new BigUint64Array(16);
    vector[0] = BigInt(this.#slab.address);
    vector[1] = BigInt(bytes);
    this.#fixedBytes = this.#setup.liburing.registerBuffers(this.#ring, vector, 1) < 0 ? 0 : bytes;
  }

  submit(tail: number): number {
    this.#setup.sqeTail[0] = tail;
    return this.#submit(this.#ring);
  }

  /** {@link submit}, and waits until there is a completion. */
  submitAndWait(tail: number): number {
    this.#setup.sqeTail[0] = tail;
    return this.#setup.liburing.submitAndWait(this.#ring, 1);
  }

  unsubmitted(tail: number): boolean {
    return Atomics.load(this.sqHead, 0) !== tail;
  }

  /** Submitting makes room: the kernel takes the SQEs, or says why not. */
  awaitRoom(): void {}

  release(drained: boolean): void {
    // What is not drained may still be written to by the kernel: it is never unmapped.
    if (!drained) return;
    for (const remove of this.#removeHooks) remove();
    this.#setup.liburing.queueExit(this.#ring);
    this.#setup.control.unmap();
    closeFd(this.eventFd);
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

/** What a refusal of io_uring_enter(2) means. */
export function enterError(errno: number): LsioError {
  const [code, text] = errnoText(errno);
  return new LsioError('unavailable', `io_uring_enter: ${text} (${code})`, {
    code,
    remedy: '--engine node, or lift the filter that blocks it',
  });
}
