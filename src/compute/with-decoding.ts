import { byteLengthOf, rowMajorStrides } from '../array/grid.js';
import { fillWith } from '../array/scalar.js';
import { isLsioError } from '../errors.js';
import type { ByteStore, ChunkDecoder, ChunkedArray } from '../formats/chunked-array.js';
import { openDecoder } from '../formats/open-decoder.js';
import type { PlaceStore } from '../formats/place-store.js';
import { openZarr } from '../formats/zarr/zarr-source.js';
import { decodingError, type StoredChunk } from './chunk-reader.js';
import { forEachChunk } from './chunk-stream.js';

/** What is used of an array of zarrita. */
interface ZarritaArray {
  readonly store: object;
  readonly path: string;
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  readonly dtype: string;
  getChunk(place: number[], options?: CallOptions, memory?: MemoryOptions): Promise<ZarritaChunk>;
}

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

interface MemoryOptions {
  readonly useSharedArrayBuffer?: boolean | undefined;
}

interface ZarritaChunk {
  readonly data: unknown;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

/** Values by key, as zarrita reads them. */
interface Readable {
  get: unknown;
  getRange?: unknown;
}

/** Is applied by zarrita's `open` to each array of a store. */
export type ZarritaExtension = <A>(array: A) => Promise<A>;

/** Elements that both sides hold in the same way. */
const VIEWS = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/**
 * A store whose arrays zarrita (0.7) opens with lsio's decoding: `zarr.open(withDecoding(store))`. All else stays as it is.
 *
 * Chunks of numbers are read in bulk, decoded by the libraries of the system, and checked: a damaged one is a `format` error.
 * Other arrays, and those that lsio can't read, are left to zarrita.
 *
 * @param store of this package or of zarrita; in shards only one with `head` is decoded.
 */
export function withDecoding<S extends Readable>(
  store: S,
): S & { readonly arrayExtensions: readonly ZarritaExtension[] } {
  const { arrayExtensions: inner = [] } = store as { arrayExtensions?: readonly ZarritaExtension[] };
  return overlay(store, { arrayExtensions: [...inner, extend] });
}

/** The object with other members; its methods run on the object itself, which may have private ones. */
function overlay<T extends object, Members extends object>(target: T, members: Members): T & Members {
  const proxy = new Proxy(target, {
    get(object, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name);
      const value: unknown = Reflect.get(object, name, object);
      return typeof value === 'function' ? value.bind(object) : value;
    },
    has: (object, name) => Object.hasOwn(members, name) || Reflect.has(object, name),
  });
  return proxy as T & Members;
}

async function extend<A>(array: A): Promise<A> {
  const theirs = array as A & ZarritaArray;
  const ours = await openSame(theirs);
  if (ours === undefined) return array;
  const decoder = await openDecoder(ours.decoder);
  const reader = new ChunkBatches(ours, decoder);
  return overlay(theirs, {
    getChunk: (place: number[], { signal }: CallOptions = {}, { useSharedArrayBuffer = false }: MemoryOptions = {}) =>
      reader.read({ place, shared: useSharedArrayBuffer }, signal),
  });
}

/** Undefined where zarrita has to do it. */
async function openSame({ store, path, shape, chunks, dtype }: ZarritaArray): Promise<ChunkedArray | undefined> {
  const root = path === '/' ? '' : path;
  const byteStore = store as ByteStore;
  const places: PlaceStore = {
    name: 'store',
    sources: [{ store: byteStore, spec: undefined }],
    locate: (key) => Promise.resolve({ source: 0, key }),
  };
  const contents = await openZarr(places, root, { verify: true }).catch((error) => {
    if (!isLsioError(error, 'format')) throw error;
    return undefined;
  });
  const array = contents?.arrays.find(({ name }) => name === '')?.array;
  if (array === undefined || !(dtype in VIEWS) || array.dtype.name !== dtype) return undefined;
  const isSame = String(array.shape) === String(shape) && String(array.chunkShape) === String(chunks);
  // The size of a shard says which entries of its index are right.
  const isKnown = array.shardShape === undefined || typeof byteStore.head === 'function';
  return isSame && isKnown ? array : undefined;
}

interface Wanted {
  readonly place: number[];
  readonly shared: boolean;
}

interface Waiting extends Wanted {
  readonly resolve: (chunk: ZarritaChunk) => void;
  readonly reject: (reason: unknown) => void;
}

/** Reads the chunks that are asked for in one turn of the event loop together. */
class ChunkBatches {
  readonly #array: ChunkedArray;
  readonly #decoder: ChunkDecoder;
  readonly #chunkBytes: number;
  readonly #stride: readonly number[];
  /** By signal: those of another one are read on their own. */
  readonly #waiting = new Map<AbortSignal | undefined, Waiting[]>();

  constructor(array: ChunkedArray, decoder: ChunkDecoder) {
    this.#array = array;
    this.#decoder = decoder;
    this.#chunkBytes = byteLengthOf(array.chunkShape, array.dtype.itemBytes)!;
    this.#stride = rowMajorStrides(array.chunkShape, 1);
  }

  read(wanted: Wanted, signal: AbortSignal | undefined): Promise<ZarritaChunk> {
    return new Promise((resolve, reject) => {
      const batch = this.#waiting.get(signal);
      const waiting = { ...wanted, resolve, reject };
      if (batch !== undefined) {
        batch.push(waiting);
        return;
      }
      this.#waiting.set(signal, [waiting]);
      setImmediate(() => void this.#readBatch(signal));
    });
  }

  async #readBatch(signal: AbortSignal | undefined): Promise<void> {
    const batch = this.#waiting.get(signal) ?? [];
    this.#waiting.delete(signal);
    const places = batch.map(({ place }) => place);
    try {
      const reading = { chunkBytes: this.#chunkBytes, direct: 'off', signal } as const;
      await forEachChunk(this.#array, places, reading, (stored) => {
        const { shared, resolve, reject } = batch[stored.index]!;
        try {
          resolve(this.#decode(stored, shared));
        } catch (error) {
          reject(error);
        }
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  #decode({ ref, bytes, detail, error }: StoredChunk, shared: boolean): ZarritaChunk {
    if (error !== undefined) throw error;
    const { dtype, chunkShape, fill } = this.#array;
    const buffer = shared ? new SharedArrayBuffer(this.#chunkBytes) : new ArrayBuffer(this.#chunkBytes);
    const target = new Uint8Array(buffer);
    if (bytes === undefined) fillWith(target, fill as Uint8Array);
    else {
      try {
        this.#decoder.decode(bytes, target, detail);
      } catch (cause) {
        throw decodingError(ref, cause);
      }
    }
    const View = VIEWS[dtype.name as keyof typeof VIEWS];
    return { data: new View(buffer as ArrayBuffer), shape: [...chunkShape], stride: this.#stride };
  }
}
