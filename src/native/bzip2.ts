import type { Inflated } from './deflate.js';
import { addressOf } from './library.js';
import { loadSharedLibrary, OutputFull } from './shared-library.js';

export const BZIP2_LIBRARY = 'libbz2.so.1.0';

/** `bz_stream` of a 64-bit system: where its fields begin, in bytes. */
const STREAM = { nextIn: 0, availIn: 8, nextOut: 24, availOut: 32, bytes: 80 };
const BZ_OK = 0;
const BZ_STREAM_END = 4;
/** A call takes 32-bit lengths. */
const LENGTH_MAX = 2 ** 32 - 1;

/**
 * Decodes one bzip2 stream at the start of `source`.
 *
 * @throws {Error} for damaged or longer data.
 */
export type DecodeBzip2 = (source: Uint8Array, target: Uint8Array) => Inflated;

/** @throws {LsioError} `unavailable` */
export function loadBzip2(): DecodeBzip2 {
  const library = loadSharedLibrary(BZIP2_LIBRARY, 'libbz2-1.0');
  const start = library.func('int BZ2_bzDecompressInit(uintptr_t, int, int)');
  const step = library.func('int BZ2_bzDecompress(uintptr_t)');
  const end = library.func('int BZ2_bzDecompressEnd(uintptr_t)');
  const stream = new DataView(new ArrayBuffer(128));
  const streamAt = addressOf(new Uint8Array(stream.buffer));
  return (source, target) => {
    if (Math.max(source.length, target.length) > LENGTH_MAX) throw new Error('longer than 4 GiB');
    new Uint8Array(stream.buffer).fill(0);
    stream.setBigUint64(STREAM.nextIn, BigInt(addressOf(source)), true);
    stream.setUint32(STREAM.availIn, source.length, true);
    stream.setBigUint64(STREAM.nextOut, BigInt(addressOf(target)), true);
    stream.setUint32(STREAM.availOut, target.length, true);
    if (start(streamAt, 0, 0) !== BZ_OK) throw new Error('libbz2 has no memory');
    // All input and all room are given at once: one step either ends the stream or can't go on.
    const result = step(streamAt);
    const written = target.length - stream.getUint32(STREAM.availOut, true);
    const read = source.length - stream.getUint32(STREAM.availIn, true);
    end(streamAt);
    if (result === BZ_STREAM_END) return { read, written };
    if (result !== BZ_OK) throw new Error(`damaged data (${result})`);
    throw written === target.length ? new OutputFull() : new Error('the data ends too early');
  };
}
