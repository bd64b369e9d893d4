import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ByteText } from './byte-text.js';
import { textOf } from './byte-text.js';
import type { FileWriterOptions } from './file-writer.js';
import { outputError } from './talk.js';
import { type Batch, BUSY, FREE, type Reply, STARTING, type ThreadData } from './write-batch.js';

/** Starting a thread takes 40 ms: fewer files than this are written sooner without. */
const START_FILES = 256;
/** The main thread does its share; more threads than this wait for one another in the kernel. */
const THREADS_MAX = 3;
const BATCH_BYTES = 512 * 1024;
const BATCH_FILES_MAX = 64;
const MEMORIES_PER_THREAD = 4;
/** How long `clear()` waits for the file that each thread is writing. */
const STOP_MS_MAX = 1000;

/** A thread and what is shared with it. */
interface Helper {
  readonly worker: Worker;
  readonly data: ThreadData;
}

/**
 * Threads that write whole files while the main thread reads. They take what they have room for; the rest is for the
 * main thread to write, which so is never held up.
 */
export class WriteHelpers {
  readonly #options: Omit<FileWriterOptions, 'id'>;
  readonly #unnamed: boolean;
  readonly #stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #helpers: Helper[] = [];
  #filling: (Helper & Batch) | undefined;
  #usedBytes = 0;
  #offered = 0;
  #sent = 0;
  #received = 0;
  #failure: unknown;
  #onReply: (() => void) | undefined;

  constructor(options: Omit<FileWriterOptions, 'id'>, unnamed: boolean) {
    this.#options = options;
    this.#unnamed = unnamed;
  }

  /**
   * Offers them a file; its bytes are the caller's again as soon as this returns.
   *
   * @returns whether they took it.
   * @throws {LsioError} `output` when one before it couldn't be written.
   */
  take(path: ByteText, bytes: Uint8Array): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    if (++this.#offered === START_FILES) this.#start();
    if (bytes.length > BATCH_BYTES) return false;
    if (this.#usedBytes + bytes.length > BATCH_BYTES) this.#send();
    const filling = this.#filling ?? this.#begin();
    if (filling === undefined) return false;
    filling.data.memories[filling.memory]!.set(bytes, this.#usedBytes);
    this.#usedBytes += bytes.length;
    filling.paths.push(path);
    filling.lengths.push(bytes.length);
    if (filling.paths.length === BATCH_FILES_MAX) this.#send();
    return true;
  }

  /**
   * Fulfils when they have written everything.
   *
   * @throws {LsioError} `output` when something couldn't be written.
   */
  async end(): Promise<void> {
    this.#send();
    while (this.#received < this.#sent && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#onReply = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Gives up what isn't written, waits for the files that are being written, and ends the threads. */
  clear(): void {
    this.#filling = undefined;
    Atomics.store(this.#stop, 0, 1);
    const endMs = performance.now() + STOP_MS_MAX;
    for (const { worker, data } of this.#helpers) {
      for (const [memory] of data.memories.entries()) {
        Atomics.wait(data.busy, memory, BUSY, Math.max(0, endMs - performance.now()));
      }
      worker.postMessage('close');
    }
    this.#helpers = [];
  }

  #start(): void {
    const threads = Math.min(THREADS_MAX, availableParallelism() - 1);
    for (let id = 1; id <= threads; id++) {
      const numbers = { length: MEMORIES_PER_THREAD };
      const data: ThreadData = {
        memories: Array.from(numbers, () => new Uint8Array(new SharedArrayBuffer(BATCH_BYTES))),
        busy: new Int32Array(new SharedArrayBuffer(MEMORIES_PER_THREAD * Int32Array.BYTES_PER_ELEMENT)).fill(STARTING),
        stop: this.#stop,
        options: { ...this.#options, id },
        unnamed: this.#unnamed,
      };
      const worker = new Worker(new URL('write-thread.js', import.meta.url), { workerData: data });
      worker.on('message', (reply: Reply) => this.#hear(reply));
      worker.on('error', (error) => this.#fail(error));
      this.#helpers.push({ worker, data });
    }
  }

  #hear({ failure }: Reply): void {
    this.#received++;
    if (failure !== undefined) {
      const { path, errno, message } = failure;
      this.#fail(outputError(textOf(path), Object.assign(new Error(message), { errno })));
    }
    this.#onReply?.();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#onReply?.();
  }

  #begin(): (Helper & Batch) | undefined {
    for (const helper of this.#helpers) {
      const memory = helper.data.busy.findIndex((_, at) => Atomics.load(helper.data.busy, at) === FREE);
      if (memory < 0) continue;
      const filling = { ...helper, memory, paths: [], lengths: [] };
      this.#filling = filling;
      // Nothing is held back: whoever gives a file now and then finds it written.
      setImmediate(() => {
        if (this.#filling === filling) this.#send();
      });
      return filling;
    }
    return undefined;
  }

  #send(): void {
    if (this.#filling === undefined) return;
    const { worker, data, memory, paths, lengths } = this.#filling;
    this.#filling = undefined;
    this.#usedBytes = 0;
    this.#sent++;
    Atomics.store(data.busy, memory, BUSY);
    const batch: Batch = { memory, paths, lengths };
    worker.postMessage(batch);
  }
}
