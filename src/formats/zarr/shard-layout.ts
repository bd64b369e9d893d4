import { shownJson } from '../../array/exact-json.js';
import { byteLengthOf, countExactly } from '../../array/grid.js';
import type { CodecSpec } from '../source.js';
import { Fields } from './metadata.js';
import { parseCodecs } from './v3-metadata.js';

/** How inner chunks lie in a shard. Plain data. */
export interface ShardLevel {
  readonly shape: readonly number[];
  /** Of the inner chunks; divides the shard's. */
  readonly chunkShape: readonly number[];
  /** Inner chunks along each axis, and all of them. */
  readonly grid: readonly number[];
  readonly count: number;
  readonly indexAt: 'start' | 'end';
  /** With its checksum. */
  readonly indexBytes: number;
  readonly indexIsBigEndian: boolean;
  readonly indexHasCrc: boolean;
}

/** What is stored under a key, and how it is decoded: in pieces where shards allow it. Plain data. */
export interface Layout {
  /** Shards in shards, the outer one first; none if a key holds one chunk. */
  readonly levels: readonly ShardLevel[];
  /** Of what is decoded at once. */
  readonly chunkShape: readonly number[];
  /** How that is encoded. A shard among other codecs is decoded whole, by one of these. */
  readonly codecs: readonly CodecSpec[];
}

/** A shard's codec, understood. */
export interface Sharding {
  readonly level: ShardLevel;
  /** Of the inner chunks. */
  readonly codecs: readonly CodecSpec[];
}

export const SHARDING = 'sharding_indexed';

const ENTRY_BYTES = 16;
const CRC_BYTES = 4;
/** Of an index: it is held in memory. */
const INDEX_BYTES_MAX = 2 ** 30;
const LEVELS_MAX = 8;

/**
 * Finds the shards that can be read in pieces: those that are the only codec.
 *
 * @param problems gets what is not supported.
 * @throws {LsioError} `format` for what the specification doesn't allow.
 * @see https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html
 */
export function layoutOf(
  path: string,
  chunkShape: readonly number[],
  codecs: readonly CodecSpec[],
  problems: string[],
): Layout {
  const levels: ShardLevel[] = [];
  let shape = chunkShape;
  let inner = codecs;
  while (inner.length === 1 && inner[0]!.name === SHARDING && levels.length < LEVELS_MAX) {
    const { level, codecs: next } = parseSharding(path, inner[0]!, shape, problems);
    levels.push(level);
    shape = level.chunkShape;
    inner = next;
  }
  if (levels.length === LEVELS_MAX) problems.push(`shards are nested more than ${LEVELS_MAX} deep`);
  return { levels, chunkShape: shape, codecs: inner };
}

/** Understands the configuration of `sharding_indexed` for a shard of a shape. */
export function parseSharding(
  path: string,
  { configuration }: CodecSpec,
  shape: readonly number[],
  problems: string[],
): Sharding {
  const fields = new Fields(`${path}: codecs: ${SHARDING}`, configuration);
  const chunkShape = fields.lengths('chunk_shape', 1, shape.length);
  const odd = shape.findIndex((length, axis) => length % chunkShape[axis]! !== 0);
  if (odd >= 0) {
    throw fields.error('chunk_shape', `${chunkShape[odd]} does not divide the shard's ${shape[odd]} along axis ${odd}`);
  }
  const indexAt = fields.get('index_location') ?? 'end';
  if (indexAt !== 'start' && indexAt !== 'end') {
    throw fields.error('index_location', `${shownJson(indexAt)} instead of "start" or "end"`);
  }
  const grid = shape.map((length, axis) => length / chunkShape[axis]!);
  const indexCodecs = parseCodecs(fields, fields.list('index_codecs'), problems);
  const names = indexCodecs.map(({ name }) => name).join(', ');
  if (names !== 'bytes' && names !== 'bytes, crc32c') {
    problems.push(`a shard index with the codecs ${names || 'none'} is not supported, only bytes and crc32c`);
  }
  const indexHasCrc = names === 'bytes, crc32c';
  const entriesBytes = byteLengthOf(grid, ENTRY_BYTES);
  if (entriesBytes === undefined || entriesBytes > INDEX_BYTES_MAX) {
    throw fields.error('chunk_shape', `${countExactly(grid)} inner chunks in a shard are too many for its index`);
  }
  const level: ShardLevel = {
    shape,
    chunkShape,
    grid,
    count: entriesBytes / ENTRY_BYTES,
    indexAt,
    indexBytes: entriesBytes + (indexHasCrc ? CRC_BYTES : 0),
    indexIsBigEndian: indexCodecs[0]?.configuration.endian === 'big',
    indexHasCrc,
  };
  return { level, codecs: parseCodecs(fields, fields.list('codecs'), problems) };
}

/**
 * Where a chunk lies: the place of its shard in the grid of keys, and its number in each level of shards.
 *
 * @param chunk its place in the grid of the innermost chunks.
 */
export function locateChunk({ levels, chunkShape }: Layout, chunk: readonly number[]) {
  const start = chunk.map((at, axis) => at * chunkShape[axis]!);
  const outer = levels[0]?.shape ?? chunkShape;
  const shard = start.map((at, axis) => Math.floor(at / outer[axis]!));
  const inner = levels.map((level) =>
    level.grid.reduce((number, length, axis) => {
      const within = start[axis]! % level.shape[axis]!;
      return number * length + Math.floor(within / level.chunkShape[axis]!);
    }, 0),
  );
  return { shard, inner };
}
