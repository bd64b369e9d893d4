import { closeSync, constants, openSync, readSync } from 'node:fs';
import { assert } from '../assert.js';
import { errnoText, LsioError } from '../errors.js';
import { factsOfStatx, hasEnd, STATX_BYTES } from './file-facts.js';
import { addressOf, loadKoffi } from './library.js';

export { cacheResidency, evictPages } from './residency.js';

const PROT_NONE = 0;
const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const MADV_HUGEPAGE = 14;
/** The same bits as EFD_NONBLOCK and EFD_CLOEXEC. */
const O_NONBLOCK_CLOEXEC = 0o2004000;
const O_CLOEXEC = 0o2000000;
/** The working directory, to calls that take a directory. */
export const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
/** What is known is good enough: a server that hangs isn't asked. */
const AT_STATX_DONT_SYNC = 0x4000;
const STATX_TYPE = 1;
const STATX_SIZE = 0x200;
const STATX_DIOALIGN = 0x2000;

/** More than struct statfs has, whose first word is the type; TMPFS_MAGIC and RAMFS_MAGIC. */
const STATFS_BYTES = 256;
const IN_MEMORY = [0x01021994, 0x858458f6];

type Address = bigint | number;

interface Libc {
  mmap(address: Address, length: number, protection: number, flags: number, fd: number, offset: number): bigint;
  munmap(address: Address, length: number): number;
  mprotect(address: Address, length: number, protection: number): number;
  madvise(address: Address, length: number, advice: number): number;
  eventfd(count: number, flags: number): number;
  eventfd_read(fd: number, value: BigUint64Array): number;
  eventfd_write(fd: number, count: number): number;
  pipe2(fds: Int32Array, flags: number): number;
  dup3(fd: number, target: number, flags: number): number;
  _exit(status: number): void;
  close(fd: number): number;
  statfs(path: Uint8Array, result: Uint8Array): number;
  fstatfs(fd: number, result: Uint8Array): number;
  statx(directory: number, path: Uint8Array, flags: number, mask: number, result: Uint8Array): number;
}

let libc: Libc | undefined;

function load(): Libc {
  if (libc !== undefined) return libc;
  if (process.arch !== 'x64' && process.arch !== 'arm64') {
    throw new LsioError('unavailable', `the system's constants are known for x64 and arm64, not for ${process.arch}`);
  }
  // The C library is in the process already; which file it came from (glibc, musl) doesn't matter.
  const library = loadKoffi().load(null);
  const bound: Libc = {
    mmap: library.func('uintptr_t mmap(uintptr_t, size_t, int, int, int, int64_t)'),
    munmap: library.func('int munmap(uintptr_t, size_t)'),
    mprotect: library.func('int mprotect(uintptr_t, size_t, int)'),
    madvise: library.func('int madvise(uintptr_t, size_t, int)'),
    eventfd: library.func('int eventfd(uint, int)'),
    eventfd_read: library.func('int eventfd_read(int, uint64_t *)'),
    eventfd_write: library.func('int eventfd_write(int, uint64_t)'),
    pipe2: library.func('int pipe2(int *, int)'),
    dup3: library.func('int dup3(int, int, int)'),
    _exit: library.func('void _exit(int)'),
    close: library.func('int close(int)'),
    statfs: library.func('int statfs(uint8_t *, uint8_t *)'),
    fstatfs: library.func('int fstatfs(int, uint8_t *)'),
    statx: library.func('int statx(int, uint8_t *, int, uint, uint8_t *)'),
  };
  libc = bound;
  return bound;
}

function lastError(call: string): LsioError {
  const [code, text] = errnoText(loadKoffi().errno());
  return new LsioError('unavailable', `${call}: ${text} (${code})`, { code });
}

/** Of x64, and of arm64 with ordinary pages of 4 KiB. */
export const HUGE_PAGE_BYTES = 2 * 1024 * 1024;

/** Memory outside of JavaScript's heap: it never moves and is never collected. */
export interface Mapping {
  readonly address: number;
  readonly lengthBytes: number;
  /** Gives the memory back. Afterwards touching a view of it ends the process: first drop every view. */
  unmap(): void;
}

/**
 * Maps `lengthBytes` (a multiple of the page size) of zeroed memory between two guard pages, so that a write outside
 * faults at once instead of damaging its neighbour.
 *
 * @param alignBytes what its address is a multiple of: a power of two of at least a page.
 * @throws {LsioError} `unavailable` when the system has no memory to give.
 */
export function mapMemory(lengthBytes: number, pageBytes: number, alignBytes = pageBytes): Mapping {
  const { mmap, mprotect, munmap } = load();
  const totalBytes = lengthBytes + pageBytes + alignBytes;
  const base = Number(mmap(0, totalBytes, PROT_NONE, MAP_PRIVATE_ANONYMOUS, -1, 0));
  // mmap says MAP_FAILED, all bits set, which no double holds exactly: compare by magnitude.
  if (base >= 2 ** 63) throw lastError('mmap');
  const address = Math.ceil((base + pageBytes) / alignBytes) * alignBytes;
  if (mprotect(address, lengthBytes, PROT_READ_WRITE) !== 0) {
    const error = lastError('mprotect');
    munmap(base, totalBytes);
    throw error;
  }
  return {
    address,
    lengthBytes,
    unmap() {
      assert(munmap(base, totalBytes) === 0, 'munmap of our own mapping works');
    },
  };
}

/**
 * Asks for huge pages for memory that is not in use yet. Without any, ordinary pages come.
 *
 * @param address a multiple of {@link HUGE_PAGE_BYTES}.
 */
export function preferHugePages(address: number, lengthBytes: number): void {
  load().madvise(address, lengthBytes, MADV_HUGEPAGE);
}

/** @throws {LsioError} `unavailable` */
export function createEventFd(): number {
  const fd = load().eventfd(0, O_NONBLOCK_CLOEXEC);
  if (fd < 0) throw lastError('eventfd');
  return fd;
}

const eventCount = new BigUint64Array(16);

/** Sets the event counter back to 0, so that it is unreadable until the next event. */
export function clearEventFd(fd: number): void {
  load().eventfd_read(fd, eventCount);
}

/** Makes it readable. */
export function signalEventFd(fd: number): void {
  load().eventfd_write(fd, 1);
}

/** Ends the process at once, all of its threads with it, without waiting for any of them. */
export function exitNow(status: number): never {
  load()._exit(status);
  throw new Error('unreachable');
}

/** Closes a descriptor that we made ourselves. */
export function closeFd(fd: number): void {
  load().close(fd);
}

/**
 * A pipe's descriptors, which the caller closes.
 *
 * @throws {LsioError} `unavailable`
 */
export function openPipe(): [readEnd: number, writeEnd: number] {
  // Typed arrays of 64 bytes and less may be moved.
  const fds = new Int32Array(32);
  if (load().pipe2(fds, O_NONBLOCK_CLOEXEC) !== 0) throw lastError('pipe2');
  return [fds[0]!, fds[1]!];
}

/**
 * Makes `target` another descriptor of what `fd` is open on; what `target` was open on is closed.
 *
 * @throws {LsioError} `unavailable`
 */
export function duplicateOnto(fd: number, target: number): void {
  if (load().dup3(fd, target, O_CLOEXEC) < 0) throw lastError('dup3');
}

/** What O_DIRECT asks of addresses (`memoryBytes`) and of offsets and lengths (`offsetBytes`). */
export interface DirectAlignment {
  readonly memoryBytes: number;
  readonly offsetBytes: number;
}

/** What suits every device where the file system doesn't say what it needs: a page. */
const UNTOLD: DirectAlignment = { memoryBytes: 4096, offsetBytes: 4096 };

/**
 * The alignment that O_DIRECT reads of a file need, by statx(2); `undefined` where the file system has no direct I/O.
 * Where it doesn't say (btrfs, and any before Linux 6.1) a page is read to find out.
 */
export function directAlignment(path: string | Uint8Array): DirectAlignment | undefined {
  const words = statx(AT_FDCWD, path, 0);
  if (words === undefined) return undefined;
  const told = alignmentIn(words);
  if (told !== 'untold') return told;
  const name = Buffer.concat([Buffer.from(path), Buffer.alloc(128)]);
  const inMemory = isInMemory((result) => load().statfs(name, result));
  return !inMemory && readsDirectly(path) ? UNTOLD : undefined;
}

/** What is known of an open file that ends. */
export interface OpenFileFacts {
  /** A hint, as always. */
  readonly sizeBytes: number;
  /** As of {@link directAlignment}; where the file system doesn't say, a guess: reads may fail with EINVAL. */
  readonly alignment: DirectAlignment | undefined;
}

/** Asks the kernel only, by statx(2); `undefined` for what is neither a regular file nor a block device. */
export function openFileFacts(fd: number): OpenFileFacts | undefined {
  const words = statx(fd, '', AT_EMPTY_PATH | AT_STATX_DONT_SYNC);
  if (words === undefined) return undefined;
  const facts = factsOfStatx(words);
  if (!hasEnd(facts)) return undefined;
  const told = alignmentIn(words);
  if (told !== 'untold') return { sizeBytes: facts.sizeBytes, alignment: told };
  const inMemory = isInMemory((result) => load().fstatfs(fd, result));
  return { sizeBytes: facts.sizeBytes, alignment: inMemory ? undefined : UNTOLD };
}

function statx(directory: number, path: string | Uint8Array, flags: number): DataView | undefined {
  const name = Buffer.concat([Buffer.from(path), Buffer.alloc(128)]);
  const result = new Uint8Array(STATX_BYTES);
  const mask = STATX_TYPE | STATX_SIZE | STATX_DIOALIGN;
  return load().statx(directory, name, flags, mask, result) === 0 ? new DataView(result.buffer) : undefined;
}

/** tmpfs and ramfs take O_DIRECT and have no device that it could go to. */
function isInMemory(statfs: (result: Uint8Array) => number): boolean {
  const result = new Uint8Array(STATFS_BYTES);
  return statfs(result) === 0 && IN_MEMORY.includes(new DataView(result.buffer).getUint32(0, true));
}

function alignmentIn(words: DataView): DirectAlignment | 'untold' | undefined {
  if ((words.getUint32(0, true) & STATX_DIOALIGN) === 0) return 'untold';
  const memoryBytes = words.getUint32(0x98, true);
  const offsetBytes = words.getUint32(0x9c, true);
  return memoryBytes === 0 || offsetBytes === 0 ? undefined : { memoryBytes, offsetBytes };
}

/** Whether a file takes O_DIRECT, by reading its first page. Some accept the flag and refuse the read. */
function readsDirectly(path: string | Uint8Array): boolean {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_DIRECT } = constants;
  const room = Buffer.alloc(2 * UNTOLD.memoryBytes);
  const skipBytes = -addressOf(room) & (UNTOLD.memoryBytes - 1);
  let fd = -1;
  try {
    fd = openSync(typeof path === 'string' ? path : Buffer.from(path), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_DIRECT);
    readSync(fd, room, skipBytes, UNTOLD.offsetBytes, 0);
    return true;
  } catch {
    return false;
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}
