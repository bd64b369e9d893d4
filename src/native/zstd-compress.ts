import { LsioError } from '../errors.js';
import { addressOf } from './library.js';
import { loadSharedLibrary } from './shared-library.js';
import { ZSTD_LIBRARY } from './zstd.js';

/** libzstd's own default. */
const LEVEL = 3;

/** @throws {LsioError} `unavailable` */
export function loadZstdCompress(): (source: Uint8Array) => Uint8Array {
  const library = loadSharedLibrary(ZSTD_LIBRARY, 'libzstd1');
  const bound = library.func('size_t ZSTD_compressBound(size_t)');
  // Its errors are the last values of size_t: as a signed number they are below zero.
  const compress = library.func('int64_t ZSTD_compress(uintptr_t, size_t, uintptr_t, size_t, int)');
  return (source) => {
    const target = new Uint8Array(Number(bound(source.length)));
    const written = Number(compress(addressOf(target), target.length, addressOf(source), source.length, LEVEL));
    if (written < 0) throw new LsioError('output', `${ZSTD_LIBRARY} does not compress ${source.length} bytes`);
    return target.subarray(0, written);
  };
}
