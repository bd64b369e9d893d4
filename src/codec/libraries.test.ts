import { describe, expect, test } from 'vitest';
import { loadSharedLibrary } from '../native/shared-library.js';
import { codecAvailability } from './availability.js';
import type { Decompress } from './codec.js';
import { COMPRESSOR_NAMES, loadLibraries, requireLibrary } from './libraries.js';
import { knownBytes, knownFrame, passesSelfTest } from './self-test.js';

describe('passesSelfTest()', () => {
  const right: Decompress = (_, target) => {
    if (target.length < knownBytes().length) throw new Error('the data decodes to more');
    target.set(knownBytes());
    return knownBytes().length;
  };

  test('passes a decoder that gives the known bytes', () => expect(passesSelfTest('lz4', right)).toBe(true));

  test.each<[string, Decompress]>([
    [
      'gives one wrong byte',
      (source, target) => {
        const written = right(source, target);
        target[17]! ^= 1;
        return written;
      },
    ],
    ['gives another length', (source, target) => right(source, target) - 1],
    ['fails', () => -1],
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    [
      'takes a target that is too short',
      (_, target) => {
        target.set(knownBytes().subarray(0, target.length));
        return target.length;
      },
    ],
  ])('refuses one that %s', (_, decompress) => expect(passesSelfTest('lz4', decompress)).toBe(false));

  test('its frames are damaged where one byte of their data is', async () => {
    const libraries = await loadLibraries();
    for (const name of ['gzip', 'zlib', 'bz2', 'lzma'] as const) {
      const { decompress } = requireLibrary(libraries.get(name));
      const frame = Uint8Array.from(knownFrame(name));
      frame[frame.length >> 1]! ^= 1;
      expect(() => decompress(frame, new Uint8Array(350)), name).toThrow();
    }
  });
});

test('a library that is not there is named, with the package that has it', () => {
  expect(() => loadSharedLibrary('libnone.so.7', 'libnone7')).toThrow(
    expect.objectContaining({ kind: 'unavailable', remedy: 'apt-get install libnone7' }),
  );
});

test('codecAvailability() has a line for every compressor', async () => {
  const found = await codecAvailability();
  expect(found.map(({ codec }) => codec)).toEqual(COMPRESSOR_NAMES);
  for (const { decoder, library, problem } of found) {
    expect(decoder === null).toBe(library === null);
    if (decoder !== 'native') expect(problem).toMatch(/^lib\w+\.so\.\d/);
  }
});
