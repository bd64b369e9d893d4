import { OutputFull } from '../native/shared-library.js';
import { type Compressor, count, damaged } from './codec.js';

/** What a compressor may make of data that it can't compress, and of the codecs below it: more is refused. */
const OVERHEAD_BYTES = 64 * 1024;
const FIRST_BYTES_MIN = 4096;
/** Larger buffers are not kept: one huge chunk must not cost memory for as long as the thread lives. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024;

/** A codec reads one and writes the other. */
const buffers = [new Uint8Array(0), new Uint8Array(0)];

/** Memory of this thread to decode to, other than where `source` lies. It holds until the next call but one. */
export function scratch(bytes: number, source: Uint8Array): Uint8Array {
  if (bytes > KEPT_BYTES_MAX) return new Uint8Array(bytes);
  const index = buffers[0]!.buffer === source.buffer ? 1 : 0;
  if (buffers[index]!.length < bytes) buffers[index] = new Uint8Array(2 ** Math.ceil(Math.log2(bytes)));
  return buffers[index]!.subarray(0, bytes);
}

/**
 * Decodes data whose length is not known before: what it states of itself is tried, then more and more.
 *
 * @param bytesMax the final size; it may be a little more on the way.
 * @throws {LsioError} `format`
 */
export function decodeToUnknownLength(codec: Compressor, source: Uint8Array, bytesMax: number): Uint8Array {
  const allowed = Math.ceil(bytesMax * 1.125) + OVERHEAD_BYTES;
  const stated = codec.statedBytes?.(source);
  if (stated !== undefined && stated > allowed) {
    throw damaged(codec.name, `it states ${count(stated)}, at most ${count(allowed)} are expected`);
  }
  // A damaged chunk must not cost more memory than any of its length could need.
  const limit = Math.min(allowed, codec.mostBytes?.(source) ?? allowed);
  let room = Math.min(limit, stated ?? Math.max(source.length * 4, FIRST_BYTES_MIN));
  for (;;) {
    const target = scratch(room, source);
    try {
      return target.subarray(0, codec.decodeUpTo(source, target));
    } catch (error) {
      if (room >= limit || !((error as Error).cause instanceof OutputFull)) throw error;
      room = Math.min(limit, Math.max(room, FIRST_BYTES_MIN) * 4);
    }
  }
}
