import type { JsonObject, JsonValue } from '../array/exact-json.js';
import type { Place } from './chunked-array.js';

/** An array as references describe it to Zarr version 2: its chunks are parts of files, or bytes of their own. */
export interface ReferenceArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly dims: readonly string[];
  /** As numpy writes it: `<f4`. */
  readonly dtype: string;
  readonly fillValue: JsonValue;
  /** Codecs of numcodecs, the last one first when a chunk is decoded. */
  readonly filters: readonly JsonObject[];
  readonly attributes: JsonObject;
  readonly chunks: Iterable<ReferenceChunk>;
}

export interface ReferenceChunk {
  /** In the grid of chunks. */
  readonly place: readonly number[];
  readonly at: Place | Uint8Array;
}

/** A source that is no Zarr store, as references. */
export interface ReferenceGroup {
  /** Which reader of lsio understands the chunks themselves: {@link MARK} of the root's attributes. */
  readonly format: string;
  /** The keys of its files, in order. */
  readonly files: readonly Place[];
  readonly attributes: JsonObject;
  readonly arrays: readonly ReferenceArray[];
  /** Parts of files that only lsio understands. Their names begin with {@link OWN}. */
  readonly others: Iterable<{ readonly name: string; readonly at: Place }>;
  /** What readers other than lsio do not see, or need. */
  readonly notes: readonly string[];
}

/** The attribute of the root that tells lsio's own references of fields and images. */
export const MARK = 'lsio_references';
/** Before the names of parts that only lsio understands: no array of Zarr begins so. */
export const OWN = '.lsio/';

/**
 * The labels of an axis, held in the references.
 *
 * @param dtype that of the values, as numpy writes it.
 * @param values are little-endian, as the machine is.
 */
export function labelArray(
  name: string,
  dtype: string,
  values: Float64Array | BigInt64Array,
  attributes: JsonObject,
): ReferenceArray {
  const shape = [values.length];
  const at = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const rest = { dtype, fillValue: null, filters: [], attributes, chunks: [{ place: [0], at }] };
  return { name, shape, chunkShape: shape, dims: [name], ...rest };
}
