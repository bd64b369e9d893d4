import { describe, expect, test } from 'vitest';
import { progressLine } from './progress.js';

const MIB = 1024 ** 2;

describe('progressLine()', () => {
  test.each([
    [{ items: 3, bytes: 512 }, 1000, '3 items  512 B  0.0 MiB/s'],
    [{ items: 3, unit: 'files', bytes: 30 * MIB, itemsTotal: undefined }, 2000, '3 files  30.0 MiB  15.0 MiB/s'],
    [
      { items: 1250, bytes: 8 * MIB, itemsTotal: 5000 },
      1000,
      '[=====---------------]  25%  1250/5000 items  8.00 MiB  8.0 MiB/s  ETA 3 s',
    ],
    [{ items: 0, itemsTotal: 8 }, 1000, '[--------------------]   0%  0/8 items  0 B  0.0 MiB/s  ETA –'],
    [{ items: 8, itemsTotal: 8, note: 'last' }, 1000, '[====================] 100%  8/8 items  last  ETA 0 s'],
    // Nothing is known of a list that is still empty.
    [{ items: 0, itemsTotal: 0, note: 'first' }, 1000, '0 items  first'],
    // More may come than was counted.
    [{ items: 9, itemsTotal: 8, note: 'x' }, 1000, '[====================] 100%  9/8 items  x  ETA 0 s'],
  ])('gives items, bytes and rate, and the time left only for a known total: %j', (state, elapsedMs, line) => {
    expect(progressLine(state, elapsedMs)).toBe(line);
  });

  test.each([
    [99, '99 s'],
    [100, '2 min'],
    [5940, '99 min'],
    [5941, '2 h'],
    [360_000, '100 h'],
  ])('rounds %d s left up to %s', (seconds, text) => {
    const elapsedMs = 1000;
    const itemsTotal = seconds + 1;
    expect(progressLine({ items: 1, itemsTotal }, elapsedMs)).toMatch(new RegExp(` ETA ${text}$`));
  });
});
