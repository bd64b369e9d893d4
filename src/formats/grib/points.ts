import type { GribField } from './field.js';
import { u16, u32 } from './octets.js';

/** Grid points that a message states. GRIB1 states none where it has no grid: its bitmap or values are counted. */
export function pointsOf(field: GribField): number {
  return field.edition === 2 ? u32(field.grid, 6) : gribOnePoints(field);
}

function gribOnePoints(field: GribField): number {
  if (field.bitmap.kind === 'bits') return gribOneBitmapPoints(field, field.bitmap.extent.length);
  const bits = field.packing[10]!;
  if (bits === 0) return rowSum(field.grid) || gridProduct(field) || 1;
  const unused = field.packing[3]! & 0x0f;
  return Math.floor(Math.max(field.data.length * 8 - unused, 0) / bits);
}

function gribOneBitmapPoints(field: GribField, bytes: number): number {
  const declared = rowSum(field.grid) || gridProduct(field);
  return declared > 0 && declared <= bytes * 8 ? declared : bytes * 8;
}

/** Ni × Nj, or 0 where the rows differ in length. */
function gridProduct({ grid }: GribField): number {
  if (grid.length < 10) return 0;
  const columns = u16(grid, 6);
  const rows = u16(grid, 8);
  return columns === 0xffff || rows === 0xffff ? 0 : columns * rows;
}

/** The sum of the row lengths that a GRIB1 grid lists, 0 where it lists none. */
function rowSum(grid: Uint8Array): number {
  if (grid.length < 32 || grid[4] === 255) return 0;
  const rows = u16(grid, 8);
  const list = grid[4]! - 1 + 4 * grid[3]!;
  if (u16(grid, 6) !== 0xffff || list + 2 * rows > grid.length) return 0;
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += u16(grid, list + 2 * row);
  return sum;
}
