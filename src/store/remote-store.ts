import type { Engine, Path } from '../engine/engine.js';
import type { HttpClient } from '../engine/http/client.js';
import type { HttpRequest } from '../engine/http/message.js';
import { START } from '../engine/http/meter.js';
import type { PlannedReads } from '../engine/http/planned-reads.js';
import { LsioError } from '../errors.js';
import type { OwnedBytes } from '../memory/owned.js';
import { shown } from '../printable.js';
import type { ByteRange } from '../range.js';
import type { Merging } from '../read/backend.js';
import { ManyReads, type ReadBatches } from '../read/read-many.js';
import type { Requests } from '../read/request-queue.js';
import { checkOptions, isBoolean, isSignal, isText, oneOf } from './check.js';
import { checkPrefix, compareKeys, exactObject, type Key, keyToPath } from './keys.js';
import { type Provider, type RemoteEntry, RemoteReader } from './remote.js';
import type {
  GetManyOptions,
  GetOptions,
  GetRangeOptions,
  GetValueOptions,
  ListEntry,
  ListOptions,
  ObjectMeta,
  RequestOf,
  Store,
  StoreCapabilities,
  StoreRequest,
} from './store.js';

/** Keys that are remembered. */
const OBJECTS_MAX = 4096;
const anything = () => true;
const HEAD_OPTIONS = { signal: isSignal };
const LIST_OPTIONS = { signal: isSignal, delimiter: oneOf('/') };
const isVersion = (value: unknown) => isText(value) && value !== '';
const GET_OPTIONS = { signal: isSignal, ifMatch: isText, version: isVersion };
const GET_RANGE_OPTIONS = { ...GET_OPTIONS, into: (value: unknown) => value instanceof Uint8Array };
const GET_MANY_OPTIONS = {
  signal: isSignal,
  ordered: isBoolean,
  coalesce: anything,
  readBytesMax: anything,
  maxInFlight: anything,
};

/** What a remote store is made of. */
export interface RemoteParts {
  readonly provider: Provider;
  readonly client: HttpClient;
  /** Answers reads in place of the client; absent: the client does. */
  readonly plan: PlannedReads | undefined;
  readonly engine: Engine;
  readonly merging: Merging;
  /** The address of the bucket or server as people see it, with a slash at its end. */
  readonly root: string;
  /** Before each key, without a slash at its end; empty: none. */
  readonly prefix: string;
  readonly close: () => Promise<void>;
  readonly info: () => RemoteInfo;
}

/** How a remote store has read so far. */
export interface RemoteInfo {
  readonly transport: string;
  readonly host: string;
  readonly requests: number;
  /** Requests that had to be sent again. */
  readonly repeats: number;
  readonly bytes: number;
  /** Requests in flight at most, as the server takes them. */
  readonly inFlightMax: number;
  /** Requests that the server refused as too many. */
  readonly refusals: number;
  /** Until the first byte of an answer, in milliseconds, and bytes a second: measured, or what is taken for likely. */
  readonly latencyMs: number;
  readonly bytesPerSecond: number;
  /** Of a plan: requests that were sent for the sizes of objects. */
  readonly asked?: number | undefined;
}

/** The objects of a bucket, a container or a web server, by key, below a prefix. */
export class RemoteStore implements Store {
  readonly capabilities: StoreCapabilities;
  readonly #parts: RemoteParts;
  readonly #reader: RemoteReader;
  /** By key. */
  readonly #objects = new Map<string, string>();
  #closing: Promise<void> | undefined;

  constructor(parts: RemoteParts) {
    this.#parts = parts;
    this.#reader = new RemoteReader(parts.client, parts.provider, parts.plan);
    const { queueDepth } = parts.engine.info;
    const cost = { requestNs: (START.latencyMs * 1e6) / queueDepth, bytesPerSecond: START.bytesPerSecond };
    this.capabilities = { list: parts.provider.list !== undefined, inFlightMax: queueDepth, cost };
  }

  /** The address of the bucket or server as people see it. @internal */
  get root(): string {
    return this.#parts.root;
  }

  get info(): RemoteInfo {
    return this.#parts.info();
  }

  /** A listing has told the size of an object, in bytes: a plan needs no request for it. @internal */
  noteSize(key: Key, sizeBytes: number): void {
    this.#parts.plan?.note(this.#parts.provider.target(this.#objectOf(key)), sizeBytes);
  }

  /** The server that is asked. @internal */
  get origin(): URL {
    return new URL('/', this.#parts.provider.target('').url);
  }

  /** What requests are signed with; undefined: nothing, or none was sent yet. @internal */
  get signedAs(): string | undefined {
    return this.#parts.provider.target('').signedAs;
  }

  /** The request for an object, or for `bytes=0-9` of it, as another client may send it: signed. Secret. @internal */
  async requestOf(key: Key, range: string | undefined): Promise<HttpRequest> {
    const { provider } = this.#parts;
    const { url } = provider.target(this.#objectOf(key));
    const headers: Record<string, string> = range === undefined ? {} : { range };
    const request = { method: 'GET' as const, url, headers };
    return (await provider.authorize?.(request)) ?? request;
  }

  /** What an object is called in messages. @internal */
  nameOf(object: string): string {
    return this.#parts.provider.target(object).name;
  }

  async get(key: Key, options?: GetValueOptions): Promise<OwnedBytes | undefined> {
    const signal = this.#begin(options, GET_OPTIONS);
    const { ifMatch, version } = options ?? {};
    return (await this.#reader.get(this.#objectOf(key), { signal, ifMatch, version })) as OwnedBytes | undefined;
  }

  async getRange(key: Key, range: ByteRange, options?: GetRangeOptions): Promise<OwnedBytes | undefined> {
    const signal = this.#begin(options, GET_RANGE_OPTIONS);
    const { into, ifMatch, version } = options ?? {};
    const value = await this.#reader.getRange(this.#objectOf(key), range, { signal, into, ifMatch, version });
    return value as OwnedBytes | undefined;
  }

  getMany<T extends StoreRequest | readonly StoreRequest[]>(
    requests: Iterable<T> | AsyncIterable<T>,
    options?: GetManyOptions,
  ): ReadBatches<RequestOf<T>> {
    checkOptions(options, GET_MANY_OPTIONS);
    const { engine, merging } = this.#parts;
    const backend = { engine, merging, sizeOf: (path: Path) => this.#sizeOf(path as string) };
    const pathOf = ({ key }: StoreRequest) =>
      typeof key === 'string' ? this.#knownObjectOf(key) : this.#objectOf(key);
    const reads = new ManyReads<StoreRequest>(backend, requests as Requests<StoreRequest>, {
      ...options,
      pathOf,
    });
    if (this.#closing !== undefined) reads.fail(closedError());
    return reads.batches as unknown as ReadBatches<RequestOf<T>>;
  }

  async head(key: Key, options?: GetOptions): Promise<ObjectMeta | undefined> {
    const signal = this.#begin(options, HEAD_OPTIONS);
    const entry = await this.#reader.head(this.#objectOf(key), { signal });
    if (entry?.size === undefined) return undefined;
    return { key, size: entry.size, modified: entry.modified, etag: entry.etag };
  }

  async *list(prefix = '/', options?: ListOptions): AsyncIterableIterator<ListEntry> {
    const signal = this.#begin(options, LIST_OPTIONS);
    const base = this.#parts.prefix === '' ? '' : `${this.#parts.prefix}/`;
    const asked = { prefix: base + checkPrefix(prefix).slice(1), delimiter: options?.delimiter, signal };
    for await (const { entries, prefixes } of this.#reader.list(asked)) {
      // Some tools make empty objects in place of directories.
      const values = entries.filter(({ key }) => !key.endsWith('/'));
      const all: RemoteEntry[] = [...values, ...prefixes.map((key) => ({ key }))];
      if (prefixes.length > 0) all.sort((one, other) => compareKeys(one.key, other.key));
      for (const { key, ...meta } of all) yield { key: `/${key.slice(base.length)}`, ...meta };
    }
  }

  /**
   * What lies directly below a key, as in a directory: names of values, and names with a slash at the end of what has
   * more below it. Undefined where nothing lies there.
   *
   * @throws {LsioError} `usage` where the service has no listing
   */
  async children(key: Key, options?: GetOptions): Promise<readonly string[] | undefined> {
    const signal = this.#begin(options, GET_OPTIONS);
    const object = this.#objectOf(key);
    const prefix = object === '' ? '' : `${object}/`;
    const names: string[] = [];
    for await (const { entries, prefixes } of this.#reader.list({ prefix, delimiter: '/', signal })) {
      for (const { key: name } of entries) if (name.length > prefix.length) names.push(name.slice(prefix.length));
      for (const name of prefixes) names.push(name.slice(prefix.length));
    }
    return names.length === 0 ? undefined : names.sort();
  }

  close(): Promise<void> {
    this.#closing ??= this.#parts.engine.close().then(() => this.#parts.close());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** As {@link #objectOf}: to check a key takes ten times as long as to look it up. */
  #knownObjectOf(key: string): string {
    let object = this.#objects.get(key);
    if (object === undefined) {
      object = this.#objectOf(key);
      if (this.#objects.size >= OBJECTS_MAX) this.#objects.clear();
      this.#objects.set(key, object);
    }
    return object;
  }

  /** The name of an object in its bucket. */
  #objectOf(key: Key): string {
    if (key instanceof Uint8Array) {
      const text = Buffer.from(key).toString();
      if (!Buffer.from(text).equals(key)) throw new LsioError('usage', `${shown(text)} is not a key: it is not UTF-8`);
      return this.#objectOf(text);
    }
    // The store's own address may be that of one object: then its key is empty.
    if (key === '' || key === '/') return this.#parts.prefix;
    return exactObject(key) ?? (keyToPath(this.#parts.prefix, key) as string).replace(/^\//, '');
  }

  async #sizeOf(object: string): Promise<number> {
    const size = (await this.#reader.head(object))?.size;
    if (size !== undefined) return size;
    const { name } = this.#parts.provider.target(object);
    throw new LsioError('read', `${name}: no such object (ENOENT)`, { code: 'ENOENT', path: name, offset: 0 });
  }

  #begin(options: GetOptions | undefined, checks: Parameters<typeof checkOptions>[1]): AbortSignal | undefined {
    checkOptions(options, checks);
    if (this.#closing !== undefined) throw closedError();
    options?.signal?.throwIfAborted();
    // Consumers without @types/node see no more of a signal than is used of it.
    return options?.signal as AbortSignal | undefined;
  }
}

function closedError(): LsioError {
  return new LsioError('closed', 'the store is closed');
}
