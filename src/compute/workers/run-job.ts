import { performance } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
import { addAbortable, removeAbortable, type Signal } from '../../abort.js';
import type { DecoderChoice } from '../../codec/codec.js';
import { isLsioError } from '../../errors.js';
import type { ChunkDecoder, ChunkedArray } from '../../formats/chunked-array.js';
import { openDecoder } from '../../formats/open-decoder.js';
import { addressOf } from '../../native/library.js';
import type { DirectChoice } from '../../store/local/direct.js';
import { LocalStore } from '../../store/local/local.js';
import { usableCpus } from '../../threads/cpus.js';
import { type BODIES, type BodyName, bodyOf } from './bodies.js';
import { Claims, type ClaimsOptions, type JobCounts } from './claims.js';
import { Crew } from './crew.js';
import type { Job } from './job.js';
import type { JobOrder } from './messages.js';
import { Worker } from './pool.js';

/** Threads that work on arrays: `auto` begins with the calling one, and adds others while much work is left. */
export type WorkersChoice = number | 'auto';

/** How a job is run, as its caller chooses. */
export interface JobOptions {
  /**
   * Threads that work: `auto` begins with the calling one, and adds others, up to the number of CPUs, while much work is
   * left. Local files only. The results do not depend on it.
   * @default 'auto'
   */
  readonly workers?: WorkersChoice | undefined;
  /** @default 'auto' */
  readonly decoder?: DecoderChoice | undefined;
  /**
   * Whether chunks are read past the page cache: each byte is wanted once. `auto`: those that aren't in it, where there
   * are at least 16 MiB of them, decoded.
   * @default 'auto'
   */
  readonly direct?: DirectChoice | undefined;
  readonly signal?: Signal | undefined;
  /** Is told several times a second, and at the end, what was done so far. */
  readonly onProgress?: ((counts: JobCounts) => void) | undefined;
}

export interface JobRequest<Result> extends JobOptions {
  readonly body: BodyName;
  /** Of the body; plain data. */
  readonly spec: Parameters<(typeof BODIES)[BodyName]>[0];
  readonly array: ChunkedArray;
  readonly tasks: number;
  /** About how many decoded bytes a task has. */
  readonly taskBytes: number;
  /** Tasks of the jobs that follow: workers that start now serve them, too. @default 0 */
  readonly tasksToCome?: number | undefined;
  /** Memory of the caller's, or ours: it must stay where it is until the job is done. */
  readonly output?: Uint8Array | undefined;
  readonly onResult?: ((result: Result) => void) | undefined;
}

export interface JobOutcome extends JobCounts {
  /** Threads that took part. */
  readonly workers: number;
  readonly decoder: ChunkDecoder['decoder'];
  readonly libraries: readonly string[];
}

/** Decoded bytes in a claim: few enough that threads end together, so many that claiming costs nothing. */
const CLAIM_BYTES = 4 * 1024 ** 2;
const CLAIM_TASKS_MAX = 128;
/** More threads than CPUs are of no use; this many are allowed. */
export const WORKERS_MAX = 256;
const PROGRESS_MS = 100;

/**
 * Runs a job: on this thread, and on workers beside it where they pay. It fulfils, or rejects, when no thread works on it any
 * more. The first error ends it.
 *
 * @throws {LsioError} as the body; `unavailable` when a worker dies. That none can be started is no error.
 */
export async function runJob<Result>(request: JobRequest<Result>): Promise<JobOutcome> {
  const { array, tasks, signal, onProgress } = request;
  signal?.throwIfAborted();
  const decoder = await openDecoder(array.decoder, request.decoder);
  const run = new JobRun({ ...request, direct: directOf(request) }, decoder, optionsOf(request));
  const abort = { onAbort: (reason: unknown) => run.fail(reason) };
  if (signal !== undefined) addAbortable(signal, abort);
  const timer = onProgress && setInterval(() => onProgress(run.claims.totals()), PROGRESS_MS).unref();
  try {
    if (tasks > 0) await run.finish();
    await array.checkUnchanged?.();
  } catch (error) {
    // What looks like damage may be another array.
    if (isLsioError(error, 'format')) await array.checkUnchanged?.();
    throw error;
  } finally {
    clearInterval(timer);
    if (signal !== undefined) removeAbortable(signal, abort);
  }
  const counts = run.claims.totals();
  onProgress?.(counts);
  return { ...counts, workers: run.claims.workers, decoder: decoder.decoder, libraries: decoder.libraries };
}

/** Below that it takes longer to try reads past the page cache, and to pin memory for them, than they save. */
const DIRECT_BYTES_MIN = 16 * 1024 ** 2;

function directOf({ direct = 'auto', tasks, taskBytes }: JobRequest<never>): DirectChoice {
  return direct === 'auto' && tasks * taskBytes < DIRECT_BYTES_MIN ? 'off' : direct;
}

/** How tasks are shared out. With one thread all are one claim: nothing holds reading up. */
function optionsOf({ array, tasks, taskBytes, workers = 'auto', output }: JobRequest<never>): ClaimsOptions {
  const perClaim = Math.max(1, Math.min(CLAIM_TASKS_MAX, Math.floor(CLAIM_BYTES / Math.max(1, taskBytes))));
  const wanted = workers === 'auto' ? usableCpus() : Math.min(workers, WORKERS_MAX);
  const seats = isShareable(array) && isReachable(output) ? Math.max(1, Math.min(wanted, tasks)) : 1;
  return { tasks, perClaim: seats === 1 ? Math.max(1, tasks) : perClaim, seats };
}

/** Whether other threads can read the array: its files are local. */
function isShareable({ sources }: ChunkedArray): boolean {
  return sources.length > 0 && sources.every(({ store }) => store instanceof LocalStore && store.recipe !== undefined);
}

/** Whether other threads can write to the output. */
function isReachable(output: Uint8Array | undefined): boolean {
  try {
    return output === undefined || outputPlace(output) !== undefined;
  } catch {
    // Without koffi the memory's address is not known.
    return false;
  }
}

function outputPlace(output: Uint8Array): JobOrder['output'] {
  if (output.buffer instanceof SharedArrayBuffer || output.length === 0) return output;
  return { address: addressOf(output), bytes: output.length };
}

const NOTHING = new Uint8Array(0);

class JobRun<Result> {
  readonly claims: Claims;
  readonly #request: JobRequest<Result>;
  readonly #crew: Crew<Result>;
  readonly #decoder: ChunkDecoder;
  readonly #stop = new AbortController();
  readonly #began = { ms: performance.now(), load: performance.eventLoopUtilization() };
  #failure: { readonly error: unknown } | undefined;

  constructor(request: JobRequest<Result>, decoder: ChunkDecoder, options: ClaimsOptions) {
    const { array, onResult = () => {}, workers } = request;
    this.#request = request;
    this.#decoder = decoder;
    this.claims = new Claims(options);
    this.#crew = new Crew({
      refs: (chunks) => array.refs(chunks, this.#stop.signal),
      onResult,
      onFailure: (error) => this.fail(error),
    });
    if (typeof workers === 'number') this.#callHelp();
  }

  /** Ends the job with an error; the first one counts. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.claims.stop();
    this.#stop.abort(error);
    this.#crew.stop();
  }

  /** Works until there is nothing left, and waits for the others. */
  async finish(): Promise<void> {
    try {
      await bodyOf(this.#request.body)(this.#request.spec, this.#ownJob());
    } catch (error) {
      this.fail(error);
    }
    await this.#crew.finished();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #ownJob(): Job<Result> {
    const { array, direct = 'auto', output = NOTHING, onResult } = this.#request;
    const seat = 0;
    return {
      array,
      decoder: this.#decoder,
      direct,
      signal: this.#stop.signal,
      output,
      claim: () => {
        this.#considerHelp();
        return this.claims.claim(seat);
      },
      count: (counts) => this.claims.count(seat, counts),
      emit: (result) => onResult?.(result),
    };
  }

  /** Starts workers once it is seen that this thread is the limit, and that they will have enough to do. */
  #considerHelp(): void {
    const { tasks, tasksToCome = 0, workers } = this.#request;
    if (this.#crew.size > 0 || workers === 1) return;
    const elapsedMs = performance.now() - this.#began.ms;
    const { claimed, options } = this.claims;
    const { lookMs, worthMs } = Worker.idle < options.seats - 1 ? TO_START : TO_WAKE;
    if (elapsedMs < lookMs || claimed === 0) return;
    const leftMs = (elapsedMs / claimed) * (tasks - claimed + tasksToCome);
    if (leftMs < worthMs) return;
    const { utilization } = performance.eventLoopUtilization(this.#began.load);
    if (utilization >= BUSY_SHARE_MIN) this.#callHelp();
  }

  #callHelp(): void {
    const { array, body, spec, decoder = 'auto', direct = 'auto', output = NOTHING } = this.#request;
    const { seats } = this.claims.options;
    const stores = array.sources.flatMap(({ store }) => (store instanceof LocalStore && store.recipe) || []);
    const { name, shape, chunkShape, shardShape, dtype, fill } = array;
    for (let seat = 1; seat < seats; seat++) {
      this.#crew.add({
        ...{ body, spec, decoder, direct, stores, seat, refs: array.refsSpec },
        array: { name, shape, chunkShape, ...(shardShape && { shardShape }), dtype, fill, decoder: array.decoder },
        // It goes with its thread, which must close its engine before: a thread in a thread may be terminated.
        slab: isMainThread ? 'webassembly' : 'mapped',
        claims: this.claims.options,
        memory: this.claims.memory,
        output: outputPlace(output),
      });
    }
  }
}

/**
 * How long the calling thread works before it is known how fast, and how much must be left: below that threads that start
 * have nothing left to do.
 */
const TO_START = { lookMs: 15, worthMs: 150 };
/** The same where enough idle threads wait. */
const TO_WAKE = { lookMs: 3, worthMs: 20 };
/** Where the thread waits for the device, others would wait, too. */
const BUSY_SHARE_MIN = 0.6;
