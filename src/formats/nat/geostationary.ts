import { seenFromSpace } from '../space-view.js';
import { FULL_HRV_LINES, FULL_LINES, type NativeHeader } from './header.js';

/** Metres from the satellite to the sub-satellite point. */
const HEIGHT = 35_785_831;

/** The geostationary projection of an image: x to the east, y to the north, in metres at the sub-satellite point. */
export interface Geostationary {
  x(column: number): number;
  y(line: number): number;
  /** Latitude and longitude of a point, NaN in space. */
  inverse(x: number, y: number): readonly [latitude: number, longitude: number];
}

/** Columns are counted from the east and lines from the south, from 1, in the full disk. */
export function geostationary(header: NativeHeader, isHrv: boolean): Geostationary {
  const step = isHrv ? header.hrvStep : header.step;
  const middle = isHrv ? FULL_HRV_LINES / 2 - 2 : FULL_LINES / 2;
  // Earth model 1: the image lies 1.5 km too far north and west.
  const shift = header.earthModel === 1 ? (isHrv ? 1.5 : 0.5) : 0;
  const { equatorRadius, polarRadius, subSatelliteLongitude: longitude } = header;
  const view = { equatorRadius, polarRadius, distance: HEIGHT + equatorRadius, longitude };
  return {
    x: (column) => (middle - column + shift) * step.column,
    y: (line) => (line - middle - shift) * step.line,
    inverse: (x, y) => seenFromSpace(view, x / HEIGHT, y / HEIGHT),
  };
}
