import { parentPort, type TransferListItem, workerData } from 'node:worker_threads';
import { isLsioError } from '../errors.js';

/** Messages of a thread to its starter. */
export type ThreadMessage<Ready> =
  | { readonly kind: 'ready'; readonly value: Ready }
  | {
      readonly kind: 'failed';
      /** A bug, not a fault of the system. */
      readonly broken: boolean;
      readonly message: string;
      readonly code: string | undefined;
      readonly remedy: string | undefined;
    }
  /** From a body that talks on, with {@link sendMessage}. */
  | { readonly kind: 'message'; readonly value: unknown }
  /** The body has returned, and the thread takes the data of another one. */
  | { readonly kind: 'idle' };

/** What a thread is started with. */
export interface ThreadStart {
  readonly data: unknown;
  /** Whether it serves other data after the first. */
  readonly reused: boolean;
}

/** What a thread that is reused is sent while it is idle: data for the body, or undefined to end it. */
export type NextData = { readonly data: unknown } | undefined;

/**
 * Runs a thread's body, and reports what it throws. The body calls `ready` once the thread can be used.
 *
 * The thread ends when the body returns, unless it left something on its event loop. One that is reused goes on with the
 * next data, and ends when the body throws.
 */
export function serveThread<Data, Ready>(body: (data: Data, ready: (value: Ready) => void) => void): void {
  const { data: first, reused } = workerData as ThreadStart;
  const stop = reused ? takeMessages<NextData>((next) => (next === undefined ? stop() : serve(next.data))) : () => {};
  function serve(data: unknown): void {
    try {
      body(data as Data, (value) => send<Ready>({ kind: 'ready', value }));
      if (reused) send({ kind: 'idle' });
    } catch (error) {
      const known = isLsioError(error) ? error : undefined;
      const { message } = error as Error;
      send({ kind: 'failed', broken: known === undefined, message, code: known?.code, remedy: known?.remedy });
      stop();
    }
  }
  serve(first);
}

function send<Ready>(message: ThreadMessage<Ready>): void {
  parentPort!.postMessage(message);
}

/** Sends a message to the starter of this thread. */
export function sendMessage(value: unknown, transfer: readonly TransferListItem[] = []): void {
  parentPort!.postMessage({ kind: 'message', value } satisfies ThreadMessage<never>, transfer);
}

/** Has this thread live on and take messages, until it calls the function that is returned. */
export function takeMessages<Message>(take: (message: Message) => void): () => void {
  parentPort!.on('message', take);
  return () => parentPort!.off('message', take);
}
