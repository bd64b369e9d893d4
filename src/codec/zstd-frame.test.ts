import { Zstd } from 'numcodecs';
import { describe, expect, test } from 'vitest';
import { plainDType } from '../array/dtype.js';
import { openChunkDecoder } from './chunk-decoder.js';
import { loadLibraries } from './libraries.js';
import { zstdStatedBytes } from './zstd-frame.js';

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251);
const frames = await Promise.all(
  [1, 255, 256, 70_000, 300_000].map((end) => new Zstd(3).encode(bytes.subarray(0, end))),
);
/** Holds 5 bytes that no decoder looks at. */
const skippable = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5);
/** A frame of a streaming writer: a window instead of a size, one block of 3 bytes as they are, one of 9 equal bytes. */
const streamed = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0x50, 3 << 3, 0, 0, 7, 8, 9, (9 << 3) | 3, 0, 0, 42);

describe('zstdStatedBytes()', () => {
  test('is the sum of what the frames state', () => {
    expect(frames.map(zstdStatedBytes)).toEqual([1, 255, 256, 70_000, 300_000]);
    expect(zstdStatedBytes(Buffer.concat([frames[3]!, skippable, frames[1]!]))).toBe(70_255);
  });

  test('is the most that blocks can hold where a frame states nothing', () => {
    expect(zstdStatedBytes(streamed)).toBe(2 * 128 * 1024);
    expect(zstdStatedBytes(Buffer.concat([frames[0]!, streamed]))).toBe(1 + 2 * 128 * 1024);
  });

  test('is undefined for data that is cut off, or no zstd', () => {
    for (const frame of [frames[4]!, streamed, skippable]) {
      for (const cut of [1, 2, 5, frame.length - 2]) expect(zstdStatedBytes(frame.subarray(0, -cut))).toBeUndefined();
    }
    expect(zstdStatedBytes(bytes.subarray(0, 100))).toBeUndefined();
  });
});

describe.each(['native', 'wasm'] as const)('strings in zstd, by %s', (choice) => {
  const encoding = {
    codecs: ['vlen-utf8', 'zstd'].map((name) => ({ name, configuration: {} })),
    dtype: plainDType('string'),
    shape: [1],
  };
  const text = 'x'.repeat(1000);
  const items = Buffer.concat([Uint8Array.of(1, 0, 0, 0, 0xe8, 3, 0, 0), Buffer.from(text)]);

  test('are decoded from frames of streaming writers, too', async () => {
    const block = Uint8Array.of(((items.length << 3) & 255) | 1, items.length >> 5, 0);
    const frame = Buffer.concat([streamed.subarray(0, 6), block, items]);
    expect(openChunkDecoder(encoding, await loadLibraries(choice)).decodeItems(frame)).toEqual([text]);
  });

  test('a damaged chunk takes no more memory than its headers allow', async () => {
    const decoder = openChunkDecoder(encoding, await loadLibraries(choice));
    const damaged = Uint8Array.from(await new Zstd(3).encode(items));
    damaged.fill(0xff, 14);
    expect(() => decoder.decodeItems(damaged)).toThrow(/^zstd: .*at most [\d,]{1,6} bytes expected/);
  });
});
