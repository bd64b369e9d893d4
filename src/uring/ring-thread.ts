import { constants } from 'node:os';
import { isLsioError } from '../errors.js';
import { serveThread } from '../threads/serve.js';
import { KernelQueues, type SlabPlace } from './kernel-queues.js';
import { Relay } from './relay.js';
import type { RingOptions } from './ring.js';
import { BROKEN, ENDED, type SharedSizes, sharedQueues } from './shared-queues.js';

/*
 * A thread that owns a ring and enters the kernel for it. It knows nothing of files and requests: it hands on SQEs and
 * brings back CQEs.
 */

/** What a thread is started with. */
export interface ThreadSetup {
  readonly options: RingOptions;
  readonly slab: SlabPlace;
  readonly sizes: SharedSizes;
  readonly shared: SharedArrayBuffer;
  /** Becomes readable when the thread is to wake up. */
  readonly bellFd: number;
  /** To be signalled when completions arrive. */
  readonly eventFd: number;
}

function errnoOf(error: unknown): number {
  if (!isLsioError(error)) return BROKEN;
  return constants.errno[error.code as keyof typeof constants.errno] ?? 0;
}

/** Calls `ready` with the flags of the ring. */
function serve({ options, slab, sizes, shared, bellFd, eventFd }: ThreadSetup, ready: (flags: string[]) => void): void {
  const kernel = KernelQueues.create(options, slab);
  const queues = sharedQueues(shared, sizes);
  const relay = new Relay(kernel, queues, { entries: options.entries, bellFd, eventFd });
  ready(kernel.flags);
  try {
    relay.run();
  } catch (error) {
    // The other side must know what it was when it sees that there was something.
    Atomics.store(queues.errno, 0, errnoOf(error));
    Atomics.store(queues.state, 0, ENDED);
    relay.wake();
    throw error;
  } finally {
    // Reads in flight may still write to the slab: its owner keeps it.
    kernel.release(true);
  }
}

serveThread(serve);
