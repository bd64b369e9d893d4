import type { Engine, ReadSource, Run, RunOptions } from '../engine/engine.js';

/** What an engine has done, as opposed to what it was asked for. */
export interface ReadCounts {
  /** Reads that it finished; a whole file is one. */
  reads: number;
  /** Bytes that they brought. */
  bytes: number;
  /** How often finished reads were handed over: many at a time. */
  batches: number;
}

/** An engine that counts what it reads. */
export class CountingEngine implements Engine {
  readonly counts: ReadCounts = { reads: 0, bytes: 0, batches: 0 };
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get info(): Engine['info'] {
    return this.#engine.info;
  }

  share(...args: Parameters<Engine['share']>): ReturnType<Engine['share']> {
    return this.#engine.share(...args);
  }

  run(source: ReadSource, options?: RunOptions): Run {
    const { counts } = this;
    return this.#engine.run(
      {
        fill: (slots, free, count) => source.fill(slots, free, count),
        done(slots, finished, count) {
          counts.batches++;
          counts.reads += count;
          for (let index = 0; index < count; index++) counts.bytes += slots.bytes[finished[index]!]!;
          source.done(slots, finished, count);
        },
        get ended() {
          return source.ended;
        },
      },
      options,
    );
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
