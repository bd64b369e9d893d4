import { describe, expect, test } from 'vitest';
import { isLsioError } from '../errors.js';
import { cases } from '../long.testing.js';
import { type Mapping, mapMemory } from '../native/libc.js';
import { viewMemory } from '../native/library.js';
import type { ChunkDecoder } from './chunk-decoder.js';
import { FRAMES, type Frame, frameDecoder, isDecodable } from './frames.testing.js';

const PAGE = 4096;
const SPACE = 16 * PAGE;
const GUARD = 0xee;

/** xorshift32: the same cases in every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Damages a copy of a chunk: flipped bits, wrong bytes, extreme numbers, a part cut out or put in, a wrong end. */
function damage(frame: Uint8Array, random: (below: number) => number): Uint8Array {
  const bytes = Uint8Array.from(frame);
  const at = random(Math.max(bytes.length, 1));
  switch (random(8)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes, Uint8Array.from({ length: 1 + random(40) }, () => random(256))]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(at + 1 + random(8), bytes.length))]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(at + 1))]);
    case 4:
      // Headers hold 32-bit numbers.
      if (bytes.length >= 4) {
        const word = random(Math.min(bytes.length - 3, 24));
        const values = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, bytes.length, random(2 ** 32)];
        new DataView(bytes.buffer).setUint32(word, values[random(values.length)]!, true);
      }
      return bytes;
    default:
      for (let n = 1 + random(4); n > 0; n--) bytes[random(bytes.length)] = random(256);
      return bytes;
  }
}

/** Memory that ends at a page nobody may touch: a read or write behind a chunk ends the process. */
function guarded(): { readonly bytes: Uint8Array; readonly mapping: Mapping } {
  const mapping = mapMemory(SPACE, PAGE);
  return { bytes: new Uint8Array(viewMemory(mapping.address, SPACE)), mapping };
}

const source = guarded();
const target = guarded();

function decodeGuarded(decoder: ChunkDecoder, frame: Frame, damaged: Uint8Array): 'decoded' | 'refused' {
  const from = source.bytes.subarray(SPACE - damaged.length);
  from.set(damaged);
  const length = frame.bytes ?? 0;
  const to = target.bytes.subarray(SPACE - length);
  target.bytes.fill(GUARD, SPACE - length - 64, SPACE - length);
  try {
    if (frame.items === undefined) decoder.decode(from, to);
    else decoder.decodeItems(from);
    return 'decoded';
  } catch (error) {
    if (!isLsioError(error, 'format')) throw error;
    expect(error.message).toMatch(/^[a-z0-9-]+: ./);
    return 'refused';
  } finally {
    expect(target.bytes.subarray(SPACE - length - 64, SPACE - length).every((byte) => byte === GUARD)).toBe(true);
    expect(Buffer.compare(from, damaged)).toBe(0);
  }
}

describe.each(['native', 'wasm'] as const)(
  'damaged chunks, decoded by %s, are refused or decoded, no more',
  (choice) => {
    test.each(FRAMES.filter((frame) => isDecodable(frame, choice)).map((frame, i) => [frame.name, frame, i] as const))(
      '%s',
      async (_name, frame, i) => {
        const decoder = await frameDecoder(frame, choice);
        const random = randomOf(1 + i * 7919);
        let refused = 0;
        const tries = cases(100, 7500);
        for (let n = 0; n < tries; n++) {
          if (decodeGuarded(decoder, frame, damage(frame.encoded, random)) === 'refused') refused++;
        }
        // A wrong length is always found: at least the cut ones were.
        expect(refused).toBeGreaterThan(tries / 8);
      },
    );
  },
);

describe('lengths', () => {
  test.each(['native', 'wasm'] as const)(
    'a chunk that decodes to one byte more or less is refused, by %s',
    async (choice) => {
      for (const frame of FRAMES.filter(({ items, codecs }) => items === undefined && codecs.length === 1)) {
        if (!isDecodable(frame, choice) || !/blosc|zstd|lz4|gzip|zlib|bz2|lzma/.test(frame.name)) continue;
        for (const bytes of [frame.bytes! - 1, frame.bytes! + 1, 0, frame.bytes! * 8]) {
          const decoder = await frameDecoder({ ...frame, bytes }, choice);
          const message = expect.objectContaining({ kind: 'format', message: expect.stringMatching(/\d/) });
          expect(() => decoder.decode(frame.encoded, new Uint8Array(bytes)), `${frame.name} to ${bytes}`).toThrow(
            message,
          );
        }
      }
    },
  );
});
