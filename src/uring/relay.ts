import { assert } from '../assert.js';
import { EAGAIN, EBUSY, EINTR } from '../errno.js';
import { clearEventFd, signalEventFd } from '../native/libc.js';
import { CQ_EVENTFD_DISABLED, CQE_WORDS, SQE_WORDS } from './abi.js';
import { enterError, type KernelQueues } from './kernel-queues.js';
import { RUNNING, type SharedQueues } from './shared-queues.js';
import { fillPoll, fillTimeout, isLinked, opensDirect } from './sqe.js';

/** The slot of the poll of the bell; no read has it, and no cancellation. */
const BELL_SLOT = 0xffff_fffe;
const TIMER_SLOT = 0xffff_fffd;
/**
 * A sleeping thread wakes up this often: a thread that is terminated ends only once it is out of the kernel, and whoever
 * terminates it waits for that.
 */
const SLEEP_MS_MAX = 200;
/** How often an idle thread looks for more before it goes to sleep, at 0.1 µs: as long as waking it would take. */
const LOOKS_MAX = 200;
/**
 * The same while the other thread's pump is busy. A thread that sleeps briefly is woken on the waker's CPU; both then share
 * one CPU while another is idle, and two rings were slower than one.
 */
const LOOKS_PUMPING_MAX = 10_000;
const REFUSALS_MAX = 10_000;

/** Hands on SQEs from shared queues to the kernel's, and brings back CQEs. The thread does nothing else. */
export class Relay {
  readonly #kernel: KernelQueues;
  readonly #shared: SharedQueues;
  readonly #bellFd: number;
  readonly #eventFd: number;
  /** SQEs taken from the shared queue, and put into the kernel's: counters that wrap at 2^32. */
  #taken = 0;
  #filled = 0;
  #brought = 0;
  #inFlight = 0;
  /** Half of what may be in flight: while that is read, the other thread takes what came of the other half, and refills. */
  readonly #takeMax: number;
  #bellArmed = false;
  #timerArmed = false;
  #refusals = 0;

  constructor(
    kernel: KernelQueues,
    shared: SharedQueues,
    { entries, bellFd, eventFd }: { readonly entries: number; readonly bellFd: number; readonly eventFd: number },
  ) {
    // Two at least: a chain of two is one operation.
    this.#takeMax = Math.max(2, Math.ceil(entries / 2));
    kernel.setTimespec(SLEEP_MS_MAX);
    this.#kernel = kernel;
    this.#shared = shared;
    this.#bellFd = bellFd;
    this.#eventFd = eventFd;
  }

  /**
   * Goes on until it is asked to stop.
   *
   * @throws {LsioError} `unavailable` when the kernel refuses for good.
   */
  run(): void {
    let looks = 0;
    while (Atomics.load(this.#shared.state, 0) === RUNNING) {
      const took = this.#take();
      // Nothing to do but to look at the shared queue, for a while.
      if (took === 0 && this.#inFlight === 0 && looks++ < this.#looksMax()) continue;
      const sleeps = took === 0 && !this.#kernel.unsubmitted(this.#filled) && this.#fallAsleep();
      this.#submit(sleeps);
      if (sleeps) Atomics.store(this.#shared.asleep, 0, 0);
      if (took > 0 || !sleeps) looks = 0;
      this.#bringBack();
    }
  }

  #looksMax(): number {
    const pumping = (Atomics.load(this.#shared.cqFlags, 0) & CQ_EVENTFD_DISABLED) !== 0;
    return pumping ? LOOKS_PUMPING_MAX : LOOKS_MAX;
  }

  /** Tells the other thread to look. */
  wake(): void {
    signalEventFd(this.#eventFd);
  }

  /** Moves SQEs on, as many as there is room for. Returns how many. */
  #take(): number {
    const { sqes, sqEntries, sqTail } = this.#shared;
    const { sqes: kernelSqes, sqEntries: kernelEntries, sqHead } = this.#kernel;
    // Two are kept for the bell and the timer.
    const room = kernelEntries - 2 - ((this.#filled - Atomics.load(sqHead, 0)) >>> 0);
    let count = Math.max(0, Math.min((Atomics.load(sqTail, 0) - this.#taken) >>> 0, room, this.#takeMax));
    // The kernel gives the first part of a chain that is cut to a thread of its own: its completion comes late, and these
    // came to more than the completion queue has room for.
    if (count > 0 && isLinked(sqes, (this.#taken + count - 1) & (sqEntries - 1))) count--;
    for (let moved = 0; moved < count; moved++) {
      const from = this.#taken & (sqEntries - 1);
      const to = this.#filled & (kernelEntries - 1);
      if (opensDirect(sqes, from)) this.#registerSlab();
      for (let word = 0; word < SQE_WORDS; word++) {
        kernelSqes[to * SQE_WORDS + word] = sqes[from * SQE_WORDS + word]!;
      }
      this.#taken = (this.#taken + 1) >>> 0;
      this.#filled = (this.#filled + 1) >>> 0;
    }
    this.#inFlight += count;
    return count;
  }

  #registerSlab(): void {
    this.#kernel.registerSlab();
    Atomics.store(this.#shared.fixedBytes, 0, this.#kernel.fixedBytes);
  }

  /** Asks the other thread for a wake-up. False: there is more already. */
  #fallAsleep(): boolean {
    if (!this.#bellArmed) fillPoll(this.#kernel.sqes, this.#nextSqe(), BELL_SLOT, this.#bellFd);
    if (!this.#timerArmed) fillTimeout(this.#kernel.sqes, this.#nextSqe(), TIMER_SLOT, this.#kernel.timespecAddress);
    this.#bellArmed = true;
    this.#timerArmed = true;
    const { asleep, sqTail, state } = this.#shared;
    Atomics.store(asleep, 0, 1);
    if (Atomics.load(sqTail, 0) === this.#taken && Atomics.load(state, 0) === RUNNING) return true;
    Atomics.store(asleep, 0, 0);
    return false;
  }

  #nextSqe(): number {
    const index = this.#filled & (this.#kernel.sqEntries - 1);
    this.#filled = (this.#filled + 1) >>> 0;
    return index;
  }

  #submit(waits: boolean): void {
    const kernel = this.#kernel;
    const result = waits ? kernel.submitAndWait(this.#filled) : kernel.submit(this.#filled);
    if (result < 0 && result !== -EINTR && result !== -EAGAIN && result !== -EBUSY) throw enterError(-result);
    if (kernel.unsubmitted(this.#filled)) {
      if (++this.#refusals > REFUSALS_MAX) throw enterError(result < 0 ? -result : EAGAIN);
      return;
    }
    this.#refusals = 0;
    const { sqHead, sqHeadSigned, room } = this.#shared;
    Atomics.store(sqHead, 0, this.#taken);
    if (Atomics.exchange(room, 0, 0) === 1) Atomics.notify(sqHeadSigned, 0);
  }

  #bringBack(): void {
    const { cqes: kernelCqes, cqEntries: kernelEntries, cqHead: kernelHead, cqTail: kernelTail } = this.#kernel;
    assert(!this.#kernel.overflowed, 'the completion queue has room for everything in flight');
    const { cqes, cqEntries, cqHead, cqTail, cqFlags } = this.#shared;
    const tail = Atomics.load(kernelTail, 0);
    let head = kernelHead[0]!;
    if (head === tail) return;
    const before = this.#brought;
    while (head !== tail) {
      const from = (head & (kernelEntries - 1)) * CQE_WORDS;
      head = (head + 1) >>> 0;
      if (kernelCqes[from] === BELL_SLOT) {
        this.#bellArmed = false;
        clearEventFd(this.#bellFd);
        continue;
      }
      if (kernelCqes[from] === TIMER_SLOT) {
        this.#timerArmed = false;
        continue;
      }
      const to = (this.#brought & (cqEntries - 1)) * CQE_WORDS;
      for (let word = 0; word < CQE_WORDS; word++) cqes[to + word] = kernelCqes[from + word]!;
      this.#brought = (this.#brought + 1) >>> 0;
    }
    Atomics.store(kernelHead, 0, head);
    const count = (this.#brought - before) >>> 0;
    if (count === 0) return;
    this.#inFlight -= count;
    assert((this.#brought - Atomics.load(cqHead, 0)) >>> 0 <= cqEntries, 'the shared queue has room, too');
    Atomics.store(cqTail, 0, this.#brought);
    if ((Atomics.load(cqFlags, 0) & CQ_EVENTFD_DISABLED) === 0) this.wake();
  }
}
