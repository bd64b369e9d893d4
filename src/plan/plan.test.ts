import { describe, expect, test } from 'vitest';
import { InvariantError } from '../assert.js';
import type { Extent } from '../range.js';
import { type PlanOptions, planReads } from './plan.js';

const MAX = Number.MAX_SAFE_INTEGER;

describe('planReads()', () => {
  const plain = { gapBytesMax: 0, readBytesMax: 100 };

  test('planReads() of nothing is nothing', () => {
    expect(planReads([], plain)).toEqual([]);
    expect(planReads([{ offset: 5, length: 0 }], { ...plain, alignBytes: 8 })).toEqual([]);
  });

  test('planReads() merges across the largest gap, and not across one byte more', () => {
    const requests = [
      { offset: 0, length: 10 },
      { offset: 14, length: 6 },
      { offset: 25, length: 5 },
    ];
    expect(planReads(requests, { gapBytesMax: 4, readBytesMax: 100 })).toEqual([
      {
        offset: 0,
        length: 20,
        parts: [
          { request: 0, from: 0, at: 0, length: 10 },
          { request: 1, from: 0, at: 14, length: 6 },
        ],
      },
      { offset: 25, length: 5, parts: [{ request: 2, from: 0, at: 0, length: 5 }] },
    ]);
  });

  test('planReads() with gap 0 merges unsorted, touching, overlapping and repeated requests into one read', () => {
    const requests = [
      { offset: 20, length: 10 },
      { offset: 0, length: 10 },
      { offset: 10, length: 15 },
      { offset: 20, length: 10 },
    ];
    expect(planReads(requests, plain)).toEqual([
      {
        offset: 0,
        length: 30,
        parts: [
          { request: 1, from: 0, at: 0, length: 10 },
          { request: 2, from: 0, at: 10, length: 15 },
          { request: 0, from: 0, at: 20, length: 10 },
          { request: 3, from: 0, at: 20, length: 10 },
        ],
      },
    ]);
  });

  test('planReads() with a negative gap reads each request by itself, in ascending order', () => {
    const requests = [
      { offset: 0, length: 150 },
      { offset: 50, length: 10 },
      { offset: 0, length: 150 },
    ];
    const reads = planReads(requests, { gapBytesMax: -1, readBytesMax: 100 });
    expect(reads.map(({ offset, length, parts }) => [offset, length, parts[0]?.request, parts.length])).toEqual([
      [0, 100, 0, 1],
      [0, 100, 2, 1],
      [50, 10, 1, 1],
      [100, 50, 0, 1],
      [100, 50, 2, 1],
    ]);
  });

  test('planReads() stops merging at the longest read without cutting a request', () => {
    const requests = [0, 40, 80, 120].map((offset) => ({ offset, length: 40 }));
    const reads = planReads(requests, plain);
    expect(reads.map(({ offset, length, parts }) => [offset, length, parts.length])).toEqual([
      [0, 80, 2],
      [80, 80, 2],
    ]);
  });

  test('planReads() cuts a long request at multiples and reads on with what touches its end', () => {
    const requests = [
      { offset: 7, length: 250 },
      { offset: 257, length: 10 },
    ];
    expect(planReads(requests, plain).map(({ offset, length }) => [offset, length])).toEqual([
      [7, 100],
      [107, 100],
      [207, 60],
    ]);
  });

  test('planReads() reads the overlap once when the two do not fit together', () => {
    const requests = [
      { offset: 0, length: 60 },
      { offset: 50, length: 60 },
    ];
    expect(planReads(requests, plain)).toEqual([
      {
        offset: 0,
        length: 60,
        parts: [
          { request: 0, from: 0, at: 0, length: 60 },
          { request: 1, from: 0, at: 50, length: 10 },
        ],
      },
      { offset: 60, length: 50, parts: [{ request: 1, from: 10, at: 0, length: 50 }] },
    ]);
  });

  test('planReads() widens to the alignment and cuts at aligned places', () => {
    expect(
      planReads([{ offset: 1000, length: 1000 }], { gapBytesMax: 0, readBytesMax: 1300, alignBytes: 512 }),
    ).toEqual([
      { offset: 512, length: 1024, parts: [{ request: 0, from: 0, at: 488, length: 536 }] },
      { offset: 1536, length: 512, parts: [{ request: 0, from: 536, at: 0, length: 464 }] },
    ]);
  });

  test('planReads() reads an aligned block once for two requests in it, whatever their gap', () => {
    const requests = [
      { offset: 10, length: 1 },
      { offset: 500, length: 1 },
    ];
    expect(planReads(requests, { gapBytesMax: 0, readBytesMax: 4096, alignBytes: 512 })).toHaveLength(1);
  });

  test('planReads() is exact at the far end of what can be addressed', () => {
    const requests = [
      { offset: MAX - 10, length: 10 },
      { offset: MAX - 20, length: 9 },
    ];
    expect(planReads(requests, { gapBytesMax: 1, readBytesMax: 15 })).toEqual([
      { offset: MAX - 20, length: 9, parts: [{ request: 1, from: 0, at: 0, length: 9 }] },
      { offset: MAX - 10, length: 10, parts: [{ request: 0, from: 0, at: 0, length: 10 }] },
    ]);
    expect(planReads(requests, { gapBytesMax: 1, readBytesMax: 20 })).toHaveLength(1);
    expect(planReads(requests.slice(0, 1), { gapBytesMax: 1, readBytesMax: 4096, alignBytes: 512 })[0]).toMatchObject({
      offset: 2 ** 53 - 512,
      length: 512,
    });
  });

  test.each<[Partial<PlanOptions>, Extent[]]>([
    [{ readBytesMax: 0 }, []],
    [{ readBytesMax: Number.POSITIVE_INFINITY }, []],
    [{ alignBytes: 0 }, []],
    [{ alignBytes: 1.5 }, []],
    [{ gapBytesMax: Number.NaN }, []],
    [{}, [{ offset: -1, length: 2 }]],
    [{}, [{ offset: 0, length: -2 }]],
    [{}, [{ offset: 0, length: 0.5 }]],
    [{}, [{ offset: MAX, length: 1 }]],
  ])('planReads() stops at %o of %o', (options, requests) => {
    expect(() => planReads(requests, { ...plain, ...options })).toThrow(InvariantError);
  });
});
