import { copyLiterals, copyMatch } from '../kernels/lz4.js';

/** Distances beyond this one take two more bytes. */
const NEAR_DISTANCE_MAX = 8191;
const MATCH_MIN = 3;

/**
 * Decodes blosc's own LZ stream (https://github.com/Blosc/c-blosc/blob/main/blosc/blosclz.c).
 *
 * @returns the bytes written, or -1 for damaged data or data longer than `target`.
 */
export function decodeBloscLz(source: Uint8Array, target: Uint8Array): number {
  const sourceEnd = source.length;
  const targetEnd = target.length;
  let from = 0;
  let to = 0;
  // The upper bits of the first byte are a marker: it is always literals.
  let mask = 31;
  while (from < sourceEnd) {
    const control = source[from++]! & mask;
    mask = 255;
    if (control < 32) {
      const length = control + 1;
      if (length > sourceEnd - from || length > targetEnd - to) return -1;
      copyLiterals(source, from, target, to, length);
      from += length;
      to += length;
      continue;
    }
    let length = (control >> 5) - 1;
    if (length === 6) {
      let more: number;
      do {
        if (from >= sourceEnd) return -1;
        more = source[from++]!;
        length += more;
      } while (more === 255);
    }
    length += MATCH_MIN;
    if (from >= sourceEnd) return -1;
    const low = source[from++]!;
    let distance = ((control & 31) << 8) + low + 1;
    if (distance > NEAR_DISTANCE_MAX) {
      if (sourceEnd - from < 2) return -1;
      distance = (source[from]! << 8) + source[from + 1]! + NEAR_DISTANCE_MAX + 1;
      from += 2;
    }
    if (distance > to || length > targetEnd - to) return -1;
    copyMatch(target, to, distance, length);
    to += length;
  }
  return to;
}
