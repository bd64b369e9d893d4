import { execFile } from 'node:child_process';
import { closeSync, constants, fdatasyncSync, openSync, type PathLike, readSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { LsioError, systemError } from '../errors.js';
import { PAGE_BYTES } from '../memory/slab.js';
import { factsOfStats, hasEnd } from '../native/file-facts.js';
import { cacheResidency, evictPages } from '../native/residency.js';

const DROP_CACHES = '/proc/sys/vm/drop_caches';
const PAGES_DENTRIES_INODES = '3';

/** The state of the page cache before a run. */
export const CACHE_STATES = ['cold', 'warm', 'as-is'] as const;
export type CacheState = (typeof CACHE_STATES)[number];

/**
 * The bytes of a file that are in the page cache, in whole pages. undefined where the kernel does not tell: recent ones
 * tell only of files that the caller owns or may write.
 */
export function residentBytes(path: PathLike): number | undefined {
  return withFile(path, residentBytesOf);
}

function residentBytesOf(fd: number): number | undefined {
  const pages = cacheResidency(fd)?.cachedPages;
  return pages === undefined ? undefined : pages * PAGE_BYTES;
}

/** A regular file or a block device, and what of it is in the page cache. */
export interface FileResidency {
  readonly sizeBytes: number;
  /** Not more than its size; undefined where the kernel doesn't tell: see {@link residentBytes}. */
  readonly residentBytes: number | undefined;
}

/** What the page cache holds of a file or a block device; undefined for anything else, which is never opened. */
export function cachedFile(path: PathLike): FileResidency | undefined {
  const facts = factsOfStats(statSync(path));
  if (!hasEnd(facts)) return undefined;
  const { sizeBytes } = facts;
  const resident = residentBytes(path);
  return { sizeBytes, residentBytes: resident === undefined ? undefined : Math.min(resident, sizeBytes) };
}

/**
 * Drops a file's pages from the page cache, written back first if they are dirty.
 *
 * @returns the bytes that are still in it: others may be reading or mapping the file.
 */
export function evict(path: PathLike): number | undefined {
  return withFile(path, (fd) => {
    if ((cacheResidency(fd)?.dirtyPages ?? 1) > 0) fdatasyncSync(fd);
    evictPages(fd);
    const resident = residentBytesOf(fd);
    if (resident === 0) return resident;
    // Pages that the kernel was just writing back count as clean, and stay.
    fdatasyncSync(fd);
    evictPages(fd);
    return residentBytesOf(fd);
  });
}

/**
 * Drops every clean page of this machine from the page cache, after everything dirty was written back, and the names
 * and inodes that it remembers.
 *
 * @throws {LsioError} `usage` when the caller isn't root, `unavailable` when the system refuses.
 */
export async function dropCaches(): Promise<void> {
  requireRoot();
  try {
    await promisify(execFile)('sync');
    await writeFile(DROP_CACHES, PAGES_DENTRIES_INODES);
  } catch (error) {
    const { path = 'sync' } = error as NodeJS.ErrnoException;
    throw systemError('unavailable', path, error, { remedy: 'without --drop-caches each file is evicted by itself' });
  }
}

/** @throws {LsioError} `usage` */
export function requireRoot(): void {
  if (process.geteuid?.() === 0) return;
  throw new LsioError('usage', '--drop-caches: only root may drop the caches of the whole machine', {
    remedy: 'sudo; or leave it out: each file is then evicted by itself, which needs no rights',
  });
}

const SCRATCH = Buffer.alloc(1024 * 1024);

/** Reads a file through, so that it is in the page cache. Returns the bytes that are in it afterwards. */
export function warm(path: PathLike): number | undefined {
  return withFile(path, (fd) => {
    while (readSync(fd, SCRATCH, 0, SCRATCH.length, null) > 0);
    return residentBytesOf(fd);
  });
}

function withFile<T>(path: PathLike, use: (fd: number) => T): T {
  // Opening a FIFO must not block.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
