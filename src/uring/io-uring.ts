import { assert } from '../assert.js';
import { EAGAIN, EBUSY, EINTR } from '../errno.js';
import { POISON, type Slab } from '../memory/slab.js';
import type { SlabMemory } from '../memory/slab-memory.js';
import type { FileFacts } from '../native/file-facts.js';
import type { Watch } from '../native/wake.js';
import { CQ_EVENTFD_DISABLED, CQE_WORDS } from './abi.js';
import { type RingHost, SYSTEM } from './host.js';
import { enterError, KernelQueues } from './kernel-queues.js';
import type { Queues } from './queues.js';
import { type Completions, type Ring, type RingOptions, SPARE_STATS } from './ring.js';
import { fillAdvise, fillCancel, fillClose, fillOpen, fillProbe, fillRead, fillStat } from './sqe.js';

/** The slot of cancellations and the like: their own completions tell nothing and are dropped. */
const DROPPED_SLOT = 0xffff_ffff;
/** So many refusals in a row, without a completion, mean that the ring has failed for good. */
const REFUSALS_MAX = 10_000;
/** linux/limits.h: the longest path, its NUL included. */
const PATH_MAX = 4096;

/** A ring of io_uring: fills SQEs and takes CQEs, on queues that this thread or another one enters the kernel for. */
export class IoUring implements Ring {
  readonly slab: Slab;
  readonly completions: Completions;
  readonly #queues: Queues;
  readonly #host: RingHost;
  readonly #slabAddress: number;
  readonly #sqes: Uint32Array;
  readonly #sqMask: number;
  readonly #cqMask: number;
  #watch: Watch | undefined;
  #onWake: () => void = () => {};
  #closed = false;
  readonly #entries: number;
  /** Made when first needed. */
  #statRoom: ReturnType<RingHost['statRoom']> | undefined;
  /** Slot, generation and result of each ordinary read that has ended. */
  #arrived: number[] = [];
  /** SQEs filled so far; wraps at 2^32 as the kernel's own counters do. */
  #sqTail = 0;
  /** Up to where they were taken when last looked: at least so far now. */
  #sqHeadSeen = 0;
  #pathsUsedBytes = 0;
  /** SQEs filled whose completion wasn't taken yet. */
  #outstanding = 0;
  #refusals = 0;
  #enters = 0;

  /**
   * A ring that this thread enters the kernel for.
   *
   * @throws {LsioError} `unavailable`, with the cause and the remedy.
   */
  static create(options: RingOptions, memory: SlabMemory): IoUring {
    return new IoUring(KernelQueues.create(options, memory), memory, options);
  }

  constructor(queues: Queues, memory: SlabMemory, { entries }: RingOptions, host: RingHost = SYSTEM) {
    this.#queues = queues;
    this.#host = host;
    this.#entries = entries;
    this.#slabAddress = memory.address;
    this.#sqes = queues.sqes;
    this.#sqMask = queues.sqEntries - 1;
    this.#cqMask = queues.cqEntries - 1;
    this.slab = memory.slab;
    this.completions = {
      slot: new Uint32Array(queues.cqEntries + entries),
      generation: new Uint32Array(queues.cqEntries + entries),
      result: new Int32Array(queues.cqEntries + entries),
    };
  }

  /** The set-up flags that are on, for people. */
  get flags(): string[] {
    return this.#queues.flags;
  }

  /** How often SQEs were handed over. */
  get enters(): number {
    return this.#enters;
  }

  open(slot: number, generation: number, file: number, path: string | Uint8Array, direct: boolean): void {
    this.#assertOpen();
    if (direct) this.#queues.registerSlab();
    const pathAddress = this.#queues.pathsAddress + this.#writePath(path);
    fillOpen(this.#sqes, this.#nextSqe(), slot, generation, file, pathAddress, direct);
  }

  read(slot: number, generation: number, file: number, offset: number, at: number, length: number): void {
    const fixed = at + length <= this.#queues.fixedBytes;
    fillRead(this.#sqes, this.#nextSqe(), slot, generation, file, offset, this.#slabAddress + at, length, fixed);
  }

  checkSeek(slot: number, generation: number, file: number): void {
    // Both or none are handed over: a chain ends with what is handed over.
    while (this.#sqRoom() < 2) this.#makeRoom();
    fillAdvise(this.#sqes, this.#nextSqe(), DROPPED_SLOT, file);
    fillProbe(this.#sqes, this.#nextSqe(), slot, generation, file);
  }

  readPlainly(
    slot: number,
    generation: number,
    path: string | Uint8Array,
    offset: number,
    at: number,
    length: number,
  ): void {
    this.#assertOpen();
    this.#host.readPlainly(path, this.slab.memory, { offset, at, length }, (result) => {
      this.#arrived.push(slot, generation, result);
      // Those that arrive together are taken together.
      if (this.#arrived.length === 3) this.#host.soon(() => this.#closed || this.#onWake());
    });
  }

  stat(slot: number, generation: number, place: number, path: string | Uint8Array): void {
    this.#assertOpen();
    this.#statRoom ??= this.#host.statRoom(this.#entries + SPARE_STATS);
    const result = this.#statRoom.addressOf(place);
    const pathAddress = this.#queues.pathsAddress + this.#writePath(path);
    fillStat(this.#sqes, this.#nextSqe(), slot, generation, pathAddress, result);
  }

  facts(place: number): FileFacts {
    this.#assertOpen();
    return this.#statRoom!.facts(place);
  }

  close(slot: number, generation: number, file: number): void {
    fillClose(this.#sqes, this.#nextSqe(), slot, generation, file);
  }

  cancel(slot: number, generation: number): void {
    fillCancel(this.#sqes, this.#nextSqe(), DROPPED_SLOT, slot, generation);
  }

  get unsubmitted(): boolean {
    this.#assertOpen();
    return this.#queues.unsubmitted(this.#sqTail);
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
    this.#onWake = onWake;
    this.#watch = this.#host.watchFd(this.#queues.eventFd, () => {
      if (!this.#closed) onWake();
    });
    this.#watch.hold(false);
  }

  arm(on: boolean): void {
    this.#assertOpen();
    const { cqFlags } = this.#queues;
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
    this.#queues.release(drained);
    if (drained) this.#statRoom?.unmap();
  }

  #sqFull(): boolean {
    if ((this.#sqTail - this.#sqHeadSeen) >>> 0 <= this.#sqMask) return false;
    return this.#sqRoom() === 0;
  }

  /** Free SQEs. */
  #sqRoom(): number {
    this.#sqHeadSeen = Atomics.load(this.#queues.sqHead, 0);
    return this.#sqMask + 1 - ((this.#sqTail - this.#sqHeadSeen) >>> 0);
  }

  /** The index of the next free SQE. The queue is larger than what can be in flight, so that it fills only by refusals. */
  #nextSqe(): number {
    this.#assertOpen();
    while (this.#sqFull()) this.#makeRoom();
    const index = this.#sqTail & this.#sqMask;
    // More would overflow the completion queue.
    assert(++this.#outstanding <= this.#cqMask + 1, 'the completion queue has room for everything in flight');
    this.#sqTail = (this.#sqTail + 1) >>> 0;
    return index;
  }

  /**
   * Puts a NUL-terminated path where the kernel finds it until the open is taken. Returns where, in bytes. Leaves a
   * free SQE for the open: were one made afterwards, by submitting, the path would count as taken.
   */
  #writePath(path: string | Uint8Array): number {
    // The kernel refuses a longer path for what it is, and so it does with this much of it.
    if (path.length > PATH_MAX) path = path.slice(0, PATH_MAX);
    // A UTF-16 unit becomes at most 3 bytes of UTF-8.
    const bytesMax = (typeof path === 'string' ? path.length * 3 : path.length) + 1;
    const { paths } = this.#queues;
    while (this.#sqFull() || this.#pathsUsedBytes + bytesMax > paths.length) this.#makeRoom();
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

  #makeRoom(): void {
    this.#enter();
    this.#queues.awaitRoom();
    this.#freePaths();
  }

  /** Publishes the filled SQEs and has them handed over, which also runs the completions that wait to be run. */
  #enter(): void {
    this.#enters++;
    const result = this.#queues.submit(this.#sqTail);
    this.#freePaths();
    const unsubmitted = this.#queues.unsubmitted(this.#sqTail);
    if (result >= 0 && !unsubmitted) this.#refusals = 0;
    // EAGAIN and EBUSY ask for completions to be taken first, which the caller does next; EINTR for another try.
    else if (result >= 0) this.#countRefusal(EAGAIN);
    else if (result === -EINTR || result === -EAGAIN || result === -EBUSY) this.#countRefusal(-result);
    else throw enterError(-result);
  }

  /** The kernel copies a path when it takes the SQE, so the room is free once all are taken. */
  #freePaths(): void {
    if (this.#pathsUsedBytes === 0 || Atomics.load(this.#queues.sqHead, 0) !== this.#sqTail) return;
    // A path that is looked at too late shows: it leads nowhere.
    if (this.slab.poisons) this.#queues.paths.fill(POISON, 0, this.#pathsUsedBytes);
    this.#pathsUsedBytes = 0;
  }

  #countRefusal(errno: number): void {
    if (++this.#refusals > REFUSALS_MAX) throw enterError(errno);
  }

  #reap(): number {
    const { cqes, cqHead, cqTail } = this.#queues;
    assert(!this.#queues.overflowed, 'no completion is lost');
    const { slot, generation, result } = this.completions;
    const mask = this.#cqMask;
    const tail = Atomics.load(cqTail, 0);
    let head = cqHead[0]!;
    this.#outstanding -= (tail - head) >>> 0;
    assert(this.#outstanding >= 0, 'nothing completes that was not handed over');
    let count = 0;
    while (head !== tail) {
      const at = (head & mask) * CQE_WORDS;
      head = (head + 1) >>> 0;
      if (cqes[at] === DROPPED_SLOT) continue;
      slot[count] = cqes[at]!;
      generation[count] = cqes[at + 1]!;
      result[count] = cqes[at + 2]!;
      count++;
    }
    // Only now may they be written over.
    Atomics.store(cqHead, 0, head);
    return this.#arrived.length === 0 ? count : this.#takeArrived(count);
  }

  #takeArrived(first: number): number {
    const arrived = this.#arrived;
    this.#arrived = [];
    const { slot, generation, result } = this.completions;
    let count = first;
    for (let at = 0; at < arrived.length; at += 3) {
      slot[count] = arrived[at]!;
      generation[count] = arrived[at + 1]!;
      result[count++] = arrived[at + 2]!;
    }
    return count;
  }

  #assertOpen(): void {
    // A view of a ring that is gone is a crash without a message.
    assert(!this.#closed, 'the ring is open');
  }
}
