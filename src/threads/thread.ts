import { SHARE_ENV, Worker } from 'node:worker_threads';
import { InvariantError } from '../assert.js';
import { LsioError } from '../errors.js';
import { addressSpaceLeft } from '../native/limits.js';
import { startsThread } from './process-exit.js';
import type { NextData, ThreadMessage, ThreadStart } from './serve.js';

/** Of address space: V8 ends the process where a new heap has none. It takes 128 MiB for code alone. */
const HEAP_BYTES = 512 * 1024 * 1024;

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
  /**
   * Whether it is kept when it has ended without an error, and serves the next data that a thread of this name is started
   * with. A thread takes 50 to 100 ms of CPU to start, and koffi leaves mappings of each that ends.
   */
  readonly reused?: boolean;
}

/** No such thread can start here: the caller does the work in another way. */
export class ThreadUnavailableError extends LsioError {}

/** Idle threads of a name that are kept. More end at once. */
const IDLE_MAX = 8;

/** By name. */
const idle = new Map<string, Host[]>();

/** A thread of ours, from its start to its end. */
export class Thread<Ready> {
  /** What it said when it was ready. */
  readonly ready: Ready;
  /** Fulfils when it has ended, with the reason it gave, if it failed. */
  readonly ended: Promise<Error | undefined>;
  /** Is given what the thread sends once it is ready. */
  onMessage: (message: unknown) => void = () => {};
  readonly #host: Host;

  /**
   * Fulfils when the thread is ready, until when it keeps the process alive.
   *
   * @throws {ThreadUnavailableError} when the thread can't be started.
   * @throws {LsioError | InvariantError} what it failed with before it was ready.
   */
  static async start<Ready>(options: ThreadOptions): Promise<Thread<Ready>> {
    const { name, keepsAlive = false } = options;
    const { host, ended } = Host.begin(options);
    let thread: Thread<Ready> | undefined;
    const ready = new Promise<Thread<Ready>>((resolve) => {
      host.onMessage = (message) => {
        if (message.kind === 'ready') {
          thread = new Thread(host, message.value as Ready, ended);
          resolve(thread);
        } else thread?.onMessage(message.value);
      };
    });
    const first = await Promise.race([ready, ended]);
    if (!(first instanceof Thread)) {
      throw first ?? new ThreadUnavailableError('unavailable', `the ${name} thread ended before it was ready`);
    }
    if (!keepsAlive) host.hold(false);
    return first;
  }

  private constructor(host: Host, ready: Ready, ended: Promise<Error | undefined>) {
    this.#host = host;
    this.ready = ready;
    this.ended = ended;
  }

  /** Sends the thread a message: it takes messages if its body does. */
  send(message: unknown): void {
    this.#host.send(message);
  }

  /** Whether the thread keeps the process alive. */
  hold(on: boolean): void {
    this.#host.hold(on);
  }
}

/** A thread of the system: a {@link Thread}, or one after the other. */
class Host {
  onMessage: (message: Extract<ThreadMessage<unknown>, { value: unknown }>) => void = () => {};
  readonly #worker: Worker;
  readonly #idle: Host[];
  #onEnd: (failure: Error | undefined) => void = () => {};
  #failure: Error | undefined;

  /** Hands the data to an idle thread or to a new one. `ended` fulfils when it is done with them. */
  static begin(options: ThreadOptions): { readonly host: Host; readonly ended: Promise<Error | undefined> } {
    const found = options.reused === true ? idle.get(options.name)?.pop() : undefined;
    const host = found ?? new Host(options);
    const ended = new Promise<Error | undefined>((resolve) => {
      host.#onEnd = resolve;
    });
    if (found !== undefined) {
      host.hold(true);
      host.send({ data: options.data } satisfies NextData);
    }
    return { host, ended };
  }

  private constructor(options: ThreadOptions) {
    const { name } = options;
    this.#idle = idle.get(name) ?? [];
    idle.set(name, this.#idle);
    this.#worker = newWorker(options);
    const started = startsThread();
    this.#worker.on('error', (cause) => {
      this.#failure ??= new ThreadUnavailableError('unavailable', `the ${name} thread: ${cause.message}`, { cause });
    });
    this.#worker.once('exit', () => {
      started();
      const at = this.#idle.indexOf(this);
      if (at >= 0) this.#idle.splice(at, 1);
      this.#onEnd(this.#failure);
    });
    this.#worker.on('message', (message: ThreadMessage<unknown>) => {
      started();
      if (message.kind === 'failed') this.#failure = failureOf(message);
      else if (message.kind === 'idle') this.#rest();
      else this.onMessage(message);
    });
  }

  send(message: unknown): void {
    this.#worker.postMessage(message);
  }

  hold(on: boolean): void {
    if (on) this.#worker.ref();
    else this.#worker.unref();
  }

  #rest(): void {
    this.hold(false);
    if (this.#idle.length < IDLE_MAX) this.#idle.push(this);
    else this.send(undefined satisfies NextData);
    this.#onEnd(undefined);
  }
}

function newWorker({ entry, name, data, reused = false }: ThreadOptions): Worker {
  if (addressSpaceLeft() < HEAP_BYTES) {
    throw new ThreadUnavailableError('unavailable', `the ${name} thread: ulimit -v leaves it no address space`);
  }
  try {
    return new Worker(entry(), {
      workerData: { data, reused } satisfies ThreadStart,
      name: `lsio ${name}`,
      env: SHARE_ENV,
      // Flags of the process, such as --input-type, may be none that a thread can have.
      execArgv: [],
      // Else Node warns of descriptors that the thread was given.
      trackUnmanagedFds: false,
      // A thread that allocates next to nothing must collect its garbage all the same: that holds memory of queues.
      // Others would take 20 MiB more, and be no faster.
      resourceLimits: { maxYoungGenerationSizeMb: reused ? 1 : 4 },
    });
  } catch (cause) {
    throw new ThreadUnavailableError('unavailable', `the ${name} thread: ${(cause as Error).message}`, { cause });
  }
}

function failureOf({ broken, message, code, remedy }: Extract<ThreadMessage<unknown>, { kind: 'failed' }>): Error {
  return broken ? new InvariantError(message) : new LsioError('unavailable', message, { code, remedy });
}
