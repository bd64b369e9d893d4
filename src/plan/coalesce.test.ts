import { describe, expect, test } from 'vitest';
import { coalesceAuto, coalesceFor } from './coalesce.js';
import { planReads } from './plan.js';

const KIB = 1024;

/** Blocks of 4 KiB of one file, `gapBytes` apart. */
function blocks(count: number, gapBytes: number) {
  return Array.from({ length: count }, (_, at) => ({ offset: at * (4096 + gapBytes), length: 4096 }));
}

describe('coalesceAuto()', () => {
  test('with O_DIRECT merges blocks with gaps of 4 KiB, and none with gaps of 32 or 64 KiB', () => {
    const coalesce = coalesceAuto({ direct: true });
    expect(planReads(blocks(1000, 4 * KIB), coalesce).length).toBeLessThan(50);
    expect(planReads(blocks(1000, 32 * KIB), coalesce)).toHaveLength(1000);
    expect(planReads(blocks(1000, 64 * KIB), coalesce)).toHaveLength(1000);
  });

  test('from the page cache, where reads cost less, takes smaller gaps', () => {
    const { gapBytesMax } = coalesceAuto({ direct: false });
    expect(gapBytesMax).toBeGreaterThan(0);
    expect(gapBytesMax).toBeLessThan(coalesceAuto({ direct: true }).gapBytesMax);
  });

  test('coalesceFor() takes what is said, and else what is measured', () => {
    expect(coalesceFor({ coalesce: 'off', readBytesMax: 5000 }, { direct: true })).toBeUndefined();
    expect(coalesceFor({ coalesce: 'auto' }, { direct: true })).toEqual(coalesceAuto({ direct: true }));
    const { gapBytesMax } = coalesceAuto({ direct: false });
    expect(coalesceFor({ coalesce: 'auto', readBytesMax: 5000 }, { direct: false })).toEqual({
      gapBytesMax,
      readBytesMax: 5000,
    });
    expect(coalesceFor({ coalesce: 0, readBytesMax: 5000 }, { direct: true })).toEqual({
      gapBytesMax: 0,
      readBytesMax: 5000,
    });
  });
});
