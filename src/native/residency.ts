import { accessSync, constants, fstatSync } from 'node:fs';
import { assert } from '../assert.js';
import { factsOfStats } from './file-facts.js';
import { loadKoffi } from './library.js';

const PROT_NONE = 0;
const MAP_SHARED = 1;
const FADVISE_DONTNEED = 4;
/** Of a file, for mincore(2): its answer takes a byte per page, 256 KiB. A multiple of every page size. */
const MAPPED_BYTES_MAX = 2 ** 30;
/** The same number on every architecture: it came after the tables were unified (Linux 6.5). */
const SYS_CACHESTAT = 451;
/** File systems that may read through files of another one, which hold the pages. */
const OVERLAYFS = 0x794c7630n;
const FUSE = 0x65735546n;

interface Libc {
  cachestat(number: number, fd: number, range: BigUint64Array, result: BigUint64Array, flags: number): number;
  mmap(address: number, length: number, protection: number, flags: number, fd: number, offset: number): bigint;
  munmap(address: number, length: number): number;
  mincore(address: number, length: number, pages: Uint8Array): number;
  fstatfs(fd: number, result: BigInt64Array): number;
  posix_fadvise(fd: number, offset: number, length: number, advice: number): number;
  readonly pageBytes: number;
  /** The answer of mincore(2), used again: a fresh one of 256 KiB costs more than the call. */
  readonly pages: Uint8Array;
}

let libc: Libc | undefined;

function load(): Libc {
  if (libc !== undefined) return libc;
  const library = loadKoffi().load(null);
  const pageBytes: number = library.func('int getpagesize()')();
  libc = {
    cachestat: library.func('long syscall(long, int, uint64_t *, uint64_t *, uint)'),
    mmap: library.func('uintptr_t mmap(uintptr_t, size_t, int, int, int, int64_t)'),
    munmap: library.func('int munmap(uintptr_t, size_t)'),
    mincore: library.func('int mincore(uintptr_t, size_t, uint8_t *)'),
    fstatfs: library.func('int fstatfs(int, int64_t *)'),
    posix_fadvise: library.func('int posix_fadvise(int, int64_t, int64_t, int)'),
    pageBytes,
    pages: new Uint8Array(MAPPED_BYTES_MAX / pageBytes),
  };
  return libc;
}

/** Pages of a file in the page cache. */
export interface Residency {
  readonly cachedPages: number;
  /** At most: mincore(2) does not tell clean pages from dirty ones. */
  readonly dirtyPages: number;
}

const NOTHING: Residency = { cachedPages: 0, dirtyPages: 0 };

/**
 * How much of an open file, or of `lengthBytes` of it from `offset` on, is in the page cache; `undefined` where the
 * kernel does not tell.
 *
 * cachestat(2) counts the pages of the open file itself. On overlayfs (the root of a container) these are never any: the
 * file below holds them. So an answer of none is checked by mincore(2), which maps the file that is really read. The
 * kernel answers mincore truthfully only for a file that the caller owns or may write.
 */
export function cacheResidency(fd: number, offset = 0, lengthBytes = 0): Residency | undefined {
  const told = cachestat(fd, offset, lengthBytes);
  if (told !== undefined && told.cachedPages > 0) return told;
  const stats = fstatSync(fd);
  const { sizeBytes } = factsOfStats(stats);
  const end = lengthBytes === 0 ? sizeBytes : Math.min(sizeBytes, offset + lengthBytes);
  if (offset >= end) return NOTHING;
  if (stats.uid !== process.geteuid?.() && !mayWrite(fd)) return readsThroughAnother(fd) ? undefined : told;
  const mapped = mappedResidentPages(fd, end, offset);
  return mapped === undefined ? told : { cachedPages: mapped, dirtyPages: mapped };
}

function cachestat(fd: number, offset: number, lengthBytes: number): Residency | undefined {
  const range = new BigUint64Array(16);
  range[0] = BigInt(offset);
  range[1] = BigInt(lengthBytes);
  const result = new BigUint64Array(16);
  if (load().cachestat(SYS_CACHESTAT, fd, range, result, 0) !== 0) return undefined;
  return { cachedPages: Number(result[0]), dirtyPages: Number(result[1]) };
}

function mayWrite(fd: number): boolean {
  try {
    accessSync(`/proc/self/fd/${fd}`, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function readsThroughAnother(fd: number): boolean {
  const result = new BigInt64Array(32);
  if (load().fstatfs(fd, result) !== 0) return false;
  return result[0] === OVERLAYFS || result[0] === FUSE;
}

/**
 * How many pages of an open file, from `begin` to `end`, are in the page cache, by mincore(2); `undefined` where the file
 * can't be mapped. Since Linux 5.2 every page of a file that the caller neither owns nor may write is said to be there:
 * don't ask about those.
 */
export function mappedResidentPages(fd: number, end: number, begin = 0): number | undefined {
  const { mmap, munmap, mincore, pageBytes, pages } = load();
  let residentPages = 0;
  for (let offset = begin - (begin % pageBytes); offset < end; offset += MAPPED_BYTES_MAX) {
    const lengthBytes = Math.min(end - offset, MAPPED_BYTES_MAX);
    // Nothing is touched through the mapping, so that a file that shrinks meanwhile can't end the process.
    const address = Number(mmap(0, lengthBytes, PROT_NONE, MAP_SHARED, fd, offset));
    // MAP_FAILED has all bits set.
    if (address >= 2 ** 63) return undefined;
    const failed = mincore(address, lengthBytes, pages) !== 0;
    assert(munmap(address, lengthBytes) === 0, 'munmap of our own mapping works');
    if (failed) return undefined;
    const count = Math.ceil(lengthBytes / pageBytes);
    // The other bits of each byte mean nothing.
    for (let page = 0; page < count; page++) residentPages += pages[page]! & 1;
  }
  return residentPages;
}

/** Asks the kernel to drop an open file's clean pages from the page cache. It does not report: check afterwards. */
export function evictPages(fd: number): void {
  load().posix_fadvise(fd, 0, 0, FADVISE_DONTNEED);
}
