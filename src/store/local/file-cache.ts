import { type Clock, systemClock, type Timer } from '../../clock.js';
import type { Engine, SharedFile } from '../../engine/engine.js';

/** A file that was replaced under its name is read for so long at most: it is opened anew after that. */
const FRESH_MS = 1000;
/** As many as an engine keeps open. */
const FILES_MAX = 256;

/** A file that ranges are read from, open for a short while. */
export interface CachedFile {
  readonly key: string;
  readonly path: string;
  readonly file: SharedFile;
  readonly bornMs: number;
  /** Reads that want it. */
  users: number;
  /** No longer in the cache. */
  retired: boolean;
}

/** The files that ranges were read from lately, so that ranges of one file needn't open it each time. */
export class FileCache {
  readonly #engine: Engine;
  readonly #pathOf: (key: string) => string;
  readonly #files = new Map<string, CachedFile>();
  readonly #clock: Clock;
  readonly #sweeper: Timer;
  #sweeps = false;
  /** What was taken last, which is often wanted again. */
  #latest: CachedFile | undefined;

  /** @param pathOf The path of a key; it throws for a malformed one. */
  constructor(engine: Engine, pathOf: (key: string) => string) {
    this.#engine = engine;
    this.#clock = engine.clock ?? systemClock;
    this.#sweeper = this.#clock.timer(() => this.#sweep());
    this.#pathOf = pathOf;
  }

  /** The file of a key, with one user more. */
  take(key: string): CachedFile {
    let cached = this.#latest;
    if (cached === undefined || cached.key !== key || cached.retired) {
      cached = this.#files.get(key) ?? this.#add(key, this.#pathOf(key));
      this.#latest = cached;
    }
    cached.users++;
    return cached;
  }

  /** The file itself, or the one in its place if it was opened too long ago. */
  renew(cached: CachedFile, nowMs: number): CachedFile {
    if (nowMs - cached.bornMs < FRESH_MS) return cached;
    let current = this.#files.get(cached.key);
    if (current !== undefined && nowMs - current.bornMs >= FRESH_MS) {
      this.#retire(current);
      current = undefined;
    }
    const fresh = current ?? this.#add(cached.key, cached.path);
    this.release(cached);
    fresh.users++;
    return fresh;
  }

  release(cached: CachedFile): void {
    cached.users--;
    if (cached.retired && cached.users === 0) cached.file.close();
  }

  /** It is not the file under that name any more: others are not to read it. */
  drop(cached: CachedFile): void {
    if (!cached.retired) this.#retire(cached);
  }

  /** The engine that the files belong to is about to close them. */
  close(): void {
    this.#sweeper.stop();
    this.#files.clear();
    this.#latest = undefined;
  }

  #add(key: string, path: string): CachedFile {
    if (this.#files.size >= FILES_MAX) {
      const [oldest] = this.#files.values();
      if (oldest !== undefined) this.#retire(oldest);
    }
    const file = this.#engine.share(path);
    const cached = { key, path, file, bornMs: this.#clock.now(), users: 0, retired: false };
    this.#files.set(key, cached);
    if (!this.#sweeps) this.#sweeper.start(FRESH_MS);
    this.#sweeps = true;
    return cached;
  }

  #retire(cached: CachedFile): void {
    if (this.#files.get(cached.key) === cached) this.#files.delete(cached.key);
    cached.retired = true;
    if (cached.users === 0) cached.file.close();
  }

  #sweep(): void {
    const nowMs = this.#clock.now();
    for (const cached of this.#files.values()) if (nowMs - cached.bornMs >= FRESH_MS) this.#retire(cached);
    this.#sweeps = this.#files.size > 0;
    if (this.#sweeps) this.#sweeper.start(FRESH_MS);
  }
}
