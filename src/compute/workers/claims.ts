/** Tasks by number, `to` excluded. */
export interface TaskRange {
  readonly from: number;
  readonly to: number;
}

/** What a thread has done; all numbers only grow. */
export interface JobCounts {
  /** Chunks that were taken. */
  readonly chunks: number;
  /** Of them, those that are not stored. */
  readonly chunksMissing: number;
  /** Of them, those that were left out because they can't be read or decoded. */
  readonly chunksFailed: number;
  readonly bytesRead: number;
  readonly bytesDecoded: number;
  /** Spent on decoding, copying and reducing; the rest was waiting for bytes. */
  readonly busyNs: number;
}

const FIELDS = ['chunks', 'chunksMissing', 'chunksFailed', 'bytesRead', 'bytesDecoded', 'busyNs'] as const;
/** A line of the CPU's cache for each thread, with its number of claims. */
const SEAT_WORDS = 8;
const CLAIMS = FIELDS.length;

export interface ClaimsOptions {
  readonly tasks: number;
  /** Tasks in one claim at the most. */
  readonly perClaim: number;
  /** Threads that may take part. */
  readonly seats: number;
}

/**
 * The tasks of a job, shared out among threads, and what each has done so far. All of it lies in memory that they share:
 * the next task is one word. Near the end claims get smaller, so that all threads end at about the same time.
 */
export class Claims {
  readonly memory: SharedArrayBuffer;
  readonly options: ClaimsOptions;
  /** The next task. */
  readonly #next: BigInt64Array;
  readonly #stopped: Int32Array;
  readonly #done: Float64Array;

  /** @param memory of another thread's claims, made with the same options. */
  constructor(options: ClaimsOptions, memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(8 * SEAT_WORDS * (1 + options.seats));
    this.options = options;
    this.#next = new BigInt64Array(this.memory, 0, 1);
    this.#stopped = new Int32Array(this.memory, 8, 1);
    this.#done = new Float64Array(this.memory, 8 * SEAT_WORDS);
  }

  /** Tasks that were claimed. */
  get claimed(): number {
    return Math.min(this.options.tasks, Number(Atomics.load(this.#next, 0)));
  }

  /** The next tasks; undefined when there are none left, or the job was stopped. */
  claim(seat: number): TaskRange | undefined {
    const { tasks, perClaim, seats } = this.options;
    for (;;) {
      const from = Number(Atomics.load(this.#next, 0));
      if (from >= tasks || this.stopped) return undefined;
      const share = seats === 1 ? perClaim : Math.ceil((tasks - from) / (2 * seats));
      const to = Math.min(tasks, from + Math.max(1, Math.min(perClaim, share)));
      if (Number(Atomics.compareExchange(this.#next, 0, BigInt(from), BigInt(to))) !== from) continue;
      this.#done[seat * SEAT_WORDS + CLAIMS]!++;
      return { from, to };
    }
  }

  /** No more tasks are claimed. */
  stop(): void {
    Atomics.store(this.#stopped, 0, 1);
  }

  get stopped(): boolean {
    return Atomics.load(this.#stopped, 0) === 1;
  }

  /** Adds to what a thread has done. */
  count(seat: number, counts: Partial<JobCounts>): void {
    for (let i = 0; i < FIELDS.length; i++) this.#done[seat * SEAT_WORDS + i]! += counts[FIELDS[i]!] ?? 0;
  }

  /** What all threads have done. */
  totals(): JobCounts {
    const sums = FIELDS.map((field, i) => {
      let sum = 0;
      for (let seat = 0; seat < this.options.seats; seat++) sum += this.#done[seat * SEAT_WORDS + i]!;
      return [field, sum] as const;
    });
    return Object.fromEntries(sums) as unknown as JobCounts;
  }

  /** Threads that took part. */
  get workers(): number {
    let workers = 0;
    for (let seat = 0; seat < this.options.seats; seat++) {
      if (this.#done[seat * SEAT_WORDS + CLAIMS]! > 0) workers++;
    }
    return Math.max(1, workers);
  }
}
