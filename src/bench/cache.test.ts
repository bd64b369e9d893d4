import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { cachedFile, evict, residentBytes, warm } from './cache.js';
import { deviceOf, readDeviceCounters } from './device.js';
import { mountOf } from './mount.js';

const BYTES = 1024 * 1024;

describe('evict(), warm()', () => {
  // Another program may drop a page between two steps.
  test('bring a file out of the page cache and into it', { retry: 10 }, () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'lsio-cache-'));
    try {
      const file = path.join(directory, 'file');
      writeFileSync(file, Buffer.alloc(BYTES, 7));
      if (residentBytes(file) === undefined || mountOf(directory)?.type === 'tmpfs') return;
      expect(evict(file)).toBe(0);
      expect(warm(file)).toBe(BYTES);
      expect(residentBytes(file)).toBe(BYTES);
      expect(evict(file)).toBe(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('cachedFile()', () => {
  test('does not open what is no regular file', () => {
    expect(cachedFile('/dev/zero')).toBeUndefined();
    expect(cachedFile('.')).toBeUndefined();
    expect(cachedFile('/proc/version')).toEqual({ sizeBytes: 0, residentBytes: 0 });
  });
});

describe('readDeviceCounters()', () => {
  test('knows the device of the current directory where there is one, and no others', () => {
    const device = deviceOf('.');
    if (device !== undefined) expect(readDeviceCounters(device)?.bytes).toBeGreaterThanOrEqual(0);
    expect(readDeviceCounters('no such device')).toBeUndefined();
    expect(deviceOf('/proc')).toBeUndefined();
  });
});
