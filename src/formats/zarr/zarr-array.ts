import type { DType } from '../../array/dtype.js';
import { chunksOf, TaskPlan } from '../../array/grid.js';
import { isLsioError, LsioError } from '../../errors.js';
import type { Extent } from '../../range.js';
import type { AbsolutePath } from '../../store/keys.js';
import type {
  ByteSource,
  ChunkedArray,
  ChunkRef,
  DecoderSpec,
  Place,
  RefsSpec,
  StoredObject,
} from '../chunked-array.js';
import { plainPlaces } from '../local-source.js';
import { type PlaceStore, readPlace, sizeOf } from '../place-store.js';
import { displayKey } from './hierarchy.js';
import { type ArrayMetadata, chunkKey } from './metadata.js';
import { indexExtent, ShardIndex } from './shard-index.js';
import { type Layout, locateChunk, type ShardLevel } from './shard-layout.js';
import { storedKeys } from './stored-keys.js';

/** Chunks whose places are told at once; their shards' indexes are read at the same time. */
const BATCH = 1024;
/** Of shard indexes that are kept. */
const INDEX_CACHE_BYTES = 64 * 1024 ** 2;

/** A file of metadata, and the etag that it had. */
export interface MetadataStamp {
  readonly key: AbsolutePath;
  readonly etag: string;
}

export interface ZarrArrayOptions {
  /** Whether checksums are verified. */
  readonly verify: boolean;
}

/** An array's name, metadata and layout. Plain data. */
export interface ZarrArrayFacts {
  readonly name: string;
  readonly metadata: ArrayMetadata;
  readonly layout: Layout;
}

/** From which another thread makes the array again. */
interface ZarrArrayRecipe extends ZarrArrayOptions {
  readonly store: string;
  readonly prefix: string;
  readonly facts: ZarrArrayFacts;
}

/** The array of a {@link RefsSpec}, over sources of this thread. */
export function zarrArrayOf(parameters: unknown, sources: readonly ByteSource[]): ChunkedArray {
  const { store, prefix, facts, verify } = parameters as ZarrArrayRecipe;
  return new ZarrArray(plainPlaces(store, sources), prefix, facts, { verify });
}

/** An index as it was read, and its shard; undefined: there is no such shard. */
type Indexed = { readonly index: ShardIndex; readonly shard: Place | Uint8Array } | undefined;

interface CachedIndex {
  readonly reading: Promise<Indexed>;
  /** What it keeps in memory. */
  byteLength: number;
}

/** An array of a Zarr store. */
export class ZarrArray implements ChunkedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly shardShape?: readonly number[];
  readonly dtype: DType;
  readonly fill: ChunkedArray['fill'];
  readonly missingFill: boolean;
  readonly dims: readonly string[];
  readonly attributes: ChunkedArray['attributes'];
  readonly sources: readonly ByteSource[];
  readonly decoder: DecoderSpec;
  readonly refsSpec: RefsSpec | undefined;
  readonly #store: PlaceStore;
  readonly #prefix: string;
  readonly #metadata: ArrayMetadata;
  readonly #layout: Layout;
  readonly #verify: boolean;
  /** By key of the shard and place in it; the oldest first. */
  readonly #indexes = new Map<string, CachedIndex>();
  #indexBytes = 0;

  /**
   * @param prefix of its keys: `/forecast/t2m`.
   * @param metadata of an array without problems.
   */
  constructor(
    store: PlaceStore,
    prefix: string,
    { name, metadata, layout }: ZarrArrayFacts,
    { verify }: ZarrArrayOptions,
  ) {
    const { dtype, fill } = metadata;
    if (dtype === undefined || fill === undefined) throw new TypeError(`array ${name} has problems`);
    this.name = name;
    this.shape = metadata.shape;
    this.chunkShape = layout.chunkShape;
    if (layout.levels.length > 0) this.shardShape = metadata.chunkShape;
    this.dtype = dtype;
    this.fill = fill;
    this.missingFill = metadata.zarrFormat === 2 && metadata.fillJson !== null;
    this.dims = metadata.dims;
    this.attributes = metadata.attributes;
    this.sources = store.sources;
    const { chunkShape, codecs } = layout;
    const parameters = { codecs: codecs.map(({ name, configuration }) => ({ name, configuration })), verify };
    this.decoder = { format: 'zarr', dtype, chunkShape, fill, parameters };
    const recipe: ZarrArrayRecipe = {
      store: store.name,
      prefix,
      facts: { name, metadata: { ...metadata, attributes: {}, fillJson: null }, layout },
      verify,
    };
    this.refsSpec = store.isPlain === true ? { format: 'zarr', parameters: recipe } : undefined;
    this.#store = store;
    this.#prefix = prefix;
    this.#metadata = metadata;
    this.#layout = layout;
    this.#verify = verify;
  }

  /** Set where the store can tell whether its metadata changes. */
  stamp: MetadataStamp | undefined;

  async checkUnchanged(): Promise<void> {
    if (this.stamp === undefined) return;
    const { key, etag } = this.stamp;
    const found = await headOf(this.#store, key);
    if (found === etag) return;
    const path = displayKey(this.#store, key);
    throw new LsioError('changed', `${path}: the store was replaced while it was read`, { path });
  }

  async *refs(chunks: Iterable<readonly number[]>, signal?: AbortSignal): AsyncIterable<readonly ChunkRef[]> {
    let batch: (readonly number[])[] = [];
    let first = 0;
    for (const chunk of chunks) {
      batch.push(chunk);
      if (batch.length < BATCH) continue;
      yield await this.#locate(batch, first, signal);
      first += batch.length;
      batch = [];
    }
    if (batch.length > 0) yield await this.#locate(batch, first, signal);
  }

  async *stored(signal?: AbortSignal): AsyncIterable<StoredObject> {
    for await (const key of storedKeys(this.#store, this.#prefix, this.#metadata, signal)) {
      const bytes = await sizeOf(this.#store, this.#keyOf(key), { signal });
      if (bytes !== undefined) yield { bytes, chunks: () => this.#chunksOf(key) };
    }
  }

  /** The chunks under one key, as far as they lie in the array. */
  #chunksOf(key: readonly number[]): Iterable<readonly number[]> {
    const { chunkShape: outer } = this.#metadata;
    const selection = key.map((at, axis) => {
      const start = at * outer[axis]!;
      const count = Math.min(outer[axis]!, this.shape[axis]! - start);
      return { runs: [{ start, step: 1, count }], drop: false };
    });
    return chunksOf(new TaskPlan(this.chunkShape, selection));
  }

  #locate(
    chunks: readonly (readonly number[])[],
    first: number,
    signal: AbortSignal | undefined,
  ): readonly ChunkRef[] | Promise<readonly ChunkRef[]> {
    if (this.#store.isPlain === true && this.#layout.levels.length === 0) {
      signal?.throwIfAborted();
      // Nothing is to be asked for: a promise a chunk would cost as much as reading one of 4 KiB.
      return chunks.map((chunk, i) => ({ index: first + i, source: 0, key: this.#keyOf(chunk) }));
    }
    return Promise.all(
      chunks.map(async (chunk, i): Promise<ChunkRef> => {
        const index = first + i;
        try {
          signal?.throwIfAborted();
          const place = await this.#placeOf(chunk, signal);
          if (place instanceof Uint8Array) return { index, bytes: place };
          return place === undefined ? { index } : { index, ...place };
        } catch (error) {
          if (!isLsioError(error) || error.kind === 'closed') throw error;
          return { index, error };
        }
      }),
    );
  }

  async #placeOf(chunk: readonly number[], signal: AbortSignal | undefined): Promise<Place | Uint8Array | undefined> {
    const { shard, inner } = locateChunk(this.#layout, chunk);
    const key = this.#keyOf(shard);
    const { levels } = this.#layout;
    if (levels.length === 0) return this.#store.locate(key, { signal });
    let within: Extent | undefined;
    let found: Place | Uint8Array | undefined;
    for (const [depth, level] of levels.entries()) {
      const indexed = await this.#indexOf(key, level, within, signal);
      const entry = indexed?.index.entry(inner[depth]!);
      if (indexed === undefined || entry === undefined) return undefined;
      within = { offset: (within?.offset ?? 0) + entry.offset, length: entry.length };
      found = indexed.shard;
    }
    const { offset, length } = within!;
    if (found instanceof Uint8Array) return found.subarray(offset, offset + length);
    // Places in a shard count from where the shard begins.
    return { ...found!, required: true, range: { offset: (found!.range?.offset ?? 0) + offset, length } };
  }

  /** @param place in the grid of keys. */
  #keyOf(place: readonly number[]): AbsolutePath {
    return `${this.#prefix}/${chunkKey(this.#metadata.keys, place)}` as AbsolutePath;
  }

  /** @param within where an inner shard lies in the outer one. */
  #indexOf(key: AbsolutePath, level: ShardLevel, within: Extent | undefined, signal: AbortSignal | undefined) {
    const id = within === undefined ? key : `${key}#${within.offset}`;
    const known = this.#indexes.get(id);
    if (known !== undefined) return known.reading;
    const cached: CachedIndex = { reading: this.#readIndex(key, level, within, signal), byteLength: 0 };
    this.#indexes.set(id, cached);
    cached.reading.then(
      (indexed) => this.#keep(cached, indexed),
      // What failed is tried again by the next.
      () => this.#indexes.delete(id),
    );
    return cached.reading;
  }

  /** Counts what was read, and drops the oldest where it is too much. */
  #keep(cached: CachedIndex, indexed: Indexed): void {
    const unpacked = indexed?.shard instanceof Uint8Array ? indexed.shard.length : 0;
    cached.byteLength = (indexed?.index.byteLength ?? 0) + unpacked;
    this.#indexBytes += cached.byteLength;
    for (const [id, oldest] of this.#indexes) {
      if (this.#indexBytes <= INDEX_CACHE_BYTES || oldest === cached) break;
      this.#indexes.delete(id);
      this.#indexBytes -= oldest.byteLength;
    }
  }

  async #readIndex(
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

/** The etag of a file; undefined where there is none. */
export async function headOf(store: PlaceStore, key: AbsolutePath): Promise<string | undefined> {
  return (await store.sources[0]?.store.head(key))?.etag;
}
