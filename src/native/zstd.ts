import { LsioError } from '../errors.js';
import { addressOf } from './library.js';
import { loadSharedLibrary, OutputFull } from './shared-library.js';

export const ZSTD_LIBRARY = 'libzstd.so.1';

const DESTINATION_TOO_SMALL = -70;

/**
 * Decodes one or more zstd frames.
 *
 * @returns the bytes written.
 * @throws {Error} with libzstd's words, for damaged or longer data.
 */
export type DecodeZstd = (source: Uint8Array, target: Uint8Array) => number;

/** @throws {LsioError} `unavailable` */
export function loadZstd(): DecodeZstd {
  const library = loadSharedLibrary(ZSTD_LIBRARY, 'libzstd1');
  // Its errors are the last values of size_t: as a signed number they are below zero.
  const decode = library.func('int64_t ZSTD_decompressDCtx(uintptr_t, uintptr_t, size_t, uintptr_t, size_t)');
  const errorName = library.func('const char *ZSTD_getErrorName(int64_t)');
  // One context a thread: making one costs more than decoding a small chunk. It lives as long as the thread.
  const context = Number(library.func('uintptr_t ZSTD_createDCtx()')());
  if (context === 0) throw new LsioError('unavailable', `${ZSTD_LIBRARY}: no memory for a context`);
  return (source, target) => {
    const written = decode(context, addressOf(target), target.length, addressOf(source), source.length);
    if (Number(written) === DESTINATION_TOO_SMALL) throw new OutputFull();
    if (written < 0) throw new Error(errorName(written));
    return Number(written);
  };
}
