import { faultAt, type GribFault, type GribFaultCode } from './fault.js';
import { type FieldBitmap, type GribField, NO_BITMAP } from './field.js';
import type { MessageResult, MessageStart } from './message.js';
import { asciiIs, u16, u24 } from './octets.js';
import type { ReadSteps } from './reading.js';

const INDICATOR_BYTES = 8;
const END_BYTES = 4;
const PRODUCT_BYTES_MIN = 28;
const GRID_BYTES_MIN = 6;
const BITMAP_HEAD_BYTES = 6;
const DATA_HEAD_BYTES = 11;
const LENGTH_MIN = INDICATOR_BYTES + PRODUCT_BYTES_MIN + DATA_HEAD_BYTES + END_BYTES;
/** ECMWF writes messages over 8 MiB with the length in units of 120 bytes. */
const LARGE_BIT = 0x800000;
const LARGE_UNIT_BYTES = 120;
/** Octets of section 4 that a field keeps: its head and that of matrices. */
const PACKING_BYTES = 32;
const HAS_GRID = 0x80;
const HAS_BITMAP = 0x40;

/** Walks the sections of a GRIB1 message: product, grid, bitmap, data. */
export function* gribOneMessage(start: MessageStart): ReadSteps<MessageResult> {
  const { window, offset } = start;
  const indicator = window.held(offset, INDICATOR_BYTES) ?? (yield* window.need(offset, INDICATOR_BYTES));
  const declared = u24(indicator, 4);
  if (declared < LENGTH_MIN) {
    return { fault: faultAt(start.offset, 'length', `total length ${declared} is impossible`), sections: 0 };
  }
  const walk = new SectionWalk(start, declared);
  const field = yield* walk.run();
  const { sections } = walk;
  if ('code' in field) return { fault: field, sections };
  return { end: field.message.offset + field.message.length, fields: [field], sections };
}

class SectionWalk {
  sections = 0;
  readonly #start: MessageStart;
  readonly #declared: number;
  readonly #isLarge: boolean;
  #at: number;
  #fault: GribFault | undefined;

  constructor(start: MessageStart, declared: number) {
    this.#start = start;
    this.#declared = declared;
    this.#isLarge = (declared & LARGE_BIT) !== 0;
    this.#at = start.offset + INDICATOR_BYTES;
  }

  *run(): ReadSteps<GribField | GribFault> {
    const product = yield* this.#section('product', PRODUCT_BYTES_MIN, 1 << 16);
    if (this.#fault !== undefined) return this.#fault;
    const hasGrid = (product[7]! & HAS_GRID) !== 0;
    const grid = hasGrid ? yield* this.#section('grid', GRID_BYTES_MIN, 1 << 20) : new Uint8Array(0);
    if (this.#fault !== undefined) return this.#fault;
    const bitmap = product[7]! & HAS_BITMAP ? yield* this.#bitmap() : NO_BITMAP;
    if (this.#fault !== undefined) return this.#fault;
    return yield* this.#data(product, grid, bitmap);
  }

  /** A section's first `keep` bytes. */
  *#section(name: string, bytesMin: number, keep: number): ReadSteps<Uint8Array> {
    const { window, offset } = this.#start;
    this.sections++;
    const length = u24(yield* this.#padded(3), 0);
    const limit = this.#isLarge ? window.size : Math.min(offset + this.#declared, window.size);
    if (length < bytesMin || this.#at + length > limit - END_BYTES) {
      const isTruncated = offset + this.#declared > window.size && !this.#isLarge;
      this.#fault = isTruncated
        ? this.#truncated(this.#declared)
        : this.#faultHere('section', `the ${name} section of ${length} bytes is impossible`);
      return new Uint8Array(0);
    }
    const bytes = (yield* this.#padded(Math.min(length, keep))).slice();
    this.#at += length;
    return bytes;
  }

  *#bitmap(): ReadSteps<FieldBitmap> {
    const at = this.#at;
    const head = yield* this.#section('bitmap', BITMAP_HEAD_BYTES, BITMAP_HEAD_BYTES);
    if (this.#fault !== undefined) return NO_BITMAP;
    const predefined = u16(head, 4);
    if (predefined !== 0) return { kind: 'unreadable', indicator: predefined };
    const extent = { offset: at + BITMAP_HEAD_BYTES, length: u24(head, 0) - BITMAP_HEAD_BYTES };
    return { kind: 'bits', extent };
  }

  *#data(product: Uint8Array, grid: Uint8Array, bitmap: FieldBitmap): ReadSteps<GribField | GribFault> {
    const { window, offset, number, lenient } = this.#start;
    const at = this.#at;
    this.sections++;
    const packing = (yield* this.#padded(PACKING_BYTES)).slice();
    const coded = u24(packing, 0);
    const isEscaped = this.#isLarge && coded < LARGE_UNIT_BYTES;
    const length = isEscaped
      ? (this.#declared & (LARGE_BIT - 1)) * LARGE_UNIT_BYTES - coded + END_BYTES
      : this.#declared;
    const end = offset + length - END_BYTES;
    if (end + END_BYTES > window.size) return this.#truncated(length);
    const dataBytes = isEscaped ? end - at : coded;
    if (dataBytes < DATA_HEAD_BYTES || at + dataBytes > end) {
      return this.#faultHere('section', `the data section of ${coded} bytes is impossible`);
    }
    const mark = window.held(end, END_BYTES) ?? (yield* window.need(end, END_BYTES));
    if (!lenient && !asciiIs(mark, 0, '7777')) {
      return faultAt(end, 'end-mark', 'the message does not end with 7777');
    }
    return {
      number: `${number}`,
      edition: 1,
      message: { offset, length },
      discipline: 255,
      identification: product,
      grid,
      product,
      packing: packing.subarray(0, Math.min(dataBytes, PACKING_BYTES)),
      bitmap,
      data: { offset: at + DATA_HEAD_BYTES, length: dataBytes - DATA_HEAD_BYTES },
    };
  }

  /** Bytes from here on, zeros past the end of the file. */
  *#padded(length: number): ReadSteps<Uint8Array> {
    const bytes = yield* this.#start.window.need(this.#at, length);
    if (bytes.length === length) return bytes;
    const full = new Uint8Array(length);
    full.set(bytes);
    return full;
  }

  #faultHere(code: GribFaultCode, message: string): GribFault {
    return faultAt(this.#at, code, message);
  }

  #truncated(length: number): GribFault {
    return faultAt(this.#start.offset, 'truncated', `the file ends inside the message of ${length} bytes`);
  }
}
