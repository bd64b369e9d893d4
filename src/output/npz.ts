import { crc32 } from '../codec/crc.js';
import { LsioError } from '../errors.js';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END = 0x06054b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
/** Names are UTF-8. */
const FLAGS = 0x800;
const VERSION = 20;
/** 1 January 1980, the first day of zip's calendar: the same arrays give the same file. */
const DATE = 0x21;
/** Offsets and sizes have 32 bits; the last values mean zip64. */
const ARCHIVE_BYTES_MAX = 2 ** 32 - 2;

/** An array of an npz file: its name, and a `.npy` file in pieces. */
export interface NpzEntry {
  readonly name: string;
  readonly npy: readonly Uint8Array[];
}

/**
 * A zip archive of `.npy` files, not compressed, as `numpy.savez` writes one: in pieces, none of them copied.
 *
 * @throws {LsioError} `too-large` for more than 4 GiB; a single `.npy` has no such limit.
 */
export function npzArchive(entries: readonly NpzEntry[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, npy } of entries) {
    const path = Buffer.from(`${name}.npy`);
    const bytes = npy.reduce((sum, piece) => sum + piece.length, 0);
    const next = offset + LOCAL_BYTES + path.length + bytes;
    if (next > ARCHIVE_BYTES_MAX) {
      throw new LsioError('too-large', 'an npz file of more than 4 GiB', { remedy: 'write .npy files' });
    }
    const fields = commonFields(npy, bytes, path.length);
    const local = Buffer.alloc(LOCAL_BYTES);
    local.writeUInt32LE(LOCAL_HEADER, 0);
    local.set(fields, 4);
    const central = Buffer.alloc(CENTRAL_BYTES);
    central.writeUInt32LE(CENTRAL_HEADER, 0);
    central.writeUInt16LE(VERSION, 4);
    central.set(fields, 6);
    central.writeUInt32LE(offset, 42);
    pieces.push(local, path, ...npy);
    directory.push(central, path);
    offset = next;
  }
  const directoryBytes = directory.reduce((sum, piece) => sum + piece.length, 0);
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(offset, 16);
  return [...pieces, ...directory, end];
}

/** What the local and the central header of an entry have in common, in the same order. */
function commonFields(npy: readonly Uint8Array[], bytes: number, pathBytes: number): Uint8Array {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(FLAGS, 2);
  fields.writeUInt16LE(DATE, 8);
  fields.writeUInt32LE(crc32(npy), 10);
  fields.writeUInt32LE(bytes, 14);
  fields.writeUInt32LE(bytes, 18);
  fields.writeUInt16LE(pathBytes, 22);
  return fields;
}
