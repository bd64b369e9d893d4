import type { Context } from './app/context.js';
import { type Failure, failureOf, Interrupted } from './app/exit.js';
import { print, say, tell } from './app/talk.js';
import { jsonSchemaOf } from './commands.js';

/** What a failed command has left open has this long to end by itself: threads, and calls of `node:fs` under way. */
const LEFT_OPEN_MS_MAX = 200;

/** Tells what went wrong, and sets the exit code. */
export async function fail(error: unknown, args: readonly string[], context?: Context): Promise<void> {
  const stopped = context?.signal.aborted === true;
  // What a command meets while it stops is a consequence of that.
  const cause = stopped ? context.signal.reason : error;
  const failure = failureOf(cause);
  process.exitCode = failure.exitCode;
  // A reader of stdout that doesn't read must not hold up a command that was told to stop.
  if (stopped) limitLeftOpen(cause, failure.exitCode);
  try {
    await finishJson(failure, args, context);
  } catch {
    // stdout is gone: stderr and the exit code have to do.
  }
  if (!isSilent(failure)) {
    say(`lsio: ${failure.message}`);
    if (failure.remedy !== undefined) say(`  → ${failure.remedy}`);
    if (failure.kind === 'internal' && context?.debug === true) tell(`${(cause as Error)?.stack ?? cause}\n`);
  }
  if (!stopped) limitLeftOpen(cause, failure.exitCode);
}

/** A thread or handle that is still there must not keep a failed command alive. */
function limitLeftOpen(cause: unknown, exitCode: number): void {
  setTimeout(() => void endNow(cause, exitCode), LEFT_OPEN_MS_MAX).unref();
}

async function finishJson(failure: Failure, args: readonly string[], context?: Context): Promise<void> {
  const schema = jsonSchemaOf(args);
  if (context?.finishJson !== undefined) return context.finishJson(failure);
  if (schema === undefined) return;
  const { exitCode, ...error } = failure;
  print(`${JSON.stringify({ schema, error, exitCode })}\n`);
}

/** These need no message: the user sent the signal, or closed the pipe. */
function isSilent({ kind, code }: Failure): boolean {
  return kind === 'interrupted' || (kind === 'output' && code === 'EPIPE');
}

/** Ends the process even while a thread hangs in the kernel: `process.exit()` would wait for that thread. */
async function endNow(cause: unknown, exitCode: number): Promise<void> {
  const hanging = process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
  if (hanging && !(cause instanceof Interrupted)) await exitWithoutThreads(exitCode);
  if (hanging) {
    const signal = cause instanceof Interrupted ? cause.signal : 'SIGKILL';
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  process.exit();
}

/** Returns only where the C library can't be called. */
async function exitWithoutThreads(exitCode: number): Promise<void> {
  try {
    (await import('../native/libc.js')).exitNow(exitCode);
  } catch {
    // Without koffi: the caller has another way.
  }
}
