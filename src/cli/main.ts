import { writeSync } from 'node:fs';
import { InvariantError } from '../assert.js';
import { lsioVersion } from '../results/version.js';
import { STDERR } from '../stdio.js';
import type { Context } from './app/context.js';
import { print } from './app/talk.js';

/** The exit codes of exit.ts, which can't be loaded when these are needed. */
const UNAVAILABLE = 3;
const BROKEN = 70;

/**
 * The program: runs the command that the arguments name and sets the exit code. This is the only place that catches
 * everything.
 */
export async function main(args: readonly string[]): Promise<void> {
  let context: Context | undefined;
  async function onError(error: unknown): Promise<void> {
    try {
      const { fail } = await import('./ending.js');
      await fail(error, args, context);
    } catch {
      lastWords(error);
    }
  }
  // A broken invariant may be thrown from the event loop, outside any promise.
  process.on('uncaughtException', (error) => {
    context?.cleanUp?.();
    onError(error).finally(() => process.exit());
  });
  try {
    if (args[0] === '--version' || args[0] === '-V') print(`${lsioVersion()}\n`);
    else {
      context = (await import('./app/context.js')).createContext();
      await run(args, context, onError);
    }
  } catch (error) {
    await onError(error);
  }
}

/** Without so much as a file descriptor left, no module can be loaded. */
function lastWords(error: unknown): void {
  const { code, message } = error as NodeJS.ErrnoException;
  const noFiles = code === 'EMFILE';
  process.exitCode = noFiles ? UNAVAILABLE : BROKEN;
  writeSync(STDERR, `lsio: ${message}\n${noFiles ? '  → ulimit -n 1024\n' : ''}`);
}

async function run(
  args: readonly string[],
  context: Context,
  onError: (error: unknown) => Promise<void>,
): Promise<void> {
  const [{ exactArguments }, { limitStopping }, { runProgram }] = await Promise.all([
    import('../paths/byte-text.js'),
    import('./app/context.js'),
    import('./program.js'),
    // At the same time as what it needs to be run: loading is mostly waiting.
    loadCommand(args[0]),
  ]);
  // The event loop ran empty before the command came to its end.
  const onEmpty = () => void onError(new InvariantError('the command has not ended, and waits for nothing'));
  process.once('beforeExit', onEmpty);
  const ended = limitStopping(context, async () => {
    context.cleanUp?.();
    await onError(context.signal.reason);
  });
  try {
    await runProgram(exactArguments(args), context);
  } finally {
    ended();
    process.removeListener('beforeExit', onEmpty);
  }
}

async function loadCommand(name = ''): Promise<void> {
  const { COMMANDS } = await import('./commands.js');
  if (Object.hasOwn(COMMANDS, name)) await COMMANDS[name]?.load();
}
