import { closeSync, fdatasyncSync, openSync, readSync } from 'node:fs';
import { cacheResidency, evictPages } from '../native/libc.js';
import { PAGE_BYTES } from '../uring/slab.js';

/** How the page cache stands before a run. */
export const CACHE_STATES = ['cold', 'warm', 'as-is'] as const;
export type CacheState = (typeof CACHE_STATES)[number];

/** The bytes of a file that are in the page cache; undefined where the kernel doesn't tell. */
export function residentBytes(path: string): number | undefined {
  return withFile(path, residentBytesOf);
}

function residentBytesOf(fd: number): number | undefined {
  const residency = cacheResidency(fd);
  return residency === undefined ? undefined : residency.cachedPages * PAGE_BYTES;
}

/**
 * Drops a file's pages from the page cache, written back first if they are dirty.
 *
 * @returns the bytes that are still in it: others may be reading or mapping the file.
 */
export function evict(path: string): number | undefined {
  return withFile(path, (fd) => {
    if ((cacheResidency(fd)?.dirtyPages ?? 1) > 0) fdatasyncSync(fd);
    evictPages(fd);
    return residentBytesOf(fd);
  });
}

const SCRATCH = Buffer.alloc(1024 * 1024);

/** Reads a file through, so that it is in the page cache. Returns the bytes that are in it afterwards. */
export function warm(path: string): number | undefined {
  return withFile(path, (fd) => {
    while (readSync(fd, SCRATCH, 0, SCRATCH.length, null) > 0);
    return residentBytesOf(fd);
  });
}

function withFile<T>(path: string, use: (fd: number) => T): T {
  const fd = openSync(path, 'r');
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
