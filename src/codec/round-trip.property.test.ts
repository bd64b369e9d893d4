import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Blosc, LZ4, Zstd } from 'numcodecs';
import { expect, test } from 'vitest';
import { plainDType } from '../array/dtype.js';
import { cases } from '../long.testing.js';
import { openChunkDecoder } from './chunk-decoder.js';
import { loadLibraries } from './libraries.js';

/** Smooth parts, noise, runs and repetitions, so that every kind of match and literal occurs. */
const part = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 9000 })).map(([byte, count]) => new Uint8Array(count).fill(byte)),
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5000 })).map(([step, count]) => {
    return new Uint8Array(Int32Array.from({ length: count }, (_, i) => i * step + ((i * i) % 5)).buffer);
  }),
);
const data = fc
  .array(part, { minLength: 1, maxLength: 8 })
  .map((parts) => new Uint8Array(Buffer.concat([...parts, ...parts])))
  .filter(({ length }) => length > 0);

const cname = fc.constantFrom('blosclz', 'lz4', 'lz4hc', 'snappy', 'zlib', 'zstd');
const encoders = fc.oneof(
  fc
    .record({
      cname,
      level: fc.integer({ min: 0, max: 9 }),
      shuffle: fc.integer({ min: 0, max: 2 }),
      block: fc.constantFrom(0, 256, 4096),
    })
    .map(({ cname: name, level, shuffle, block }) => ({
      codec: 'blosc',
      configuration: { cname: name },
      encode: (bytes: Uint8Array) => new Blosc(level, name, shuffle, block).encode(bytes),
    })),
  fc.integer({ min: 1, max: 12 }).map((level) => ({
    codec: 'zstd',
    configuration: { level },
    encode: (bytes: Uint8Array) => new Zstd(level).encode(bytes),
  })),
  fc.constant({ codec: 'lz4', configuration: {}, encode: (bytes: Uint8Array) => new LZ4().encode(bytes) }),
  fc.integer({ min: 0, max: 9 }).map((level) => ({
    codec: 'zlib',
    configuration: { level },
    encode: (bytes: Uint8Array) => deflateSync(bytes, { level }),
  })),
  fc.tuple(fc.integer({ min: 0, max: 9 }), fc.nat(40)).map(([level, zeros]) => ({
    codec: 'gzip',
    configuration: { level },
    // Two members and the zeros that tapes leave behind.
    encode: (bytes: Uint8Array) =>
      Buffer.concat([
        gzipSync(bytes.subarray(0, bytes.length >> 1), { level }),
        gzipSync(bytes.subarray(bytes.length >> 1), { level }),
        new Uint8Array(zeros),
      ]),
  })),
);

test('what an encoder made is decoded to what it was, with shared libraries and without', async () => {
  const property = fc.asyncProperty(data, encoders, async (bytes, { codec, configuration, encode }) => {
    const stored = await encode(bytes);
    for (const choice of ['native', 'wasm'] as const) {
      const codecs = [
        { name: 'bytes', configuration: {} },
        { name: `numcodecs.${codec}`, configuration },
      ];
      const encoding = { codecs, dtype: plainDType('uint8'), shape: [bytes.length] };
      const target = new Uint8Array(bytes.length).fill(0xee);
      openChunkDecoder(encoding, await loadLibraries(choice)).decode(stored, target);
      expect(Buffer.compare(target, bytes)).toBe(0);
    }
  });
  await fc.assert(property, { numRuns: cases(150) });
});
