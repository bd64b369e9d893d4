import type { ChunkedArray, ChunkRef } from '../../formats/chunked-array.js';
import { openDecoder } from '../../formats/open-decoder.js';
import { openRefs } from '../../formats/open-refs.js';
import { loadKoffi, viewMemory } from '../../native/library.js';
import { LocalStore } from '../../store/local/local.js';
import { sendMessage, serveThread, takeMessages } from '../../threads/serve.js';
import { bodyOf } from './bodies.js';
import { Claims } from './claims.js';
import type { Job } from './job.js';
import { type FromWorker, type JobOrder, type PlainRef, refOf, type ToWorker } from './messages.js';
import { errorOf, plainError } from './plain-error.js';

/*
 * A worker: it opens stores of its own, claims tasks, and keeps the stores for the next job. After a job that failed, and
 * before it ends, it closes them. Between jobs nothing is in flight.
 */

type Answer = Extract<ToWorker, { kind: 'refs' }>;

/** A question to the calling thread, until it is answered or the job is stopped. */
interface Question {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

class ArrayThread {
  readonly #opened: Int32Array;
  #stop = new AbortController();
  #kept: { readonly key: string; readonly stores: readonly LocalStore[] } = { key: '', stores: [] };
  #waiting = new Map<number, Question>();
  #asked = 0;

  /** @param opened is set to 0 when nothing is in flight. */
  constructor(opened: Int32Array) {
    this.#opened = opened;
  }

  take(message: ToWorker, end: () => void): void {
    if (message.kind === 'job') void this.#serve(message.order);
    else if (message.kind === 'stop') this.#giveUp(new Error('the job was stopped'));
    else if (message.kind === 'refs') this.#waiting.get(message.id)?.resolve(message);
    else void this.#closeStores().then(end);
  }

  #giveUp(reason: Error): void {
    this.#stop.abort(reason);
    for (const { reject } of this.#waiting.values()) reject(reason);
  }

  async #serve(order: JobOrder): Promise<void> {
    this.#stop = new AbortController();
    let failure: unknown;
    try {
      const stores = await this.#openStores(order);
      const job = await this.#open(order, stores);
      send({ kind: 'joined' });
      await bodyOf(order.body)(order.spec, job);
      job.flush();
    } catch (error) {
      failure = error;
      // Reads may be in flight.
      await this.#closeStores();
    }
    Atomics.store(this.#opened, 0, 0);
    send({ kind: 'done', error: failure === undefined ? undefined : plainError(failure) });
  }

  /** The stores of a job: those of the last one, if they are the same. Opening one takes as long as reading 50 MB. */
  async #openStores({ stores, slab }: JobOrder): Promise<readonly LocalStore[]> {
    const key = JSON.stringify([stores, slab]);
    if (key === this.#kept.key) return this.#kept.stores;
    await this.#closeStores();
    const opened: LocalStore[] = [];
    this.#kept = { key, stores: opened };
    for (const { root, options } of stores) opened.push(await LocalStore.open(root, { ...options, slab }));
    return opened;
  }

  async #closeStores(): Promise<void> {
    const { stores } = this.#kept;
    this.#kept = { key: '', stores: [] };
    for (const store of stores) await store.close();
  }

  async #open(order: JobOrder, stores: readonly LocalStore[]): Promise<Job<unknown> & { flush(): void }> {
    const { array, refs, decoder, direct, seat } = order;
    const claims = new Claims(order.claims, order.memory);
    const sources = stores.map((store) => ({ store, spec: undefined }));
    const { signal } = this.#stop;
    let results: unknown[] = [];
    let transfers: ArrayBuffer[] = [];
    function flush(): void {
      if (results.length > 0) send({ kind: 'results', results }, transfers);
      results = [];
      transfers = [];
    }
    return {
      array: { ...array, sources, refs: refs === undefined ? this.#refs : openRefs(refs, sources) },
      decoder: await openDecoder(array.decoder, decoder),
      direct,
      signal,
      output: outputOf(order.output),
      claim() {
        flush();
        return claims.claim(seat);
      },
      count: (counts) => claims.count(seat, counts),
      emit(result, transfer = []) {
        results.push(result);
        transfers.push(...transfer);
      },
      flush,
    };
  }

  /** Asks the calling thread where chunks are. */
  readonly #refs: ChunkedArray['refs'] = (chunks) => this.#ask([...chunks]);

  async *#ask(chunks: readonly (readonly number[])[]): AsyncGenerator<readonly ChunkRef[]> {
    const id = this.#asked++;
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      send({ kind: 'refs', id, chunks });
    }).finally(() => this.#waiting.delete(id));
    if ('message' in answer.refs) throw errorOf(answer.refs);
    yield (answer.refs as readonly PlainRef[]).map(refOf);
  }
}

function outputOf(output: JobOrder['output']): Uint8Array {
  if (output instanceof Uint8Array) return output;
  return output.bytes === 0 ? new Uint8Array(0) : new Uint8Array(viewMemory(output.address, output.bytes));
}

function send(message: FromWorker, transfer: readonly ArrayBuffer[] = []): void {
  sendMessage(message, transfer);
}

/** Before it is ready: a process that exits while a thread loads a native module would be aborted. */
function loadNative(): void {
  try {
    loadKoffi();
  } catch {
    // Then jobs come without an output, or not at all.
  }
}

serveThread<Int32Array, undefined>((opened, ready) => {
  loadNative();
  const thread = new ArrayThread(opened);
  const end = takeMessages<ToWorker>((message) => thread.take(message, end));
  ready(undefined);
});
