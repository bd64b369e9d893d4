import { createHash } from 'node:crypto';

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

/** Castagnoli's polynomial, its lowest power in the highest bit (RFC 3720, section 12.1). */
const POLYNOMIAL = 0x82f63b78;
/** Bytes that are looked up at once: a table for each. */
const SLICES = 8;
const ENTRIES = 256;

let tables: Int32Array | undefined;

class Crc32c implements Digest {
  readonly #tables: Int32Array;
  #crc = -1;

  constructor() {
    tables ??= makeTables();
    this.#tables = tables;
  }

  update(bytes: Uint8Array): void {
    const table = this.#tables;
    const sliced = bytes.length - (bytes.length % SLICES);
    let crc = this.#crc;
    let at = 0;
    for (; at < sliced; at += SLICES) {
      crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      crc =
        table[7 * ENTRIES + (crc & 0xff)]! ^
        table[6 * ENTRIES + ((crc >>> 8) & 0xff)]! ^
        table[5 * ENTRIES + ((crc >>> 16) & 0xff)]! ^
        table[4 * ENTRIES + (crc >>> 24)]! ^
        table[3 * ENTRIES + bytes[at + 4]!]! ^
        table[2 * ENTRIES + bytes[at + 5]!]! ^
        table[ENTRIES + bytes[at + 6]!]! ^
        table[bytes[at + 7]!]!;
    }
    for (; at < bytes.length; at++) crc = table[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
    this.#crc = crc;
  }

  hex(): string {
    return (~this.#crc >>> 0).toString(16).padStart(8, '0');
  }
}

/** Table n holds what a byte comes to when n more zero bytes follow it. */
function makeTables(): Int32Array {
  const table = new Int32Array(SLICES * ENTRIES);
  for (let byte = 0; byte < ENTRIES; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let at = ENTRIES; at < table.length; at++) {
    const before = table[at - ENTRIES]!;
    table[at] = table[before & 0xff]! ^ (before >>> 8);
  }
  return table;
}
