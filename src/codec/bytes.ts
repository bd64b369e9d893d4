import { type Codec, checkLength, type InPlaceCodec, wrongLength } from './codec.js';

/** `bytes` of Zarr v3 with `endian: big`: reverses words of 2, 4 or 8 bytes, by Node's own fast loops. */
export function byteSwapCodec(name: string, wordBytes: number): InPlaceCodec {
  return {
    name,
    inPlace: true,
    decode(source, target) {
      checkLength(name, 'stored data', source.length, target.length);
      if (source !== target) target.set(source);
      const words = Buffer.from(target.buffer, target.byteOffset, target.length);
      if (wordBytes === 2) words.swap16();
      else if (wordBytes === 4) words.swap32();
      else words.swap64();
    },
  };
}

/** How many bits at the end of packed bits mean nothing, and where the packed bytes say so. */
export type PaddingAt = 'first_byte' | 'last_byte' | 'none';

/** Truth values, eight a byte: `packbits` of numcodecs from the highest bit on, of Zarr v3 from the lowest. */
export function packBitsCodec(name: string, paddingAt: PaddingAt, lowestFirst: boolean): Codec {
  return {
    name,
    decode(source, target) {
      checkLength(name, 'packed bits', source.length, packedBytes(target.length, paddingAt));
      const padding = -target.length & 7;
      const place = paddingAt === 'first_byte' ? 0 : source.length - 1;
      if (paddingAt !== 'none' && source[place] !== padding) {
        throw wrongLength(name, 'bits', target.length + padding - source[place]!, target.length);
      }
      const first = paddingAt === 'first_byte' ? 1 : 0;
      for (let i = 0; i < target.length; i++) {
        const byte = source[first + (i >> 3)]!;
        target[i] = (lowestFirst ? byte >> (i & 7) : byte >> (7 - (i & 7))) & 1;
      }
    },
  };
}

export function packedBytes(bits: number, paddingAt: PaddingAt): number {
  return Math.ceil(bits / 8) + (paddingAt === 'none' ? 0 : 1);
}

/** `base64` of numcodecs. */
export function decodeBase64(source: Uint8Array, target: Uint8Array): number {
  const decoded = Buffer.from(
    Buffer.from(source.buffer, source.byteOffset, source.length).toString('latin1'),
    'base64',
  );
  // Node skips what is no base64: the length tells.
  const padding = source.at(-1) !== 61 ? 0 : source.at(-2) === 61 ? 2 : 1;
  if (decoded.length !== (source.length / 4) * 3 - padding || decoded.length > target.length) return -1;
  target.set(decoded);
  return decoded.length;
}
