import { closeSync, constants, openSync } from 'node:fs';
import type { AtCalls } from '../native/at.js';
import { type ByteText, pathOf } from '../paths/byte-text.js';

const ZEROS = Buffer.alloc(64 * 1024);

/** Some of a part's bytes. */
interface Section {
  readonly begin: number;
  readonly end: number;
}

/** The holes of a file that is being copied: they stay holes, as with cp. */
export class Holes {
  readonly #fd: number;
  /** Where in the file the copy begins. */
  readonly #offset: number;
  readonly #seek: NonNullable<AtCalls['seek']>;

  private constructor(fd: number, offset: number, seek: NonNullable<AtCalls['seek']>) {
    this.#fd = fd;
    this.#offset = offset;
    this.#seek = seek;
  }

  /** Undefined where the system doesn't tell: then the copy has none. */
  static of(name: ByteText, offset: number, { seek }: AtCalls): Holes | undefined {
    if (seek === undefined) return undefined;
    try {
      return new Holes(openSync(pathOf(name), constants.O_RDONLY | constants.O_NONBLOCK), offset, seek);
    } catch {
      return undefined;
    }
  }

  /** What of the bytes that follow the first `copiedBytes` is to be written; the rest is zeros in holes. */
  *dataIn(copiedBytes: number, bytes: Uint8Array): Generator<Section> {
    const start = this.#offset + copiedBytes;
    for (let at = 0; at < bytes.length; ) {
      const begin = this.#next(start + at, 'data', start, bytes.length);
      // The file may have changed since it was read: what was read counts.
      if (!isZero(bytes.subarray(at, begin))) yield { begin: at, end: begin };
      const end = begin === bytes.length ? begin : this.#next(start + begin, 'hole', start, bytes.length);
      if (begin < end) yield { begin, end };
      at = end;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Relative to `start`; at most `length`, which also stands for none. */
  #next(offset: number, to: 'data' | 'hole', start: number, length: number): number {
    try {
      return Math.min((this.#seek(this.#fd, offset, to) ?? start + length) - start, length);
    } catch {
      // The file system doesn't tell: all of it is data.
      return to === 'data' ? offset - start : length;
    }
  }
}

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const some = bytes.subarray(at, at + ZEROS.length);
    if (ZEROS.compare(some, 0, some.length, 0, some.length) !== 0) return false;
  }
  return true;
}
