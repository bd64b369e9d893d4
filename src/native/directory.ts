import { closeSync, constants, openSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { readError } from '../errors.js';
import { hashBytes, InodeTable } from './inode-table.js';
import { loadKoffi } from './library.js';

/** getdents64(2) by architecture. */
const SYS_GETDENTS64: Readonly<Record<string, number>> = { x64: 217, arm64: 61 };
const BUFFER_BYTES = 256 * 1024;
/** Some 2,000 entries: taking them in holds the event loop up for a millisecond. */
const INODES_BUFFER_BYTES = 64 * 1024;
/** struct linux_dirent64: inode u64, offset s64, length u16, type u8, name up to its NUL. */
const LENGTH_AT = 16;
const TYPE_AT = 18;
const NAME_AT = 19;
const ENTRY_ALIGN_BYTES = 8;
/** What an entry takes of a directory's size on ext4, about; elsewhere it is a guess. */
const ENTRY_BYTES = 20;
const DOT = 0x2e;
const TWO_32 = 2 ** 32;
/** From here on of its upper half, an inode number is not exact as a double. */
const INEXACT_HIGH = 2 ** 21;

/** What an entry of a directory is, by the d_type of getdents64(2). */
export const ENTRY = { unknown: 0, directory: 4, block: 6, file: 8, link: 10 } as const;

/** The entries of a directory, as columns, in the order of the directory; `.` and `..` are left out. */
export interface DirectoryEntries {
  /** Their exact bytes, one character a byte. */
  readonly names: string[];
  /** {@link ENTRY}, or another d_type. */
  readonly types: number[];
  /** Inode numbers; those from 2^53 on are all 2^53-1. */
  readonly inodes: number[];
}

/**
 * What the system has put entries into. The same memory twice, since entries lie at multiples of 8 bytes and Buffer's own
 * methods take a third of the time of it all until they are compiled.
 */
interface Filled {
  readonly bytes: Buffer;
  readonly words: Uint32Array;
  lengthBytes: number;
}

type GetDentsArguments = [number: number, fd: number, buffer: Uint8Array, bytes: number];

interface GetDents {
  (...args: GetDentsArguments): number;
  async(...args: [...GetDentsArguments, (error: Error | null, bytes: number) => void]): void;
}

let getDents: GetDents | undefined;
let filled: Filled | undefined;

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
  scan(path, (some) => takeEntries(some, entries));
  return entries;
}

/**
 * The same, with the system asked on a thread: what is slow about a directory holds nobody up. For a small one that takes
 * ten times as long.
 *
 * @throws {LsioError} as {@link readDirectory}.
 */
export async function readDirectoryAside(path: string | Buffer): Promise<DirectoryEntries> {
  getDents ??= loadGetDents();
  const entries: DirectoryEntries = { names: [], types: [], inodes: [] };
  const some = makeBuffer(BUFFER_BYTES);
  let directory: FileHandle | undefined;
  try {
    directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    for (;;) {
      some.lengthBytes = await getDentsOnThread(getDents, directory.fd, some.bytes);
      // The errno is that of another thread: asking here, where nobody waits for it any more, tells the same.
      if (some.lengthBytes < 0) return readDirectory(path);
      if (some.lengthBytes === 0) return entries;
      takeEntries(some, entries);
    }
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    throw errno === undefined ? error : readError(path.toString(), 0, -errno);
  } finally {
    await directory?.close();
  }
}

/**
 * The inode numbers of a directory's entries by the hash of their names: no text is made of any name, which takes a third
 * of the time. The system is asked on a thread, some entries at a time, so that a large or slow directory does not block the event loop.
 *
 * @returns undefined when it can't be read, or has more than about `entriesMax` entries.
 * @throws {LsioError} `unavailable` without koffi.
 */
export async function readInodes(path: string | Buffer, entriesMax: number): Promise<InodeTable | undefined> {
  getDents ??= loadGetDents();
  const some = makeBuffer(INODES_BUFFER_BYTES);
  let directory: FileHandle | undefined;
  try {
    directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    const table = new InodeTable(Math.min(entriesMax, (await directory.stat()).size / ENTRY_BYTES));
    while (table.size <= entriesMax) {
      some.lengthBytes = await getDentsOnThread(getDents, directory.fd, some.bytes);
      if (some.lengthBytes <= 0) return some.lengthBytes < 0 ? undefined : table;
      addEntries(some, table);
    }
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).errno === undefined) throw error;
    return undefined;
  } finally {
    await directory?.close();
  }
}

function getDentsOnThread({ async }: GetDents, fd: number, buffer: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    async(SYS_GETDENTS64[process.arch]!, fd, buffer, buffer.length, (error, bytes) => {
      if (error) reject(error);
      else resolve(bytes);
    });
  });
}

function addEntries({ bytes, words, lengthBytes }: Filled, table: InodeTable): void {
  for (let at = 0; at < lengthBytes; at += entryBytes(words, at)) {
    table.add(hashBytes(bytes, at + NAME_AT), inodeAt(words, at));
  }
}

/** Gives the entries to `take`, a buffer at a time. */
function scan(path: string | Buffer, take: (some: Filled) => void): void {
  getDents ??= loadGetDents();
  filled ??= makeBuffer(BUFFER_BYTES);
  const fd = openDirectory(path);
  try {
    for (;;) {
      filled.lengthBytes = getDents(SYS_GETDENTS64[process.arch]!, fd, filled.bytes, BUFFER_BYTES);
      if (filled.lengthBytes < 0) throw readError(path.toString(), 0, loadKoffi().errno());
      if (filled.lengthBytes === 0) return;
      take(filled);
    }
  } finally {
    closeSync(fd);
  }
}

function loadGetDents(): GetDents {
  return loadKoffi().load(null).func('long syscall(long, int, uint8_t *, size_t)') as unknown as GetDents;
}

function makeBuffer(sizeBytes: number): Filled {
  const bytes = Buffer.allocUnsafeSlow(sizeBytes);
  return { bytes, words: new Uint32Array(bytes.buffer, bytes.byteOffset, sizeBytes / 4), lengthBytes: 0 };
}

function openDirectory(path: string | Buffer): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    throw errno === undefined ? error : readError(path.toString(), 0, -errno);
  }
}

function takeEntries({ bytes, words, lengthBytes }: Filled, { names, types, inodes }: DirectoryEntries): void {
  // One text for all of them: names are cut out of it.
  const text = bytes.toString('latin1', 0, lengthBytes);
  for (let at = 0, next: number; at < lengthBytes; at = next) {
    next = at + entryBytes(words, at);
    const name = at + NAME_AT;
    // The NUL after the name is among the last 8 bytes.
    const end = bytes.indexOf(0, Math.max(name, next - ENTRY_ALIGN_BYTES));
    const dots = end - name <= 2 && bytes[name] === DOT && (end - name === 1 || bytes[name + 1] === DOT);
    if (dots) continue;
    names.push(text.slice(name, end));
    types.push(bytes[at + TYPE_AT]!);
    inodes.push(inodeAt(words, at));
  }
}

function entryBytes(words: Uint32Array, at: number): number {
  return words[(at + LENGTH_AT) >> 2]! & 0xffff;
}

function inodeAt(words: Uint32Array, at: number): number {
  const low = words[at >> 2]!;
  const high = words[(at >> 2) + 1]!;
  return high < INEXACT_HIGH ? high * TWO_32 + low : INEXACT_HIGH * TWO_32 - 1;
}
