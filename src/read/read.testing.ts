import { afterAll, beforeAll, describe, expect } from 'vitest';
import { expectBytes } from '../engine/conformance-kit.js';
import type { Engine, EngineName, Path, ReadSource } from '../engine/engine.js';
import { openEngine } from '../engine/open.js';
import { sizeOf } from '../engine/size.js';
import type { ReadSlots } from '../engine/slots.js';
import { isLsioError, type LsioError } from '../errors.js';
import type { ByteRange } from '../range.js';
import type { Ordering } from './backend.js';
import type { ReadItem } from './item.js';
import { ManyReads, type ReadBatches, type ReadManyOptions } from './read-many.js';
import type { Requests } from './request-queue.js';

async function whyNot(engine: EngineName): Promise<string | undefined> {
  try {
    await (await openEngine({ engine })).close();
    return undefined;
  } catch (error) {
    if (isLsioError(error, 'unavailable')) return error.message;
    throw error;
  }
}

const noUring = await whyNot('uring');

/** The same tests on both engines. Memory that is given back is overwritten, so that bytes kept too long show. */
export function onEachEngine(tests: (name: EngineName) => void): void {
  beforeAll(() => {
    process.env.LSIO_DEBUG = '1';
  });
  afterAll(() => {
    delete process.env.LSIO_DEBUG;
  });
  describe.skipIf(noUring !== undefined)(`uring${noUring === undefined ? '' : ` (${noUring})`}`, () => tests('uring'));
  describe('node', () => tests('node'));
}

/** A file, or a part of one, to be read. */
export interface PathRequest {
  readonly path: Path;
  readonly range?: ByteRange | undefined;
}

export function readBatches<R extends PathRequest>(
  engine: Engine,
  requests: Requests<R>,
  { ordering, ...options }: ReadManyOptions & { readonly ordering?: Ordering } = {},
): ReadBatches<R> {
  const backend = { engine, sizeOf, ordering };
  return new ManyReads(backend, requests, { ...options, pathOf: (request: R) => request.path }).batches;
}

/** The items of batches, one by one. */
export async function* each<R>(batches: ReadBatches<R>): AsyncGenerator<ReadItem<R>, void, undefined> {
  for await (const batch of batches) yield* batch;
}

export function readMany<R extends PathRequest>(...args: Parameters<typeof readBatches<R>>) {
  return each(readBatches<R>(...args));
}

/** What came of one request. */
export interface Received {
  readonly offset: number;
  readonly bytes: Buffer;
  readonly items: number;
  readonly error: LsioError | undefined;
}

/** Takes all items, copies their bytes, and checks what holds for any of them. */
export async function receive<R>(reads: AsyncIterable<ReadItem<R>>, requests?: readonly R[]): Promise<Received[]> {
  const received: Received[] = [];
  let open: { index: number; offset: number; pieces: Buffer[] } | undefined;
  for await (const item of reads) {
    if (requests !== undefined) expect(item.request).toBe(requests[item.index]);
    expect(received[item.index], 'a request is answered once').toBeUndefined();
    open ??= { index: item.index, offset: item.offset, pieces: [] };
    expect(item.index, 'items of one request follow one another').toBe(open.index);
    const before = open.pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (item.error === undefined) expect(item.offset).toBe(open.offset + before);
    open.pieces.push(Buffer.from(item.bytes ?? []));
    if (!item.last) continue;
    const bytes = Buffer.concat(open.pieces);
    received[item.index] = { offset: open.offset, bytes, items: open.pieces.length, error: item.error };
    open = undefined;
  }
  expect(open, 'the last item of each request is marked').toBeUndefined();
  return received;
}

export function expectReceived(received: Received | undefined, expected: Uint8Array, what = 'a request'): void {
  expect(received, `${what} is answered`).toBeDefined();
  if (received?.error !== undefined) throw received.error;
  expectBytes(received!.bytes, Buffer.from(expected), what);
}

/** What an engine was asked for. */
interface Watched {
  readonly engine: Engine;
  reads: number;
  inFlight: number;
  inFlightMax: number;
  shares: number;
  /** Reads that brought bytes past the page cache. */
  direct: number;
  /** Reads that brought bytes through it. */
  buffered: number;
  readonly closes: () => number;
}

/** How a read of `length` bytes at `offset` is to go wrong: it stops after `bytes`, with `errno` or at the end. */
type Fault = (offset: number, length: number) => { bytes: number; errno: number } | undefined;

/** An engine that counts its reads, and spoils some of them. */
export function watch(engine: Engine, fault: Fault = () => undefined): Watched {
  let closes = 0;
  const watched: Watched = {
    reads: 0,
    inFlight: 0,
    inFlightMax: 0,
    shares: 0,
    direct: 0,
    buffered: 0,
    closes: () => closes,
    engine: {
      info: engine.info,
      close: () => engine.close(),
      share(path, options) {
        watched.shares++;
        const file = engine.share(path, options);
        const close = file.close.bind(file);
        file.close = () => {
          closes++;
          close();
        };
        return file;
      },
      run: (source, options) => engine.run(new WatchedSource(source, watched, fault), options),
    },
  };
  return watched;
}

class WatchedSource implements ReadSource {
  readonly #source: ReadSource;
  readonly #watched: Watched;
  readonly #fault: Fault;

  constructor(source: ReadSource, watched: Watched, fault: Fault) {
    this.#source = source;
    this.#watched = watched;
    this.#fault = fault;
  }

  get ended(): boolean {
    return this.#source.ended;
  }

  fill(slots: ReadSlots, free: Int32Array, count: number): number {
    const filled = this.#source.fill(slots, free, count);
    this.#watched.reads += filled;
    this.#watched.inFlight += filled;
    this.#watched.inFlightMax = Math.max(this.#watched.inFlightMax, this.#watched.inFlight);
    return filled;
  }

  done(slots: ReadSlots, finished: Int32Array, count: number): void {
    this.#watched.inFlight -= count;
    for (const slot of finished.subarray(0, count)) {
      if (slots.bytes[slot]! > 0) this.#watched[slots.alignBytes[slot]! > 0 ? 'direct' : 'buffered']++;
      const fault = this.#fault(slots.offset[slot]!, slots.length[slot]!);
      if (fault === undefined) continue;
      slots.errno[slot] = fault.errno;
      slots.bytes[slot] = fault.bytes;
    }
    this.#source.done(slots, finished, count);
  }
}

export async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of iterable) values.push(value);
  return values;
}
