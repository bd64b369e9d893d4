import type { JsonValue } from '../../array/exact-json.js';
import type { Extent } from '../../range.js';
import { type GribField, NO_BITMAP } from './field.js';
import { valuesExtent } from './values.js';

/** Messages with several fields are read in parts from this length on: a smaller one is read and checked whole. */
const PART_BYTES_MIN = 1 << 16;

/** A field of a large message with several: its headers travel beside its bytes. Offsets count from the bytes' start. */
interface FieldPart {
  readonly grid: string;
  readonly product: string;
  readonly packing: string;
  readonly data: readonly [offset: number, length: number];
  readonly bitmap: readonly [offset: number, length: number] | null;
}

/** The bytes of a field and what its decoder must know besides. */
export function chunkOf(field: GribField): { range: Extent; detail?: JsonValue } {
  const { message, data, bitmap } = field;
  const whole = { offset: message.offset, length: data.offset + data.length + 4 - message.offset };
  const extent = valuesExtent(field);
  if (field.edition === 1 || bitmap.kind === 'unreadable' || whole.length < PART_BYTES_MIN) return { range: whole };
  // Of a message with one field nearly all is data: reading the rest lets it be checked.
  if (whole.length < extent.length + PART_BYTES_MIN) return { range: whole };
  const part: FieldPart = {
    grid: text(field.grid),
    product: text(field.product),
    packing: text(field.packing),
    data: [data.offset - extent.offset, data.length],
    bitmap: bitmap.kind === 'bits' ? [bitmap.extent.offset - extent.offset, bitmap.extent.length] : null,
  };
  return { range: extent, detail: part as unknown as JsonValue };
}

/** The field that {@link chunkOf} described. */
export function fieldOfPart(detail: JsonValue): GribField {
  const { grid, product, packing, data, bitmap } = detail as unknown as FieldPart;
  const nothing = new Uint8Array(0);
  return {
    number: '1',
    edition: 2,
    message: { offset: 0, length: 0 },
    discipline: 0,
    identification: nothing,
    grid: bytes(grid),
    product: bytes(product),
    packing: bytes(packing),
    data: { offset: data[0], length: data[1] },
    bitmap: bitmap === null ? NO_BITMAP : { kind: 'bits', extent: { offset: bitmap[0], length: bitmap[1] } },
  };
}

function text(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64');
}

function bytes(encoded: string): Uint8Array {
  return Uint8Array.from(Buffer.from(encoded, 'base64'));
}
