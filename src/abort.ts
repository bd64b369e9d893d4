/** What is needed of an `AbortSignal`, for programs that have neither the DOM's nor Node's types. */
interface SignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: { handleEvent(event: unknown): void }): void;
  removeEventListener(type: 'abort', listener: { handleEvent(event: unknown): void }): void;
}

/** `AbortSignal`, where the program has a type of that name. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } } ? S : SignalLike;

/** What an abort ends. */
export interface Abortable {
  /** Must not throw. */
  onAbort(reason: unknown): void;
}

/** The single listener of a signal, and all that it ends. */
class Listener {
  readonly #signal: Signal;
  readonly targets = new Set<Abortable>();

  constructor(signal: Signal) {
    this.#signal = signal;
    signal.addEventListener('abort', this);
  }

  handleEvent(): void {
    const targets = [...this.targets];
    this.close();
    for (const target of targets) target.onAbort(this.#signal.reason);
  }

  close(): void {
    this.targets.clear();
    listeners.delete(this.#signal);
    this.#signal.removeEventListener('abort', this);
  }
}

const listeners = new Map<Signal, Listener>();

/**
 * Tells `target` when the signal is aborted. However many wait for a signal, it has one listener: a list of listeners is
 * searched each time one is added, and Node warns of a leak from the eleventh on.
 */
export function addAbortable(signal: Signal, target: Abortable): void {
  let listener = listeners.get(signal);
  if (listener === undefined) {
    listener = new Listener(signal);
    listeners.set(signal, listener);
  }
  listener.targets.add(target);
}

/** The target no longer waits. */
export function removeAbortable(signal: Signal, target: Abortable): void {
  const listener = listeners.get(signal);
  if (listener?.targets.delete(target) && listener.targets.size === 0) listener.close();
}
