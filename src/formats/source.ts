import type { JsonObject, JsonValue } from '../array/exact-json.js';
import type { ByteSource, ChunkedArray } from './chunked-array.js';
import type { PlaceStore } from './place-store.js';
import type { ReferenceGroup } from './reference-group.js';

/** A codec as metadata names it. Plain data. */
export interface CodecSpec {
  readonly name: string;
  readonly configuration: JsonObject;
}

/** An array of a source, also one that lsio can't read. */
export interface ListedArray {
  /** Its path in the source: `t2m`, `forecast/t2m`. */
  readonly name: string;
  /** The dtype's name; as the metadata has it where it isn't known, null where there is none. */
  readonly dtype: string | null;
  /** Null where the metadata is not understood. */
  readonly shape: readonly number[] | null;
  readonly dims: readonly string[] | null;
  /** Of what is decoded at once: in a shard, of its inner chunks. */
  readonly chunkShape: readonly number[] | null;
  readonly shardShape?: readonly number[];
  readonly codecs: readonly CodecSpec[];
  readonly fillValue: JsonValue;
  readonly attributes: JsonObject;
  /** Why it can't be read; absent if it can. */
  readonly reason?: string;
  /** Absent if it can't be read. */
  readonly array?: ChunkedArray;
  /** The labels of its axes where the format says so; else {@link coordinateOf} finds them by their names. */
  readonly coordinates?: Readonly<Record<string, ListedArray>>;
}

export interface ListedGroup {
  /** Its path in the source; that of the root is empty. */
  readonly name: string;
  readonly attributes: JsonObject;
}

/** What a source holds, in any format. */
export interface ArraySource extends AsyncDisposable {
  /** As it was asked for. */
  readonly name: string;
  /** For people: `zarr v3, consolidated`. */
  readonly format: string;
  /** Of the root. */
  readonly attributes: JsonObject;
  readonly groups: readonly ListedGroup[];
  /** In the order of their names. */
  readonly arrays: readonly ListedArray[];
  /** The array or group that was asked for within the source: `t2m` of `era.zarr/t2m`; empty for all. */
  readonly path: string;
  /** Of a Zarr store: where its values lie, and where it begins there. */
  readonly places?: { readonly store: PlaceStore; readonly root: string };
  /** Of a source that is no Zarr store: how references describe it, and where its files lie. */
  readonly references?: (isWanted: (array: string) => boolean) => ReferenceGroup;
  readonly sources?: readonly ByteSource[];
  /** What reads it. */
  readonly engine: string;
  close(): Promise<void>;
}

/**
 * The array that holds the labels of an axis, by the conventions of CF and xarray: it has one axis, which has its name, and
 * lies in the same group or in one above.
 */
export function coordinateOf(arrays: readonly ListedArray[], name: string, dim: string): ListedArray | undefined {
  const own = arrays.find((array) => array.name === name)?.coordinates?.[dim];
  if (own !== undefined) return own;
  let group = groupOf(name);
  for (;;) {
    const wanted = group === '' ? dim : `${group}/${dim}`;
    const found = arrays.find((array) => array.name === wanted);
    if (found?.dims?.length === 1 && found.dims[0] === dim) return found;
    if (group === '') return undefined;
    group = groupOf(group);
  }
}

/** Whether an array holds the labels of its only axis. */
export function isCoordinate({ name, dims }: ListedArray): boolean {
  return dims?.length === 1 && dims[0] === name.slice(name.lastIndexOf('/') + 1);
}

function groupOf(name: string): string {
  return name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : '';
}
