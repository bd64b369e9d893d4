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

  /** An idle worker, or a new one. @throws {ThreadUnavailableError} where there can be none. */
  static async take(): Promise<Worker> {
    const found = idle.pop();
    if (found !== undefined) {
      clearTimeout(found.#idle);
      return found;
    }
    const entry = () => new URL('./array-thread.js', import.meta.url);
    const open = new Int32Array(new SharedArrayBuffer(4));
    return new Worker(await Thread.start<undefined>({ entry, name: 'array', data: open }), open);
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
