import type { JsonValue } from '../../array/exact-json.js';
import type { LsioError } from '../../errors.js';
import type { Extent } from '../../range.js';
import type { Cube } from './cube.js';
import { gribError } from './fault.js';
import type { GribField } from './field.js';
import { gridShapeOf } from './grid-type.js';
import { scanningOf } from './grids/scanning.js';
import { u16 } from './octets.js';
import { type Packed, SLACK_BYTES } from './packing/packed.js';
import { unpackSimple } from './packing/simple.js';
import { unpackSimpleOne } from './packing/simple1.js';
import { pointsOf } from './points.js';

/** Packed bytes of a block of rows: large enough to read well, small enough for crops. */
const BLOCK_BYTES = 1 << 16;
/** So many rows end at a byte, whatever their width. */
const ROWS_UNIT = 8;
const SIMPLE = 0;

/** A block of rows of a field with values of equal width: what its decoder must know. */
interface RowsDetail {
  readonly edition: 1 | 2;
  /** Section 5, or GRIB1's section 4 head. */
  readonly packing: string;
  /** GRIB1's octets 27 and 28, as they stand. */
  readonly decimal: number;
  readonly values: number;
}

/**
 * Rows of a block, where blocks of rows can be read alone: all fields have values of equal width, no bitmap, and rows from
 * north to south.
 */
export function blockRowsOf({ first, cells }: Cube): number | undefined {
  const shape = gridShapeOf(first.field);
  if (shape === undefined || ![...cells.values()].every(({ field }) => isRows(field))) return undefined;
  const [rows, columns] = shape;
  const rowBytes = (columns * bitsOf(first.field)) / 8;
  const block = Math.max(1, Math.round(BLOCK_BYTES / rowBytes / ROWS_UNIT)) * ROWS_UNIT;
  return block < rows ? block : undefined;
}

function isRows(field: GribField): boolean {
  const { edition, packing, bitmap } = field;
  const shape = gridShapeOf(field);
  const isSimple = edition === 2 ? u16(packing, 9) === SIMPLE && packing.length >= 20 : (packing[3]! & 0xd0) === 0;
  const bits = bitsOf(field);
  return (
    isSimple &&
    bitmap.kind === 'none' &&
    bits >= 1 &&
    bits <= 32 &&
    scanningOf(field) === 0 &&
    shape !== undefined &&
    shape[0] * shape[1] === pointsOf(field)
  );
}

function bitsOf({ edition, packing }: GribField): number {
  return edition === 2 ? (packing[19] ?? 0) : packing[10]!;
}

/** The bytes of rows `from` to `to` (not included) of a field. */
export function rowsChunk(
  field: GribField,
  from: number,
  to: number,
): { range: Extent; detail: JsonValue } | { error: LsioError } {
  const [, columns] = gridShapeOf(field)!;
  const bits = bitsOf(field);
  const begin = (from * columns * bits) / 8;
  const values = (to - from) * columns;
  const length = Math.ceil((values * bits) / 8);
  const { data } = field;
  if (begin + length > data.length) {
    const text = `the data section has ${data.length} bytes, its rows need ${begin + length}`;
    return { error: gribError('data-short', text, data.offset) };
  }
  const detail: RowsDetail = {
    edition: field.edition,
    packing: Buffer.from(field.packing).toString('base64'),
    decimal: field.edition === 1 ? u16(field.product, 26) : 0,
    values,
  };
  const range = { offset: data.offset + begin, length: length + SLACK_BYTES };
  return { range, detail: detail as unknown as JsonValue };
}

/** True for the detail of a {@link rowsChunk}. */
export function isRowsDetail(detail: JsonValue): boolean {
  return typeof detail === 'object' && detail !== null && 'values' in detail;
}

/** Unpacks a {@link rowsChunk}; rows past the grid's end are NaN. */
export function unpackRows(source: Uint8Array, detail: JsonValue, out: Float32Array): void {
  const { edition, packing, decimal, values } = detail as unknown as RowsDetail;
  const header = Uint8Array.from(Buffer.from(packing, 'base64'));
  const packed: Packed = { header, bytes: source, length: source.length - SLACK_BYTES, count: values };
  out.fill(Number.NaN, values);
  if (edition === 2) unpackSimple(packed, out);
  else unpackSimpleOne(packed, decimal, out);
}
