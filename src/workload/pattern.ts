import { keysOf, mix32 } from './random.js';

/**
 * A place in the content of the benchmark's files, which is a function of the file's seed and the offset alone: any part
 * of a file can be made, or checked, without the rest.
 */
export interface PatternPlace {
  /** The file's; see {@link fileSeed}. */
  readonly seed: number;
  /** In bytes. */
  readonly offset: number;
}

/** A file repeats nothing within this many words: a word's place within them is one input of its value. */
const WORDS_PER_ERA = 2 ** 32;
const WORD_BYTES = 4;

/** The seed of a file of a data set, so that no two files, and no two sets, hold the same bytes. */
export function fileSeed(setSeed: number, name: string): number {
  const [first, second] = keysOf(setSeed);
  let low = first;
  let high = second;
  for (let index = 0; index < name.length; index++) {
    low = mix32(low ^ name.charCodeAt(index));
    high = mix32(high + low);
  }
  return (high & 0x1fffff) * 2 ** 32 + low;
}

/** Fills `target` with the content of the file from `place` on: incompressible, and different at every offset. */
export function fillPattern(target: Uint8Array, place: PatternPlace): void {
  forEachRun(target, place, (words, { first, keys, byte }) => {
    if (words === undefined) target[byte] = byteAt(keys, first, place.offset + byte);
    else fillWords(words, first, keys);
    return -1;
  });
}

/** The index of the first byte that differs from the content of the file from `place` on, or -1. */
export function findMismatch(bytes: Uint8Array, place: PatternPlace): number {
  return forEachRun(bytes, place, (words, { first, keys, byte }) => {
    if (words === undefined) return bytes[byte] === byteAt(keys, first, place.offset + byte) ? -1 : byte;
    const wrong = findWrongWord(words, first, keys);
    if (wrong < 0) return -1;
    for (let index = byte + wrong * WORD_BYTES; ; index++) {
      const word = first + Math.floor((index - byte) / WORD_BYTES);
      if (bytes[index] !== byteAt(keys, word, place.offset + index)) return index;
    }
  });
}

type Keys = readonly [number, number];

interface PatternRun {
  /** The first word, counted within its era. */
  readonly first: number;
  readonly keys: Keys;
  /** Where the run begins in the bytes. */
  readonly byte: number;
}

/**
 * Goes over bytes in runs of whole, aligned words, which are fast, and single bytes for the rest (`words` undefined):
 * before the first word and after the last one, or all of them where memory isn't aligned as the file is. Stops at the
 * first result that isn't negative and returns it.
 */
function forEachRun(
  bytes: Uint8Array,
  { seed, offset }: PatternPlace,
  visit: (words: Int32Array | undefined, run: PatternRun) => number,
): number {
  const aligned = (bytes.byteOffset - offset) % WORD_BYTES === 0;
  const fileKeys = keysOf(seed);
  let byte = 0;
  while (byte < bytes.length) {
    const word = Math.floor((offset + byte) / WORD_BYTES);
    const era = Math.floor(word / WORDS_PER_ERA);
    const first = word - era * WORDS_PER_ERA;
    const keys: Keys = era === 0 ? fileKeys : [fileKeys[0] ^ mix32(era), fileKeys[1] ^ mix32(era)];
    const wordsLeft = Math.min(Math.floor((bytes.length - byte) / WORD_BYTES), WORDS_PER_ERA - first);
    const whole = aligned && (offset + byte) % WORD_BYTES === 0 && wordsLeft > 0;
    const words = whole ? new Int32Array(bytes.buffer, bytes.byteOffset + byte, wordsLeft) : undefined;
    const result = visit(words, { first, keys, byte });
    if (result >= 0) return result;
    byte += whole ? wordsLeft * WORD_BYTES : 1;
  }
  return -1;
}

function byteAt(keys: Keys, word: number, offset: number): number {
  return (wordAt(keys, word) >>> ((offset % WORD_BYTES) * 8)) & 0xff;
}

/** The value of a word. The loops below hold copies of this: a call a word would halve their speed. */
function wordAt([first, second]: Keys, word: number): number {
  let x = (word + first) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ second ^ (x >>> 15), 0xd35a2d97);
  return x ^ (x >>> 15);
}

function fillWords(words: Int32Array, firstWord: number, [first, second]: Keys): void {
  const base = (firstWord + first) | 0;
  for (let index = 0; index < words.length; index++) {
    let x = (base + index) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ second ^ (x >>> 15), 0xd35a2d97);
    words[index] = x ^ (x >>> 15);
  }
}

function findWrongWord(words: Int32Array, firstWord: number, [first, second]: Keys): number {
  const base = (firstWord + first) | 0;
  for (let index = 0; index < words.length; index++) {
    let x = (base + index) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ second ^ (x >>> 15), 0xd35a2d97);
    if (words[index] !== (x ^ (x >>> 15))) return index;
  }
  return -1;
}
