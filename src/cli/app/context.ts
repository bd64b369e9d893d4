import { type Failure, Interrupted, STOP_SIGNALS } from './exit.js';

/** A command that was told to stop has this long to close what it has open. The engine's own limit is 2 s. */
const STOP_MS_MAX = 2200;

/** What a command shares with the program around it. */
export interface Context {
  /** Aborts when the command is to stop: by a signal, or by {@link stop}. */
  readonly signal: AbortSignal;
  stop(reason: Error): void;
  /** Whether the stack of an unexpected error is shown. */
  debug: boolean;
  /** Set by a command whose JSON document has begun: completes it when the command fails. */
  finishJson?: (failure: Failure) => Promise<void>;
  /** Set by a command that has temporary files: removes them at once. */
  cleanUp?: () => void;
}

/** A context whose signal aborts on the first SIGINT, SIGTERM or SIGHUP; the second one ends the process at once. */
export function createContext(): Context {
  const controller = new AbortController();
  function onSignal(signal: NodeJS.Signals): void {
    // Without a listener the system's own action takes place.
    for (const each of STOP_SIGNALS) process.removeListener(each, onSignal);
    controller.abort(new Interrupted(STOP_SIGNALS.find((each) => each === signal) ?? 'SIGTERM'));
  }
  for (const each of STOP_SIGNALS) process.on(each, onSignal);
  return {
    signal: controller.signal,
    stop: (reason) => controller.abort(reason),
    debug: false,
  };
}

/**
 * Sees to it that a command that is told to stop does: where it doesn't come to an end by itself, `onLate` is called
 * before the process ends.
 *
 * @returns to be called once the command has ended.
 */
export function limitStopping(context: Context, onLate: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  context.signal.addEventListener('abort', () => {
    // It holds the process: were nothing else to do so, an unfinished command would end with Node's own exit code.
    if (!ended) timer = setTimeout(() => void onLate(), STOP_MS_MAX);
  });
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
