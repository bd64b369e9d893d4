import { assert } from '../assert.js';
import type { Extent } from '../range.js';
import { orderBy } from './order.js';

/** Bytes of a read that a request asked for. All quantities are bytes. */
export interface Part {
  /** The index of the request. */
  readonly request: number;
  /** Where the part begins within the request. */
  readonly from: number;
  /** Where the part begins within the read. */
  readonly at: number;
  readonly length: number;
}

/** One read of the file, in bytes, and whom its bytes are for. It may reach past the end of the file if it is aligned. */
export interface PlannedRead {
  readonly offset: number;
  readonly length: number;
  /** In ascending order of where they lie. Never empty. */
  readonly parts: readonly Part[];
}

export interface PlanOptions {
  /**
   * The largest gap between two requests that is read along with them: 0 merges those that touch or overlap, a negative
   * number none at all. With `alignBytes` it is the gap that is left between the widened requests.
   */
  readonly gapBytesMax: number;
  /** The longest read, rounded down to a multiple of `alignBytes` (but not to nothing). */
  readonly readBytesMax: number;
  /** Every read begins and ends at a multiple of it, as O_DIRECT wants. Default 1. */
  readonly alignBytes?: number;
}

interface OpenRead {
  readonly offset: number;
  length: number;
  readonly parts: Part[];
}

/**
 * The reads that satisfy all requests on one file, in ascending order of offset.
 *
 * With merging, no byte is read twice, and a request is cut only if, once widened, it is longer than the longest read or
 * overlaps a read that has no room left for it. Without merging each request is read by itself, whatever the others
 * are. A request of length 0 is in no read.
 *
 * @param requests In any order; they may overlap or repeat.
 */
export function planReads(requests: readonly Extent[], options: PlanOptions): PlannedRead[] {
  const { gapBytesMax, readBytesMax, alignBytes = 1 } = options;
  assert(!Number.isNaN(gapBytesMax), 'the largest gap is not a number');
  assert(Number.isSafeInteger(readBytesMax) && readBytesMax > 0, 'the longest read is not a positive whole number');
  assert(Number.isSafeInteger(alignBytes) && alignBytes > 0, 'the alignment is not a positive whole number');
  const lengthMax = Math.max(alignBytes, readBytesMax - (readBytesMax % alignBytes));
  const reads: OpenRead[] = [];
  let first = 0;
  for (const request of orderByOffset(requests)) {
    const { offset, length } = requests[request]!;
    assert(length >= 0 && Number.isSafeInteger(offset + length), 'a request is not a range of whole bytes');
    if (length === 0) continue;
    const begin = offset - (offset % alignBytes);
    const end = roundUp(offset + length, alignBytes);
    if (gapBytesMax < 0) {
      first = reads.length;
      appendReads(reads, { begin, end, lengthMax });
    } else {
      extendReads(reads, { begin, end, lengthMax, gapBytesMax });
      // Requests come in ascending order, so a read that ends before this one begins cannot serve later ones.
      while (endOf(reads[first]!) <= offset) first += 1;
    }
    addParts(reads, first, { request, offset, length });
  }
  return gapBytesMax < 0 ? reads.sort((a, b) => a.offset - b.offset) : reads;
}

interface Span {
  readonly begin: number;
  readonly end: number;
  readonly lengthMax: number;
}

/**
 * Makes `reads` cover a span that begins no earlier than those before it. The span that reaches farthest so far began
 * no later than this one, so all from `begin` to the end of the last read is covered already.
 */
function extendReads(reads: OpenRead[], { begin, end, lengthMax, gapBytesMax }: Span & { gapBytesMax: number }): void {
  const last = reads.at(-1);
  if (last === undefined) {
    appendReads(reads, { begin, end, lengthMax });
    return;
  }
  const lastEnd = endOf(last);
  if (end <= lastEnd) return;
  if (begin - lastEnd <= gapBytesMax && end - last.offset <= lengthMax) last.length = end - last.offset;
  else appendReads(reads, { begin: Math.max(begin, lastEnd), end, lengthMax });
}

function appendReads(reads: OpenRead[], { begin, end, lengthMax }: Span): void {
  for (let offset = begin; offset < end; offset += lengthMax) {
    reads.push({ offset, length: Math.min(lengthMax, end - offset), parts: [] });
  }
}

/** Hands a request its bytes out of the reads from `first` on, which cover it without a hole. */
function addParts(reads: readonly OpenRead[], first: number, request: { request: number } & Extent): void {
  let from = 0;
  for (let index = first; from < request.length; index += 1) {
    const read = reads[index];
    assert(read !== undefined, 'a request reaches past the planned reads');
    const at = request.offset + from - read.offset;
    const length = Math.min(read.length - at, request.length - from);
    assert(at >= 0 && length > 0, 'the planned reads leave a hole in a request');
    read.parts.push({ request: request.request, from, at, length });
    from += length;
  }
}

function orderByOffset(requests: readonly Extent[]): Uint32Array {
  const offsets = new Float64Array(requests.length);
  for (let index = 0; index < offsets.length; index += 1) offsets[index] = requests[index]!.offset;
  return orderBy(offsets);
}

function endOf(read: OpenRead): number {
  return read.offset + read.length;
}

function roundUp(bytes: number, alignBytes: number): number {
  const over = bytes % alignBytes;
  return over === 0 ? bytes : bytes - over + alignBytes;
}
