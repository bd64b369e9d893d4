import { gunzipSync, inflateSync } from 'node:zlib';
import type { Inflate, Inflated } from '../native/deflate.js';
import { OutputFull } from '../native/shared-library.js';
import type { Decompress } from './codec.js';

const GZIP_MAGIC = 0x1f;

/** Node's own inflate: it is always there. It takes all members of a gzip file at once. */
export const nodeInflate: { readonly gzip: Inflate; readonly zlib: Inflate } = {
  gzip: (source, target) => inflated(gunzipSync, source, target),
  zlib: (source, target) => inflated(inflateSync, source, target),
};

/** What the functions of `node:zlib` return with `info`: the types don't declare it. */
interface WithInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function inflated(inflate: typeof gunzipSync, source: Uint8Array, target: Uint8Array): Inflated {
  // One byte more tells data that is longer from data that fits.
  const maxOutputLength = target.length + 1;
  let result: WithInfo;
  try {
    result = inflate(source, { maxOutputLength, info: true }) as unknown as WithInfo;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? new OutputFull() : error;
  }
  const { buffer, engine } = result;
  if (buffer.length > target.length) throw new OutputFull();
  target.set(buffer);
  return { read: engine.bytesWritten, written: buffer.length };
}

/** All members of a gzip file, one after another; zeros may follow the last one, as `gzip` itself allows. */
export function gzipDecompress(inflate: Inflate): Decompress {
  return (source, target) => {
    let read = 0;
    let written = 0;
    do {
      const member = inflate(source.subarray(read), target.subarray(written));
      read += member.read;
      written += member.written;
    } while (source[read] === GZIP_MAGIC);
    if (source.subarray(read).some((byte) => byte !== 0)) throw new Error(trailing(source.length - read));
    return written;
  };
}

/** One zlib stream, which ends where the source does. */
export function zlibDecompress(inflate: Inflate): Decompress {
  return (source, target) => {
    const { read, written } = inflate(source, target);
    if (read !== source.length) throw new Error(trailing(source.length - read));
    return written;
  };
}

/** One bzip2 stream after another. */
export function bzip2Decompress(decode: Inflate): Decompress {
  return (source, target) => {
    let read = 0;
    let written = 0;
    do {
      const stream = decode(source.subarray(read), target.subarray(written));
      read += stream.read;
      written += stream.written;
    } while (read < source.length);
    return written;
  };
}

/** A pair of a length and a distance takes at least 2 bits and gives at most 258 bytes. */
const DEFLATE_RATIO_MAX = 1032;

/** The most that deflated data of a length can decode to. */
export function inflatedBytesMax(source: Uint8Array): number {
  return source.length * DEFLATE_RATIO_MAX;
}

/** What the last member of a gzip file states as its length, modulo 2^32. */
export function gzipStatedBytes(source: Uint8Array): number | undefined {
  if (source.length < 18) return undefined;
  return new DataView(source.buffer, source.byteOffset + source.length - 4, 4).getUint32(0, true);
}

function trailing(bytes: number): string {
  return `${bytes} bytes follow the end of the data`;
}
