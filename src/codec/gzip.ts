import { gunzipSync, inflateSync } from 'node:zlib';
import type { Inflate, Inflated } from '../native/deflate.js';
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
  const { buffer, engine } = inflate(source, { maxOutputLength, info: true }) as unknown as WithInfo;
  if (buffer.length > target.length) throw new Error('the data decodes to more');
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

/** What the last member of a gzip file states as its length, modulo 2^32. */
export function gzipStatedBytes(source: Uint8Array): number | undefined {
  if (source.length < 18) return undefined;
  return new DataView(source.buffer, source.byteOffset + source.length - 4, 4).getUint32(0, true);
}

function trailing(bytes: number): string {
  return `${bytes} bytes follow the end of the data`;
}
