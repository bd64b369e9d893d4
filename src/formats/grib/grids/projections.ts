import type { Earth } from './earth.js';

const RADIANS = Math.PI / 180;

/** From a plane in metres to latitude and longitude in degrees, and back. */
export interface Projection {
  forward(latitude: number, longitude: number): readonly [x: number, y: number];
  inverse(x: number, y: number): readonly [latitude: number, longitude: number];
}

/**
 * Lambert's conformal conic projection (Snyder, Map Projections, 1987, chapter 15).
 *
 * @param middle the longitude of the y axis, degrees.
 * @param first and `second` are the parallels at which the cone cuts the earth, degrees.
 */
export function lambert(earth: Earth, middle: number, first: number, second: number): Projection {
  const e = eccentricity(earth);
  const t1 = conformal(first * RADIANS, e);
  const m1 = scale(first * RADIANS, e);
  const isTangent = Math.abs(first - second) < 1e-9;
  const n = isTangent
    ? Math.sin(first * RADIANS)
    : (Math.log(m1) - Math.log(scale(second * RADIANS, e))) / (Math.log(t1) - Math.log(conformal(second * RADIANS, e)));
  const f = m1 / (n * t1 ** n);
  return {
    forward(latitude, longitude) {
      const rho = earth.major * f * conformal(latitude * RADIANS, e) ** n;
      const theta = n * difference(longitude, middle) * RADIANS;
      return [rho * Math.sin(theta), -rho * Math.cos(theta)];
    },
    inverse(x, y) {
      const rho = Math.sign(n) * Math.hypot(x, y);
      const theta = Math.atan2(Math.sign(n) * x, -Math.sign(n) * y);
      return [latitudeOf((rho / (earth.major * f)) ** (1 / n), e), middle + theta / n / RADIANS];
    },
  };
}

/**
 * The polar stereographic projection (Snyder, chapter 21).
 *
 * @param isSouth the plane touches the south pole.
 * @param trueLatitude where lengths are true, degrees.
 */
export function polarStereographic(earth: Earth, middle: number, trueLatitude: number, isSouth: boolean): Projection {
  const e = eccentricity(earth);
  const sign = isSouth ? -1 : 1;
  const standard = Math.abs(trueLatitude) * RADIANS;
  const atPole = Math.abs(Math.abs(trueLatitude) - 90) < 1e-9;
  const factor = atPole
    ? (2 * earth.major) / Math.sqrt((1 + e) ** (1 + e) * (1 - e) ** (1 - e))
    : (earth.major * scale(standard, e)) / conformal(standard, e);
  return {
    forward(latitude, longitude) {
      const rho = factor * conformal(sign * latitude * RADIANS, e);
      const theta = difference(longitude, middle) * RADIANS;
      return [rho * Math.sin(theta), -sign * rho * Math.cos(theta)];
    },
    inverse(x, y) {
      const rho = Math.hypot(x, y);
      return [sign * latitudeOf(rho / factor, e), middle + Math.atan2(x, -sign * y) / RADIANS];
    },
  };
}

/** Mercator's projection with lengths true at a latitude, degrees. */
export function mercator(earth: Earth, trueLatitude: number): Projection {
  const e = eccentricity(earth);
  const radius = earth.major * scale(trueLatitude * RADIANS, e);
  return {
    forward: (latitude, longitude) => [
      longitude * RADIANS * radius,
      -radius * Math.log(conformal(latitude * RADIANS, e)),
    ],
    inverse: (x, y) => [latitudeOf(Math.exp(-y / radius), e), x / radius / RADIANS],
  };
}

/**
 * Turns the poles: from a rotated grid's degrees to latitude and longitude.
 *
 * @param poleLatitude and `poleLongitude` are where the rotated south pole lies; `angle` turns around it.
 */
export function rotated(poleLatitude: number, poleLongitude: number, angle: number): Projection['inverse'] {
  const tilt = (90 + poleLatitude) * RADIANS;
  const [sinTilt, cosTilt] = [Math.sin(tilt), Math.cos(tilt)];
  return (longitude, latitude) => {
    const lambda = (longitude + angle) * RADIANS;
    const phi = latitude * RADIANS;
    const x = Math.cos(lambda) * Math.cos(phi);
    const y = Math.sin(lambda) * Math.cos(phi);
    const z = Math.sin(phi);
    const turned = cosTilt * x - sinTilt * z;
    const height = Math.max(-1, Math.min(1, sinTilt * x + cosTilt * z));
    return [Math.asin(height) / RADIANS, difference(Math.atan2(y, turned) / RADIANS + poleLongitude, 0)];
  };
}

function eccentricity({ major, minor }: Earth): number {
  return Math.sqrt(Math.max(0, 1 - (minor / major) ** 2));
}

/** Snyder's m: the radius of a parallel over the major axis. */
function scale(phi: number, e: number): number {
  return Math.cos(phi) / Math.sqrt(1 - (e * Math.sin(phi)) ** 2);
}

/** Snyder's t: the tangent of half the conformal colatitude. */
function conformal(phi: number, e: number): number {
  const sine = Math.sin(phi);
  return Math.tan(Math.PI / 4 - phi / 2) / ((1 - e * sine) / (1 + e * sine)) ** (e / 2);
}

/** The latitude of a t, in degrees, by iteration. */
function latitudeOf(t: number, e: number): number {
  let phi = Math.PI / 2 - 2 * Math.atan(t);
  for (let round = 0; e > 0 && round < 15; round++) {
    const sine = e * Math.sin(phi);
    const next = Math.PI / 2 - 2 * Math.atan(t * ((1 - sine) / (1 + sine)) ** (e / 2));
    if (Math.abs(next - phi) < 1e-12) break;
    phi = next;
  }
  return phi / RADIANS;
}

/** `a − b` in degrees, from −180 to 180. */
function difference(a: number, b: number): number {
  const turn = (a - b) % 360;
  return turn > 180 ? turn - 360 : turn < -180 ? turn + 360 : turn;
}
