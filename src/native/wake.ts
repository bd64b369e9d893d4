import { Socket, type SocketConstructorOpts } from 'node:net';
import { LsioError } from '../errors.js';
import { closeFd, createEventFd, duplicateOnto, openPipe, signalEventFd } from './libc.js';

/** A listener must hear its own signal within this time, in which the event loop turns. */
const PROOF_MS_MAX = 200;

/** Calls back from the event loop whenever an eventfd is signalled. */
export interface Watch {
  /** Whether the watch keeps the process alive. */
  hold(on: boolean): void;
  close(): void;
}

/**
 * Watches an eventfd from the event loop, and resets its counter at each wake-up.
 *
 * Node refuses to listen to an eventfd, so the socket is made of a pipe, whose descriptor is then replaced. The event
 * loop meets the descriptor only later. The handle is Node's own: Node closes it when a thread ends, and calls nothing
 * once JavaScript may no longer run. A native add-on's handle crashed there, because Node unloads the add-on first.
 *
 * @throws {LsioError} `unavailable`
 */
export function watchFd(eventFd: number, onSignal: () => void): Watch {
  const [readEnd, writeEnd] = openPipe();
  const onread = {
    buffer: Buffer.alloc(4096),
    callback() {
      onSignal();
      return true;
    },
  };
  // The types of Node know `onread` only where a socket connects.
  const options: SocketConstructorOpts & { onread: typeof onread } = {
    fd: readEnd,
    readable: true,
    writable: false,
    onread,
  };
  const socket = new Socket(options);
  try {
    duplicateOnto(eventFd, readEnd);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    closeFd(writeEnd);
  }
  return {
    hold(on) {
      if (on) socket.ref();
      else socket.unref();
    },
    close() {
      socket.destroy();
    },
  };
}

let proof: Promise<void> | undefined;

/**
 * Proves once that {@link watchFd} works on this runtime.
 *
 * @throws {LsioError} `unavailable`
 */
export function proveWatch(): Promise<void> {
  proof ??= listenToOneself();
  return proof;
}

async function listenToOneself(): Promise<void> {
  const eventFd = createEventFd();
  let watch: Watch | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    const heard = await new Promise<boolean>((resolve) => {
      watch = watchFd(eventFd, () => resolve(true));
      // Where something blocks the event loop, timers come before signals: hear these first.
      timer = setTimeout(() => setImmediate(() => setImmediate(() => resolve(false))), PROOF_MS_MAX);
      signalEventFd(eventFd);
    });
    if (!heard) throw new LsioError('unavailable', 'the event loop of this runtime does not hear an eventfd');
  } catch (cause) {
    if (cause instanceof LsioError) throw cause;
    const { message } = cause as Error;
    throw new LsioError('unavailable', `this runtime does not listen to an eventfd: ${message}`, { cause });
  } finally {
    clearTimeout(timer);
    watch?.close();
    closeFd(eventFd);
  }
}
