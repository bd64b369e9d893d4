import { createHash } from 'node:crypto';
import { updateCrc32c } from '../codec/crc.js';

export type ChecksumAlgorithm = 'sha256' | 'crc32c';

/** A digest that is fed piece by piece. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** The digest of all bytes so far, in lower case; nothing may be fed after it. */
  hex(): string;
}

export function createDigest(algorithm: ChecksumAlgorithm): Digest {
  return algorithm === 'crc32c' ? new Crc32c() : new Sha256();
}

class Sha256 implements Digest {
  readonly #hash = createHash('sha256');

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  hex(): string {
    return this.#hash.digest('hex');
  }
}

class Crc32c implements Digest {
  #crc = -1;

  update(bytes: Uint8Array): void {
    this.#crc = updateCrc32c(this.#crc, bytes);
  }

  hex(): string {
    return (~this.#crc >>> 0).toString(16).padStart(8, '0');
  }
}
