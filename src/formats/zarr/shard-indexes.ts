import type { Extent } from '../../range.js';
import type { AbsolutePath } from '../../store/keys.js';
import type { Place } from '../chunked-array.js';
import { type PlaceStore, readPlace, sizeOf } from '../place-store.js';
import { displayKey } from './hierarchy.js';
import { indexExtent, ShardIndex } from './shard-index.js';
import type { ShardLevel } from './shard-layout.js';

/** Of shard indexes that are kept. */
const CACHE_BYTES = 64 * 1024 ** 2;

/** An index as it was read, and its shard; undefined: there is no such shard. */
export type Indexed = { readonly index: ShardIndex; readonly shard: Place | Uint8Array } | undefined;

interface CachedIndex {
  readonly reading: Promise<Indexed>;
  /** What it was fulfilled with; undefined until then. */
  found?: { readonly indexed: Indexed };
  /** What it keeps in memory. */
  byteLength: number;
}

/** The indexes of an array's shards: each is read once, and kept. */
export class ShardIndexes {
  readonly #store: PlaceStore;
  readonly #verify: boolean;
  /** By key of the shard and place in it; the oldest first. */
  readonly #indexes = new Map<string, CachedIndex>();
  #bytes = 0;

  constructor(store: PlaceStore, verify: boolean) {
    this.#store = store;
    this.#verify = verify;
  }

  /** The index of a shard that is stored under a key, if it is in memory. */
  known(key: AbsolutePath): { readonly indexed: Indexed } | undefined {
    return this.#indexes.get(key)?.found;
  }

  /** @param within where an inner shard lies in the outer one. */
  read(
    key: AbsolutePath,
    level: ShardLevel,
    within: Extent | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Indexed> {
    const id = within === undefined ? key : `${key}#${within.offset}`;
    const known = this.#indexes.get(id);
    if (known !== undefined) return known.reading;
    const cached: CachedIndex = { reading: this.#read(key, level, within, signal), byteLength: 0 };
    this.#indexes.set(id, cached);
    cached.reading.then(
      (indexed) => {
        cached.found = { indexed };
        this.#keep(cached, indexed);
      },
      // What failed is tried again by the next.
      () => this.#indexes.delete(id),
    );
    return cached.reading;
  }

  /** Counts what was read, and drops the oldest where it is too much. */
  #keep(cached: CachedIndex, indexed: Indexed): void {
    const unpacked = indexed?.shard instanceof Uint8Array ? indexed.shard.length : 0;
    cached.byteLength = (indexed?.index.byteLength ?? 0) + unpacked;
    this.#bytes += cached.byteLength;
    for (const [id, oldest] of this.#indexes) {
      if (this.#bytes <= CACHE_BYTES || oldest === cached) break;
      this.#indexes.delete(id);
      this.#bytes -= oldest.byteLength;
    }
  }

  async #read(
    key: AbsolutePath,
    level: ShardLevel,
    within: Extent | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Indexed> {
    const options = { signal };
    const shard = await this.#store.locate(key, options);
    if (shard === undefined) return undefined;
    const shardBytes =
      within?.length ?? (shard instanceof Uint8Array ? shard.length : await sizeOf(this.#store, key, options));
    if (shardBytes === undefined) return undefined;
    const outer = displayKey(this.#store, key);
    const name = within === undefined ? outer : `${outer}: shard at byte ${within.offset}`;
    const { offset, length } = indexExtent(name, level, shardBytes);
    const start = (within?.offset ?? 0) + offset;
    const bytes =
      shard instanceof Uint8Array
        ? shard.subarray(start, start + length)
        : await readPlace(
            this.#store,
            { ...shard, range: { offset: (shard.range?.offset ?? 0) + start, length } },
            options,
          );
    if (bytes === undefined) return undefined;
    return { index: new ShardIndex(name, level, bytes, shardBytes, this.#verify), shard };
  }
}
