import { SHARE_ENV, Worker } from 'node:worker_threads';
import { InvariantError } from '../assert.js';
import { LsioError } from '../errors.js';
import { startsThread } from './process-exit.js';
import type { ThreadMessage } from './serve.js';

/** How a thread is started. */
export interface ThreadOptions {
  /** The module that it runs. A function, because in a bundle there may be no such place. */
  readonly entry: () => URL;
  /** For people: it is shown in messages and by debuggers. */
  readonly name: string;
  /** What its body is given; memory in it that is shared stays so. */
  readonly data: unknown;
  /** Whether it keeps the process alive until it ends, and not only until it is ready. */
  readonly keepsAlive?: boolean;
}

/** No such thread can start here: the caller does the work in another way. */
export class ThreadUnavailableError extends LsioError {}

/** A thread of ours, from its start to its end. */
export class Thread<Ready> {
  /** What it said when it was ready. */
  readonly ready: Ready;
  /** Fulfils when it has ended, with the reason it gave, if it failed. */
  readonly ended: Promise<Error | undefined>;
  /** Is given what the thread sends once it is ready. */
  onMessage: (message: unknown) => void = () => {};
  readonly #worker: Worker;

  /**
   * Fulfils when the thread is ready, until when it keeps the process alive.
   *
   * @throws {ThreadUnavailableError} when the thread can't be started.
   * @throws {LsioError | InvariantError} what it failed with before it was ready.
   */
  static async start<Ready>({ entry, name, data, keepsAlive = false }: ThreadOptions): Promise<Thread<Ready>> {
    const worker = newWorker(entry, name, data);
    const started = startsThread();
    let failure: Error | undefined;
    const ended = new Promise<Error | undefined>((resolve) => {
      worker.on('error', (cause) => {
        failure ??= new ThreadUnavailableError('unavailable', `the ${name} thread: ${cause.message}`, { cause });
      });
      worker.once('exit', () => resolve(failure));
    });
    let thread: Thread<Ready> | undefined;
    const ready = new Promise<Thread<Ready>>((resolve) => {
      worker.on('message', (message: ThreadMessage<Ready>) => {
        if (message.kind === 'ready') {
          thread = new Thread(worker, message.value, ended);
          resolve(thread);
        } else if (message.kind === 'message') thread?.onMessage(message.value);
        else failure = failureOf(message);
      });
    });
    const first = await Promise.race([ready, ended]);
    started();
    if (!(first instanceof Thread)) {
      throw first ?? new ThreadUnavailableError('unavailable', `the ${name} thread ended before it was ready`);
    }
    if (!keepsAlive) worker.unref();
    return first;
  }

  private constructor(worker: Worker, ready: Ready, ended: Promise<Error | undefined>) {
    this.#worker = worker;
    this.ready = ready;
    this.ended = ended;
  }

  /** Sends the thread a message: it takes messages if its body does. */
  send(message: unknown): void {
    this.#worker.postMessage(message);
  }

  /** Whether the thread keeps the process alive. */
  hold(on: boolean): void {
    if (on) this.#worker.ref();
    else this.#worker.unref();
  }
}

function newWorker(entry: () => URL, name: string, data: unknown): Worker {
  try {
    return new Worker(entry(), {
      workerData: data,
      name: `lsio ${name}`,
      env: SHARE_ENV,
      // Flags of the process, such as --input-type, may be none that a thread can have.
      execArgv: [],
      // Else Node warns of descriptors that the thread was given.
      trackUnmanagedFds: false,
    });
  } catch (cause) {
    throw new ThreadUnavailableError('unavailable', `the ${name} thread: ${(cause as Error).message}`, { cause });
  }
}

function failureOf({ broken, message, code, remedy }: Extract<ThreadMessage<unknown>, { kind: 'failed' }>): Error {
  return broken ? new InvariantError(message) : new LsioError('unavailable', message, { code, remedy });
}
