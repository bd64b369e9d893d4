import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { anyCourse, counted } from './course.testing.js';

/*
 * Simulates the courses of many seeds on all CPUs, without a test runner. `scripts/long/seeds` bundles this into one file
 * that needs nothing but Node. It describes the options, too.
 */

/** Seeds that a thread takes at a time. */
const BLOCK = 500;
const REPORT_MS = 30_000;
/** The run stops after so many faults. */
const FAULTS_MAX = 100;

/** Words of the memory that all threads share. */
const NEXT_BLOCK = 0;
const STOPPED = 1;
/** Words of each thread: the seed that it is at, and its counts. */
const SEED = 0;
const DONE = 1;
const READS = 2;
/** A line of the CPU's cache. */
const LINE_WORDS = 16;

interface Share {
  readonly memory: SharedArrayBuffer;
  /** The first word of this thread. */
  readonly place: number;
  readonly first: number;
  readonly end: number;
  /** Where to go on in the block of a thread that failed; `end`: nowhere. */
  readonly from: number;
  readonly planted: boolean;
}

export interface SeedFault {
  readonly seed: number;
  readonly what: 'breach' | 'hang';
  readonly message: string;
}

/** What is printed, as JSON. */
export interface SeedsResult {
  readonly first: number;
  readonly asked: number;
  /** Courses that have ended. */
  readonly seeds: number;
  /** Reads whose bytes were compared. */
  readonly reads: number;
  readonly breaches: number;
  readonly hangs: number;
  readonly seconds: number;
  readonly threads: number;
  readonly node: string;
  readonly faults: readonly SeedFault[];
}

/** Faults by number of the seed, each of another kind. */
const PLANTED: Record<number, () => Promise<void>> = {
  5: () => Promise.reject(new Error('planted: a course fails')),
  10: () => new Promise(() => setImmediate(() => Promise.reject(new Error('planted: an event fails')))),
  15: () => new Promise(() => {}),
  20: () => new Promise(() => setInterval(() => {}, 1000)),
  25: () => {
    for (;;);
  },
};

async function serve({ memory, place, first, end, from, planted }: Share): Promise<void> {
  const words = new Int32Array(memory);
  async function run(begin: number): Promise<void> {
    for (let seed = begin; seed < blockEnd(first, end, begin) && Atomics.load(words, STOPPED) === 0; seed++) {
      Atomics.store(words, place + SEED, seed);
      try {
        await ((planted && PLANTED[seed - first]?.()) || anyCourse(seed));
        Atomics.add(words, place + DONE, 1);
        Atomics.add(words, place + READS, counted.reads);
      } catch (error) {
        parentPort!.postMessage({ seed, what: 'breach', message: textOf(error) } satisfies SeedFault);
      }
      counted.reads = 0;
    }
  }
  if (from < end) await run(from);
  while (Atomics.load(words, STOPPED) === 0) {
    const begin = first + Atomics.add(words, NEXT_BLOCK, 1) * BLOCK;
    if (begin >= end) return;
    await run(begin);
  }
}

/** The end of the block that a seed is in. */
function blockEnd(first: number, end: number, seed: number): number {
  return Math.min(end, first + (Math.floor((seed - first) / BLOCK) + 1) * BLOCK);
}

function textOf(error: unknown): string {
  return (error as Error).stack ?? String(error);
}

interface Options {
  readonly first: number;
  readonly count: number;
  readonly threads: number;
  /** A thread that is at the same seed for so long hangs. */
  readonly hangMs: number;
  readonly planted: boolean;
}

class Seeds {
  readonly #options: Options;
  readonly #end: number;
  readonly #memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #faults: SeedFault[] = [];
  /** By thread: the seed that it is at, and since when. Without a worker it was terminated, or has ended. */
  readonly #seen: { seed: number; sinceMs: number; worker: Worker | undefined }[] = [];
  readonly #beganMs = performance.now();

  constructor(options: Options) {
    this.#options = options;
    this.#end = options.first + options.count;
    this.#memory = new SharedArrayBuffer(4 * LINE_WORDS * (1 + options.threads));
    this.#words = new Int32Array(this.#memory);
  }

  async run(): Promise<void> {
    const watch = setInterval(() => this.#watch(), this.#options.hangMs / 20);
    await Promise.all(Array.from({ length: this.#options.threads }, (_, thread) => this.#keep(thread)));
    clearInterval(watch);
  }

  stop(): void {
    Atomics.store(this.#words, STOPPED, 1);
  }

  get result(): SeedsResult {
    const { first, count, threads } = this.#options;
    const sum = (word: number) => this.#seen.reduce((all, _, thread) => all + this.#words[placeOf(thread) + word]!, 0);
    return {
      first,
      asked: count,
      seeds: sum(DONE),
      reads: sum(READS),
      breaches: this.#faults.filter(({ what }) => what === 'breach').length,
      hangs: this.#faults.filter(({ what }) => what === 'hang').length,
      seconds: Math.round(performance.now() - this.#beganMs) / 1000,
      threads,
      node: process.version,
      faults: this.#faults,
    };
  }

  /** Starts a thread, and another one in its place when it fails or hangs. That goes on at the next seed. */
  async #keep(thread: number): Promise<void> {
    const { first, planted } = this.#options;
    const place = placeOf(thread);
    for (let from = this.#end; ; ) {
      const fault = await this.#start(thread, { memory: this.#memory, place, first, end: this.#end, from, planted });
      if (fault === undefined) return;
      const seed = this.#words[place + SEED]!;
      this.#add({ seed, ...fault });
      from = seed + 1 < blockEnd(first, this.#end, seed) ? seed + 1 : this.#end;
    }
  }

  #start(thread: number, data: Share): Promise<Omit<SeedFault, 'seed'> | undefined> {
    return new Promise((resolve) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: data });
      const seen = { seed: -1, sinceMs: performance.now(), worker: worker as Worker | undefined };
      this.#seen[thread] = seen;
      let failure: unknown;
      worker.on('message', (fault: SeedFault) => this.#add(fault));
      worker.on('error', (error) => {
        failure = error;
      });
      worker.on('exit', (status) => {
        if (seen.worker === undefined) resolve({ what: 'hang', message: `longer than ${this.#options.hangMs} ms` });
        else if (failure !== undefined) resolve({ what: 'breach', message: textOf(failure) });
        else
          resolve(status === 0 ? undefined : { what: 'hang', message: 'it waits, and nothing will happen any more' });
        seen.worker = undefined;
      });
    });
  }

  #watch(): void {
    const nowMs = performance.now();
    for (const [thread, seen] of this.#seen.entries()) {
      const seed = this.#words[placeOf(thread) + SEED]!;
      if (seed !== seen.seed) {
        seen.seed = seed;
        seen.sinceMs = nowMs;
      } else if (nowMs - seen.sinceMs > this.#options.hangMs && seen.worker !== undefined) {
        void seen.worker.terminate();
        seen.worker = undefined;
      }
    }
  }

  #add(fault: SeedFault): void {
    this.#faults.push(fault);
    process.stderr.write(`${JSON.stringify(fault)}\n`);
    if (this.#faults.length >= FAULTS_MAX) this.stop();
  }
}

function placeOf(thread: number): number {
  return LINE_WORDS * (1 + thread);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      first: { type: 'string', default: '1' },
      count: { type: 'string', default: '1000000' },
      minutes: { type: 'string', default: '600' },
      threads: { type: 'string', default: String(availableParallelism()) },
      'hang-ms': { type: 'string', default: '60000' },
      planted: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  const seeds = new Seeds({
    first: Number(values.first),
    count: Number(values.count),
    threads: Number(values.threads),
    hangMs: Number(values['hang-ms']),
    planted: values.planted,
  });
  function report(): void {
    const text = `${JSON.stringify(seeds.result)}\n`;
    if (values.out !== undefined) writeFileSync(values.out, text);
    process.stdout.write(text);
  }
  const reports = setInterval(report, REPORT_MS);
  const limit = setTimeout(() => seeds.stop(), Number(values.minutes) * 60_000);
  await seeds.run();
  clearInterval(reports);
  clearTimeout(limit);
  report();
  if (seeds.result.faults.length > 0) process.exitCode = 1;
}

if (isMainThread) void main();
else {
  // A thread that waits for nothing ends by itself: this tells it from one that has done its work.
  process.exitCode = 1;
  void serve(workerData).then(() => {
    process.exitCode = 0;
  });
}
