import { isMainThread } from 'node:worker_threads';
import { exitNow } from '../native/libc.js';

/** How long work in flight may hold up the end of the process. */
const EXIT_MS_MAX = 200;

/** A thread, as the end of the process sees it. */
export interface Ending {
  /** Whether it still does something that can't be cut short. */
  readonly busy: boolean;
  /** Asks it to cut short what it does; absent where that can't be done. */
  interrupt?(): void;
  /** Asks it to end. */
  stop(): void;
}

/** Threads to be stopped. Undefined: there has been none yet. */
let endings: Set<Ending> | undefined;

/** Threads that may be loading a native module. */
let starting = 0;

/**
 * Says that a thread is being started. Node ends its threads when the process exits, and aborts the process, with a trace
 * of the stack, where one is loading a native module: until then the process exits without Node's help.
 *
 * @returns a function to call, as often as you like, once the thread is ready or has ended.
 */
export function startsThread(): () => void {
  if (starting++ === 0) process.on('exit', leaveWhileStarting);
  let counted = true;
  return () => {
    if (counted && --starting === 0) process.off('exit', leaveWhileStarting);
    counted = false;
  };
}

function leaveWhileStarting(status: number): void {
  // Of a thread of the user's the process must not die.
  if (!isMainThread) return;
  try {
    exitNow(status);
  } catch {
    // There is no native module to be loaded.
  }
}

/**
 * Has a thread stopped when the process, or the thread that started it, exits.
 *
 * Node waits for its threads when the process ends. They end at once, unless the kernel waits for a storage that hangs:
 * then the process must end without them.
 *
 * @returns a function to call once the thread has ended.
 */
export function stopAtExit(thread: Ending): () => void {
  if (endings === undefined) {
    endings = new Set();
    process.on('exit', stopAll);
  }
  const threads = endings;
  threads.add(thread);
  return () => threads.delete(thread);
}

function stopAll(status: number): void {
  const threads = endings!;
  for (const thread of threads) if (thread.busy) thread.interrupt?.();
  const busy = () => [...threads].some((thread) => thread.busy);
  const deadlineMs = performance.now() + EXIT_MS_MAX;
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (busy() && performance.now() < deadlineMs) Atomics.wait(never, 0, 0, 1);
  const hangs = busy();
  for (const thread of threads) thread.stop();
  // Of a thread of the user's the process must not die.
  if (hangs && isMainThread) exitNow(status);
}
