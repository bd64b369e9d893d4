import { writeAt } from './views.js';

/** Inverses of the byte and bit shuffles of blosc and HDF5, and byte swaps. */
export interface ShuffleKernels {
  /** Source: plane k holds byte k of each of `count` elements. Target: the elements. They must not overlap. */
  unshuffle(target: number, source: number, count: number, elementBytes: number): void;

  /**
   * The inverse of bitshuffle. Source: row r holds bit r of each element, bit 0 of byte 0 first; `count` must be a
   * multiple of 8. `scratch` has room for all elements; it is not used where `elementBytes` is 1.
   */
  bitUnshuffle(target: number, source: number, scratch: number, count: number, elementBytes: number): void;

  /** Reverses the bytes of each element of 2, 4 or 8 bytes; others are copied. Target and source may be equal. */
  byteSwap(target: number, source: number, count: number, elementBytes: number): void;
}

export function shuffleKernels(buffer: ArrayBuffer): ShuffleKernels {
  const bytes = new Uint8Array(buffer);
  return {
    unshuffle(target, source, count, elementBytes) {
      for (let byte = 0; byte < elementBytes; byte++) {
        const plane = source + byte * count;
        for (let i = 0, to = target + byte; i < count; i++, to += elementBytes) bytes[to] = bytes[plane + i]!;
      }
    },
    bitUnshuffle(target, source, _scratch, count, elementBytes) {
      const rowBytes = count / 8;
      for (let i = 0; i < count; i++) {
        const column = source + (i >> 3);
        const shift = i & 7;
        for (let byte = 0; byte < elementBytes; byte++) {
          let value = 0;
          for (let bit = 0; bit < 8; bit++) {
            value |= ((bytes[column + (byte * 8 + bit) * rowBytes]! >> shift) & 1) << bit;
          }
          bytes[target + i * elementBytes + byte] = value;
        }
      }
    },
    byteSwap(target, source, count, elementBytes) {
      const copy = Buffer.from(buffer.slice(source, source + count * elementBytes));
      if (elementBytes === 2) copy.swap16();
      else if (elementBytes === 4) copy.swap32();
      else if (elementBytes === 8) copy.swap64();
      writeAt(buffer, target, copy);
    },
  };
}
