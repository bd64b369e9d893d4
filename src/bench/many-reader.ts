import type { Engine, ReadSource, Run, RunOptions } from '../engine/engine.js';
import type { ReadSlots } from '../engine/slots.js';
import type { Coalesce } from '../plan/coalesce.js';
import type { ReadItem } from '../read/item.js';
import type { ReadOrder } from '../store/local/device-order.js';
import { LocalStore } from '../store/local/local.js';
import type { StoreRequest } from '../store/store.js';
import type { Workload } from '../workload/workload.js';
import { changedError } from './engine-reader.js';
import type { LatencyHistogram } from './latency.js';
import { ReadClock } from './read-clock.js';
import { deviceOrderOf } from './read-order.js';
import type { Observer, Reader, Tally } from './reader.js';

/** Requests are made so many at a time, in one array. */
const REQUESTS_AT_ONCE = 1024;

export interface ManyReaderOptions {
  /** Read with O_DIRECT; undefined: through the page cache. */
  readonly alignBytes: number | undefined;
  /** How operations are merged; absent: not at all. */
  readonly coalesce?: Coalesce | undefined;
  readonly readBytesMax?: number | undefined;
  readonly readOrder: ReadOrder;
}

/** Reads a workload by `getMany` of a store, the path that users call. */
export class ManyReader implements Reader {
  readonly engine: string;
  readonly reason: string;
  readonly #engine: ObservedEngine;
  readonly #store: LocalStore;
  readonly #options: ManyReaderOptions;
  #readOrder: ReadOrder | undefined;

  constructor(engine: Engine, options: ManyReaderOptions) {
    this.engine = engine.info.engine;
    this.reason = engine.info.reason;
    this.#engine = new ObservedEngine(engine);
    this.#store = LocalStore.ofPaths(this.#engine);
    this.#options = options;
  }

  /** The store chooses the order itself; the same choice, made before the clock starts, tells which it will be. */
  async prepare(work: Workload): Promise<void> {
    const inDeviceOrder = this.#options.readOrder === 'device' && (await deviceOrderOf(work)) !== undefined;
    this.#readOrder = inDeviceOrder ? 'device' : undefined;
  }

  async read(work: Workload, passes: number, { latency, check }: Observer): Promise<Tally> {
    const { alignBytes, coalesce = 'off', readBytesMax, readOrder } = this.#options;
    const direct = alignBytes === undefined ? 'off' : 'on';
    const counts = this.#engine.start(latency);
    const tally: Tally = { operations: 0, bytes: 0, readOrder: this.#readOrder };
    const options = { coalesce, readBytesMax, readOrder, direct } as const;
    // Of long values, which come in parts, how much has come of the one that is open.
    let open = 0;
    // A call for each pass: what two passes ask for is not merged.
    for (let pass = 0; pass < passes; pass++) {
      for await (const batch of this.#store.getMany(requestsOf(work), options)) {
        for (const item of batch) {
          open += takeBytes(item, work, check, open);
          if (!item.last) continue;
          if (open !== work.lengths[item.index]) throw shortError(work, item.index, open);
          tally.operations++;
          tally.bytes += open;
          open = 0;
        }
      }
    }
    return { ...tally, reads: counts.reads, bytesRead: counts.bytes };
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

function takeBytes(item: ReadItem<StoreRequest>, work: Workload, check: Observer['check'], before: number): number {
  // The file was as long as the workload says when that was made.
  if (!item.ok) throw item.error.kind === 'range' ? shortError(work, item.index, before) : item.error;
  // Checked are works whose operations come in one part.
  if (check !== undefined && item.last && before === 0) check(item.index, item.bytes);
  return item.bytes.length;
}

function shortError(work: Workload, operation: number, bytes: number): Error {
  return changedError(work.files[work.fileOf[operation]!]!.path, work.offsets[operation]! + bytes);
}

function* requestsOf(work: Workload): Generator<StoreRequest[]> {
  const { files, fileOf, offsets, lengths, operations, wholeFiles } = work;
  for (let begin = 0; begin < operations; begin += REQUESTS_AT_ONCE) {
    const count = Math.min(REQUESTS_AT_ONCE, operations - begin);
    const requests: StoreRequest[] = [];
    for (let index = 0; index < count; index++) {
      const operation = begin + index;
      const key = files[fileOf[operation]!]!.path;
      if (wholeFiles) requests.push({ key });
      else requests.push({ key, range: { offset: offsets[operation]!, length: lengths[operation]! } });
    }
    yield requests;
  }
}

/** Reads that an engine made, and their bytes. */
interface Counts {
  reads: number;
  bytes: number;
}

/** An engine that counts its reads, and records how long each took. */
class ObservedEngine implements Engine {
  readonly #engine: Engine;
  #counts: Counts = { reads: 0, bytes: 0 };
  #latency: LatencyHistogram | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get info(): Engine['info'] {
    return this.#engine.info;
  }

  /** Begins to count anew. */
  start(latency: LatencyHistogram | undefined): Counts {
    this.#latency = latency;
    this.#counts = { reads: 0, bytes: 0 };
    return this.#counts;
  }

  share(...args: Parameters<Engine['share']>): ReturnType<Engine['share']> {
    return this.#engine.share(...args);
  }

  run(source: ReadSource, options?: RunOptions): Run {
    return this.#engine.run(new ObservedSource(source, this.#counts, this.#latency), options);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

class ObservedSource implements ReadSource {
  readonly #source: ReadSource;
  readonly #counts: Counts;
  readonly #clock: ReadClock | undefined;

  constructor(source: ReadSource, counts: Counts, latency: LatencyHistogram | undefined) {
    this.#source = source;
    this.#counts = counts;
    this.#clock = latency && new ReadClock(latency);
  }

  get ended(): boolean {
    return this.#source.ended;
  }

  fill(slots: ReadSlots, free: Int32Array, count: number): number {
    const filled = this.#source.fill(slots, free, count);
    this.#clock?.begin(slots, free, filled);
    return filled;
  }

  done(slots: ReadSlots, finished: Int32Array, count: number): void {
    this.#clock?.end(finished, count);
    for (let index = 0; index < count; index++) this.#counts.bytes += slots.bytes[finished[index]!]!;
    this.#counts.reads += count;
    this.#source.done(slots, finished, count);
  }
}
