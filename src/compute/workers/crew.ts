import { isLsioError, LsioError } from '../../errors.js';
import type { ChunkedArray } from '../../formats/chunked-array.js';
import { type FromWorker, type JobOrder, plainRef } from './messages.js';
import { errorOf, plainError } from './plain-error.js';
import { Worker } from './pool.js';

export interface CrewOptions<Result> {
  /** Where chunks are, for workers that can't tell. */
  readonly refs: (chunks: Iterable<readonly number[]>) => ReturnType<ChunkedArray['refs']>;
  readonly onResult: (result: Result) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Threads can't be started here: that is not tried again. */
let noWorkers = false;

/** The workers of one job. */
export class Crew<Result> {
  readonly #options: CrewOptions<Result>;
  /** Those that have the job. */
  readonly #working = new Set<Worker>();
  readonly #ends: Promise<void>[] = [];
  #size = 0;
  #closed = false;

  constructor(options: CrewOptions<Result>) {
    this.#options = options;
  }

  /** Workers that were asked for. */
  get size(): number {
    return this.#size;
  }

  /** Has one more worker take part. If it can't, the others do its part. */
  add(order: JobOrder): void {
    this.#size++;
    if (noWorkers) return;
    Worker.take(() => !this.#closed).then(
      (worker) => {
        if (this.#closed) worker.release();
        else this.#ends.push(this.#serve(worker, order));
      },
      (error) => {
        noWorkers = true;
        if (!isLsioError(error, 'unavailable')) this.#options.onFailure(error);
      },
    );
  }

  /** Has all give the job up. */
  stop(): void {
    this.#closed = true;
    for (const worker of this.#working) worker.interrupt();
  }

  /** Fulfils when no worker has the job any more. One that starts later is sent away. */
  async finished(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#ends);
  }

  async #serve(worker: Worker, order: JobOrder): Promise<void> {
    this.#working.add(worker);
    let joined = false;
    const done = new Promise<Error | undefined>((resolve) => {
      worker.begin(order, (message) => {
        if (message.kind === 'joined') joined = true;
        else if (message.kind === 'refs') void this.#tellRefs(worker, message);
        else if (message.kind === 'results') this.#takeResults(message.results as readonly Result[]);
        else resolve(message.error && errorOf(message.error));
      });
    });
    const died = worker.ended.then((cause) => {
      const why = cause === undefined ? '' : `: ${cause.message}`;
      return new LsioError('unavailable', `a worker ended before its job was done${why}`, { cause });
    });
    const failure = await Promise.race([done.then((error) => ({ error, alive: true })), died.then(asDead)]);
    this.#working.delete(worker);
    if (failure.alive) worker.release();
    // One that could not even begin has claimed nothing.
    const isNoLoss = !joined && isLsioError(failure.error);
    if (failure.error !== undefined && !isNoLoss) this.#options.onFailure(failure.error);
  }

  #takeResults(results: readonly Result[]): void {
    try {
      for (const result of results) this.#options.onResult(result);
    } catch (error) {
      this.#options.onFailure(error);
    }
  }

  async #tellRefs(worker: Worker, { id, chunks }: Extract<FromWorker, { kind: 'refs' }>): Promise<void> {
    try {
      const found = [];
      for await (const refs of this.#options.refs(chunks)) found.push(...refs.map(plainRef));
      worker.send({ kind: 'refs', id, refs: found });
    } catch (error) {
      worker.send({ kind: 'refs', id, refs: plainError(error) });
    }
  }
}

function asDead(error: LsioError): { readonly error: LsioError; readonly alive: false } {
  return { error, alive: false };
}
