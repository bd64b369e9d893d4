import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { LsioError } from '../errors.js';
import { closeFd, createEventFd, exitNow, type Mapping, mapMemory, signalEventFd } from '../native/libc.js';
import { viewMemory } from '../native/library.js';
import { queueSizes } from './kernel-queues.js';
import type { MappedSlab } from './mapped-slab.js';
import type { Queues } from './queues.js';
import type { RingOptions } from './ring.js';
import type { ThreadMessage, ThreadSetup } from './ring-thread.js';
import { PATHS_BYTES } from './setup.js';
import { ENDED, RUNNING, type SharedQueues, STOPPING, sharedBytes, sharedQueues } from './shared-queues.js';
import { PAGE_BYTES } from './slab.js';

/** How long the other thread may take to hand on a batch, before that counts as its end. */
const ROOM_MS_MAX = 2000;

/** Those whose threads still run. */
const running = new Set<ThreadQueues>();

/**
 * Node waits for its threads when the process ends. They end at once, unless the kernel waits for reads of a storage that
 * hangs: then the process must end without them.
 */
function onExit(status: number): void {
  const hangs = [...running].some((queues) => queues.busy);
  for (const queues of running) queues.stop();
  if (hangs) exitNow(status);
}

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
  readonly #shared: SharedQueues;
  readonly #bellFd: number;
  readonly #paths: Mapping;
  /** Why the thread ended, once it has said so. */
  #failure: LsioError | undefined;
  #released = false;
  #gone = false;

  /**
   * Starts a thread with a ring of its own.
   *
   * @throws {LsioError} `unavailable`, with the cause and the remedy.
   */
  static async start(options: RingOptions, slab: MappedSlab): Promise<ThreadQueues> {
    const { sqEntries, cqEntries } = queueSizes(options);
    // Cancellations and closes may come on top of what is in flight before any is taken.
    const sizes = { sqEntries: powerOfTwo(sqEntries + options.files), cqEntries: powerOfTwo(cqEntries) };
    const shared = new SharedArrayBuffer(sharedBytes(sizes));
    const bellFd = createEventFd();
    const eventFd = createEventFd();
    const { address, lengthBytes } = slab;
    const setup: ThreadSetup = { options, slab: { address, lengthBytes }, sizes, shared, bellFd, eventFd };
    // Flags of the process, such as --input-type, may be none that a thread can have.
    const worker = new Worker(fileURLToPath(new URL('ring-thread.js', import.meta.url)), {
      workerData: setup,
      execArgv: [],
      name: 'lsio ring',
    });
    const queues = new ThreadQueues(sharedQueues(shared, sizes), { bellFd, eventFd });
    try {
      queues.flags.push(...(await flagsOf(worker)));
    } catch (error) {
      queues.#free();
      throw error;
    }
    worker.on('message', (message: ThreadMessage) => {
      if (message.kind === 'failed') queues.#failure = failureOf(message);
    });
    worker.on('exit', () => queues.#ended());
    // It ends when the ring is shut down, or with the process.
    worker.unref();
    if (running.size === 0 && !process.listeners('exit').includes(onExit)) process.on('exit', onExit);
    running.add(queues);
    return queues;
  }

  private constructor(
    shared: SharedQueues,
    { bellFd, eventFd }: { readonly bellFd: number; readonly eventFd: number },
  ) {
    this.sqEntries = shared.sqEntries;
    this.cqEntries = shared.cqEntries;
    this.sqes = shared.sqes;
    this.cqes = shared.cqes;
    this.sqHead = shared.sqHead;
    this.cqHead = shared.cqHead;
    this.cqTail = shared.cqTail;
    this.cqFlags = shared.cqFlags;
    this.flags = [];
    this.eventFd = eventFd;
    this.#shared = shared;
    this.#bellFd = bellFd;
    this.#paths = mapMemory(PATHS_BYTES, PAGE_BYTES);
    this.paths = Buffer.from(viewMemory(this.#paths.address, PATHS_BYTES));
    this.pathsAddress = this.#paths.address;
  }

  get fixedBytes(): number {
    return Atomics.load(this.#shared.fixedBytes, 0);
  }

  /** The thread does so when it sees an open with O_DIRECT. */
  registerSlab(): void {}

  submit(tail: number): number {
    const { sqTail, state } = this.#shared;
    if (Atomics.load(state, 0) === ENDED) throw this.#failure ?? failureOf(undefined);
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
    const { room, sqHeadSigned, sqTail } = this.#shared;
    const deadlineMs = performance.now() + ROOM_MS_MAX;
    for (;;) {
      Atomics.store(room, 0, 1);
      const taken = Atomics.load(sqHeadSigned, 0);
      if (taken >>> 0 === sqTail[0]) return;
      Atomics.wait(sqHeadSigned, 0, taken, 10);
      if (performance.now() > deadlineMs) throw failureOf(undefined);
    }
  }

  release(): void {
    this.#released = true;
    if (this.#gone) this.#free();
    else this.stop();
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

  #ended(): void {
    this.#gone = true;
    running.delete(this);
    if (this.#released) this.#free();
  }

  #free(): void {
    closeFd(this.#bellFd);
    closeFd(this.eventFd);
    this.#paths.unmap();
  }
}

/** Waits until the thread has its ring. */
function flagsOf(worker: Worker): Promise<string[]> {
  return new Promise((resolve, reject) => {
    worker.once('message', (message: ThreadMessage) => {
      if (message.kind === 'ready') resolve(message.flags);
      else reject(failureOf(message));
    });
    worker.once('error', (cause) => {
      reject(new LsioError('unavailable', `a thread for a ring can't be started: ${cause.message}`, { cause }));
    });
    worker.once('exit', () => reject(failureOf(undefined)));
  });
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(atLeast));
}

function failureOf(message: Extract<ThreadMessage, { kind: 'failed' }> | undefined): LsioError {
  const { message: text = 'a ring was lost: its thread has ended', code, remedy } = message ?? {};
  return new LsioError('unavailable', text, { code, remedy });
}
