import { addressOf } from './library.js';
import { loadSharedLibrary } from './shared-library.js';

export const LZ4_LIBRARY = 'liblz4.so.1';

/** Decodes one LZ4 block (no frame). Returns the bytes written, or a negative number for damaged or longer data. */
export type DecodeLz4Block = (source: Uint8Array, target: Uint8Array) => number;

/** @throws {LsioError} `unavailable` */
export function loadLz4(): DecodeLz4Block {
  const library = loadSharedLibrary(LZ4_LIBRARY, 'liblz4-1');
  // It reads and writes nothing outside of the two lengths, whatever the source holds.
  const decode = library.func('int LZ4_decompress_safe(uintptr_t, uintptr_t, int, int)');
  return (source, target) => decode(addressOf(source), addressOf(target), source.length, target.length);
}
