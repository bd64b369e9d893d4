import type { Decompress } from './codec.js';

/** The compressors that a library may do. */
export type CompressorName = 'lz4' | 'zstd' | 'gzip' | 'zlib' | 'bz2' | 'lzma';

/** The same 350 bytes, as the reference implementations encode them: numcodecs 0.11 and Python 3.11. */
const FRAMES: Readonly<Record<CompressorName, string>> = {
  lz4: '/xYAAQQJEBkkDBsHGgohFQsDIh4cHB4iAwsVIQoaBxsMJBkQCQQBJQBeH3gBAILwIwABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAx',
  zstd: 'KLUv/WBeAB0DAIQFAAEECRAZJAwbBxoKIRULAyIeHBweIgMLFSEKGgcbDCQZEAkEAXgAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMQIAEhwl6lCqng==',
  gzip: 'H4sIAAAAAAACA2NgZOEUkFThkWaX4lIU5WZWkpORkVNi5hZV5JJil+ZRkRTgZGFkoLeiikEJGBiZmFlY2dg5OLm4eXj5+AUEhYRFRMXEJSSlpGVk5eQVFJWUVVTV1DU0tbR1dPX0DQwBNsadYV4BAAA=',
  zlib: 'eNpjYGThFJBU4ZFml+JSFOVmVpKTkZFTYuYWVeSSYpfmUZEU4GRhZKC3oopBCRgYmZhZWNnYOTi5uHl4+fgFBIWERUTFxCUkpaRlZOXkFRSVlFVU1dQ1NLW0dXT19A0MAQaKVYM=',
  bz2: 'QlpoOTFBWSZTWcQGiKkAAAD4oH///////+AAAEAQACAAkRSaBoAaAANAAaaMCqqNNNJ4p7UymnlMnlPTUzRDIMJ37ZiQjZIs+JAoJc5omnvLyFZToJsSQtNVBDieJXZ6YGygp9bbqj2gVX7ajCc8zWU6iIs3lm7IvN8RHjSTnCMuK5YEDj5fHzxz134b0/35kAAkXckU4UJDEBoipA==',
  lzma: '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AFdAFldAAAAUrgPwluIVkgKbTKJG5A/VHNXtLi6uIkFUceuRSfzmyK1xXTFAe4o8pQMkE3/Oxa2pJcGgLIpRzpEnxRcpOt7L6FdGdXrS4A0pU31MYCjo0IF8GHf5f0AAAAAAAttlq1sos3gAAF13gIAAAAcQXYEscRn+wIAAAAABFla',
};
const FRAME_DECODED_BYTES = 350;

/** What the frames hold: literals, a long run, literals. */
export function knownBytes(): Uint8Array {
  return Uint8Array.from({ length: FRAME_DECODED_BYTES }, (_, i) =>
    i < 150 ? (i * i) % 37 : i < 300 ? 0x78 : i - 300,
  );
}

export function knownFrame(name: CompressorName): Uint8Array {
  return Buffer.from(FRAMES[name], 'base64');
}

/** Whether a decoder gives the right bytes for a known frame, writes nothing after them, and refuses a short target. */
export function passesSelfTest(name: CompressorName, decompress: Decompress): boolean {
  const expected = knownBytes();
  const target = new Uint8Array(expected.length + 8).fill(0xee);
  try {
    const written = decompress(knownFrame(name), target.subarray(0, expected.length));
    if (written !== expected.length) return false;
  } catch {
    return false;
  }
  if (!target.every((byte, i) => byte === (expected[i] ?? 0xee))) return false;
  try {
    return decompress(knownFrame(name), new Uint8Array(expected.length - 1)) < expected.length - 1;
  } catch {
    return true;
  }
}
