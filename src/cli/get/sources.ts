import { CountingEngine, type ReadCounts } from '../../engine/counting.js';
import type { Engine, EngineInfo, Path } from '../../engine/engine.js';
import { LocalStore } from '../../store/local/local.js';
import type { RemoteOptions } from '../../store/remote-options.js';
import type { RemoteStore } from '../../store/remote-store.js';

export interface SourcesOptions {
  readonly remote: RemoteOptions;
  /** Opens what reads the files of this machine. */
  readonly openEngine: () => Promise<Engine>;
  /** Is told of that engine, before it reads. */
  readonly onEngine: (info: EngineInfo) => void;
  /** Read nothing but sizes. */
  readonly planOnly?: boolean | undefined;
  /** Is told of each read of a file or an object, by its name, and of the bytes that it brought. */
  readonly onRead?: ((name: Path | undefined, bytes: number) => void) | undefined;
}

/** What is read with where no engine was needed. */
const NOTHING_READ: EngineInfo = {
  engine: 'node',
  reason: 'nothing was to be read',
  queueDepth: 1,
  rings: 1,
  slabBytes: 0,
  flags: [],
};

/** What inputs are read from: this machine, and any number of buckets and servers. Each is opened when it is needed. */
export class Sources {
  readonly #options: SourcesOptions;
  readonly #engines: CountingEngine[] = [];
  readonly #remotes = new Map<string, Promise<RemoteStore>>();
  /** Those that are open, by their addresses. */
  readonly remotes = new Map<string, RemoteStore>();
  #local: Promise<LocalStore> | undefined;
  /** The engine of files, once it is open. */
  engine: CountingEngine | undefined;

  constructor(options: SourcesOptions) {
    this.#options = options;
  }

  local(): Promise<LocalStore> {
    this.#local ??= this.#openLocal();
    return this.#local;
  }

  /** @param address of a bucket, a container or a web server */
  remote(address: string): Promise<RemoteStore> {
    let store = this.#remotes.get(address);
    if (store === undefined) {
      store = this.#openRemote(address);
      this.#remotes.set(address, store);
    }
    return store;
  }

  /** Whether an engine was needed so far. */
  get isOpen(): boolean {
    return this.#engines.length > 0;
  }

  /** What reads: the engine of files, where there are some. */
  get info(): EngineInfo {
    const first = (this.engine ?? this.#engines[0])?.info ?? NOTHING_READ;
    if (this.engine === undefined || this.remotes.size === 0) return first;
    return { ...first, reason: `${first.reason}; URLs are read over HTTP` };
  }

  get counts(): ReadCounts {
    const sum: ReadCounts = { reads: 0, bytes: 0, direct: 0, buffered: 0, batches: 0 };
    for (const { counts } of this.#engines) {
      for (const name of Object.keys(sum) as (keyof ReadCounts)[]) sum[name] += counts[name];
    }
    return sum;
  }

  async close(): Promise<void> {
    const opening = [...this.#remotes.values()].map((store) => store.catch(() => undefined));
    for (const store of await Promise.all(opening)) await store?.close();
    const local = await this.#local?.catch(() => undefined);
    await local?.close();
  }

  async #openLocal(): Promise<LocalStore> {
    const { openEngine, onEngine, onRead } = this.#options;
    const engine = new CountingEngine(await openEngine(), onRead);
    this.#engines.push(engine);
    this.engine = engine;
    onEngine(engine.info);
    return LocalStore.ofPaths(engine);
  }

  async #openRemote(address: string): Promise<RemoteStore> {
    // What reads URLs is loaded where there are some only.
    const { openRemoteStore } = await import('../../store/open-remote.js');
    const { remote, planOnly, onRead } = this.#options;
    let counting: CountingEngine | undefined;
    let store: RemoteStore | undefined;
    const onObject = onRead && ((path: Path | undefined, bytes: number) => onRead(store?.nameOf(String(path)), bytes));
    const wrap = (engine: Engine) => {
      counting = new CountingEngine(engine, onObject);
      return counting;
    };
    store = await openRemoteStore(address, remote, { wrap, planOnly });
    this.#engines.push(counting!);
    this.remotes.set(address, store);
    return store;
  }
}
