import {
  type Compressor,
  type CompressorParts,
  compressor,
  count,
  type DecoderKind,
  type Decompress,
} from './codec.js';
import { type BlockFilter, unshuffleBlock } from './shuffle.js';

const HEADER_BYTES = 16;
/** Version 3 and above is blosc2, another format. */
const VERSION_MAX = 2;
const FLAG_SHUFFLE = 1;
const FLAG_STORED = 2;
const FLAG_BITSHUFFLE = 4;
const FLAG_DONT_SPLIT = 16;
/** A block whose elements have at most that many bytes, and that has at least that many elements, has a stream a byte. */
const SPLIT_ELEMENT_BYTES_MAX = 16;
const SPLIT_ELEMENTS_MIN = 128;

/** The compressors of a blosc container, by their number in its flags. */
export const BLOSC_FORMATS = ['blosclz', 'lz4', 'snappy', 'zlib', 'zstd'] as const;

export type BloscFormat = (typeof BLOSC_FORMATS)[number];

/** What the header of a container says, checked against the container's length. */
interface Header {
  readonly format: BloscFormat;
  readonly stored: boolean;
  readonly filter: BlockFilter;
  readonly split: boolean;
  readonly elementBytes: number;
  readonly decodedBytes: number;
  readonly blockBytes: number;
  readonly blocks: number;
}

/**
 * The blosc 1 container (https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst): header, table of blocks,
 * and in each block one stream or one a byte of the element. Read here and not by libblosc, which takes no length of its
 * source and reads past the end of damaged chunks.
 */
export function bloscCodec(
  name: string,
  parts: {
    readonly decoders: Readonly<Record<BloscFormat, Decompress>>;
    readonly library: string;
    readonly kind: DecoderKind;
  },
): Compressor {
  const { decoders, library, kind } = parts;
  const container: CompressorParts = {
    name,
    library,
    kind,
    statedBytes: (source) => (source.length < HEADER_BYTES ? undefined : viewOf(source).getUint32(4, true)),
    decompress(source, target) {
      const header = readHeader(source);
      const { decodedBytes } = header;
      if (decodedBytes > target.length) {
        throw new Error(`its header states ${count(decodedBytes)}, there is room for ${count(target.length)}`);
      }
      if (decodedBytes === 0) return 0;
      if (header.stored) target.set(source.subarray(HEADER_BYTES));
      else for (let block = 0; block < header.blocks; block++) decodeBlock(source, target, header, block, decoders);
      return decodedBytes;
    },
  };
  return compressor(container);
}

function viewOf(source: Uint8Array): DataView {
  return new DataView(source.buffer, source.byteOffset, source.byteLength);
}

function readHeader(source: Uint8Array): Header {
  if (source.length < HEADER_BYTES) throw new Error(`no header: it takes ${count(HEADER_BYTES)}`);
  const view = viewOf(source);
  const version = view.getUint8(0);
  if (version < 1 || version > VERSION_MAX) throw new Error(`version ${version} of the container is not supported`);
  const flags = view.getUint8(2);
  const elementBytes = view.getUint8(3);
  const decodedBytes = view.getUint32(4, true);
  const blockBytes = view.getUint32(8, true);
  const storedBytes = view.getUint32(12, true);
  if (storedBytes !== source.length) throw new Error(`its header states ${count(storedBytes)} of stored data`);
  const format = BLOSC_FORMATS[flags >> 5];
  if (format === undefined) throw new Error(`compressor ${flags >> 5} is not known`);
  if (elementBytes === 0) throw new Error('elements of 0 bytes');
  const stored = (flags & FLAG_STORED) !== 0;
  if (stored && storedBytes !== decodedBytes + HEADER_BYTES) {
    throw new Error(`stored without compression: its header states ${count(decodedBytes)} of data`);
  }
  const blocks = decodedBytes === 0 ? 0 : Math.ceil(decodedBytes / blockBytes);
  if (!stored && HEADER_BYTES + blocks * 4 > storedBytes) throw new Error(`no room for a table of ${blocks} blocks`);
  const shuffled = (flags & FLAG_SHUFFLE) !== 0 && elementBytes > 1;
  const bitshuffled = (flags & FLAG_BITSHUFFLE) !== 0 && blockBytes >= elementBytes;
  return {
    format,
    stored,
    filter: shuffled ? 'shuffle' : bitshuffled ? 'bitshuffle' : 'none',
    split: (flags & FLAG_DONT_SPLIT) === 0,
    elementBytes,
    decodedBytes,
    blockBytes,
    blocks,
  };
}

function decodeBlock(
  source: Uint8Array,
  target: Uint8Array,
  header: Header,
  block: number,
  decoders: Readonly<Record<BloscFormat, Decompress>>,
): void {
  const { blockBytes, decodedBytes, elementBytes, filter, format } = header;
  const first = block * blockBytes;
  const length = Math.min(blockBytes, decodedBytes - first);
  const isWhole = length === blockBytes;
  const splits =
    header.split &&
    isWhole &&
    elementBytes <= SPLIT_ELEMENT_BYTES_MAX &&
    Math.floor(blockBytes / elementBytes) >= SPLIT_ELEMENTS_MIN
      ? elementBytes
      : 1;
  if (length % splits !== 0) throw new Error(`block ${block} of ${count(length)} can't be split in ${splits}`);
  const streamBytes = length / splits;
  const view = viewOf(source);
  const start = view.getUint32(HEADER_BYTES + block * 4, true);
  if (start < HEADER_BYTES + header.blocks * 4 || start > source.length) {
    throw new Error(`block ${block} begins at byte ${start} of ${source.length}`);
  }
  unshuffleBlock(target.subarray(first, first + length), filter, elementBytes, (stored) => {
    let at = start;
    for (let split = 0; split < splits; split++) {
      const room = source.length - at - 4;
      const size = room < 0 ? 0 : view.getUint32(at, true);
      if (size === 0 || size > room) throw new Error(`block ${block} has a stream of ${size} bytes, ${room} are left`);
      const stream = source.subarray(at + 4, at + 4 + size);
      const part = splits === 1 ? stored : stored.subarray(split * streamBytes, (split + 1) * streamBytes);
      if (size === streamBytes) part.set(stream);
      else decodeStream(stream, part, decoders[format], `${format} in block ${block}`);
      at += 4 + size;
    }
  });
}

function decodeStream(stream: Uint8Array, part: Uint8Array, decode: Decompress, what: string): void {
  const written = decode(stream, part);
  if (written === part.length) return;
  if (written < 0) throw new Error(`${what}: damaged data`);
  throw new Error(`${what}: found ${count(written)}, expected ${count(part.length)}`);
}
