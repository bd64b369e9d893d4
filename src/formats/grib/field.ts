import type { Extent } from '../../range.js';

/** Where one field of a file lies, and its headers: all that is needed to name it and to decode it. Offsets are of the file. */
export interface GribField {
  /** As in wgrib2's inventory: `4`, or `7.2` for the second field of a message with several. */
  readonly number: string;
  readonly edition: 1 | 2;
  /** The message that holds the field. */
  readonly message: Extent;
  /** GRIB2's discipline; 255 for GRIB1. */
  readonly discipline: number;
  /** GRIB2: section 1. GRIB1: section 1, the product definition. */
  readonly identification: Uint8Array;
  /** GRIB2: section 3. GRIB1: section 2, empty where the message has none. */
  readonly grid: Uint8Array;
  /** GRIB2: section 4. GRIB1: the same bytes as `identification`. */
  readonly product: Uint8Array;
  /** GRIB2: section 5. GRIB1: the first octets of section 4. */
  readonly packing: Uint8Array;
  readonly bitmap: FieldBitmap;
  /** The packed values, without the section's header. */
  readonly data: Extent;
}

/**
 * - `none`: every point has a value.
 * - `bits`: one bit a point, in these bytes.
 * - `unreadable`: the field refers to a bitmap that its message lacks, or to a predefined one.
 */
export type FieldBitmap =
  | { readonly kind: 'none' }
  | { readonly kind: 'bits'; readonly extent: Extent }
  | { readonly kind: 'unreadable'; readonly indicator: number };

export const NO_BITMAP: FieldBitmap = { kind: 'none' };
