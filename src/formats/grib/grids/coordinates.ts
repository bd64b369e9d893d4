import { seenFromSpace } from '../../space-view.js';
import type { GribField } from '../field.js';
import { gridShapeOf } from '../grid-type.js';
import { s24, s32, u16, u32 } from '../octets.js';
import { pointsOf } from '../points.js';
import { earthOf } from './earth.js';
import { gaussianLatitudes } from './gaussian.js';
import { lambert, mercator, type Projection, polarStereographic, rotated } from './projections.js';
import { scanningOf } from './scanning.js';

/** The coordinates of a grid whose rows go from north to south and whose columns go from west to east. */
export interface GridAxes {
  /** Names of the axes: `latitude`, `longitude`, or `y`, `x`. */
  readonly dims: readonly [rows: string, columns: string];
  readonly units: string;
  readonly rows: Float64Array;
  readonly columns: Float64Array;
  /** Latitude and longitude of a point, where the axes are something else. */
  readonly at?: ((row: number, column: number) => readonly [latitude: number, longitude: number]) | undefined;
}

const MILLIMETRES = 1e-3;
const SOUTH_POLE = 0x80;
const MICRO = 1e-6;
const MISSING = 0xffffffff;
/** In millionths of a degree. */
const HALF_TURN = 180e6;

/** Of an axis. A damaged grid may have 2^32; a point for each 40 m around the earth is as many as this. */
const AXIS_POINTS_MAX = 2 ** 20;
/** Rows of a Gaussian grid between pole and equator. More of them take seconds to compute; weather models have 1,280. */
const PARALLELS_MAX = 4000;

/** The coordinates of a field's grid, as far as lsio knows its template, and where the grid has the points it says. */
export function axesOf(field: GribField): GridAxes | undefined {
  const shape = gridShapeOf(field);
  if (shape === undefined || shape[0] * shape[1] !== pointsOf(field) || Math.max(...shape) > AXIS_POINTS_MAX) {
    return undefined;
  }
  const [rows, columns] = shape;
  if (field.edition === 1) return axesOne(field, rows, columns);
  const { grid } = field;
  switch (u16(grid, 12)) {
    case 0:
      return latLon(field, rows, columns);
    case 1:
      return rotatedLatLon(field, rows, columns);
    case 10:
      return plane(field, shape, mercator(earthOf(grid), s32(grid, 47) * MICRO), [38, 42], [64, 68]);
    case 20: {
      const isSouth = (grid[63]! & SOUTH_POLE) !== 0;
      const projection = polarStereographic(earthOf(grid), u32(grid, 51) * MICRO, s32(grid, 47) * MICRO, isSouth);
      return plane(field, shape, projection, [38, 42], [55, 59]);
    }
    case 30: {
      const projection = lambert(earthOf(grid), u32(grid, 51) * MICRO, s32(grid, 65) * MICRO, s32(grid, 69) * MICRO);
      return plane(field, shape, projection, [38, 42], [55, 59]);
    }
    case 40:
      return gaussian(field, rows, columns);
    case 90:
      return fromSpace(field, rows, columns);
  }
  return undefined;
}

interface Corners {
  readonly la1: number;
  readonly lo1: number;
  readonly la2: number;
  readonly lo2: number;
}

/** The first and last grid point of templates 3.0, 3.1 and 3.40, in degrees. */
function cornersOf({ grid }: GribField): Corners {
  const [basic, parts] = [u32(grid, 38), u32(grid, 42)];
  const unit = basic === 0 || basic === MISSING || parts === 0 || parts === MISSING ? 1e6 : parts / basic;
  // Dividing by a million rounds once, multiplying by a millionth twice.
  return { la1: s32(grid, 46) / unit, lo1: s32(grid, 50) / unit, la2: s32(grid, 55) / unit, lo2: s32(grid, 59) / unit };
}

function latLon(field: GribField, rows: number, columns: number): GridAxes {
  return fromCorners(cornersOf(field), scanningOf(field), rows, columns);
}

function fromCorners({ la1, lo1, la2, lo2 }: Corners, scanning: number, rows: number, columns: number): GridAxes {
  const [west, east] = scanning & 0x80 ? [lo2, lo1] : [lo1, lo2];
  const [north, south] = scanning & 0x40 ? [la2, la1] : [la1, la2];
  return {
    dims: ['latitude', 'longitude'],
    units: 'degrees',
    rows: evenly(north, south, rows),
    columns: evenly(west, east < west ? east + 360 : east, columns),
  };
}

function rotatedLatLon(field: GribField, rows: number, columns: number): GridAxes {
  const { grid } = field;
  const axes = latLon(field, rows, columns);
  const angle = grid.length >= 84 ? new DataView(grid.buffer, grid.byteOffset).getFloat32(80) : 0;
  const inverse = rotated(s32(grid, 72) * MICRO, u32(grid, 76) * MICRO, angle);
  return {
    ...axes,
    dims: ['y', 'x'],
    at: (row, column) => inverse(axes.columns[column]!, axes.rows[row]!),
  };
}

function gaussian(field: GribField, rows: number, columns: number): GridAxes | undefined {
  const parallels = u32(field.grid, 67);
  const corners = cornersOf(field);
  const axes = fromCorners(corners, scanningOf(field), rows, columns);
  return { ...axes, rows: gaussianRows(parallels, Math.max(corners.la1, corners.la2), rows) ?? axes.rows };
}

/** The rows from the one nearest to `north` on; `undefined` where the grid has no such rows. */
function gaussianRows(parallels: number, north: number, rows: number): Float64Array | undefined {
  if (parallels < 1 || parallels > PARALLELS_MAX) return undefined;
  const all = gaussianLatitudes(parallels);
  let first = 0;
  while (first + 1 < all.length && Math.abs(all[first + 1]! - north) < Math.abs(all[first]! - north)) first++;
  return first + rows <= all.length ? all.slice(first, first + rows) : undefined;
}

/** A grid on a plane: its first point is given by latitude and longitude, the others by distances. */
function plane(
  field: GribField,
  [rows, columns]: readonly [number, number],
  projection: Projection,
  [la1, lo1]: readonly [number, number],
  [dx, dy]: readonly [number, number],
): GridAxes {
  const { grid } = field;
  const [x, y] = projection.forward(s32(grid, la1) * MICRO, s32(grid, lo1) * MICRO);
  return onPlane(projection, [x, y], [u32(grid, dx) * MILLIMETRES, u32(grid, dy) * MILLIMETRES], scanningOf(field), [
    rows,
    columns,
  ]);
}

function onPlane(
  projection: Projection,
  [x, y]: readonly [number, number],
  [dx, dy]: readonly [number, number],
  scanning: number,
  [rows, columns]: readonly [number, number],
): GridAxes {
  const west = scanning & 0x80 ? x - dx * (columns - 1) : x;
  const north = scanning & 0x40 ? y + dy * (rows - 1) : y;
  const [ys, xs] = [
    Float64Array.from({ length: rows }, (_, i) => north - dy * i),
    Float64Array.from({ length: columns }, (_, i) => west + dx * i),
  ];
  const at = (row: number, column: number) => projection.inverse(xs[column]!, ys[row]!);
  return { dims: ['y', 'x'], units: 'm', rows: ys, columns: xs, at };
}

/** What a satellite sees: the grid's lengths are angles. Only satellites above the equator that look at its middle. */
function fromSpace(field: GribField, rows: number, columns: number): GridAxes | undefined {
  const { grid } = field;
  const earth = earthOf(grid);
  const [diameterX, diameterY, altitude] = [u32(grid, 47), u32(grid, 51), u32(grid, 68)];
  const turned = u32(grid, 64) % HALF_TURN;
  // An altitude of all ones is a parallel projection.
  if (grid.length < 80 || s32(grid, 38) !== 0 || turned !== 0 || altitude === MISSING || altitude <= 1e6)
    return undefined;
  if (diameterX === 0 || diameterY === 0) return undefined;
  const distance = altitude * MICRO * earth.major;
  const height = distance - earth.major;
  const view = {
    equatorRadius: earth.major,
    polarRadius: earth.minor,
    distance,
    longitude: s32(grid, 42) * MICRO,
  };
  const diameter = 2 * Math.asin(earth.major / distance);
  const [stepX, stepY] = [diameter / diameterX, ((earth.minor / earth.major) * diameter) / diameterY];
  const scanning = scanningOf(field);
  // Where the middle of the earth lies, counted in the order of the message.
  const middleX = s32(grid, 55) / 1000 - u32(grid, 72);
  const middleY = s32(grid, 59) / 1000 - u32(grid, 76);
  const east = (column: number) => (scanning & 0x80 ? middleX - columns + 1 + column : column - middleX) * stepX;
  const north = (row: number) => (scanning & 0x40 ? rows - 1 - row - middleY : middleY - row) * stepY;
  return {
    dims: ['y', 'x'],
    units: 'm',
    rows: Float64Array.from({ length: rows }, (_, row) => north(row) * height),
    columns: Float64Array.from({ length: columns }, (_, column) => east(column) * height),
    at: (row, column) => seenFromSpace(view, east(column), north(row)),
  };
}

/** GRIB1: latitude-longitude and Gaussian grids, in thousandths of a degree. */
function axesOne(field: GribField, rows: number, columns: number): GridAxes | undefined {
  const { grid } = field;
  const [la1, lo1, la2, lo2] = [s24(grid, 10), s24(grid, 13), s24(grid, 17), s24(grid, 20)].map(
    (angle) => angle / 1000,
  );
  const corners = { la1: la1!, lo1: lo1!, la2: la2!, lo2: lo2! };
  const axes = fromCorners(corners, scanningOf(field), rows, columns);
  if (grid[5] === 0) return axes;
  if (grid[5] !== 4) return undefined;
  return { ...axes, rows: gaussianRows(u16(grid, 25), Math.max(corners.la1, corners.la2), rows) ?? axes.rows };
}

/** `count` numbers from `first` to `last`. */
function evenly(first: number, last: number, count: number): Float64Array {
  const step = count > 1 ? (last - first) / (count - 1) : 0;
  return Float64Array.from({ length: count }, (_, i) => (i === count - 1 && count > 1 ? last : first + step * i));
}
