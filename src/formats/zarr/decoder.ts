import { copyBox, copyItems } from '../../array/copy-box.js';
import type { DType } from '../../array/dtype.js';
import { byteLengthOf, countExactly } from '../../array/grid.js';
import { fillWith, type Scalar } from '../../array/scalar.js';
import { chunkFormat, decodeBytes, openChunkDecoder } from '../../codec/chunk-decoder.js';
import type { Libraries } from '../../codec/libraries.js';
import { LsioError } from '../../errors.js';
import type { ChunkDecoder, DecoderSpec } from '../chunked-array.js';
import type { CodecSpec } from '../source.js';
import { indexExtent, ShardIndex } from './shard-index.js';
import { parseSharding, SHARDING } from './shard-layout.js';

/** What a Zarr array's decoder must know besides its dtype and chunks. Plain data. */
export interface ZarrDecoderParameters {
  readonly codecs: readonly CodecSpec[];
  readonly verify: boolean;
}

/** Of one shard that is decoded whole, in bytes. */
const SHARD_BYTES_MAX = 2 ** 31;

/**
 * Why chunks can't be decoded.
 *
 * @returns undefined if they can.
 * @throws {LsioError} `format` for a shard whose configuration is not allowed.
 */
export function chainProblem(
  codecs: readonly CodecSpec[],
  dtype: DType,
  chunkShape: readonly number[],
): string | undefined {
  const elements = countExactly(chunkShape);
  if (elements > BigInt(Number.MAX_SAFE_INTEGER) || byteLengthOf(chunkShape, dtype.itemBytes) === undefined) {
    return `a chunk of ${elements} elements is too large`;
  }
  const at = codecs.findIndex(({ name }) => name === SHARDING);
  if (at < 0) return chunkFormat({ codecs, dtype, shape: chunkShape }).problems.join('; ') || undefined;
  const { before, shape } = aroundShard(codecs, at, dtype, chunkShape);
  if (typeof before === 'string') return before;
  const problems: string[] = [];
  const { level, codecs: inner } = parseSharding(SHARDING, codecs[at]!, shape, problems);
  return problems.join('; ') || chainProblem(inner, dtype, level.chunkShape);
}

/** Opens the decoder of an array's chunks for this thread. @throws {LsioError} as the codecs' */
export function openZarrDecoder(spec: DecoderSpec, libraries: Libraries): ChunkDecoder {
  const { codecs, verify } = spec.parameters as unknown as ZarrDecoderParameters;
  return decoderOf(codecs, spec, libraries, verify);
}

type Chunk = Pick<DecoderSpec, 'dtype' | 'chunkShape' | 'fill'>;

function decoderOf(codecs: readonly CodecSpec[], chunk: Chunk, libraries: Libraries, verify: boolean): ChunkDecoder {
  const at = codecs.findIndex(({ name }) => name === SHARDING);
  if (at >= 0) return shardDecoder(codecs, at, chunk, libraries, verify);
  const encoding = { codecs, dtype: chunk.dtype, shape: chunk.chunkShape };
  const decoder = openChunkDecoder(encoding, libraries, { verify });
  return {
    decoder: decoder.decoder,
    libraries: decoder.libraries,
    isRaw: decoder.isRaw,
    decode: decoder.decode,
    decodeItems: (source) => decoder.decodeItems(source).map(itemOf),
  };
}

/** What json2 holds besides text is given as its JSON. */
function itemOf(item: unknown): Scalar {
  return typeof item === 'string' || item instanceof Uint8Array ? item : JSON.stringify(item);
}

/**
 * A shard between other codecs, which is decoded whole: they may have compressed it, or turned its axes.
 *
 * @param at where it stands among the codecs.
 */
function shardDecoder(
  codecs: readonly CodecSpec[],
  at: number,
  { dtype, chunkShape, fill }: Chunk,
  libraries: Libraries,
  verify: boolean,
): ChunkDecoder {
  const { before, shape } = aroundShard(codecs, at, dtype, chunkShape);
  if (typeof before === 'string') throw new LsioError('format', before);
  const { level, codecs: inner } = parseSharding(SHARDING, codecs[at]!, shape, []);
  const decoder = decoderOf(inner, { dtype, chunkShape: level.chunkShape, fill }, libraries, verify);
  const after = codecs.slice(at + 1);
  // What is turned is the assembled shard: `bytes` stands for it.
  const turn =
    before.length === 0
      ? undefined
      : openChunkDecoder(
          { codecs: [...before, { name: 'bytes', configuration: {} }], dtype, shape: chunkShape },
          libraries,
        );
  const chunkBytes = (byteLengthOf(level.chunkShape, dtype.itemBytes) ?? 0) || 0;

  /** Calls back for each inner chunk: with its bytes, or with none for one that isn't stored. */
  function eachInner(source: Uint8Array, onChunk: (inner: Uint8Array | undefined, place: readonly number[]) => void) {
    const shard =
      after.length === 0
        ? source
        : decodeBytes(after, source, libraries, { bytesMax: SHARD_BYTES_MAX, verify }).slice();
    const { offset, length } = indexExtent('shard', level, shard.length);
    const index = new ShardIndex('shard', level, shard.subarray(offset, offset + length), shard.length, verify);
    for (let i = 0; i < level.count; i++) {
      const entry = index.entry(i);
      const place = placeOf(i, level.grid);
      onChunk(entry && shard.subarray(entry.offset, entry.offset + entry.length), place);
    }
  }

  function boxAt(place: readonly number[]) {
    const { chunkShape: count } = level;
    const target = place.map((index, axis) => index * count[axis]!);
    return { source: count.map(() => 0), step: count.map(() => 1), count, target };
  }

  return {
    decoder: decoder.decoder,
    libraries: decoder.libraries,
    isRaw: false,
    decode(source, target) {
      const assembled = turn === undefined ? target : new Uint8Array(target.length);
      const chunk = new Uint8Array(chunkBytes);
      eachInner(source, (inner, place) => {
        if (inner === undefined) fillWith(chunk, fill as Uint8Array);
        else decoder.decode(inner, chunk);
        copyBox({ bytes: chunk, shape: level.chunkShape }, { bytes: assembled, shape }, boxAt(place), dtype.itemBytes);
      });
      turn?.decode(assembled, target);
    },
    decodeItems(source) {
      if (before.length > 0)
        throw new LsioError('format', `${before[0]!.name} before a shard of ${dtype.name} is not supported`);
      const items = new Array<Scalar>(Number(countExactly(shape)));
      const empty = new Array<Scalar>(Number(countExactly(level.chunkShape))).fill(fill);
      eachInner(source, (inner, place) => {
        const found = inner === undefined ? empty : decoder.decodeItems(inner);
        copyItems({ items: found, shape: level.chunkShape }, { items, shape }, boxAt(place));
      });
      return items;
    },
  };
}

/** The codecs before a shard, which may only turn axes, and the shape that they leave. */
function aroundShard(
  codecs: readonly CodecSpec[],
  at: number,
  dtype: DType,
  chunkShape: readonly number[],
): { readonly before: readonly CodecSpec[] | string; readonly shape: readonly number[] } {
  const before = codecs.slice(0, at);
  const other = before.find(({ name }) => name !== 'transpose');
  if (other !== undefined) return { before: `codec ${other.name} before a shard is not supported`, shape: chunkShape };
  const { problems } = chunkFormat({
    codecs: [...before, { name: dtype.itemBytes === 0 ? 'vlen-utf8' : 'bytes', configuration: {} }],
    dtype,
    shape: chunkShape,
  });
  if (problems.length > 0) return { before: problems.join('; '), shape: chunkShape };
  const shape = before.reduce<readonly number[]>((turned, { configuration: { order } }) => {
    const axes =
      order === 'F'
        ? turned.map((_, axis) => turned.length - 1 - axis)
        : order === 'C'
          ? turned.map((_, axis) => axis)
          : (order as readonly number[]);
    return axes.map((axis) => turned[axis]!);
  }, chunkShape);
  return { before, shape };
}

/** The place in the grid of the chunk with a number in row-major order. */
function placeOf(number: number, grid: readonly number[]): number[] {
  const place: number[] = [];
  let rest = number;
  for (let axis = grid.length - 1; axis >= 0; axis--) {
    place[axis] = rest % grid[axis]!;
    rest = Math.floor(rest / grid[axis]!);
  }
  return place;
}
