import { u32 } from '../octets.js';

/** The figure of the earth: half axes in metres. */
export interface Earth {
  readonly major: number;
  readonly minor: number;
}

/** Code table 3.2, figures with fixed axes. */
const FIXED: Readonly<Record<number, Earth>> = {
  0: sphere(6_367_470),
  2: { major: 6_378_160, minor: 6_356_775 },
  4: { major: 6_378_137, minor: 6_356_752.314 },
  5: { major: 6_378_137, minor: 6_356_752.3142 },
  6: sphere(6_371_229),
  8: sphere(6_371_200),
  9: { major: 6_377_563.396, minor: 6_356_256.909 },
};
const KILOMETRE = 1000;

/** The earth of a GRIB2 section 3; WMO's usual sphere where the code is unknown. */
export function earthOf(grid: Uint8Array): Earth {
  const shape = grid[14]!;
  const fixed = FIXED[shape];
  if (fixed !== undefined) return fixed;
  if (shape === 1) return sphere(scaled(grid, 15));
  if (shape === 3) return { major: scaled(grid, 20) * KILOMETRE, minor: scaled(grid, 25) * KILOMETRE };
  if (shape === 7) return { major: scaled(grid, 20), minor: scaled(grid, 25) };
  return FIXED[6]!;
}

/** A scale factor and a scaled value. */
function scaled(grid: Uint8Array, at: number): number {
  const factor = grid[at]!;
  return u32(grid, at + 1) / 10 ** (factor === 255 ? 0 : factor & 0x80 ? -(factor & 0x7f) : factor);
}

function sphere(radius: number): Earth {
  return { major: radius, minor: radius };
}
