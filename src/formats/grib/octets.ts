/** Big-endian numbers of GRIB and EUMETSAT headers. Offsets are 0-based; WMO's octet N is offset N − 1. */

export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function u24(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}

export function u32(bytes: Uint8Array, at: number): number {
  return u24(bytes, at) * 256 + bytes[at + 3]!;
}

/** Not exact above 2^53: callers refuse such numbers. */
export function u64(bytes: Uint8Array, at: number): number {
  return u32(bytes, at) * 2 ** 32 + u32(bytes, at + 4);
}

/** GRIB's signed numbers: the top bit is the sign, the rest the magnitude. */
export function s8(bytes: Uint8Array, at: number): number {
  return signed(bytes[at]!, 0x80);
}

export function s16(bytes: Uint8Array, at: number): number {
  return signed(u16(bytes, at), 0x8000);
}

export function s24(bytes: Uint8Array, at: number): number {
  return signed(u24(bytes, at), 0x800000);
}

export function s32(bytes: Uint8Array, at: number): number {
  return signed(u32(bytes, at), 0x80000000);
}

export function f32(bytes: Uint8Array, at: number): number {
  return viewOf(bytes).getFloat32(at);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The single-precision floating point number of GRIB1: IBM's, base 16. */
export function ibm32(bytes: Uint8Array, at: number): number {
  const mantissa = u24(bytes, at + 1);
  const exponent = bytes[at]! & 0x7f;
  const value = mantissa * 2 ** (4 * (exponent - 64) - 24);
  return bytes[at]! & 0x80 ? -value : value;
}

export function asciiIs(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

function signed(value: number, sign: number): number {
  return value >= sign ? sign - value : value;
}
