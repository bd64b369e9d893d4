import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Engine, type Path, type ReadSource, type RunOptions, type SharedFile, TO_END } from './engine.js';
import type { ReadSlots } from './slots.js';

/** Opens the engine under test, with an explicit queue depth or its default. */
export type OpenEngine = (queueDepth?: number) => Promise<Engine>;

/** What is asked for: a path or a shared file; by default from its beginning to its end. */
export interface Ask {
  readonly path?: Path;
  readonly file?: SharedFile;
  readonly offset?: number;
  readonly length?: number;
  /** The last so many bytes, whatever `offset` and `length` are. */
  readonly suffix?: number;
}

export interface Answer {
  readonly errno: number;
  readonly bytes: Buffer;
}

/** The bytes of file `number`: no slice of it equals its neighbour, and no other file has the same at the same place. */
export function pattern(number: number, length: number, offset = 0): Buffer {
  const period = Buffer.from(Array.from({ length: 251 }, (_, at) => ((offset + at) % 251) + number));
  return length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, period);
}

/** Asks for what a list says, and keeps copies of what came. */
export class ListSource implements ReadSource {
  readonly answers: (Answer | undefined)[];
  readonly #asks: readonly Ask[];
  readonly #onDone: (() => void) | undefined;
  #next = 0;
  #ended = false;

  /** @param onDone called at the end of each {@link done}. */
  constructor(asks: readonly Ask[], onDone?: () => void) {
    this.#asks = asks;
    this.#onDone = onDone;
    this.answers = asks.map(() => undefined);
  }

  get ended(): boolean {
    return this.#ended || this.#next === this.#asks.length;
  }

  /** How many reads were described. */
  get described(): number {
    return this.#next;
  }

  /** Describes no more. */
  end(): void {
    this.#ended = true;
  }

  fill(slots: ReadSlots, free: Int32Array, count: number): number {
    let filled = 0;
    while (filled < count && !this.ended) {
      describeRead(slots, free[filled++]!, this.#next, this.#asks[this.#next]!);
      this.#next++;
    }
    return filled;
  }

  done(slots: ReadSlots, finished: Int32Array, count: number): void {
    for (const slot of finished.subarray(0, count)) {
      const tag = slots.tag[slot]!;
      if (this.answers[tag] !== undefined) throw new Error(`read ${tag} was delivered twice`);
      this.answers[tag] = { errno: slots.errno[slot]!, bytes: Buffer.from(slots.view(slot)) };
    }
    this.#onDone?.();
  }
}

/** Asks for one thing for ever. */
export class EndlessSource implements ReadSource {
  ended = false;
  described = 0;
  delivered = 0;
  readonly #ask: Ask;
  readonly #onDone: () => void;

  constructor(ask: Ask, onDone: () => void = () => {}) {
    this.#ask = ask;
    this.#onDone = onDone;
  }

  fill(slots: ReadSlots, free: Int32Array, count: number): number {
    for (const slot of free.subarray(0, count)) describeRead(slots, slot, 0, this.#ask);
    this.described += count;
    return count;
  }

  done(_slots: ReadSlots, _finished: Int32Array, count: number): void {
    this.delivered += count;
    this.#onDone();
  }
}

/** Describes what is put into `asks`, and gathers the bytes until as many came as expected. */
export class PausingSource implements ReadSource {
  ended = false;
  readonly asks: Ask[] = [];
  #bytes: Buffer[] = [];
  #expected = 0;
  #deliver: (bytes: Buffer[]) => void = () => {};

  expect(count: number): Promise<Buffer[]> {
    this.#expected = count;
    this.#bytes = [];
    return new Promise((resolve) => {
      this.#deliver = resolve;
    });
  }

  fill(slots: ReadSlots, free: Int32Array, count: number): number {
    const taken = this.asks.splice(0, count);
    for (const [index, ask] of taken.entries()) describeRead(slots, free[index]!, ask.offset!, ask);
    return taken.length;
  }

  done(slots: ReadSlots, finished: Int32Array, count: number): void {
    for (const slot of finished.subarray(0, count)) this.#bytes[slots.tag[slot]!] = Buffer.from(slots.view(slot));
    if (Object.keys(this.#bytes).length === this.#expected) this.#deliver(this.#bytes);
  }
}

/** Writes one ask into the columns, over whatever the slot's last owner left there. */
export function describeRead(slots: ReadSlots, slot: number, tag: number, ask: Ask): void {
  slots.tag[slot] = tag;
  slots.path[slot] = ask.path;
  slots.file[slot] = ask.file;
  slots.offset[slot] = ask.offset ?? 0;
  slots.length[slot] = ask.length ?? TO_END;
  slots.suffix[slot] = ask.suffix ?? -1;
}

/** Reads a list, and checks that each of its reads was delivered. */
export async function readList(engine: Engine, asks: readonly Ask[], options?: RunOptions): Promise<Answer[]> {
  const source = new ListSource(asks);
  await engine.run(source, options).finished;
  return source.answers.map((answer, index) => {
    expect(answer, `read ${index} was delivered`).toBeDefined();
    return answer!;
  });
}

/** Reads one thing. */
export async function readOne(engine: Engine, ask: Ask, options?: RunOptions): Promise<Answer> {
  return (await readList(engine, [ask], options))[0]!;
}

/** Compares bytes; the report names the first difference instead of printing megabytes. */
export function expectBytes(actual: Buffer, expected: Buffer, what: string): void {
  if (actual.equals(expected)) return;
  let at = 0;
  while (at < expected.length && actual[at] === expected[at]) at++;
  expect.fail(`${what}: ${actual.length} bytes for ${expected.length}, the first difference is at ${at}`);
}

export function expectAnswer(answer: Answer, expected: Buffer, what = 'the answer'): void {
  expect(answer.errno, `errno of ${what}`).toBe(0);
  expectBytes(answer.bytes, expected, what);
}

/** A directory for the tests of one `describe`. */
export class Scratch {
  #directory = '';
  #files = 0;

  constructor() {
    beforeAll(() => {
      this.#directory = mkdtempSync(path.join(tmpdir(), 'lsio-conformance-'));
    });
    afterAll(() => rmSync(this.#directory, { recursive: true, force: true }));
  }

  path(name: string): string {
    return path.join(this.#directory, name);
  }

  /** Writes a file of `length` bytes. */
  file(length: number): { path: string; bytes: Buffer } {
    const number = ++this.#files;
    const file = { path: this.path(`${this.#files}-${length}`), bytes: pattern(number, length) };
    writeFileSync(file.path, file.bytes);
    return file;
  }
}

/** An engine for the tests of one `describe`, closed after them. */
export function engineFor(open: OpenEngine, queueDepth?: number): () => Engine {
  let engine: Engine | undefined;
  beforeAll(async () => {
    engine = await open(queueDepth);
  });
  afterAll(() => engine?.close());
  return () => engine!;
}

/** Runs a test body with an engine of its own. */
export async function withEngine<T>(
  open: OpenEngine,
  body: (engine: Engine) => Promise<T>,
  queueDepth?: number,
): Promise<T> {
  const engine = await open(queueDepth);
  try {
    return await body(engine);
  } finally {
    await engine.close();
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A file on tmpfs. */
export class InMemoryFile {
  readonly path: string;
  readonly bytes: Buffer;
  readonly #directory = mkdtempSync('/dev/shm/lsio-conformance-');

  constructor(bytes: Buffer) {
    this.path = path.join(this.#directory, 'file');
    this.bytes = bytes;
    writeFileSync(this.path, bytes);
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** What `node:fs` reads: the oracle. */
export function readWithFs(path: string, offset: number, length: number): Buffer {
  const whole = readFileSync(path);
  return whole.subarray(offset, length === TO_END ? undefined : offset + length);
}

/** A FIFO with a writer that writes nothing: a read of it waits for ever. */
export class SilentFifo {
  readonly path: string;
  /** The writer's end. On Linux it may be opened before there is a reader, for both. */
  readonly fd: number;

  constructor(path: string) {
    execFileSync('mkfifo', [path]);
    this.path = path;
    this.fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  }

  remove(): void {
    closeSync(this.fd);
    rmSync(this.path);
  }
}
