import { assert } from '../assert.js';
import { errnoText, LsioError } from '../errors.js';
import { loadKoffi } from './library.js';

export { cacheResidency, evictPages } from './residency.js';

const PROT_NONE = 0;
const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const MADV_HUGEPAGE = 14;
/** The same bits as EFD_NONBLOCK and EFD_CLOEXEC. */
const O_NONBLOCK_CLOEXEC = 0o2004000;
const O_CLOEXEC = 0o2000000;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
/** What is known is good enough: a server that hangs isn't asked. */
const AT_STATX_DONT_SYNC = 0x4000;
const STATX_TYPE = 1;
const STATX_SIZE = 0x200;
const STATX_DIOALIGN = 0x2000;
const S_IFMT = 0xf000;
const S_IFREG = 0x8000;

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
 * Asks for huge pages where memory isn't in use yet. Where there are none to be had, ordinary ones come.
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

/**
 * The alignment that O_DIRECT reads of a file need, by statx(2); `undefined` where the file system has no direct I/O
 * (tmpfs says 0) or the kernel is older than 6.1.
 */
export function directAlignment(path: string | Uint8Array): DirectAlignment | undefined {
  const words = statx(AT_FDCWD, path, 0);
  return words === undefined ? undefined : alignmentIn(words);
}

/** What is known of an open regular file. */
export interface OpenFileFacts {
  /** A hint, as always. */
  readonly sizeBytes: number;
  /** As of {@link directAlignment}. */
  readonly alignment: DirectAlignment | undefined;
}

/** Asks nobody but the kernel, by statx(2); `undefined` for what is no regular file. */
export function openFileFacts(fd: number): OpenFileFacts | undefined {
  const words = statx(fd, '', AT_EMPTY_PATH | AT_STATX_DONT_SYNC);
  if (words === undefined || (words.getUint16(0x1c, true) & S_IFMT) !== S_IFREG) return undefined;
  return { sizeBytes: Number(words.getBigUint64(0x28, true)), alignment: alignmentIn(words) };
}

function statx(directory: number, path: string | Uint8Array, flags: number): DataView | undefined {
  const name = Buffer.concat([Buffer.from(path), Buffer.alloc(128)]);
  const result = new Uint8Array(256);
  const mask = STATX_TYPE | STATX_SIZE | STATX_DIOALIGN;
  return load().statx(directory, name, flags, mask, result) === 0 ? new DataView(result.buffer) : undefined;
}

function alignmentIn(words: DataView): DirectAlignment | undefined {
  const memoryBytes = words.getUint32(0x98, true);
  const offsetBytes = words.getUint32(0x9c, true);
  if ((words.getUint32(0, true) & STATX_DIOALIGN) === 0 || memoryBytes === 0 || offsetBytes === 0) return undefined;
  return { memoryBytes, offsetBytes };
}
