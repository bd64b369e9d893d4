/** Floats to fill, and how they get to their bytes. */
export interface FloatTarget {
  readonly floats: Float32Array;
  /** Writes the values to the bytes, unless they are there already. */
  store(values: Float32Array): void;
}

/** The bytes as floats: a view of them where they are aligned. */
export function addressableView(bytes: Uint8Array): FloatTarget {
  const isAligned = bytes.byteOffset % 4 === 0;
  const floats = isAligned
    ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    : new Float32Array(bytes.length / 4);
  return {
    floats,
    store(values) {
      if (isAligned && values === floats) return;
      bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    },
  };
}
