import { type Ending, stopAtExit } from '../../threads/process-exit.js';
import { Thread } from '../../threads/thread.js';
import type { FromWorker, JobOrder, ToWorker } from './messages.js';

/** A thread takes 50 to 100 ms of CPU to start, and more until its code is compiled: it is kept for a while after a job. */
const IDLE_MS_MAX = 60_000;

/** A thread that does jobs, one after the other. */
export class Worker implements Ending {
  readonly #thread: Thread<undefined>;
  /** Not 0 from the begin of a job until nothing of it is in flight. */
  readonly #open: Int32Array;
  #take: ((message: FromWorker) => void) | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** How many wait for a job. */
  static get idle(): number {
    return idle.length;
  }

  /**
   * An idle worker, one that another job gives back, or a new one, whichever is there first. A thread that becomes ready
   * after its job has ended serves the next job.
   *
   * @param isWanted asked later: where it is not, the promise stays open.
   * @throws {ThreadUnavailableError} where there can be none.
   */
  static take(isWanted: () => boolean): Promise<Worker> {
    const found = idle.pop();
    if (found !== undefined) {
      clearTimeout(found.#idle);
      return Promise.resolve(found);
    }
    return new Promise((resolve, reject) => {
      waiting = waiting.filter((one) => one.isWanted());
      waiting.push({ isWanted, resolve, reject });
      if (starting < waiting.length) void Worker.#start();
    });
  }

  static async #start(): Promise<void> {
    const entry = () => new URL('./array-thread.js', import.meta.url);
    const open = new Int32Array(new SharedArrayBuffer(4));
    starting++;
    try {
      new Worker(await Thread.start<undefined>({ entry, name: 'array', data: open }), open).#offer();
    } catch (error) {
      for (const { reject } of waiting.splice(0)) reject(error);
    } finally {
      starting--;
    }
  }

  private constructor(thread: Thread<undefined>, open: Int32Array) {
    this.#thread = thread;
    this.#open = open;
    thread.onMessage = (message) => this.#take?.(message as FromWorker);
    const forget = stopAtExit(this);
    void thread.ended.then(() => {
      forget();
      const at = idle.indexOf(this);
      if (at >= 0) idle.splice(at, 1);
    });
  }

  /** Whether reads of a job may be in flight. */
  get busy(): boolean {
    return Atomics.load(this.#open, 0) !== 0;
  }

  /** Fulfils when it has ended, with the reason it gave, if it failed. */
  get ended(): Promise<Error | undefined> {
    return this.#thread.ended;
  }

  /** Begins a job. @param take is given all that the worker says of it. */
  begin(order: JobOrder, take: (message: FromWorker) => void): void {
    this.#take = take;
    this.#thread.hold(true);
    Atomics.store(this.#open, 0, 1);
    this.send({ kind: 'job', order });
  }

  send(message: ToWorker): void {
    this.#thread.send(message);
  }

  interrupt(): void {
    this.send({ kind: 'stop' });
  }

  stop(): void {
    this.send({ kind: 'end' });
  }

  /** Its job is done: others may take it. */
  release(): void {
    this.#take = undefined;
    this.#thread.hold(false);
    this.#offer();
  }

  #offer(): void {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (next.isWanted()) return next.resolve(this);
    }
    idle.push(this);
    this.#idle = setTimeout(() => {
      const at = idle.indexOf(this);
      if (at < 0) return;
      idle.splice(at, 1);
      this.stop();
    }, IDLE_MS_MAX).unref();
  }
}

const idle: Worker[] = [];

interface Waiting {
  readonly isWanted: () => boolean;
  readonly resolve: (worker: Worker) => void;
  readonly reject: (error: unknown) => void;
}

let waiting: Waiting[] = [];
/** Threads that are not ready yet. */
let starting = 0;
