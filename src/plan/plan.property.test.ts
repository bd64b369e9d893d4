import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Extent } from '../range.js';
import { type PlannedRead, type PlanOptions, planReads } from './plan.js';

const FILE_BYTES = 1024;
/** The file of the properties holds at each position the position itself, so that no two of its bytes are alike. */
const file = Uint32Array.from({ length: FILE_BYTES }, (_, position) => position);

const requestLists = fc.array(fc.record({ offset: fc.nat(500), length: fc.nat(120) }), { maxLength: 14, size: 'max' });
const optionSets = fc.record({
  gapBytesMax: fc.oneof(fc.constantFrom(-1, 0, Number.POSITIVE_INFINITY), fc.nat(40)),
  readBytesMax: fc.integer({ min: 1, max: 200 }),
  alignBytes: fc.constantFrom(1, 1, 3, 8, 64),
});
const mergingOptionSets = optionSets.filter(({ gapBytesMax }) => gapBytesMax >= 0);

/** Checks a property of every plan. */
function everyPlan(
  options: fc.Arbitrary<Required<PlanOptions>>,
  check: (plan: { requests: Extent[]; options: Required<PlanOptions>; reads: PlannedRead[] }) => void,
): void {
  fc.assert(
    fc.property(requestLists, options, (requests, chosen) => {
      check({ requests, options: chosen, reads: planReads(requests, chosen) });
    }),
    { numRuns: 500 },
  );
}

function widened({ offset, length }: Extent, alignBytes: number): { begin: number; end: number } {
  return {
    begin: Math.floor(offset / alignBytes) * alignBytes,
    end: Math.ceil((offset + length) / alignBytes) * alignBytes,
  };
}

function lengthMaxOf({ readBytesMax, alignBytes }: Required<PlanOptions>): number {
  return Math.max(1, Math.floor(readBytesMax / alignBytes)) * alignBytes;
}

/** For each position of the file, how many times it is read, and whether a widened request wants it. */
function mapOf(requests: readonly Extent[], reads: readonly PlannedRead[], alignBytes: number) {
  const timesRead = new Array<number>(FILE_BYTES).fill(0);
  const isWanted = new Array<boolean>(FILE_BYTES).fill(false);
  for (const { offset, length } of reads) {
    for (let position = offset; position < offset + length; position += 1) timesRead[position]! += 1;
  }
  for (const request of requests) {
    const { begin, end } = widened(request, alignBytes);
    if (request.length > 0) isWanted.fill(true, begin, end);
  }
  return { timesRead, isWanted };
}

describe('planReads() against a file in memory', () => {
  test('planReads() gives every request each of its bytes exactly once', () => {
    everyPlan(optionSets, ({ requests, reads }) => {
      const received = requests.map(({ length }) => new Array<number | undefined>(length).fill(undefined));
      let copied = 0;
      for (const read of reads) {
        const bytes = file.subarray(read.offset, read.offset + read.length);
        for (const part of read.parts) {
          for (let index = 0; index < part.length; index += 1) {
            received[part.request]![part.from + index] = bytes[part.at + index];
          }
          copied += part.length;
        }
      }
      const expected = requests.map(({ offset, length }) => Array.from(file.subarray(offset, offset + length)));
      expect(received).toEqual(expected);
      expect(copied).toBe(expected.flat().length);
    });
  });

  test('planReads() gives aligned reads in ascending order, no longer than the longest, none without a use', () => {
    everyPlan(optionSets, ({ options, reads }) => {
      let offsetBefore = 0;
      for (const { offset, length, parts } of reads) {
        expect(offset).toBeGreaterThanOrEqual(offsetBefore);
        expect(length).toBeGreaterThan(0);
        expect(length).toBeLessThanOrEqual(lengthMaxOf(options));
        expect([offset % options.alignBytes, length % options.alignBytes]).toEqual([0, 0]);
        expect(parts.length).toBeGreaterThan(0);
        expect(parts.every((part, index) => index === 0 || part.at >= parts[index - 1]!.at)).toBe(true);
        offsetBefore = offset;
      }
    });
  });

  test('planReads() with merging reads no byte twice, and beyond the widened requests only gaps that are allowed', () => {
    everyPlan(mergingOptionSets, ({ requests, options, reads }) => {
      const { timesRead, isWanted } = mapOf(requests, reads, options.alignBytes);
      let gapBytes = 0;
      let gapBytesLargest = 0;
      for (let position = 0; position < FILE_BYTES; position += 1) {
        gapBytes = timesRead[position] === 1 && !isWanted[position] ? gapBytes + 1 : 0;
        gapBytesLargest = Math.max(gapBytesLargest, gapBytes);
      }
      expect(timesRead.filter((times) => times > 1)).toEqual([]);
      expect(isWanted.filter((wanted, position) => wanted && timesRead[position] === 0)).toEqual([]);
      expect(gapBytesLargest).toBeLessThanOrEqual(options.gapBytesMax);
    });
  });

  test('planReads() with merging leaves two reads apart only for the gap or the length', () => {
    everyPlan(mergingOptionSets, ({ options, reads }) => {
      for (const [index, next] of reads.slice(1).entries()) {
        const read = reads[index]!;
        const isFar = next.offset - (read.offset + read.length) > options.gapBytesMax;
        const isLong = next.offset + next.length - read.offset > lengthMaxOf(options);
        expect(isFar || isLong).toBe(true);
      }
    });
  });

  test('planReads() leaves a request in one piece when it fits into a read and overlaps no other', () => {
    everyPlan(optionSets, ({ requests, options, reads }) => {
      const spans = requests.map((request) => widened(request, options.alignBytes));
      const pieces = requests.map((_, index) => reads.flatMap(({ parts }) => parts).filter((p) => p.request === index));
      for (const [index, { begin, end }] of spans.entries()) {
        const isAlone = spans.every(
          (span, other) => other === index || requests[other]!.length === 0 || span.end <= begin || end <= span.begin,
        );
        const isShort = end - begin <= lengthMaxOf(options);
        if (isAlone && isShort && requests[index]!.length > 0) expect(pieces[index]).toHaveLength(1);
      }
    });
  });

  test('planReads() without merging reads what each request by itself would', () => {
    const off = optionSets.map((options) => ({ ...options, gapBytesMax: -1 }));
    everyPlan(off, ({ requests, options, reads }) => {
      const lengthMax = lengthMaxOf(options);
      const alone = requests.flatMap((request, index) => {
        const { begin, end } = widened(request, options.alignBytes);
        const count = request.length === 0 ? 0 : Math.ceil((end - begin) / lengthMax);
        return Array.from({ length: count }, (_, piece) => {
          const offset = begin + piece * lengthMax;
          return { offset, length: Math.min(lengthMax, end - offset), request: index };
        });
      });
      const planned = reads.map(({ offset, length, parts }) => ({ offset, length, request: parts[0]!.request }));
      expect(reads.every(({ parts }) => parts.length === 1)).toBe(true);
      expect(planned.sort(byOffsetAndRequest)).toEqual(alone.sort(byOffsetAndRequest));
    });
  });
});

function byOffsetAndRequest(a: { offset: number; request: number }, b: { offset: number; request: number }): number {
  return a.offset - b.offset || a.request - b.request;
}
