type Floats = Float32Array | Float64Array;

/** Floats to fill, and how they get to their bytes. */
export interface FloatTarget<Values extends Floats> {
  readonly floats: Values;
  /** Writes the values to the bytes, unless they are there already. */
  store(values: Values): void;
}

/** The bytes as float32: a view of them where they are aligned. */
export function addressableView(bytes: Uint8Array): FloatTarget<Float32Array> {
  return targetOf(bytes, Float32Array);
}

/** The bytes as float64. */
export function addressableDoubles(bytes: Uint8Array): FloatTarget<Float64Array> {
  return targetOf(bytes, Float64Array);
}

function targetOf<Values extends Floats>(
  bytes: Uint8Array,
  View: {
    readonly BYTES_PER_ELEMENT: number;
    new (buffer: ArrayBufferLike, offset: number, length: number): Values;
    new (length: number): Values;
  },
): FloatTarget<Values> {
  const length = bytes.length / View.BYTES_PER_ELEMENT;
  const isAligned = bytes.byteOffset % View.BYTES_PER_ELEMENT === 0;
  const floats = isAligned ? new View(bytes.buffer, bytes.byteOffset, length) : new View(length);
  return {
    floats,
    store(values) {
      if (isAligned && values === floats) return;
      bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    },
  };
}
