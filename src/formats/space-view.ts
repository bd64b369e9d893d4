const RADIANS = Math.PI / 180;

/** A satellite above the equator, and the ellipsoid that it sees. Lengths in metres. */
export interface SpaceView {
  readonly equatorRadius: number;
  readonly polarRadius: number;
  /** From the middle of the earth to the satellite. */
  readonly distance: number;
  /** Of the point below it, in degrees. */
  readonly longitude: number;
}

/**
 * Latitude and longitude of what a satellite sees in a direction, NaN in space (CGMS 03, LRIT/HRIT Global Specification,
 * section 4.4.3.2).
 *
 * @param east and `north` are angles from the direction to the middle of the earth, in radians.
 */
export function seenFromSpace(view: SpaceView, east: number, north: number): readonly [number, number] {
  const { equatorRadius, polarRadius, distance, longitude } = view;
  const [cosX, cosY, sinY] = [Math.cos(east), Math.cos(north), Math.sin(north)];
  const ratio = (equatorRadius / polarRadius) ** 2;
  const curve = cosY ** 2 + ratio * sinY ** 2;
  const under = (distance * cosX * cosY) ** 2 - curve * (distance ** 2 - equatorRadius ** 2);
  if (!(under >= 0)) return [Number.NaN, Number.NaN];
  const range = (distance * cosX * cosY - Math.sqrt(under)) / curve;
  const s1 = distance - range * cosX * cosY;
  const s2 = range * Math.sin(east) * cosY;
  const s3 = range * sinY;
  return [Math.atan((ratio * s3) / Math.hypot(s1, s2)) / RADIANS, Math.atan(s2 / s1) / RADIANS + longitude];
}
