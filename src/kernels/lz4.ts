/** Decodes LZ4, where liblz4 is missing or not wanted. */
export interface Lz4Kernels {
  /**
   * Decodes one LZ4 block. The source may hold anything: nothing is read or written outside of the two ranges, which must
   * not overlap. Behind the decoded bytes the target may hold anything.
   *
   * @returns the bytes written, or -1 for damaged data or data longer than the target.
   */
  decodeLz4(target: number, targetBytes: number, source: number, sourceBytes: number): number;
}

const MATCH_MIN = 4;

export function lz4Kernels(buffer: ArrayBuffer): Lz4Kernels {
  return {
    decodeLz4: (target, targetBytes, source, sourceBytes) =>
      decodeLz4Block(new Uint8Array(buffer, source, sourceBytes), new Uint8Array(buffer, target, targetBytes)),
  };
}

/**
 * Decodes one LZ4 block (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md).
 *
 * @returns the bytes written, or -1 for damaged data or data longer than `target`.
 */
function decodeLz4Block(source: Uint8Array, target: Uint8Array): number {
  const sourceEnd = source.length;
  const targetEnd = target.length;
  let from = 0;
  let to = 0;
  while (from < sourceEnd) {
    const token = source[from++]!;
    let literals = token >> 4;
    if (literals === 15) {
      let more: number;
      do {
        if (from >= sourceEnd) return -1;
        more = source[from++]!;
        literals += more;
      } while (more === 255);
    }
    if (literals > sourceEnd - from || literals > targetEnd - to) return -1;
    copyLiterals(source, from, target, to, literals);
    from += literals;
    to += literals;
    // The last sequence is literals only.
    if (from === sourceEnd) return to;
    if (sourceEnd - from < 2) return -1;
    const distance = source[from]! | (source[from + 1]! << 8);
    from += 2;
    let length = (token & 15) + MATCH_MIN;
    if (length === 15 + MATCH_MIN) {
      let more: number;
      do {
        if (from >= sourceEnd) return -1;
        more = source[from++]!;
        length += more;
      } while (more === 255);
    }
    if (distance === 0 || distance > to || length > targetEnd - to) return -1;
    copyMatch(target, to, distance, length);
    to += length;
  }
  // A block ends after literals: this one was cut off, or is empty.
  return -1;
}

/** Below this length a loop is faster than a call. */
const LOOP_BYTES_MAX = 32;

/** The caller has checked both ranges. */
export function copyLiterals(source: Uint8Array, from: number, target: Uint8Array, to: number, length: number): void {
  if (length > LOOP_BYTES_MAX) target.set(source.subarray(from, from + length), to);
  else for (let i = 0; i < length; i++) target[to + i] = source[from + i]!;
}

/** Repeats what lies `distance` bytes back; the copy may overlap its source. The caller has checked both ranges. */
export function copyMatch(target: Uint8Array, to: number, distance: number, length: number): void {
  if (distance >= length && length > LOOP_BYTES_MAX) target.copyWithin(to, to - distance, to - distance + length);
  else if (distance === 1 && length > LOOP_BYTES_MAX) target.fill(target[to - 1]!, to, to + length);
  else for (let i = to; i < to + length; i++) target[i] = target[i - distance]!;
}
