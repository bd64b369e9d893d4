import type { Context } from './app/context.js';
import { type Failure, failureOf, Interrupted } from './app/exit.js';
import { print, say, tell } from './app/talk.js';
import { jsonSchemaOf } from './commands.js';

/** When a command was told to stop, calls of `node:fs` that are under way at its end have this long, before they count as hanging. */
const THREADS_MS_MAX = 200;

/** Tells what went wrong, and sets the exit code. */
export async function fail(error: unknown, args: readonly string[], context?: Context): Promise<void> {
  const stopped = context?.signal.aborted === true;
  // What a command meets while it stops is a consequence of that.
  const cause = stopped ? context.signal.reason : error;
  const failure = failureOf(cause);
  process.exitCode = failure.exitCode;
  if (stopped) setTimeout(() => endNow(cause), THREADS_MS_MAX).unref();
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
}

async function finishJson(failure: Failure, args: readonly string[], context?: Context): Promise<void> {
  const schema = jsonSchemaOf(args);
  if (context?.finishJson !== undefined) return context.finishJson(failure);
  if (schema === undefined) return;
  const { exitCode, ...error } = failure;
  print(`${JSON.stringify({ schema, error, exitCode })}\n`);
}

/** Whoever sent the signal, or closed the pipe, knows. */
function isSilent({ kind, code }: Failure): boolean {
  return kind === 'interrupted' || (kind === 'output' && code === 'EPIPE');
}

/** Ends the process even while a thread hangs in the kernel: `process.exit()` would wait for it, a signal doesn't. */
function endNow(cause: unknown): void {
  const hanging = process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
  if (hanging) {
    const signal = cause instanceof Interrupted ? cause.signal : 'SIGKILL';
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  process.exit();
}
