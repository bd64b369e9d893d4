import type { Extent } from '../../range.js';
import { type DecodeOptions, decodeDoubles, decodeField, type FieldBytes, hasDoubles } from './decode.js';
import { gribError } from './fault.js';
import type { GribField } from './field.js';
import { gridShapeOf } from './grid-type.js';
import { orient } from './grids/orient.js';
import { scanningOf } from './grids/scanning.js';
import { SLACK_BYTES } from './packing/packed.js';

/** A field's values. */
export interface FieldValues {
  /** Missing points are NaN. Float64 where the message has numbers of 64 bits (template 5.4). */
  readonly data: Float32Array | Float64Array;
  /** Rows and columns: rows from the north, columns from the west. Grids without rows have one axis: points. */
  readonly shape: readonly number[];
}

/** The bytes of the file that {@link fieldValues} needs: from the bitmap to the end of the data. */
export function valuesExtent(field: GribField): Extent {
  const end = field.data.offset + field.data.length + SLACK_BYTES;
  const begin =
    field.bitmap.kind === 'bits' ? Math.min(field.bitmap.extent.offset, field.data.offset) : field.data.offset;
  return { offset: begin, length: end - begin };
}

/**
 * Decodes a field and puts its rows in order.
 *
 * @param source the bytes of {@link valuesExtent}, or more around them.
 * @throws {LsioError} kind `format`, whose code says what is wrong with the field.
 */
export function fieldValues(field: GribField, source: FieldBytes, options: DecodeOptions = {}): FieldValues {
  const data = hasDoubles(field) ? decodeDoubles(field, source, options) : decodeField(field, source, options);
  const shape = gridShapeOf(field);
  if (shape === undefined) return { data, shape: [data.length] };
  const [rows, columns] = shape;
  if (rows * columns !== data.length) {
    throw gribError('count', `a grid of ${rows} x ${columns} for ${data.length} points`, field.message.offset);
  }
  return { data: orient(data, rows, columns, scanningOf(field)), shape };
}
