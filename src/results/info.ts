import type { Count, Outcome } from './common.js';

/** What arrays a source holds. */
export type InfoDocument = Outcome<'lsio.info/1', InfoResult>;

export interface InfoResult {
  /** As it was given. */
  readonly source: string;
  /** For people: `zarr v3, consolidated`. */
  readonly format: string;
  readonly attributes: Attributes;
  readonly groups: readonly GroupEntry[];
  readonly arrays: readonly ArrayEntry[];
}

/** As they are in the metadata. Whole numbers beyond 2^53, NaN and infinities are text. */
export interface Attributes {
  readonly [name: string]: unknown;
}

export interface GroupEntry {
  /** Its path in the source; that of the root is empty. */
  readonly name: string;
  readonly attributes: Attributes;
}

/** One number for each axis; null where the metadata is not understood. */
export type Lengths = readonly Count[] | null;

export interface ArrayEntry {
  /** Its path in the source. */
  readonly name: string;
  /** Such as `float32` or `datetime64[ns]`; as the metadata has it where it is not known. */
  readonly dtype: string | null;
  readonly shape: Lengths;
  /** A name for each axis: `dim_0` and so on where it has none. */
  readonly dims: readonly string[] | null;
  readonly chunkShape: Lengths;
  readonly shardShape?: Lengths | undefined;
  /** In the order of encoding. Those of Zarr v2 are said in the words of v3. */
  readonly codecs: readonly CodecEntry[];
  /** Of what is not stored; null where the metadata has none, which means zeros. */
  readonly fillValue: unknown;
  readonly attributes: Attributes;
  /** Whether lsio can read it. */
  readonly readable: boolean;
  /** Why it cannot. */
  readonly reason?: string | undefined;
  /** The first label of an axis; times as ISO text. */
  readonly first?: unknown;
  /** The last label of an axis. */
  readonly last?: unknown;
  /** With `--count` or `--check`: chunks that are stored; in shards, inner chunks. */
  readonly chunksStored?: Count | undefined;
  /** With `--count` or `--check`: the sizes of all chunks or shards. */
  readonly bytesStored?: Count | undefined;
  /** With `--check`: chunks that can't be read or decoded. */
  readonly badChunks?: readonly BadChunkEntry[] | undefined;
}

export interface CodecEntry {
  readonly name: string;
  readonly configuration: Attributes;
}

export interface BadChunkEntry {
  /** Its place in the grid of chunks. */
  readonly chunk: readonly Count[];
  readonly message: string;
}
