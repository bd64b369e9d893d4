import { copyLiterals, copyMatch } from '../kernels/lz4.js';

/**
 * Decodes a raw snappy block (https://github.com/google/snappy/blob/main/format_description.txt), as blosc stores one.
 *
 * @returns the bytes written, or -1 for damaged data or data longer than `target`.
 */
export function decodeSnappy(source: Uint8Array, target: Uint8Array): number {
  const sourceEnd = source.length;
  let from = 0;
  let stated = 0;
  for (let shift = 0; ; shift += 7) {
    if (from >= sourceEnd || shift > 28) return -1;
    const byte = source[from++]!;
    stated += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  if (stated > target.length) return -1;
  let to = 0;
  while (from < sourceEnd) {
    const tag = source[from++]!;
    // Literals state their length in up to 4 more bytes, copies their distance in 1, 2 or 4.
    const wordBytes = (tag & 3) === 0 ? Math.max((tag >> 2) - 59, 0) : [0, 1, 2, 4][tag & 3]!;
    if (wordBytes > sourceEnd - from) return -1;
    let word = 0;
    for (let i = wordBytes - 1; i >= 0; i--) word = word * 256 + source[from + i]!;
    from += wordBytes;
    if ((tag & 3) === 0) {
      const length = (wordBytes === 0 ? tag >> 2 : word) + 1;
      if (length > sourceEnd - from || length > stated - to) return -1;
      copyLiterals(source, from, target, to, length);
      from += length;
      to += length;
    } else {
      const near = (tag & 3) === 1;
      const length = near ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
      const distance = near ? (tag >> 5) * 256 + word : word;
      if (distance === 0 || distance > to || length > stated - to) return -1;
      copyMatch(target, to, distance, length);
      to += length;
    }
  }
  return to === stated ? to : -1;
}
