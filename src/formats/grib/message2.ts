import type { Extent } from '../../range.js';
import { faultAt, type GribFault, type GribFaultCode } from './fault.js';
import { type FieldBitmap, type GribField, NO_BITMAP } from './field.js';
import type { MessageResult, MessageStart } from './message.js';
import { asciiIs, u32, u64 } from './octets.js';
import type { ReadSteps } from './reading.js';

const INDICATOR_BYTES = 16;
const END_BYTES = 4;
const SECTION_HEAD_BYTES = 5;
/** Grid lists and coordinate lists are the long ones: a reduced grid of 10,000 rows takes 40 KiB. */
const HEADER_BYTES_MAX = 1 << 22;

/** Least lengths by section number: below them not even the template's number is there. */
const LENGTH_MIN = [0, 21, 5, 14, 9, 11, 6, 5];
/** Bit n of entry p: section n may follow section p. Only section 7 may be the last. */
const FOLLOWERS = [bits(1), bits(2, 3), bits(3), bits(4), bits(5), bits(6), bits(7), bits(2, 3, 4)];

const EMPTY: Uint8Array = new Uint8Array(0);

/** Walks the sections of a GRIB2 message. `before` is a field whose equal headers are shared, to save memory. */
export function* gribTwoMessage(start: MessageStart, before: GribField | undefined): ReadSteps<MessageResult> {
  const { window, offset, lenient, isPrefix = false } = start;
  const indicator = window.held(offset, INDICATOR_BYTES) ?? (yield* window.need(offset, INDICATOR_BYTES));
  const sections = 0;
  if (indicator.length < INDICATOR_BYTES) {
    return { fault: faultAt(offset, 'truncated', 'the file ends in section 0'), sections };
  }
  const length = u64(indicator, 8);
  if (!Number.isSafeInteger(offset + length) || length < INDICATOR_BYTES + END_BYTES) {
    return { fault: faultAt(offset, 'length', `total length ${length} is impossible`), sections };
  }
  const missing = offset + length - window.size;
  if (missing > 0 && !isPrefix) {
    const message = `the file ends ${missing} bytes before the message of ${length} bytes does`;
    return { fault: faultAt(offset, 'truncated', message), sections };
  }
  const walk = new SectionWalk(start, { offset, length }, indicator[6]!, before);
  const end = Math.min(offset + length, window.size) - END_BYTES;
  const isMarked = !lenient && missing <= 0;
  const fault = yield* walk.run(end);
  if (fault !== undefined) return { fault, sections: walk.sections };
  if (isMarked) {
    const mark = window.held(end, END_BYTES) ?? (yield* window.need(end, END_BYTES));
    if (!asciiIs(mark, 0, '7777')) {
      return { fault: faultAt(end, 'end-mark', 'the message does not end with 7777'), sections: walk.sections };
    }
  }
  return { end: offset + length, fields: walk.fields, sections: walk.sections };
}

/** The headers in force while a message is walked: a section that is not repeated stays. */
class SectionWalk {
  readonly fields: GribField[] = [];
  sections = 0;
  readonly #start: MessageStart;
  readonly #message: Extent;
  readonly #discipline: number;
  readonly #before: GribField | undefined;
  #identification = EMPTY;
  #grid = EMPTY;
  #product = EMPTY;
  #packing = EMPTY;
  #bitmap: FieldBitmap = NO_BITMAP;
  /** The last bitmap that this message gave, for indicator 254. */
  #given: FieldBitmap | undefined;

  constructor(start: MessageStart, message: Extent, discipline: number, before: GribField | undefined) {
    this.#start = start;
    this.#message = message;
    this.#discipline = discipline;
    this.#before = before;
  }

  /** @param end where the last section ends. */
  *run(end: number): ReadSteps<GribFault | undefined> {
    const { window } = this.#start;
    let previous = 0;
    let at = this.#message.offset + INDICATOR_BYTES;
    while (at < end) {
      const head = window.held(at, SECTION_HEAD_BYTES) ?? (yield* window.need(at, SECTION_HEAD_BYTES));
      const problem = sectionProblem(head, previous, end - at);
      this.sections++;
      if (problem !== undefined) return faultAt(at, problem.code, problem.message);
      const length = u32(head, 0);
      previous = head[4]!;
      const wanted = bytesWanted(previous, length);
      this.#take(previous, at, length, window.held(at, wanted) ?? (yield* window.need(at, wanted)));
      at += length;
    }
    if (previous !== 7) return faultAt(at, 'section', `the message ends after section ${previous}`);
    return undefined;
  }

  /** @param bytes of the section, as many as {@link bytesWanted} says. */
  #take(section: number, offset: number, length: number, bytes: Uint8Array): void {
    if (section === 1) this.#identification = kept(bytes, this.#before?.identification);
    else if (section === 3) this.#grid = kept(bytes, this.#before?.grid);
    else if (section === 4) this.#product = bytes.slice();
    else if (section === 5) this.#packing = kept(bytes, this.#before?.packing);
    else if (section === 6) this.#bitmap = this.#bitmapOf(bytes[SECTION_HEAD_BYTES]!, offset, length);
    else if (section === 7) this.#add(offset, length);
  }

  #bitmapOf(indicator: number, offset: number, length: number): FieldBitmap {
    if (indicator === 255) return NO_BITMAP;
    if (indicator === 254) return this.#given ?? { kind: 'unreadable', indicator };
    if (indicator !== 0) return { kind: 'unreadable', indicator };
    const headBytes = SECTION_HEAD_BYTES + 1;
    this.#given = { kind: 'bits', extent: { offset: offset + headBytes, length: length - headBytes } };
    return this.#given;
  }

  #add(offset: number, length: number): void {
    const { number } = this.#start;
    const { length: before } = this.fields;
    if (before === 1) this.fields[0] = { ...this.fields[0]!, number: `${number}.1` };
    this.fields.push({
      number: before === 0 ? `${number}` : `${number}.${before + 1}`,
      edition: 2,
      message: this.#message,
      discipline: this.#discipline,
      identification: this.#identification,
      grid: this.#grid,
      product: this.#product,
      packing: this.#packing,
      bitmap: this.#bitmap,
      data: { offset: offset + SECTION_HEAD_BYTES, length: length - SECTION_HEAD_BYTES },
    });
  }
}

/** How many bytes of a section are looked at: its headers all, of a bitmap how it is given, of data none. */
function bytesWanted(section: number, length: number): number {
  if (section === 6) return SECTION_HEAD_BYTES + 1;
  return section === 2 || section === 7 ? SECTION_HEAD_BYTES : Math.min(length, HEADER_BYTES_MAX);
}

/** A copy of a header, or the same one of the field before. */
function kept(bytes: Uint8Array, same: Uint8Array | undefined): Uint8Array {
  return same?.length === bytes.length && Buffer.compare(bytes, same) === 0 ? same : bytes.slice();
}

/** What forbids the section that begins with `head`, `room` bytes before the end mark. */
function sectionProblem(
  head: Uint8Array,
  previous: number,
  room: number,
): { code: GribFaultCode; message: string } | undefined {
  if (head.length < SECTION_HEAD_BYTES) return { code: 'truncated', message: 'the file ends in a section header' };
  if (asciiIs(head, 0, '7777')) {
    return { code: 'end-mark', message: `7777 stands ${room} bytes before the end that section 0 gives` };
  }
  const size = u32(head, 0);
  const section = head[4]!;
  const name = `section ${section}`;
  if (section > 7 || !((FOLLOWERS[previous]! >> section) & 1)) {
    return { code: 'section', message: `${name} follows section ${previous}` };
  }
  if (size < LENGTH_MIN[section]!) return { code: 'section', message: `${name} has only ${size} bytes` };
  if (size > room) return { code: 'section', message: `${name} of ${size} bytes passes the end of its message` };
  return undefined;
}

function bits(...numbers: number[]): number {
  return numbers.reduce((mask, number) => mask | (1 << number), 0);
}
