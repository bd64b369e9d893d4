import type { GribFaultCode } from './fault.js';
import { type FieldBitmap, NO_BITMAP } from './field.js';
import type { MessageResult, MessageStart } from './message.js';
import { asciiIs, u16, u24 } from './octets.js';
import type { ReadSteps } from './reading.js';

const INDICATOR_BYTES = 8;
const END_BYTES = 4;
const PRODUCT_BYTES_MIN = 28;
const GRID_BYTES_MIN = 6;
const BITMAP_HEAD_BYTES = 6;
export const DATA_HEAD_BYTES = 11;
/** ECMWF writes messages over 8 MiB with the length in units of 120 bytes. */
const LARGE_BIT = 0x800000;
const LARGE_UNIT_BYTES = 120;
const EMPTY = new Uint8Array(0);

/** Walks the sections of a GRIB1 message: product, grid, bitmap, data. */
export function* gribOneMessage({ window, offset, number, lenient }: MessageStart): ReadSteps<MessageResult> {
  let sections = 0;
  const fault = (at: number, code: GribFaultCode, message: string): MessageResult => ({
    fault: { offset: at, code, message },
    sections,
  });
  const indicator = yield* window.need(offset, INDICATOR_BYTES);
  const declared = u24(indicator, 4);
  if (declared < INDICATOR_BYTES + PRODUCT_BYTES_MIN + DATA_HEAD_BYTES + END_BYTES) {
    return fault(offset, 'length', `total length ${declared} is impossible`);
  }
  const large = (declared & LARGE_BIT) !== 0;
  let at = offset + INDICATOR_BYTES;

  function* section(bytesMin: number, name: string, keep: number): ReadSteps<Uint8Array | MessageResult> {
    sections++;
    const length = u24(yield* padded(at, 3), 0);
    const bytes = yield* padded(at, Math.min(length, keep));
    const limit = large ? window.size : Math.min(offset + declared, window.size);
    if (length >= bytesMin && at + length <= limit - END_BYTES) return bytes.slice();
    if (offset + declared > window.size && !large) return fault(offset, 'truncated', 'the file ends in the message');
    return fault(at, 'section', `the ${name} section of ${length} bytes is impossible`);
  }
  function* padded(from: number, length: number): ReadSteps<Uint8Array> {
    const bytes = yield* window.need(from, length);
    if (bytes.length === length) return bytes;
    const full = new Uint8Array(length);
    full.set(bytes);
    return full;
  }

  const product = yield* section(PRODUCT_BYTES_MIN, 'product', 1 << 16);
  if (!(product instanceof Uint8Array)) return product;
  at += u24(product, 0);
  let grid: Uint8Array = EMPTY;
  if (product[7]! & 0x80) {
    const read = yield* section(GRID_BYTES_MIN, 'grid', 1 << 20);
    if (!(read instanceof Uint8Array)) return read;
    grid = read;
    at += u24(grid, 0);
  }
  let bitmap: FieldBitmap = NO_BITMAP;
  if (product[7]! & 0x40) {
    const head = yield* section(BITMAP_HEAD_BYTES, 'bitmap', BITMAP_HEAD_BYTES);
    if (!(head instanceof Uint8Array)) return head;
    const predefined = u16(head, 4);
    const extent = { offset: at + BITMAP_HEAD_BYTES, length: u24(head, 0) - BITMAP_HEAD_BYTES };
    bitmap = predefined === 0 ? { kind: 'bits', extent } : { kind: 'unreadable', indicator: predefined };
    at += u24(head, 0);
  }
  const packing = (yield* padded(at, 32)).slice();
  const coded = u24(packing, 0);
  sections++;
  const escaped = large && coded < LARGE_UNIT_BYTES;
  const length = escaped ? (declared & (LARGE_BIT - 1)) * LARGE_UNIT_BYTES - coded + 4 : declared;
  const end = offset + length - END_BYTES;
  if (end + END_BYTES > window.size) return fault(offset, 'truncated', `the file ends in a message of ${length} bytes`);
  const dataBytes = escaped ? end - at : coded;
  if (dataBytes < DATA_HEAD_BYTES || at + dataBytes > end) {
    return fault(at, 'section', `the data section of ${coded} bytes is impossible`);
  }
  const mark = yield* window.need(end, END_BYTES);
  if (!lenient && !asciiIs(mark, 0, '7777')) return fault(end, 'end-mark', 'the message does not end with 7777');
  const field = {
    number: `${number}`,
    edition: 1 as const,
    message: { offset, length },
    discipline: 255,
    identification: product,
    grid,
    product,
    packing: packing.subarray(0, Math.min(dataBytes, packing.length)),
    bitmap,
    data: { offset: at + DATA_HEAD_BYTES, length: dataBytes - DATA_HEAD_BYTES },
  };
  return { end: end + END_BYTES, fields: [field], sections };
}
