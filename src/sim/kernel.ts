import { constants } from 'node:os';
import { assert } from '../assert.js';
import type { Slab } from '../memory/slab.js';
import { CQ_EVENTFD_DISABLED, CQE_WORDS, SQE_WORDS } from '../uring/abi.js';
import type { RingHost } from '../uring/host.js';
import { queueSizes } from '../uring/kernel-queues.js';
import type { Queues } from '../uring/queues.js';
import type { RingOptions } from '../uring/ring.js';
import type { SimClock } from './clock.js';
import type { SimDisk } from './disk.js';
import type { OneFault, SimFaults } from './faults.js';
import { type CarryOut, PATHS_AT, readLength, SimOperations } from './operations.js';
import type { Random } from './random.js';

const { EAGAIN, EBADF, EBUSY, ECANCELED, EINTR, EIO, ENOMEM, EOPNOTSUPP } = constants.errno;
/** What any operation may fail with. */
export const FAILURES: readonly number[] = [EIO, ENOMEM, EBUSY, EOPNOTSUPP, EBADF];
/** So many submits mean that something goes round for ever, perhaps at the same moment. */
const SUBMITS_MAX = 100_000;
/** Names of closes and cancellations begin here: nothing interrupts those. */
const CLOSES = 2 ** 30;
const CANCELLATION = 0xffff_ffff;

interface Operation {
  readonly slot: number;
  readonly generation: number;
  /** What it reads; 0 for everything else. */
  readonly length: number;
  /** Late or not. */
  readonly run: CarryOut;
  cancelled: boolean;
  dueMs: number;
}

export interface SimKernelOptions extends RingOptions {
  readonly slab: Slab;
  readonly disk: SimDisk;
  readonly random: Random;
  readonly clock: SimClock;
  readonly faults: SimFaults;
}

/**
 * The kernel's side of a ring: takes SQEs and answers at any time, in any order and with any fault that is allowed, as a
 * seed says. It checks what it is asked for as strictly as the kernel, and goes on writing to memory after it was lost.
 */
export class SimKernel implements Queues, RingHost {
  readonly sqEntries: number;
  readonly cqEntries: number;
  readonly sqes: Uint32Array;
  readonly cqes: Uint32Array;
  readonly sqHead = new Uint32Array(1);
  readonly cqHead = new Uint32Array(1);
  readonly cqTail = new Uint32Array(1);
  readonly cqFlags = new Uint32Array(1);
  readonly eventFd = -1;
  readonly paths: Buffer;
  readonly pathsAddress = PATHS_AT;
  readonly flags = ['simulated'];
  overflowed = false;
  closed = false;
  lost = false;
  /** Operations handed over and not complete yet. */
  inFlight: Operation[] = [];
  /** How many operations were completed, and how often it was entered. */
  operations = 0;
  submits = 0;
  readonly #options: SimKernelOptions;
  readonly #carrying: SimOperations;
  #onSignal: () => void = () => {};
  #last: readonly [slot: number, generation: number] = [0, 0];

  constructor(options: SimKernelOptions) {
    this.#options = options;
    const { sqEntries, cqEntries } = queueSizes(options);
    this.sqEntries = 2 ** Math.ceil(Math.log2(sqEntries));
    this.cqEntries = 2 ** Math.ceil(Math.log2(cqEntries));
    this.sqes = new Uint32Array(this.sqEntries * SQE_WORDS);
    this.cqes = new Uint32Array(this.cqEntries * CQE_WORDS);
    const cancel = (slot: number, generation: number) => this.#cancel(slot, generation);
    this.#carrying = new SimOperations({ ...options, cancel });
    this.paths = this.#carrying.paths;
  }

  /** How many entries of its table are open. */
  get openFiles(): number {
    return this.#carrying.openFiles;
  }

  /** Whether something will never be answered, although it was cancelled or because nothing cancels it. */
  get hangs(): boolean {
    return this.inFlight.some(({ dueMs }) => dueMs === Number.POSITIVE_INFINITY);
  }

  registerSlab(): void {
    const { random, slab } = this.#options;
    if (this.fixedBytes < 0) this.#carrying.fixedBytes = random.pick([0, 4096, slab.memory.length]);
  }

  get fixedBytes(): number {
    return this.#carrying.fixedBytes;
  }

  statRoom() {
    return this.#carrying.statRoom();
  }

  submit(tail: number): number {
    assert(!this.closed, 'a ring that was closed is not entered');
    const { random, faults, clock } = this.#options;
    if (this.submits > SUBMITS_MAX) throw new Error(`the simulation does not end: ${SUBMITS_MAX} submits`);
    if (++this.submits >= faults.lostAt) {
      this.lost = true;
      return -EBADF;
    }
    const waiting = (tail - this.sqHead[0]!) >>> 0;
    let taken = random.chance(faults.partial) ? random.below(waiting + 1) : waiting;
    let result = taken;
    if (random.chance(faults.refused)) {
      result = -random.pick([EINTR, EAGAIN, EBUSY]);
      // A signal may come when all is handed over.
      if (result !== -EINTR) taken = 0;
    }
    if (this.submits === faults.submit.number) {
      result = faults.submit.result;
      taken = Math.max(0, Math.min(waiting, result));
    }
    for (let count = 0; count < taken; count++) this.#take();
    // What is refused shows what is there before, as often as not.
    if (result >= 0 || random.chance(0.5)) this.#answerDue(clock.now());
    return result;
  }

  unsubmitted(tail: number): boolean {
    return this.sqHead[0] !== tail;
  }

  awaitRoom(): void {}

  watchFd(_eventFd: number, onSignal: () => void) {
    this.#onSignal = onSignal;
    return { hold() {}, close() {} };
  }

  soon(callback: () => void): void {
    this.#options.clock.soon(callback);
  }

  readPlainly(
    path: string | Uint8Array,
    memory: Uint8Array,
    { offset, at, length }: { readonly offset: number; readonly at: number; readonly length: number },
    then: (result: number) => void,
  ): void {
    const { clock, disk } = this.#options;
    clock.at(clock.now() + this.#delayMs(), () => {
      const handle = disk.open(path, false);
      if (typeof handle === 'number') return then(handle);
      const run = (atMost: number) => handle.read(memory.subarray(at, at + atMost), offset, true);
      const result = this.#outcome({ slot: 0, generation: 0, length, run, cancelled: false, dueMs: 0 });
      handle.close();
      then(result);
    });
  }

  /** What is in flight goes on: the kernel writes to the memory that it was given, even if it was released. */
  release(drained: boolean): void {
    assert(!this.closed, 'a ring is closed once');
    assert(
      !drained || this.inFlight.every(({ slot }) => slot === CANCELLATION),
      'what is drained has nothing in flight',
    );
    this.closed = true;
    for (const { dueMs, run, length } of this.inFlight) {
      if (dueMs < Number.POSITIVE_INFINITY) this.#options.clock.at(dueMs, () => void run(length));
    }
    this.inFlight = drained ? [] : this.inFlight;
    if (drained) this.#carrying.closeAll();
  }

  /** Takes the next SQE. Nothing of it is looked at later: its memory is used again. */
  #take(): void {
    const { random, clock, faults } = this.#options;
    const at = (this.sqHead[0]! & (this.sqEntries - 1)) * SQE_WORDS;
    const words = this.sqes.slice(at, at + SQE_WORDS);
    this.sqes.fill(0xdbdbdbdb, at, at + SQE_WORDS);
    this.sqHead[0]!++;
    const [slot, generation] = [words[8]!, words[9]!];
    const length = readLength(words);
    const run = this.#carrying.prepare(words);
    const stuck = slot < CLOSES && random.chance(faults.stuck);
    const dueMs = stuck ? Number.POSITIVE_INFINITY : clock.now() + this.#delayMs();
    this.inFlight.push({ slot, generation, length, run, cancelled: false, dueMs });
    if (!stuck) this.#wakeAt(dueMs);
  }

  #cancel(slot: number, generation: number): boolean {
    const target = this.inFlight.find((one) => one.slot === slot && one.generation === generation);
    if (target === undefined) return false;
    target.cancelled = true;
    // Storage that hangs may not hear of it.
    if (target.dueMs === Number.POSITIVE_INFINITY && this.#options.random.chance(0.3)) return false;
    target.dueMs = Math.min(target.dueMs, this.#options.clock.now() + this.#delayMs());
    this.#wakeAt(target.dueMs);
    return true;
  }

  #answerDue(nowMs: number): void {
    const { random, faults } = this.#options;
    const due: Operation[] = [];
    const later: Operation[] = [];
    for (const operation of this.inFlight) (operation.dueMs <= nowMs ? due : later).push(operation);
    if (due.length === 0) return;
    let count = random.chance(faults.late) ? 1 + random.below(due.length) : due.length;
    this.inFlight = later;
    while (count-- > 0) {
      const index = random.below(due.length);
      const operation = due[index]!;
      due[index] = due[due.length - 1]!;
      due.pop();
      this.#answer(operation);
    }
    for (const operation of due) {
      this.inFlight.push(operation);
      this.#wakeAt(nowMs);
    }
  }

  #answer(operation: Operation): void {
    const { slot, generation } = operation;
    const result = this.#outcome(operation);
    // That of a cancellation is no completion of anything.
    const ofCancel = slot === CANCELLATION;
    if (!ofCancel) this.#last = [slot, generation];
    const breaks = this.operations === this.#options.faults.brokenAt && !ofCancel;
    if (breaks && operation.length > 0 && this.#options.random.chance(0.3)) {
      return this.#post(slot, generation, operation.length + 1);
    }
    this.#post(slot, generation, result);
    if (breaks) this.#break();
  }

  #outcome({ slot, cancelled, length, run }: Operation): number {
    const { random, faults } = this.#options;
    if (slot >= CLOSES) return run(0);
    const { number, result } = faults.operation;
    if (++this.operations === number) return failed(result, length, run);
    // What is cancelled may be cut short by it, or go on as if nothing were.
    if (cancelled && random.chance(0.7)) return -random.pick([ECANCELED, EINTR]);
    if (random.chance(faults.interrupted)) return -EINTR;
    if (random.chance(faults.again)) return -EAGAIN;
    if (random.chance(faults.failing)) return -random.pick(FAILURES);
    if (length === 0 || !random.chance(faults.short)) return run(length);
    const shortened = 1 + random.below(length);
    // Within a file no system stops one byte before what was asked for: that is how the end shows.
    return run(shortened === length - 1 ? length : shortened);
  }

  #post(slot: number, generation: number, result: number): void {
    const tail = this.cqTail[0]!;
    assert((tail - this.cqHead[0]!) >>> 0 < this.cqEntries, 'the completion queue has room');
    const at = (tail & (this.cqEntries - 1)) * CQE_WORDS;
    this.cqes[at] = slot;
    this.cqes[at + 1] = generation;
    this.cqes[at + 2] = result;
    this.cqTail[0] = tail + 1;
  }

  /** Breaks the contract: a double, unknown or late completion, or a lost one. */
  #break(): void {
    const { random } = this.#options;
    const [slot, generation] = this.#last;
    const wrong = random.pick([[slot, generation], [12_345, 0], [slot, generation - 1], undefined] as const);
    if (wrong === undefined) this.overflowed = true;
    else this.#post(wrong[0], wrong[1], 1);
  }

  #delayMs(): number {
    const { random, faults } = this.#options;
    // Most are there at once, as from the page cache.
    return faults.delayMsMax === 0 || random.chance(0.5) ? 0 : random.below(faults.delayMsMax * 1000) / 1000;
  }

  /** Only a listener that asked for it is woken. */
  #wakeAt(dueMs: number): void {
    const { clock } = this.#options;
    clock.at(dueMs, () => {
      if (this.cqFlags[0] !== CQ_EVENTFD_DISABLED && !this.closed) this.#onSignal();
    });
  }
}

/** How an operation ends that is to fail. One that is cut short is carried out so far. */
function failed(result: OneFault['result'], length: number, run: CarryOut): number {
  if (result < 0) return result;
  if (length === 0) return run(0);
  const atMost = result > 0 && result < 1 ? Math.ceil(length * result) : Math.min(length, result);
  return atMost === 0 ? 0 : run(atMost);
}
