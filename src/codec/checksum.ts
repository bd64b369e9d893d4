import { checkLength, count, damaged, type PartCodec } from './codec.js';
import { crc32, crc32c } from './crc.js';

const CHECKSUM_BYTES = 4;
/** Sums of that many values below 2^16 stay below 2^32 in both halves. */
const FLETCHER_WORDS = 360;
const ADLER_BASE = 65521;
/** Adler's sums are exact in a double for far longer; this keeps them integers. */
const ADLER_BYTES = 3800;

export const CHECKSUMS: Readonly<Record<string, { sum: (bytes: Uint8Array) => number; at: 'start' | 'end' }>> = {
  crc32: { sum: crc32, at: 'start' },
  crc32c: { sum: crc32c, at: 'end' },
  adler32: { sum: adler32, at: 'start' },
  fletcher32: { sum: fletcher32, at: 'end' },
};

/** A codec that puts 4 bytes of checksum before or after the data. */
export function checksumCodec(
  name: string,
  sum: (bytes: Uint8Array) => number,
  at: 'start' | 'end',
  verify: boolean,
): PartCodec {
  function part(source: Uint8Array): Uint8Array {
    const length = source.length - CHECKSUM_BYTES;
    if (length < 0) throw damaged(name, `no checksum: found ${count(source.length)}, it takes ${CHECKSUM_BYTES}`);
    const data = at === 'end' ? source.subarray(0, length) : source.subarray(CHECKSUM_BYTES);
    if (!verify) return data;
    const place = at === 'end' ? length : 0;
    const stored = new DataView(source.buffer, source.byteOffset + place, CHECKSUM_BYTES).getUint32(0, true);
    const found = sum(data);
    if (found !== stored) {
      throw damaged(name, `the checksum of ${count(length)} is ${hex(found)}, ${hex(stored)} is stored`);
    }
    return data;
  }
  return {
    name,
    extraBytes: CHECKSUM_BYTES,
    part,
    decode(source, target) {
      checkLength(name, 'data with its checksum', source.length, target.length + CHECKSUM_BYTES);
      target.set(part(source));
    },
  };
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

/** Of RFC 1950. */
export function adler32(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (let at = 0; at < bytes.length; ) {
    for (const end = Math.min(at + ADLER_BYTES, bytes.length); at < end; at++) {
      low += bytes[at]!;
      high += low;
    }
    low %= ADLER_BASE;
    high %= ADLER_BASE;
  }
  return high * 65536 + low;
}

/** As HDF5 computes it: of big-endian words, an odd last byte being the upper half of one. */
export function fletcher32(bytes: Uint8Array): number {
  let low = 0;
  let high = 0;
  const even = bytes.length & ~1;
  for (let at = 0; at < even; ) {
    for (const end = Math.min(at + FLETCHER_WORDS * 2, even); at < end; at += 2) {
      low += (bytes[at]! << 8) | bytes[at + 1]!;
      high += low;
    }
    low = (low & 0xffff) + (low >>> 16);
    high = (high & 0xffff) + (high >>> 16);
  }
  if (even < bytes.length) {
    low += bytes[even]! << 8;
    high += low;
    low = (low & 0xffff) + (low >>> 16);
    high = (high & 0xffff) + (high >>> 16);
  }
  low = (low & 0xffff) + (low >>> 16);
  high = (high & 0xffff) + (high >>> 16);
  return high * 65536 + low;
}
