import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Coalesce, coalesceAuto, coalesceFor, mergeInOrder } from './coalesce.js';
import { planReads } from './plan.js';

const KIB = 1024;

/** Blocks of 4 KiB of one file, `gapBytes` apart. */
function blocks(count: number, gapBytes: number) {
  return columns(Array.from({ length: count }, (_, at) => ({ file: 0, offset: at * (4096 + gapBytes), length: 4096 })));
}

function columns(requests: readonly { file: number; offset: number; length: number }[]) {
  return {
    fileOf: Uint32Array.from(requests, ({ file }) => file),
    offsets: Float64Array.from(requests, ({ offset }) => offset),
    lengths: Float64Array.from(requests, ({ length }) => length),
  };
}

function readsOf(requests: ReturnType<typeof columns>, coalesce: Coalesce) {
  const merged = mergeInOrder(requests, coalesce);
  if (merged === undefined) return undefined;
  expect(merged.first[merged.reads]).toBe(requests.fileOf.length);
  return Array.from({ length: merged.reads }, (_, read) => {
    const first = merged.first[read]!;
    return {
      file: requests.fileOf[first]!,
      offset: requests.offsets[first]!,
      length: merged.lengths[read]!,
      requests: Array.from({ length: merged.first[read + 1]! - first }, (__, at) => first + at),
    };
  });
}

describe('coalesceAuto()', () => {
  test('with O_DIRECT merges blocks with gaps of 4 KiB, and none with gaps of 32 or 64 KiB', () => {
    const coalesce = coalesceAuto({ direct: true });
    expect(readsOf(blocks(1000, 4 * KIB), coalesce)!.length).toBeLessThan(50);
    expect(readsOf(blocks(1000, 32 * KIB), coalesce)).toBeUndefined();
    expect(readsOf(blocks(1000, 64 * KIB), coalesce)).toBeUndefined();
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

describe('mergeInOrder()', () => {
  const limits = fc.record({ gapBytesMax: fc.nat(40), readBytesMax: fc.integer({ min: 1, max: 300 }) });

  test('mergeInOrder() is what planReads() plans for requests in order that don’t overlap', () => {
    const steps = fc.array(fc.record({ gap: fc.nat(60), length: fc.integer({ min: 1, max: 50 }) }), { minLength: 1 });
    fc.assert(
      fc.property(steps, fc.nat(40), fc.integer({ min: 50, max: 300 }), (list, gapBytesMax, readBytesMax) => {
        let end = 0;
        const requests = list.map(({ gap, length }) => {
          const offset = end + gap;
          end = offset + length;
          return { file: 0, offset, length };
        });
        const planned = planReads(requests, { gapBytesMax, readBytesMax });
        const got = readsOf(columns(requests), { gapBytesMax, readBytesMax });
        if (got === undefined) expect(requests.length - planned.length).toBeLessThan(requests.length * 0.05 + 1e-9);
        else {
          expect(got.map(({ offset, length }) => [offset, length])).toEqual(
            planned.map(({ offset, length }) => [offset, length]),
          );
          expect(got.map(({ requests: of }) => of)).toEqual(
            planned.map(({ parts }) => parts.map(({ request }) => request)),
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  test('every request lies in the read that it is given to, in any order of any files', () => {
    const request = fc.record({ file: fc.nat(2), offset: fc.nat(400), length: fc.nat(80) });
    fc.assert(
      fc.property(fc.array(request), limits, (requests, coalesce) => {
        const reads = readsOf(columns(requests), coalesce) ?? [];
        let next = 0;
        for (const read of reads) {
          const ends = read.requests.map((at) => {
            expect(at).toBe(next++);
            const { file, offset, length } = requests[at]!;
            expect(file).toBe(read.file);
            expect(offset).toBeGreaterThanOrEqual(read.offset);
            return offset + length;
          });
          expect(read.offset + read.length).toBe(Math.max(...ends));
          if (read.requests.length > 1) expect(read.length).toBeLessThanOrEqual(coalesce.readBytesMax);
        }
        if (reads.length > 0) expect(next).toBe(requests.length);
      }),
      { numRuns: 300 },
    );
  });

  test('leaves requests alone of which hardly any lie together by chance', () => {
    const far = Array.from({ length: 100 }, (_, at) => ({ file: 0, offset: at * 1000, length: 10 }));
    far[50] = { file: 0, offset: 49_015, length: 10 };
    expect(mergeInOrder(columns(far), { gapBytesMax: 100, readBytesMax: 1000 })).toBeUndefined();
    expect(mergeInOrder(columns([]), { gapBytesMax: 100, readBytesMax: 1000 })?.reads ?? 0).toBe(0);
  });
});
