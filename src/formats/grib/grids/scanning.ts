import type { GribField } from '../field.js';
import { u16 } from '../octets.js';

/** Offset of the scanning mode by the number of template 3. */
const SCANNING_AT: Readonly<Record<number, number>> = {
  0: 71,
  1: 71,
  2: 71,
  3: 71,
  10: 59,
  12: 58,
  20: 64,
  30: 64,
  31: 64,
  40: 71,
  41: 71,
  42: 71,
  43: 71,
  90: 63,
  110: 56,
  140: 63,
};
/** Octet 28 of GRIB1's section 2, the same in all its grids with rows. */
const SCANNING_ONE_AT = 27;

/** The scanning mode of a field's grid; 0 for grids without one. */
export function scanningOf({ edition, grid }: GribField): number {
  const at = edition === 1 ? SCANNING_ONE_AT : SCANNING_AT[u16(grid, 12)];
  return at === undefined ? 0 : (grid[at] ?? 0);
}
