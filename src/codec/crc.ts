/** Bytes that are looked up at once: a table for each. */
const SLICES = 8;
const ENTRIES = 256;

/** Updates a checksum that began as -1 by more bytes. */
export type UpdateCrc = (crc: number, bytes: Uint8Array) => number;

/** @param polynomial its lowest power in the highest bit. */
function crcOf(polynomial: number): UpdateCrc {
  let table: Int32Array | undefined;
  return (before, bytes) => {
    table ??= makeTables(polynomial);
    return update(table, before, bytes);
  };
}

/** Castagnoli's (RFC 3720, section 12.1). */
export const updateCrc32c = crcOf(0x82f63b78);
/** Of gzip and zip (RFC 1952). */
const updateCrc32 = crcOf(0xedb88320);

export function crc32c(bytes: Uint8Array): number {
  return ~updateCrc32c(-1, bytes) >>> 0;
}

/** Of bytes, or of pieces that follow one another. */
export function crc32(bytes: Uint8Array | readonly Uint8Array[]): number {
  const pieces = bytes instanceof Uint8Array ? [bytes] : bytes;
  return ~pieces.reduce(updateCrc32, -1) >>> 0;
}

function update(table: Int32Array, before: number, bytes: Uint8Array): number {
  const sliced = bytes.length - (bytes.length % SLICES);
  let crc = before;
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
  return crc;
}

/** Table n holds what a byte comes to when n more zero bytes follow it. */
function makeTables(polynomial: number): Int32Array {
  const table = new Int32Array(SLICES * ENTRIES);
  for (let byte = 0; byte < ENTRIES; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    table[byte] = crc;
  }
  for (let at = ENTRIES; at < table.length; at++) {
    const before = table[at - ENTRIES]!;
    table[at] = table[before & 0xff]! ^ (before >>> 8);
  }
  return table;
}
