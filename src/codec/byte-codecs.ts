import { LZMA_FORMAT, type LzmaFilter } from '../native/lzma.js';
import { BLOSC_FORMATS, type BloscFormat, bloscCodec } from './blosc.js';
import { decodeBloscLz } from './blosclz.js';
import { decodeBase64 } from './bytes.js';
import { CHECKSUMS, checksumCodec } from './checksum.js';
import { type Compressor, type CompressorParts, compressor, type Decompress } from './codec.js';
import { gzipStatedBytes, inflatedBytesMax } from './gzip.js';
import { type Libraries, type Library, requireLibrary } from './libraries.js';
import type { CompressorName } from './self-test.js';
import { elementBytesOf, shuffleCodec } from './shuffle.js';
import { decodeSnappy } from './snappy.js';
import type { Resolve } from './step.js';
import { zstdStatedBytes } from './zstd-frame.js';

const LZ4_HEADER_BYTES = 4;

/** A codec after which the number of bytes is not known. */
function compressing(
  make: (name: string, libraries: Libraries, settings: unknown) => Compressor,
  check?: Check,
): Resolve {
  return ({ name, configuration, decoded }) => {
    const settings = check?.(configuration);
    if (typeof settings === 'string') return settings;
    return {
      name,
      decoded,
      encoded: { kind: 'bytes', bytes: undefined },
      make: (libraries) => make(name, libraries, settings),
    };
  };
}

/** Understands a configuration: settings, or text that says what is not understood. */
type Check = (configuration: Readonly<Record<string, unknown>>) => object | string;

function byLibrary(name: CompressorName, lengths: Pick<CompressorParts, 'statedBytes' | 'mostBytes'> = {}): Resolve {
  return compressing((codecName, libraries) => {
    const { kind, library, decompress } = requireLibrary(libraries.get(name));
    return compressor({ name: codecName, kind, library, decompress, ...lengths });
  });
}

export const resolveZstd = byLibrary('zstd', { statedBytes: zstdStatedBytes, mostBytes: zstdStatedBytes });
export const resolveGzip = byLibrary('gzip', { statedBytes: gzipStatedBytes, mostBytes: inflatedBytesMax });
export const resolveZlib = byLibrary('zlib', { mostBytes: inflatedBytesMax });
export const resolveBz2 = byLibrary('bz2');

/** numcodecs' LZ4: the decoded length in 4 bytes, then one block. */
export const resolveLz4 = compressing((name, libraries) => {
  const { kind, library, decompress } = requireLibrary(libraries.get('lz4'));
  return compressor({
    name,
    kind,
    library,
    statedBytes: lz4StatedBytes,
    decompress(source, target) {
      const stated = lz4StatedBytes(source);
      if (stated === undefined) throw new Error('no header: it takes 4 bytes');
      if (stated > target.length) throw new Error(`its header states ${stated} bytes`);
      // An empty chunk has an empty block, which no decoder takes without room for a byte.
      if (stated === 0 && source.length === LZ4_HEADER_BYTES + 1) return source[LZ4_HEADER_BYTES] === 0 ? 0 : -1;
      const written = decompress(source.subarray(LZ4_HEADER_BYTES), target.subarray(0, stated));
      if (written >= 0 && written !== stated) throw new Error(`its header states ${stated} bytes, found ${written}`);
      return written;
    },
  });
});

function lz4StatedBytes(source: Uint8Array): number | undefined {
  if (source.length < LZ4_HEADER_BYTES) return undefined;
  return new DataView(source.buffer, source.byteOffset, LZ4_HEADER_BYTES).getUint32(0, true);
}

/** What names the compressor in a configuration of blosc, and what decodes it. */
const BLOSC_NAMES: Readonly<Record<string, BloscFormat>> = {
  blosclz: 'blosclz',
  lz4: 'lz4',
  lz4hc: 'lz4',
  snappy: 'snappy',
  zlib: 'zlib',
  zstd: 'zstd',
};

export const resolveBlosc = compressing(
  (name, libraries, settings) => {
    const { format } = settings as { format: BloscFormat };
    const own: Library = { name: 'lz4', kind: 'wasm', library: 'lsio', decompress: decodeBloscLz };
    // The container says itself what it holds: the configuration tells which library that will be.
    const { kind, library } =
      format === 'blosclz' || format === 'snappy' ? own : requireLibrary(libraries.get(format as CompressorName));
    return bloscCodec(name, { kind, library, decoders: bloscDecoders(libraries) });
  },
  ({ cname = 'lz4' }) => {
    const format = typeof cname === 'string' && Object.hasOwn(BLOSC_NAMES, cname) ? BLOSC_NAMES[cname] : undefined;
    return format === undefined ? `cname ${JSON.stringify(cname)} is not known` : { format };
  },
);

function bloscDecoders(libraries: Libraries): Readonly<Record<BloscFormat, Decompress>> {
  const entries = BLOSC_FORMATS.map((format): [BloscFormat, Decompress] => {
    if (format === 'blosclz') return [format, decodeBloscLz];
    if (format === 'snappy') return [format, decodeSnappy];
    const found = libraries.get(format);
    // It may never be needed.
    return [format, 'decompress' in found ? found.decompress : () => requireLibrary(found) && -1];
  });
  return Object.fromEntries(entries) as Record<BloscFormat, Decompress>;
}

interface LzmaSettings {
  readonly format: number;
  readonly filters: readonly LzmaFilter[];
}

export const resolveLzma = compressing(
  (name, libraries, settings) => {
    const { format, filters } = settings as LzmaSettings;
    const { kind, library } = requireLibrary(libraries.get('lzma'));
    return compressor({
      name,
      kind,
      library,
      decompress: (source, target) => libraries.lzma!(source, target, format, filters),
    });
  },
  ({ format: given, filters: list }) => {
    const format = given ?? LZMA_FORMAT.xz;
    if (typeof format !== 'number' || !Object.values<number>(LZMA_FORMAT).includes(format)) {
      return `format ${JSON.stringify(given)} is not known`;
    }
    const filters = list ?? [];
    if (!Array.isArray(filters) || !filters.every(isLzmaFilter)) return 'its filters are not understood';
    if (format === LZMA_FORMAT.raw && filters.length === 0) return 'a raw stream needs its filters';
    return { format, filters } satisfies LzmaSettings;
  },
);

function isLzmaFilter(filter: unknown): filter is LzmaFilter {
  if (typeof filter !== 'object' || filter === null) return false;
  const { id, ...settings } = filter as Record<string, unknown>;
  const isId = (typeof id === 'number' && Number.isInteger(id)) || typeof id === 'bigint';
  return isId && id > 0 && Object.values(settings).every((value) => Number.isInteger(value) && (value as number) >= 0);
}

export const resolveBase64 = compressing((name) =>
  compressor({ name, kind: 'wasm', library: 'node:buffer', decompress: decodeBase64 }),
);

/** A checksum beside the data; numcodecs may say where. */
export const resolveChecksum: Resolve = ({ name, configuration, decoded }) => {
  const { sum, at } = CHECKSUMS[name]!;
  const { location = at } = configuration;
  if (location !== 'start' && location !== 'end') return `location ${JSON.stringify(location)} is not known`;
  const bytes = decoded.kind === 'bytes' && decoded.bytes !== undefined ? decoded.bytes + 4 : undefined;
  const make: (_: unknown, options: { verify: boolean }) => ReturnType<typeof checksumCodec> = (_, { verify }) =>
    checksumCodec(name, sum, location, verify);
  return { name, decoded, encoded: { kind: 'bytes', bytes }, make };
};

export const resolveShuffle: Resolve = ({ name, configuration, decoded }) => {
  const elementBytes = elementBytesOf(configuration.elementsize);
  if (typeof elementBytes === 'string') return elementBytes;
  return { name, decoded, encoded: decoded, make: () => shuffleCodec(name, elementBytes) };
};
