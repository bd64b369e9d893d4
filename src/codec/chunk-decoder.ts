import { type DType, isVariable } from '../array/dtype.js';
import { assert } from '../assert.js';
import { LsioError } from '../errors.js';
import { type Compressor, checkLength, type DecoderKind, damaged, type PartCodec } from './codec.js';
import type { Libraries } from './libraries.js';
import { resolveChain } from './registry.js';
import { decodeToUnknownLength, scratch } from './scratch.js';
import { type AnyCodec, bytesOf, type CodecOptions, type CodecSpec, elementsOf, type Step } from './step.js';
import { transposeItems } from './transpose.js';
import type { VariableItem } from './variable.js';

/** How the chunks of an array are encoded. Plain data. */
export interface ChunkEncoding {
  /** In the order of encoding. */
  readonly codecs: readonly CodecSpec[];
  readonly dtype: DType;
  /** Of one chunk. */
  readonly shape: readonly number[];
}

/** What metadata alone tells of the chunks of an array. */
export interface ChunkFormat {
  /** Why they can't be decoded, each naming a codec; empty if they can. */
  readonly problems: readonly string[];
  /** Of a decoded chunk; undefined if its elements vary in length. */
  readonly decodedBytes: number | undefined;
  /** Of every stored chunk; undefined if that varies, as it does after a compressor. */
  readonly storedBytes: number | undefined;
  /** A stored chunk is the decoded one, byte for byte: parts of it can be read alone. */
  readonly isRaw: boolean;
}

export function chunkFormat({ codecs, dtype, shape }: ChunkEncoding): ChunkFormat {
  const content = { kind: 'array', dtype, shape } as const;
  const { steps, problems } = resolveChain(codecs, content);
  const isRaw = problems.length === 0 && steps.every(({ make, items }) => make === undefined && items === undefined);
  return {
    problems,
    decodedBytes: bytesOf(content),
    storedBytes: problems.length > 0 ? undefined : bytesOf(steps.at(-1)?.encoded ?? content),
    isRaw,
  };
}

export interface DecodeOptions {
  /** Whether checksums are compared; default true. */
  readonly verify?: boolean;
  /** The longest stream of elements that vary in length; default {@link STREAM_BYTES_MAX}. */
  readonly streamBytesMax?: number;
}

/** A chunk of strings has no stated size: this bounds what a damaged or hostile one may decode to. */
const STREAM_BYTES_MAX = 2 ** 30;

/** Decodes the chunks of one array. Make one a thread: it works in buffers that all decoders of a thread share. */
export interface ChunkDecoder extends ChunkFormat {
  /** What decompresses: `none` where nothing is compressed. */
  readonly decoder: DecoderKind | 'none';
  /** The libraries that do it, such as `liblz4.so.1`. */
  readonly libraries: readonly string[];
  /**
   * Decodes a chunk of elements of a fixed length: little-endian, in C order.
   *
   * @param target has `decodedBytes` bytes; what is in it after an error means nothing.
   * @throws {LsioError} `format` for a damaged chunk.
   */
  decode(source: Uint8Array, target: Uint8Array): void;
  /**
   * Decodes a chunk of elements that vary in length, in C order.
   *
   * @throws {LsioError} `format` for a damaged chunk.
   */
  decodeItems(source: Uint8Array): VariableItem[];
}

/**
 * @throws {LsioError} `format` naming every codec that is not supported, `unavailable` where a library is missing.
 */
export function openChunkDecoder(
  encoding: ChunkEncoding,
  libraries: Libraries,
  options: DecodeOptions = {},
): ChunkDecoder {
  const { dtype, shape, codecs } = encoding;
  const format = chunkFormat(encoding);
  if (format.problems.length > 0) throw new LsioError('format', format.problems.join('; '));
  const { steps } = resolveChain(codecs, { kind: 'array', dtype, shape });
  const { verify = true, streamBytesMax = STREAM_BYTES_MAX } = options;
  const decoding = decodingOf(steps, libraries, { verify });
  const used = decoding.flatMap(({ codec }) => (isCompressor(codec) ? [codec] : []));
  const elements = elementsOf(shape);
  const first = steps.findIndex(({ items }) => items !== undefined);
  return {
    ...format,
    decoder: used.length === 0 ? 'none' : used.every(({ kind }) => kind === 'native') ? 'native' : 'wasm',
    libraries: [...new Set(used.map(({ library }) => library))],
    decode(source, target) {
      assert(!isVariable(dtype), 'elements of a fixed length are decoded to bytes');
      assert(target.length === format.decodedBytes, 'the target has the size of a chunk');
      runInto(decoding, source, target);
    },
    decodeItems(source) {
      assert(first >= 0, 'elements that vary in length are decoded to items');
      const items = steps[first]!.items!.decodeItems(run(decoding, source, streamBytesMax), elements);
      return steps.slice(0, first).reduceRight<VariableItem[]>((before, { order, decoded }) => {
        assert(order !== undefined && decoded.kind === 'array', 'only a transposition comes before items');
        return transposeItems(before, decoded.shape, order);
      }, items);
    },
  };
}

/**
 * Undoes codecs that follow on bytes: those around a shard, whose length only decoding tells.
 *
 * @returns bytes that hold until the next call of a decoder of this thread.
 * @throws {LsioError} `format` for damaged data, for more than `bytesMax`, and for codecs that are not supported.
 */
export function decodeBytes(
  codecs: readonly CodecSpec[],
  source: Uint8Array,
  libraries: Libraries,
  { bytesMax, verify = true }: { readonly bytesMax: number; readonly verify?: boolean },
): Uint8Array {
  const { steps, problems } = resolveChain(codecs, { kind: 'bytes', bytes: undefined });
  if (problems.length > 0) throw new LsioError('format', problems.join('; '));
  return run(decodingOf(steps, libraries, { verify }), source, bytesMax);
}

/** One codec as it is run; of a chain the last one of encoding comes first. */
interface Running {
  readonly codec: AnyCodec;
  /** What it decodes to; undefined where only decoding tells. */
  readonly bytes: number | undefined;
  /** All that run after it change bytes in place: it may write where the chunk goes. */
  readonly reachesTarget: boolean;
}

function decodingOf(steps: readonly Step[], libraries: Libraries, options: CodecOptions): Running[] {
  const running: Running[] = [];
  let reachesTarget = true;
  for (const { make, decoded } of steps) {
    if (make === undefined) continue;
    const codec = make(libraries, options);
    running.unshift({ codec, bytes: bytesOf(decoded), reachesTarget });
    if (!('inPlace' in codec)) reachesTarget = false;
  }
  return running;
}

function isCompressor(codec: AnyCodec): codec is Compressor {
  return 'decodeUpTo' in codec;
}

function isPart(codec: AnyCodec): codec is PartCodec {
  return 'part' in codec;
}

function runInto(decoding: readonly Running[], source: Uint8Array, target: Uint8Array): void {
  const decoded = run(decoding, source, target.length, target);
  if (decoded === target) return;
  checkLength('chunk', 'decoded data', decoded.length, target.length);
  target.set(decoded);
}

/** Runs the codecs one after another, in place or from one buffer to the next; checksums only narrow the view. */
function run(decoding: readonly Running[], source: Uint8Array, bytesMax: number, target?: Uint8Array): Uint8Array {
  let current = source;
  // The source is the caller's: only what was decoded may be written to.
  let isOurs = false;
  for (const { codec, bytes, reachesTarget } of decoding) {
    if (isPart(codec)) {
      current = codec.part(current);
      if (bytes !== undefined) checkLength(codec.name, 'data', current.length, bytes);
    } else if (bytes === undefined && isCompressor(codec)) {
      current = decodeToUnknownLength(codec, current, bytesMax);
      isOurs = true;
    } else {
      const length = bytes ?? current.length;
      const inPlace = isOurs && 'inPlace' in codec;
      const next = reachesTarget && target?.length === length ? target : inPlace ? current : scratch(length, current);
      codec.decode(current, next);
      current = next;
      isOurs = true;
    }
  }
  if (target === undefined && current.length > bytesMax)
    throw damaged('chunk', `${current.length} bytes, at most ${bytesMax} are allowed`);
  return current;
}
