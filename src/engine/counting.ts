import type { Engine, Path, ReadSource, Run, RunOptions } from './engine.js';

/** What an engine has done, as opposed to what it was asked for. */
export interface ReadCounts {
  /** Reads that it finished; a whole file is one. */
  reads: number;
  /** Bytes that they brought. */
  bytes: number;
  /** Reads that brought bytes, by O_DIRECT and through the page cache. */
  direct: number;
  buffered: number;
  /** How often finished reads were handed over: many at a time. */
  batches: number;
}

/** An engine that counts what it reads. */
export class CountingEngine implements Engine {
  readonly counts: ReadCounts = { reads: 0, bytes: 0, direct: 0, buffered: 0, batches: 0 };
  /** The first file that was read through the page cache. */
  bufferedPath: Path | undefined;
  readonly #engine: Engine;
  readonly #onRead: ((path: Path | undefined, bytes: number) => void) | undefined;

  /** @param onRead Is told of each read that finished. */
  constructor(engine: Engine, onRead?: (path: Path | undefined, bytes: number) => void) {
    this.#engine = engine;
    this.#onRead = onRead;
  }

  get info(): Engine['info'] {
    return this.#engine.info;
  }

  share(...args: Parameters<Engine['share']>): ReturnType<Engine['share']> {
    return this.#engine.share(...args);
  }

  run(source: ReadSource, options?: RunOptions): Run {
    const { counts } = this;
    const onRead = this.#onRead;
    const noteBuffered = (path: Path | undefined) => (this.bufferedPath ??= path);
    return this.#engine.run(
      {
        fill: (slots, free, count) => source.fill(slots, free, count),
        done(slots, finished, count) {
          counts.batches++;
          counts.reads += count;
          for (let index = 0; index < count; index++) {
            const slot = finished[index]!;
            const bytes = slots.bytes[slot]!;
            onRead?.(slots.path[slot] ?? slots.file[slot]?.path, bytes);
            if (bytes === 0) continue;
            counts.bytes += bytes;
            if (slots.alignBytes[slot]! > 0) counts.direct++;
            else if (counts.buffered++ === 0) noteBuffered(slots.path[slot] ?? slots.file[slot]?.path);
          }
          source.done(slots, finished, count);
        },
        get ended() {
          return source.ended;
        },
      },
      options,
    );
  }

  failure(errno: number): ReturnType<NonNullable<Engine['failure']>> {
    return this.#engine.failure?.(errno);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
