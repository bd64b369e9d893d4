import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { depthFor, QUEUE_DEPTH_MAX, WINDOW_BYTES } from './window.js';

const KIB = 1024;

describe('depthFor()', () => {
  test.each([
    [0, 256],
    [1, 256],
    [4 * KIB, 256],
    [16 * KIB, 256],
    [32 * KIB, 128],
    [64 * KIB, 64],
    [256 * KIB, 16],
    [256 * KIB + 1, 15],
    [1024 * KIB, 4],
    [1024 ** 3, 1],
  ])('depthFor() keeps reads of %d bytes %d deep by default', (readBytes, depth) => {
    expect(depthFor({ readBytes })).toBe(depth);
  });

  test('depthFor() keeps to the window and to the depth, but goes on with one read', () => {
    const sizes = fc.integer({ min: 1, max: 2 ** 31 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 4096 }), sizes, (readBytes, queueDepthMax, windowBytes) => {
        const depth = depthFor({ readBytes, queueDepthMax, windowBytes });
        expect(Number.isInteger(depth) && depth >= 1 && depth <= queueDepthMax).toBe(true);
        if (depth > 1) expect(depth * readBytes).toBeLessThanOrEqual(windowBytes);
        if (depth < queueDepthMax) expect((depth + 1) * readBytes).toBeGreaterThan(windowBytes);
      }),
    );
  });

  test('depthFor() defaults to the window and the depth that are exported', () => {
    expect(depthFor({ readBytes: WINDOW_BYTES / 2 })).toBe(2);
    expect(depthFor({ readBytes: 1, windowBytes: 1024 ** 3 })).toBe(QUEUE_DEPTH_MAX);
  });
});
