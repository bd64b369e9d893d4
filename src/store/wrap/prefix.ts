import { LsioError } from '../../errors.js';
import { shown } from '../../printable.js';
import type { ReadBatches } from '../../read/read-many.js';
import { checkPrefix, type Key } from '../keys.js';
import type { GetManyOptions, RequestOf, Store, StoreRequest } from '../store.js';

/**
 * The values of a store below a key, by what comes after it. Closing it closes the store.
 *
 * @param prefix A key such as `/a/b`: the value `/a/b/c` is `/c` here.
 * @throws {LsioError} `usage` for a malformed prefix.
 */
export function withPrefix(store: Store, prefix: string): Store {
  const base = checkPrefix(prefix).replace(/\/$/, '');
  if (/\/\.{1,2}$/.test(base)) throw new LsioError('usage', `${shown(prefix)} is not a key`);

  function outer(key: string): string;
  function outer(key: Key): Key;
  function outer(key: Key): Key {
    if (typeof key === 'string') return key.startsWith('/') ? base + key : `${base}/${key}`;
    return key instanceof Uint8Array ? Buffer.concat([Buffer.from(key[0] === 0x2f ? base : `${base}/`), key]) : key;
  }

  return {
    capabilities: store.capabilities,
    get: (key, options) => store.get(outer(key), options),
    getRange: (key, range, options) => store.getRange(outer(key), range, options),
    getMany: (requests, options) => getManyBelow(store, outer, requests, options),
    async head(key, options) {
      const meta = await store.head(outer(key), options);
      return meta && { ...meta, key };
    },
    async *list(inner = '/', options) {
      for await (const entry of store.list(outer(checkPrefix(inner)), options)) {
        yield { ...entry, key: entry.key.slice(base.length) };
      }
    },
    close: () => store.close(),
    [Symbol.asyncDispose]: () => store.close(),
  };
}

/** Reads requests whose keys are made longer; their items have the requests as they were. */
async function* getManyBelow<T extends StoreRequest | readonly StoreRequest[]>(
  store: Store,
  outer: (key: Key) => Key,
  requests: Iterable<T> | AsyncIterable<T>,
  options: GetManyOptions | undefined,
): ReadBatches<RequestOf<T>> {
  const moved = Symbol.asyncIterator in requests ? moveAll(requests) : moveEach(requests);
  for await (const batch of store.getMany(moved, options)) {
    // An item belongs to its taker.
    for (const item of batch) {
      if (item.request?.of !== undefined) (item as { request: unknown }).request = item.request.of;
    }
    yield batch as never;
  }

  function move(request: T): Moved | readonly Moved[] {
    return Array.isArray(request) ? request.map(moveOne) : moveOne(request as StoreRequest);
  }

  function moveOne(request: StoreRequest): Moved {
    // What is no request is left to the store to be refused.
    if (typeof request !== 'object' || request === null) return request as never;
    return { key: outer(request.key), range: request.range, of: request };
  }

  function* moveEach(all: Iterable<T>) {
    for (const request of all) yield move(request);
  }

  async function* moveAll(all: AsyncIterable<T>) {
    for await (const request of all) yield move(request);
  }
}

interface Moved extends StoreRequest {
  /** The request as it was. */
  readonly of: StoreRequest;
}
