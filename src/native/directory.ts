import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { readError } from '../errors.js';
import { hashBytes, InodeTable } from './inode-table.js';
import { loadKoffi } from './library.js';

/** getdents64(2) by architecture. */
const SYS_GETDENTS64: Readonly<Record<string, number>> = { x64: 217, arm64: 61 };
const BUFFER_BYTES = 256 * 1024;
/** struct linux_dirent64: inode u64, offset s64, length u16, type u8, name up to its NUL. */
const LENGTH_AT = 16;
const TYPE_AT = 18;
const NAME_AT = 19;
/** What an entry takes of a directory's size on ext4, about; elsewhere it is a guess. */
const ENTRY_BYTES = 20;
const DOT = 0x2e;
const TWO_32 = 2 ** 32;
/** From here on of its upper half, an inode number is not exact as a double. */
const INEXACT_HIGH = 2 ** 21;

/** What an entry of a directory is, by the d_type of getdents64(2). */
export const ENTRY = { unknown: 0, directory: 4, file: 8, link: 10 } as const;

/** The entries of a directory, as columns, in the order of the directory; `.` and `..` are left out. */
export interface DirectoryEntries {
  /** Their exact bytes, one character a byte. */
  readonly names: string[];
  /** {@link ENTRY}, or another d_type. */
  readonly types: number[];
  /** Inode numbers; those from 2^53 on are all 2^53-1. */
  readonly inodes: number[];
}

type GetDents = (number: number, fd: number, buffer: Uint8Array, bytes: number) => number;

let getDents: GetDents | undefined;
let buffer: Buffer | undefined;

/** Whether {@link readDirectory} works here. */
export function canReadDirectories(): boolean {
  return process.platform === 'linux' && SYS_GETDENTS64[process.arch] !== undefined;
}

/**
 * Reads a directory with its inode numbers, which `node:fs` doesn't tell without a stat of each file: they are a cheap
 * stand-in for where files lie on the device.
 *
 * @throws {LsioError} `read` when it can't be read, `unavailable` without koffi.
 */
export function readDirectory(path: string | Buffer): DirectoryEntries {
  const entries: DirectoryEntries = { names: [], types: [], inodes: [] };
  scan(path, (from, bytes) => {
    takeEntries(from, bytes, entries);
    return true;
  });
  return entries;
}

/**
 * The inode numbers of a directory's entries by the hash of their names: no text is made of any name, which takes a third
 * of the time. Undefined when there are more than `entriesMax` entries or so: up to a buffer of them more is read.
 *
 * @throws {LsioError} as {@link readDirectory}.
 */
export function readInodes(path: string | Buffer, entriesMax: number): InodeTable | undefined {
  let table: InodeTable | undefined;
  const complete = scan(path, (from, bytes, sizeBytes) => {
    table ??= new InodeTable(Math.min(entriesMax, sizeBytes / ENTRY_BYTES));
    addEntries(from, bytes, table);
    return table.size <= entriesMax;
  });
  return complete ? (table ?? new InodeTable()) : undefined;
}

/** Entries lie at multiples of 8 bytes; Buffer's own methods take a third of the time of it all until they are compiled. */
function addEntries(from: Buffer, bytes: number, table: InodeTable): void {
  const words = new Uint32Array(from.buffer, from.byteOffset, BUFFER_BYTES / 4);
  for (let at = 0; at < bytes; at += words[(at + LENGTH_AT) >> 2]! & 0xffff) {
    const low = words[at >> 2]!;
    const high = words[(at >> 2) + 1]!;
    table.add(hashBytes(from, at + NAME_AT), high < INEXACT_HIGH ? high * TWO_32 + low : INEXACT_HIGH * TWO_32 - 1);
  }
}

/**
 * Gives the entries to `take`, a buffer at a time, with the size of the directory, while that returns true. Returns whether
 * they all were taken.
 */
function scan(path: string | Buffer, take: (from: Buffer, bytes: number, sizeBytes: number) => boolean): boolean {
  getDents ??= loadKoffi().load(null).func('long syscall(long, int, uint8_t *, size_t)') as GetDents;
  buffer ??= Buffer.allocUnsafeSlow(BUFFER_BYTES);
  const fd = openDirectory(path);
  try {
    const sizeBytes = fstatSync(fd).size;
    for (;;) {
      const bytes = getDents(SYS_GETDENTS64[process.arch]!, fd, buffer, BUFFER_BYTES);
      if (bytes < 0) throw readError(path.toString(), 0, loadKoffi().errno());
      if (bytes === 0) return true;
      if (!take(buffer, bytes, sizeBytes)) return false;
    }
  } finally {
    closeSync(fd);
  }
}

function openDirectory(path: string | Buffer): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    throw errno === undefined ? error : readError(path.toString(), 0, -errno);
  }
}

function takeEntries(from: Buffer, bytes: number, { names, types, inodes }: DirectoryEntries): void {
  for (let at = 0; at < bytes; at += from.readUInt16LE(at + LENGTH_AT)) {
    const name = at + NAME_AT;
    const end = from.indexOf(0, name);
    const dots = end - name <= 2 && from[name] === DOT && (end - name === 1 || from[name + 1] === DOT);
    if (dots) continue;
    names.push(from.toString('latin1', name, end));
    types.push(from[at + TYPE_AT]!);
    inodes.push(inodeAt(from, at));
  }
}

function inodeAt(from: Buffer, at: number): number {
  const high = from.readUInt32LE(at + 4);
  return high < INEXACT_HIGH ? high * TWO_32 + from.readUInt32LE(at) : INEXACT_HIGH * TWO_32 - 1;
}
