import { constants } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { isLsioError } from '../errors.js';
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

export type ThreadMessage =
  | { readonly kind: 'ready'; readonly flags: string[] }
  | {
      readonly kind: 'failed';
      /** No fault of the system's but a bug. */
      readonly broken: boolean;
      readonly message: string;
      readonly code: string | undefined;
      readonly remedy: string | undefined;
    };

function send(message: ThreadMessage): void {
  parentPort!.postMessage(message);
}

function sendFailure(error: unknown): void {
  const known = isLsioError(error) ? error : undefined;
  const { message } = error as Error;
  send({ kind: 'failed', broken: known === undefined, message, code: known?.code, remedy: known?.remedy });
}

function errnoOf(error: unknown): number {
  if (!isLsioError(error)) return BROKEN;
  return constants.errno[error.code as keyof typeof constants.errno] ?? 0;
}

function serve({ options, slab, sizes, shared, bellFd, eventFd }: ThreadSetup): void {
  const kernel = KernelQueues.create(options, slab);
  const queues = sharedQueues(shared, sizes);
  const relay = new Relay(kernel, queues, { entries: options.entries, bellFd, eventFd });
  send({ kind: 'ready', flags: kernel.flags });
  try {
    relay.run();
  } catch (error) {
    // The other side must know what it was when it sees that there was something.
    Atomics.store(queues.errno, 0, errnoOf(error));
    sendFailure(error);
    Atomics.store(queues.state, 0, ENDED);
    relay.wake();
  } finally {
    // What is in flight, if anything, may still be written to the slab: whoever owns it keeps it.
    kernel.release(true);
  }
}

try {
  serve(workerData as ThreadSetup);
} catch (error) {
  sendFailure(error);
}
