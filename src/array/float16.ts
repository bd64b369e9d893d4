const words = new Uint32Array(1);
const floats = new Float32Array(words.buffer);

/** The value of the 16 bits of an IEEE half: exact, as every half is a float32. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** The bits of the half that is closest to a number; of two equally close ones the even one. */
export function numberToFloat16(value: number): number {
  floats[0] = value;
  const sign = ((words[0] ?? 0) >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  // Below 2^-14 halves lie 2^-24 apart, above it they have 11 bits.
  const exponent = Math.max(Math.floor(Math.log2(size)), -15);
  for (const power of [exponent + 1, exponent, exponent - 1]) {
    if (power >= -14 && size < 2 ** power) continue;
    if (power < -14) return sign | roundEven(size * 2 ** 24);
    // A fraction that is rounded up to 2048 carries into the exponent, as the bits of halves do.
    return sign | (((power + 14) << 10) + roundEven(size * 2 ** (10 - power)));
  }
  return sign;
}

/** From this length on making the table takes less time than it saves. */
const TABLE_LENGTH_MIN = 16_384;
let table: Float32Array | undefined;

/** Float32 values of the bits of halves. */
export function float16ToFloat32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  if (table === undefined && bits.length < TABLE_LENGTH_MIN) return Float32Array.from(bits, float16ToNumber);
  table ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => float16ToNumber(half));
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]!]!;
  return values;
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
