// How the plain JavaScript kernels see memory. Addresses need no alignment; typed arrays do.

export interface TypedArrayOf<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): T;
}

/** `count` elements at an address: a view, or a copy where the address is not aligned for the type. */
export function elementsAt<T>(type: TypedArrayOf<T>, buffer: ArrayBuffer, address: number, count: number): T {
  const size = type.BYTES_PER_ELEMENT;
  if (address % size === 0) return new type(buffer, address, count);
  return new type(buffer.slice(address, address + count * size));
}

/** Writes the bytes of a typed array to an address. */
export function writeAt(buffer: ArrayBuffer, address: number, values: ArrayBufferView): void {
  new Uint8Array(buffer, address, values.byteLength).set(
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  );
}
