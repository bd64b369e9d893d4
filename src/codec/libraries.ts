import { isLsioError, LsioError } from '../errors.js';
import { BZIP2_LIBRARY, loadBzip2 } from '../native/bzip2.js';
import { DEFLATE_LIBRARY, loadDeflate } from '../native/deflate.js';
import { LZ4_LIBRARY, loadLz4 } from '../native/lz4.js';
import { type DecodeLzma, LZMA_FORMAT, LZMA_LIBRARY, loadLzma } from '../native/lzma.js';
import { loadZstd, ZSTD_LIBRARY } from '../native/zstd.js';
import type { DecoderChoice, DecoderKind, Decompress } from './codec.js';
import { bzip2Decompress, gzipDecompress, nodeInflate, zlibDecompress } from './gzip.js';
import { decodeLz4Block } from './lz4-fallback.js';
import { type CompressorName, passesSelfTest } from './self-test.js';

/** What decodes one kind of compressed data on this thread. */
export interface Library {
  readonly name: CompressorName;
  readonly kind: DecoderKind;
  /** Such as `liblz4.so.1`. */
  readonly library: string;
  readonly decompress: Decompress;
}

/** Why there is nothing that decodes it, or not what was asked for. */
export interface MissingLibrary {
  readonly name: CompressorName;
  readonly problem: string;
  readonly remedy: string | undefined;
}

/** Everything that decodes compressed data on this thread. */
export interface Libraries {
  readonly choice: DecoderChoice;
  /** Why the native library isn't used, where it isn't and was wanted. */
  readonly problems: readonly MissingLibrary[];
  get(name: CompressorName): Library | MissingLibrary;
  /** Of liblzma, which needs its format and filters. */
  readonly lzma: DecodeLzma | undefined;
}

interface NativeLibrary {
  readonly library: string;
  readonly load: () => Decompress;
}

const NATIVE: Readonly<Record<CompressorName, NativeLibrary>> = {
  lz4: { library: LZ4_LIBRARY, load: loadLz4 },
  zstd: { library: ZSTD_LIBRARY, load: loadZstd },
  gzip: { library: DEFLATE_LIBRARY, load: () => gzipDecompress(loadDeflate().gzip) },
  zlib: { library: DEFLATE_LIBRARY, load: () => zlibDecompress(loadDeflate().zlib) },
  bz2: { library: BZIP2_LIBRARY, load: () => bzip2Decompress(loadBzip2()) },
  lzma: {
    library: LZMA_LIBRARY,
    load() {
      const decode = loadLzma();
      return (source, target) => decode(source, target, LZMA_FORMAT.xz, []);
    },
  },
};
export const COMPRESSOR_NAMES = Object.keys(NATIVE) as CompressorName[];

const loaded = new Map<DecoderChoice, Promise<Libraries>>();

/**
 * What decodes compressed data, once a thread: shared libraries by address, each loaded when it is first asked for and
 * tried on a known frame, or what is written in JavaScript or WebAssembly where one is missing. Nothing that is missing is
 * an error before it is needed.
 */
export function loadLibraries(choice: DecoderChoice = 'auto'): Promise<Libraries> {
  let libraries = loaded.get(choice);
  if (libraries === undefined) {
    libraries = load(choice);
    loaded.set(choice, libraries);
  }
  return libraries;
}

async function load(choice: DecoderChoice): Promise<Libraries> {
  const found = new Map<CompressorName, Library | MissingLibrary>();
  const problems: MissingLibrary[] = [];
  function find(name: CompressorName, fallback: Library | undefined): Library | MissingLibrary {
    const native = choice === 'wasm' ? undefined : loadNative(name);
    if (native !== undefined && 'decompress' in native) return native;
    if (native !== undefined) problems.push(native);
    return (choice === 'native' ? undefined : fallback) ?? native ?? noFallback(name);
  }
  function get(name: CompressorName): Library | MissingLibrary {
    const known = found.get(name) ?? find(name, fallbackOf(name));
    found.set(name, known);
    return known;
  }
  let lzma: DecodeLzma | undefined;
  // Its fallback takes time to load: nobody can wait for it later.
  const zstd = find('zstd', undefined);
  found.set('zstd', ('problem' in zstd && choice !== 'native' && (await loadWasmZstd())) || zstd);
  return {
    choice,
    problems,
    get,
    get lzma() {
      if ('decompress' in get('lzma')) lzma ??= loadLzma();
      return lzma;
    },
  };
}

function loadNative(name: CompressorName): Library | MissingLibrary {
  const { library, load } = NATIVE[name];
  try {
    const decompress = load();
    if (passesSelfTest(name, decompress)) return { name, kind: 'native', library, decompress };
    return { name, problem: `${library} decodes a known ${name} frame wrongly`, remedy: undefined };
  } catch (error) {
    if (isLsioError(error, 'unavailable')) return { name, problem: error.message, remedy: error.remedy };
    // A library without the function that we call.
    return { name, problem: `${library} can't be used: ${(error as Error).message}`, remedy: undefined };
  }
}

function fallbackOf(name: CompressorName): Library | undefined {
  const kind = 'wasm';
  if (name === 'lz4') return { name, kind, library: 'lsio', decompress: decodeLz4Block };
  if (name === 'gzip') return { name, kind, library: 'node:zlib', decompress: gzipDecompress(nodeInflate.gzip) };
  if (name === 'zlib') return { name, kind, library: 'node:zlib', decompress: zlibDecompress(nodeInflate.zlib) };
  return undefined;
}

async function loadWasmZstd(): Promise<Library | undefined> {
  const { loadZstdFallback, ZSTD_FALLBACK } = await import('./zstd-fallback.js');
  const decompress = await loadZstdFallback();
  return decompress && { name: 'zstd', kind: 'wasm', library: ZSTD_FALLBACK, decompress };
}

function noFallback(name: CompressorName): MissingLibrary {
  const { library } = NATIVE[name];
  return { name, problem: `only ${library} decodes ${name} here, and it isn't wanted`, remedy: '--decoder auto' };
}

/** @throws {LsioError} `unavailable`, for a library that is missing. */
export function requireLibrary(library: Library | MissingLibrary): Library {
  if ('decompress' in library) return library;
  throw new LsioError('unavailable', library.problem, { remedy: library.remedy });
}
