import type { Engine, ReadSource, SharedFile } from '../engine/engine.js';
import type { ReadSlots } from '../engine/slots.js';
import { LsioError, readError } from '../errors.js';
import type { ReadOrder } from '../store/local/device-order.js';
import type { Workload } from '../workload/workload.js';
import { ReadClock } from './read-clock.js';
import { deviceOrderOf } from './read-order.js';
import type { Observer, Reader, Tally } from './reader.js';

export interface EngineReaderOptions {
  /** Read with O_DIRECT, in multiples of this. */
  readonly alignBytes: number | undefined;
  /** Default: 'given'. */
  readonly readOrder?: ReadOrder | undefined;
}

/** The engine alone, a read for each operation: no allocation, promise or foreign call for any of them. */
export class EngineReader implements Reader {
  readonly engine: string;
  readonly reason: string;
  readonly #engine: Engine;
  readonly #options: EngineReaderOptions;

  constructor(engine: Engine, options: EngineReaderOptions) {
    this.engine = engine.info.engine;
    this.reason = engine.info.reason;
    this.#engine = engine;
    this.#options = options;
  }

  async read(work: Workload, passes: number, observer: Observer): Promise<Tally> {
    const { alignBytes: directAlignBytes, readOrder: mayRead } = this.#options;
    const shared = work.wholeFiles ? [] : work.files.map(({ path }) => this.#engine.share(path, { directAlignBytes }));
    const order = mayRead === 'device' ? await deviceOrderOf(work) : undefined;
    const source = new WorkloadSource(work, shared, passes, observer, order);
    await this.#engine.run(source, { directAlignBytes, regularFiles: true }).finished;
    for (const file of shared) file.close();
    if (source.failure !== undefined) throw source.failure;
    const { reads, bytes } = source;
    const readOrder = order === undefined ? undefined : 'device';
    return { operations: reads, bytes, reads, bytesRead: bytes, readOrder };
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** Gives an engine the operations of a workload in their order, `passes` times over. */
class WorkloadSource implements ReadSource {
  reads = 0;
  bytes = 0;
  failure: Error | undefined;
  readonly #work: Workload;
  readonly #shared: readonly SharedFile[];
  readonly #observer: Observer;
  /** In which they are read; undefined: as given. */
  readonly #order: Uint32Array | undefined;
  readonly #clock: ReadClock | undefined;
  #next = 0;
  #passesLeft: number;

  constructor(
    work: Workload,
    shared: readonly SharedFile[],
    passes: number,
    observer: Observer,
    order: Uint32Array | undefined,
  ) {
    this.#work = work;
    this.#shared = shared;
    this.#passesLeft = work.operations === 0 ? 0 : passes;
    this.#observer = observer;
    this.#clock = observer.latency && new ReadClock(observer.latency);
    this.#order = order;
  }

  get ended(): boolean {
    return this.#passesLeft === 0;
  }

  fill(slots: ReadSlots, free: Int32Array, count: number): number {
    const { fileOf, offsets, lengths, files, operations } = this.#work;
    const shared = this.#shared;
    const order = this.#order;
    const whole = shared.length === 0;
    let filled = 0;
    while (filled < count && this.#passesLeft > 0) {
      const operation = order === undefined ? this.#next : order[this.#next]!;
      const slot = free[filled++]!;
      const file = fileOf[operation]!;
      slots.tag[slot] = operation;
      slots.path[slot] = whole ? files[file]!.path : undefined;
      slots.file[slot] = whole ? undefined : shared[file];
      slots.offset[slot] = offsets[operation]!;
      slots.length[slot] = lengths[operation]!;
      if (++this.#next === operations) {
        this.#next = 0;
        this.#passesLeft--;
      }
    }
    this.#clock?.begin(slots, free, filled);
    return filled;
  }

  done(slots: ReadSlots, finished: Int32Array, count: number): void {
    const { lengths } = this.#work;
    const { check } = this.#observer;
    this.#clock?.end(finished, count);
    for (let index = 0; index < count; index++) {
      const slot = finished[index]!;
      const bytes = slots.bytes[slot]!;
      const operation = slots.tag[slot]!;
      this.bytes += bytes;
      if (bytes !== lengths[operation] || slots.errno[slot] !== 0) this.#fail(slots, slot, operation);
      else if (check !== undefined) this.#check(operation, slots.view(slot));
    }
    this.reads += count;
  }

  #check(operation: number, bytes: Uint8Array): void {
    try {
      this.#observer.check?.(operation, bytes);
    } catch (error) {
      this.#stop(error as Error);
    }
  }

  #fail(slots: ReadSlots, slot: number, operation: number): void {
    const { path } = this.#work.files[this.#work.fileOf[operation]!]!;
    const offset = slots.offset[slot]! + slots.bytes[slot]!;
    this.#stop(slots.errno[slot] === 0 ? changedError(path, offset) : readError(path, offset, slots.errno[slot]!));
  }

  #stop(error: Error): void {
    this.failure ??= error;
    this.#passesLeft = 0;
  }
}

/** The error for a file that ended before the bytes that the workload asks for. */
export function changedError(path: string, offset: number): LsioError {
  return new LsioError('changed', `${path}: ends at byte ${offset}, it was longer when the run began`, {
    path,
    offset,
  });
}
