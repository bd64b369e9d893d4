import type { GribField } from './field.js';
import { u16, u32 } from './octets.js';

/** ecCodes' gridType by the number of template 3; the plain one of grids whose rows may differ in length. */
const TYPES: Readonly<Record<number, string>> = {
  0: 'regular_ll',
  1: 'rotated_ll',
  2: 'stretched_ll',
  3: 'stretched_rotated_ll',
  10: 'mercator',
  12: 'transverse_mercator',
  20: 'polar_stereographic',
  30: 'lambert',
  31: 'albers',
  40: 'regular_gg',
  41: 'rotated_gg',
  42: 'stretched_gg',
  43: 'stretched_rotated_gg',
  50: 'sh',
  90: 'space_view',
  100: 'triangular_grid',
  101: 'unstructured_grid',
  110: 'equatorial_azimuthal_equidistant',
  140: 'lambert_azimuthal_equal_area',
};
const TYPES_ONE: Readonly<Record<number, string>> = {
  0: 'regular_ll',
  1: 'mercator',
  3: 'lambert',
  4: 'regular_gg',
  5: 'polar_stereographic',
  10: 'rotated_ll',
  14: 'rotated_gg',
  50: 'sh',
  90: 'space_view',
};
const REDUCED: Readonly<Record<string, string>> = {
  regular_ll: 'reduced_ll',
  rotated_ll: 'reduced_rotated_ll',
  regular_gg: 'reduced_gg',
  rotated_gg: 'reduced_rotated_gg',
};

/** ecCodes' gridType; `template 3.N` or `unknown` where it has none. */
export function gridTypeOf({ edition, grid }: GribField): string {
  if (edition === 1) {
    if (grid.length < 32) return 'unknown';
    const type = TYPES_ONE[grid[5]!] ?? `grid ${grid[5]}`;
    return u16(grid, 6) === 0xffff ? (REDUCED[type] ?? type) : type;
  }
  const template = u16(grid, 12);
  const type = TYPES[template] ?? `template 3.${template}`;
  return grid.length >= 34 && u32(grid, 30) === 0xffffffff ? (REDUCED[type] ?? type) : type;
}

/** Rows first: `[Nj, Ni]`; `undefined` for grids whose rows differ in length or that have none. */
export function gridShapeOf({ edition, grid }: GribField): readonly [rows: number, columns: number] | undefined {
  const [columns, rows] =
    edition === 1
      ? grid.length < 10
        ? [0xffff, 0]
        : [u16(grid, 6), u16(grid, 8)]
      : grid.length < 38 || (u16(grid, 12) >= 50 && ![90, 110, 140].includes(u16(grid, 12)))
        ? [0, 0]
        : [u32(grid, 30), u32(grid, 34)];
  const missing = edition === 1 ? 0xffff : 0xffffffff;
  return columns === missing || rows === missing || columns === 0 || rows === 0 ? undefined : [rows!, columns!];
}
