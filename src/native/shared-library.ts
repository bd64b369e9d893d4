import type * as Koffi from 'koffi';
import { LsioError } from '../errors.js';
import { loadKoffi } from './library.js';

export type SharedLibrary = ReturnType<typeof Koffi.default.load>;

/**
 * Loads a library by its versioned name, such as `liblz4.so.1`.
 *
 * @param debianPackage what to install when it is missing.
 * @throws {LsioError} `unavailable`
 */
export function loadSharedLibrary(name: string, debianPackage: string): SharedLibrary {
  const koffi = loadKoffi();
  try {
    return koffi.load(name);
  } catch (cause) {
    throw new LsioError('unavailable', `${name} can't be loaded: ${(cause as Error).message.split('\n', 1)[0]}`, {
      remedy: `apt-get install ${debianPackage}`,
      cause,
    });
  }
}

/** What was to be decoded is longer than the room for it: more room may help. */
export class OutputFull extends Error {
  constructor() {
    super('the data decodes to more');
  }
}

/** `size_t` results of a call: 128 bytes, so that they lie outside the garbage-collected heap. */
export function sizeResults(): BigUint64Array<ArrayBuffer> {
  return new BigUint64Array(16);
}
