import { InvariantError } from '../assert.js';
import { LsioError } from '../errors.js';
import { PAGE_BYTES } from '../memory/slab.js';
import type { SlabMemory } from '../memory/slab-memory.js';
import { closeFd, createEventFd, type Mapping, mapMemory, signalEventFd } from '../native/libc.js';
import { viewMemory } from '../native/library.js';
import { closeAtThreadEnd } from '../native/thread-end.js';
import { stopAtExit } from '../threads/process-exit.js';
import { Thread } from '../threads/thread.js';
import { enterError, queueSizes } from './kernel-queues.js';
import type { Queues } from './queues.js';
import type { RingOptions } from './ring.js';
import type { ThreadSetup } from './ring-thread.js';
import {
  BROKEN,
  ENDED,
  RUNNING,
  type SharedQueues,
  type SharedSizes,
  STOPPING,
  sharedBytes,
  sharedQueues,
} from './shared-queues.js';

/** So many waits of {@link WAIT_MS}, during which the thread takes nothing, count as its end. */
const WAITS_MAX = 200;
const WAIT_MS = 10;
/** While the thread is busy it is seldom seen to have taken everything, which frees the room for paths. */
const PATHS_BYTES = 1024 * 1024;

/** The queues of a ring that a worker thread owns and enters the kernel for. */
export class ThreadQueues implements Queues {
  readonly sqEntries: number;
  readonly cqEntries: number;
  readonly sqes: Uint32Array;
  readonly cqes: Uint32Array;
  readonly sqHead: Uint32Array;
  readonly cqHead: Uint32Array;
  readonly cqTail: Uint32Array;
  readonly cqFlags: Uint32Array;
  readonly eventFd: number;
  readonly paths: Buffer;
  readonly pathsAddress: number;
  readonly flags: string[];
  /** The completion queue has room for everything in flight, or the thread would have said so. */
  readonly overflowed = false;
  readonly #memory: SharedArrayBuffer;
  readonly #shared: SharedQueues;
  readonly #bellFd: number;
  readonly #removeHooks: readonly (() => void)[];
  readonly #paths: Mapping;
  /** Why the thread ended, once it has said so. */
  #failure: Error | undefined;
  #released = false;
  /** The thread uses all this. */
  #alive = true;

  /**
   * Starts a thread with a ring of its own.
   *
   * @throws {LsioError} `unavailable`, with the cause and the remedy.
   */
  static async start(options: RingOptions, slab: SlabMemory): Promise<ThreadQueues> {
    const { sqEntries, cqEntries } = queueSizes(options);
    // Cancellations and closes may come on top of what is in flight before any is taken.
    const sizes = { sqEntries: powerOfTwo(sqEntries + options.files), cqEntries: powerOfTwo(cqEntries) };
    const queues = new ThreadQueues(new SharedArrayBuffer(sharedBytes(sizes)), sizes);
    const forget = stopAtExit(queues);
    try {
      const thread = await queues.#start(options, slab);
      queues.flags.push(...thread.ready);
      void thread.ended.then((failure) => {
        forget();
        queues.#ended(failure);
      });
      return queues;
    } catch (error) {
      forget();
      queues.#free();
      throw error;
    }
  }

  private constructor(memory: SharedArrayBuffer, sizes: SharedSizes) {
    const shared = sharedQueues(memory, sizes);
    this.#memory = memory;
    this.sqEntries = shared.sqEntries;
    this.cqEntries = shared.cqEntries;
    this.sqes = shared.sqes;
    this.cqes = shared.cqes;
    this.sqHead = shared.sqHead;
    this.cqHead = shared.cqHead;
    this.cqTail = shared.cqTail;
    this.cqFlags = shared.cqFlags;
    this.flags = [];
    this.#shared = shared;
    this.#paths = mapMemory(PATHS_BYTES, PAGE_BYTES);
    this.eventFd = createEventFd();
    this.#bellFd = createEventFd();
    this.#removeHooks = [closeAtThreadEnd(this.eventFd), closeAtThreadEnd(this.#bellFd)];
    this.paths = Buffer.from(viewMemory(this.#paths.address, PATHS_BYTES));
    this.pathsAddress = this.#paths.address;
  }

  /** Gives the thread, and the flags of its ring. */
  #start(options: RingOptions, { address, lengthBytes }: SlabMemory): Promise<Thread<string[]>> {
    const { sqEntries, cqEntries } = this;
    const data: ThreadSetup = {
      options,
      slab: { address, lengthBytes },
      sizes: { sqEntries, cqEntries },
      shared: this.#memory,
      bellFd: this.#bellFd,
      eventFd: this.eventFd,
    };
    const entry = () => new URL('./ring-thread.js', import.meta.url);
    return Thread.start({ entry, name: 'ring', data, reused: true });
  }

  get fixedBytes(): number {
    return Atomics.load(this.#shared.fixedBytes, 0);
  }

  /** The thread does so when it sees an open with O_DIRECT. */
  registerSlab(): void {}

  submit(tail: number): number {
    const { sqTail, state, cqHead, cqTail } = this.#shared;
    if (Atomics.load(state, 0) === ENDED) {
      // What was brought back before that is good.
      if (Atomics.load(cqTail, 0) !== cqHead[0]) return 0;
      throw this.#whyEnded();
    }
    if (sqTail[0] === tail) return 0;
    Atomics.store(sqTail, 0, tail);
    this.#ring();
    return 0;
  }

  /** What was handed over is the thread's business. */
  unsubmitted(): boolean {
    return false;
  }

  awaitRoom(): void {
    const { room, sqHeadSigned, sqTail, state } = this.#shared;
    const before = Atomics.load(sqHeadSigned, 0);
    for (let waits = 0; waits < WAITS_MAX; waits++) {
      Atomics.store(room, 0, 1);
      const taken = Atomics.load(sqHeadSigned, 0);
      if (taken >>> 0 === sqTail[0] || taken !== before) return;
      if (Atomics.load(state, 0) === ENDED) throw this.#whyEnded();
      Atomics.wait(sqHeadSigned, 0, taken, WAIT_MS);
    }
    throw new LsioError('unavailable', 'the thread of a ring takes nothing any more');
  }

  release(): void {
    this.#released = true;
    if (this.#alive) this.stop();
    else this.#free();
  }

  /** Asks the thread to end. It frees its ring. */
  stop(): void {
    if (Atomics.compareExchange(this.#shared.state, 0, RUNNING, STOPPING) === RUNNING) this.#ring();
  }

  /** Whether operations were handed over that are not complete: each gets one completion. */
  get busy(): boolean {
    return Atomics.load(this.#shared.sqTail, 0) !== Atomics.load(this.#shared.cqTail, 0);
  }

  #ring(): void {
    if (Atomics.exchange(this.#shared.asleep, 0, 0) === 1) signalEventFd(this.#bellFd);
  }

  #ended(failure: Error | undefined): void {
    this.#alive = false;
    this.#failure = failure;
    Atomics.store(this.#shared.state, 0, ENDED);
    if (this.#released) this.#free();
    else signalEventFd(this.eventFd);
  }

  #whyEnded(): Error {
    const errno = Atomics.load(this.#shared.errno, 0);
    if (errno === BROKEN) return new InvariantError('broken invariant in the thread of a ring');
    return (
      this.#failure ??
      (errno === 0 ? new LsioError('unavailable', 'the thread of a ring has ended') : enterError(errno))
    );
  }

  #free(): void {
    for (const remove of this.#removeHooks) remove();
    closeFd(this.#bellFd);
    closeFd(this.eventFd);
    this.#paths.unmap();
  }
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(atLeast));
}
