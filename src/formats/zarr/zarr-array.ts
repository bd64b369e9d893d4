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
import { type PlaceStore, sizeOf } from '../place-store.js';
import { displayKey } from './hierarchy.js';
import { type ArrayMetadata, chunkKey } from './metadata.js';
import { type Indexed, ShardIndexes } from './shard-indexes.js';
import { type Layout, locateChunk } from './shard-layout.js';
import { storedKeys } from './stored-keys.js';

/** Chunks whose places are told at once; their shards' indexes are read at the same time. */
const BATCH = 1024;

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
  readonly #indexes: ShardIndexes;

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
    this.#indexes = new ShardIndexes(store, verify);
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
    return this.#locateInShards(chunks, first, signal);
  }

  async #locateInShards(
    chunks: readonly (readonly number[])[],
    first: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly ChunkRef[]> {
    const places = chunks.map((chunk) => {
      const { shard, inner } = locateChunk(this.#layout, chunk);
      return { key: this.#keyOf(shard), inner };
    });
    await this.#readIndexes(places, signal);
    signal?.throwIfAborted();
    const refs = places.map((place, i) => this.#known(place, first + i) ?? this.#refOf(place, first + i, signal));
    return refs.some((ref) => ref instanceof Promise) ? Promise.all(refs) : (refs as ChunkRef[]);
  }

  /** Reads the indexes that are not in memory, all at once: after that a chunk takes no promise of its own. */
  async #readIndexes(places: readonly PlaceInShard[], signal: AbortSignal | undefined): Promise<void> {
    const [level, inner] = this.#layout.levels;
    if (level === undefined || inner !== undefined) return;
    const keys = new Set(places.map(({ key }) => key));
    const unknown = [...keys].filter((key) => this.#indexes.known(key) === undefined);
    // What fails is told for each chunk.
    await Promise.allSettled(unknown.map((key) => this.#indexes.read(key, level, undefined, signal)));
  }

  /** Where a chunk is whose shard's index is in memory. */
  #known({ key, inner }: PlaceInShard, index: number): ChunkRef | undefined {
    const found = this.#layout.levels.length === 1 ? this.#indexes.known(key) : undefined;
    if (found === undefined) return undefined;
    try {
      return refTo(index, placeIn(found.indexed, found.indexed?.index.entry(inner[0]!)));
    } catch (error) {
      if (!isLsioError(error)) throw error;
      return { index, error };
    }
  }

  async #refOf(place: PlaceInShard, index: number, signal: AbortSignal | undefined): Promise<ChunkRef> {
    try {
      signal?.throwIfAborted();
      return refTo(index, await this.#placeOf(place, signal));
    } catch (error) {
      if (!isLsioError(error) || error.kind === 'closed') throw error;
      return { index, error };
    }
  }

  async #placeOf(
    { key, inner }: PlaceInShard,
    signal: AbortSignal | undefined,
  ): Promise<Place | Uint8Array | undefined> {
    const { levels } = this.#layout;
    if (levels.length === 0) return this.#store.locate(key, { signal });
    let within: Extent | undefined;
    let indexed: Indexed;
    for (const [depth, level] of levels.entries()) {
      indexed = await this.#indexes.read(key, level, within, signal);
      const entry = indexed?.index.entry(inner[depth]!);
      if (entry === undefined) return undefined;
      within = { offset: (within?.offset ?? 0) + entry.offset, length: entry.length };
    }
    return placeIn(indexed, within);
  }

  /** @param place in the grid of keys. */
  #keyOf(place: readonly number[]): AbsolutePath {
    return `${this.#prefix}/${chunkKey(this.#metadata.keys, place)}` as AbsolutePath;
  }
}

/** The key of a chunk's shard, and the chunk's number in each level of shards. */
interface PlaceInShard {
  readonly key: AbsolutePath;
  readonly inner: readonly number[];
}

/** Where a part of a shard lies; undefined where it is not stored. */
function placeIn(indexed: Indexed, within: Extent | undefined): Place | Uint8Array | undefined {
  if (indexed === undefined || within === undefined) return undefined;
  const { shard } = indexed;
  const { offset, length } = within;
  if (shard instanceof Uint8Array) return shard.subarray(offset, offset + length);
  // Places in a shard count from where the shard begins.
  return { ...shard, required: true, range: { offset: (shard.range?.offset ?? 0) + offset, length } };
}

function refTo(index: number, place: Place | Uint8Array | undefined): ChunkRef {
  if (place instanceof Uint8Array) return { index, bytes: place };
  return place === undefined ? { index } : { index, ...place };
}

/** The etag of a file; undefined where there is none. */
export async function headOf(store: PlaceStore, key: AbsolutePath): Promise<string | undefined> {
  return (await store.sources[0]?.store.head(key))?.etag;
}
