import type { Signal } from '../abort.js';
import type { DType } from '../array/dtype.js';
import type { JsonObject, JsonValue } from '../array/exact-json.js';
import type { Box } from '../array/grid.js';
import type { Scalar } from '../array/scalar.js';
import type { LsioError } from '../errors.js';
import type { ByteRange, Extent } from '../range.js';
import type { AbsolutePath } from '../store/keys.js';
import type { Store } from '../store/store.js';

/** What a format reads from: a few methods of a store. */
export interface ByteStore {
  get(key: AbsolutePath, options?: { signal?: Signal | undefined }): Promise<Uint8Array | undefined>;
  getRange(
    key: AbsolutePath,
    range: ByteRange,
    options?: { signal?: Signal | undefined },
  ): Promise<Uint8Array | undefined>;
  head(
    key: AbsolutePath,
    options?: { signal?: Signal | undefined },
  ): Promise<{ size: number; etag?: string | undefined } | undefined>;
  /** Reads in bulk, as {@link Store.getMany}; absent where a store has no better way than {@link get}. */
  getMany?: Store['getMany'];
}

/** A store as plain data, from which a worker opens its own. */
export interface SourceSpec {
  /** Of the place where keys begin: `file:///data/era.zarr`. */
  readonly url: string;
}

/** A store, and how a worker gets another one of the same; absent where it can't. */
export interface ByteSource {
  readonly store: ByteStore;
  readonly spec: SourceSpec | undefined;
}

/** Where the bytes of a key lie. */
export interface Place {
  /** An index into the sources. */
  readonly source: number;
  readonly key: AbsolutePath;
  /** Absent: all of the value. */
  readonly range?: Extent;
  /** Something says that it is there: that nothing is there is an error, not the fill value. */
  readonly required?: boolean;
}

/** Where the bytes of one chunk are. With neither `key` nor `bytes` it is not stored: all of it is the fill value. */
export interface ChunkRef {
  /** Its place in the list of chunks that was asked for. */
  readonly index: number;
  readonly source?: number;
  /** Whether a value lies there is seen when it is read: none means the fill value, too, unless it is required. */
  readonly key?: AbsolutePath;
  readonly range?: Extent;
  /** As {@link Place.required}. */
  readonly required?: boolean;
  /** The bytes themselves, where the metadata holds them or they had to be unpacked. */
  readonly bytes?: Uint8Array;
  /** What else the decoder must know of this chunk: which line of an image it is. Plain data. */
  readonly detail?: JsonValue;
  /** Why nothing can be said of this chunk. */
  readonly error?: LsioError;
}

/** How the bytes of a chunk become its elements. Plain data, from which each thread builds its decoder. */
export interface DecoderSpec {
  readonly format: string;
  readonly dtype: DType;
  readonly chunkShape: readonly number[];
  readonly fill: Scalar;
  /** What else the format's decoder must know. */
  readonly parameters: JsonValue;
}

/** What tells where the chunks of an array are, once its source is open. Plain data. */
export interface RefsSpec {
  readonly format: string;
  /** What else the format must know. */
  readonly parameters: unknown;
}

/** Decodes chunks, one after the other, on one thread. */
export interface ChunkDecoder {
  /**
   * Fills `target` with the elements of a chunk in row-major order, little-endian: exactly its bytes.
   *
   * @param detail of the chunk's {@link ChunkRef}.
   * @param boxes what is wanted of it: the other elements may be anything. Absent: all.
   * @throws {LsioError} `format` for damaged bytes, or bytes of another length.
   */
  decode(source: Uint8Array, target: Uint8Array, detail?: JsonValue, boxes?: readonly Box[]): void;
  /**
   * How many bytes at the beginning of a chunk hold these elements: {@link ChunkDecoder.decode} takes them for the chunk, and
   * the other elements are not to be used. Absent: all bytes are needed.
   */
  prefixBytes?(boxes: readonly Box[], detail: JsonValue | undefined): number;
  /** The elements of a chunk whose elements vary in length, in row-major order; only of such dtypes. */
  decodeItems(source: Uint8Array): Scalar[];
  /** A stored chunk is the decoded one, byte for byte: parts of it can be read alone. */
  readonly isRaw: boolean;
  /** What decompresses: `none` where nothing is compressed. */
  readonly decoder: 'native' | 'wasm' | 'none';
  /** The libraries that do it, such as `liblz4.so.1`. */
  readonly libraries: readonly string[];
}

/**
 * An array in chunks, in any format: what is read, computed and exported is written once, over this.
 */
export interface ChunkedArray {
  /** Its path in the source, without a slash at the beginning: `t2m`, `forecast/t2m`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Of what is decoded at once: in a shard, of its inner chunks. */
  readonly chunkShape: readonly number[];
  readonly shardShape?: readonly number[];
  readonly dtype: DType;
  readonly fill: Scalar;
  /** The fill value means "missing" where no attribute says otherwise: that is how Zarr v2 is used. */
  readonly missingFill?: boolean;
  /** A name for each axis. */
  readonly dims: readonly string[];
  readonly attributes: JsonObject;
  /**
   * Latitude and longitude of a point of the last two axes, in degrees, where these axes count something else; NaN off the
   * earth.
   */
  readonly locate?: ((row: number, column: number) => readonly [latitude: number, longitude: number]) | undefined;
  readonly sources: readonly ByteSource[];
  readonly decoder: DecoderSpec;
  /** From which another thread tells by itself where chunks are; absent: it has to ask this one. */
  readonly refsSpec?: RefsSpec | undefined;
  /**
   * Where these chunks are, in batches, in the order in which they are asked for.
   *
   * @param chunks places in the grid of chunks.
   */
  refs(chunks: Iterable<readonly number[]>, signal?: Signal): AsyncIterable<readonly ChunkRef[]>;
  /**
   * Whether its metadata is still what it was when the array was opened: a store that is replaced while it is read would
   * give chunks of two arrays.
   *
   * @throws {LsioError} `changed` if not. Absent where that can't be told.
   */
  checkUnchanged?(): Promise<void>;
  /** What is stored of it, listed where that can be done; what lies outside of the grid is left out. */
  stored(signal?: Signal): AsyncIterable<StoredObject>;
}

/** A stored value of an array: a chunk, or a shard. */
export interface StoredObject {
  readonly bytes: number;
  /** The chunks that it holds or may hold: places in the grid. */
  chunks(): Iterable<readonly number[]>;
}
