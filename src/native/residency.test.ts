import { spawnSync } from 'node:child_process';
import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cacheResidency, evictPages, mappedResidentPages } from './residency.js';

const PAGE_BYTES = 4096;
const PAGES = 100;
/** The page cache belongs to everybody: another program may drop a page between two questions. */
const RETRY = { retry: 10 };

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-residency-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('mappedResidentPages()', () => {
  test.each([0, 1, PAGE_BYTES + 1, 5 * 2 ** 30 + 1])(
    'says what cachestat says of a file of %i bytes',
    RETRY,
    (sizeBytes) => {
      const fd = openSync(path.join(directory, 'file'), 'w+');
      try {
        ftruncateSync(fd, sizeBytes);
        for (const place of [0, sizeBytes / 2, sizeBytes - 1]) {
          readSync(fd, Buffer.alloc(1), 0, 1, Math.max(0, Math.floor(place)));
          const cached = cacheResidency(fd);
          if (cached !== undefined) expect(mappedResidentPages(fd, sizeBytes)).toBe(cached.cachedPages);
          expect(mappedResidentPages(fd, sizeBytes)).toBeGreaterThanOrEqual(Math.min(1, sizeBytes));
        }
        evictPages(fd);
        const left = cacheResidency(fd);
        if (left !== undefined) expect(mappedResidentPages(fd, sizeBytes)).toBe(left.cachedPages);
      } finally {
        closeSync(fd);
      }
    },
  );
});

describe('cacheResidency() on overlayfs', () => {
  const merged = () => path.join(directory, 'merged');

  /** Mounts an overlay with one file in its lower and one in its upper directory. Says why, where that is refused. */
  function mountOverlay(): string | undefined {
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(path.join(directory, name));
    // overlayfs does not sync its lower files: dirty pages would stay.
    writeFileSync(path.join(directory, 'lower/low'), Buffer.alloc(PAGES * PAGE_BYTES, 1), { flush: true });
    const layers = `lowerdir=${directory}/lower,upperdir=${directory}/upper,workdir=${directory}/work`;
    const { status, stderr, error } = spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, merged()]);
    if (status !== 0) return `mount -t overlay is refused: ${error?.message ?? stderr}`;
    writeFileSync(path.join(merged(), 'up'), Buffer.alloc(PAGES * PAGE_BYTES, 2));
    return undefined;
  }

  afterEach(() => {
    spawnSync('umount', ['--lazy', merged()]);
  });

  /** Runs with a file open for reading. */
  function withOpen<T>(file: string, use: (fd: number) => T): T {
    const fd = openSync(file, 'r');
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }

  test.for(['low', 'up'])('counts the pages of the file below: %s', RETRY, (name, context) => {
    const why = mountOverlay();
    context.skip(why !== undefined, why);
    const file = path.join(merged(), name);
    const pages = (offset = 0, lengthBytes = 0) =>
      withOpen(file, (fd) => cacheResidency(fd, offset, lengthBytes)?.cachedPages);
    readFileSync(file);
    expect(pages()).toBe(PAGES);
    expect(pages(PAGE_BYTES, 2 * PAGE_BYTES)).toBe(2);
    expect(pages(PAGE_BYTES - 1, 2)).toBe(2);
    expect(pages(PAGES * PAGE_BYTES, 10)).toBe(0);
    withOpen(file, (fd) => {
      fdatasyncSync(fd);
      evictPages(fd);
    });
    expect(pages()).toBe(0);
  });
});
