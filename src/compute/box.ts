/** West, south, east and north in degrees; the east may lie west of the west: then the box goes around. */
export type Box = readonly [west: number, south: number, east: number, north: number];

/** Latitude and longitude of a point of a grid; NaN off the earth. */
export type Locate = (row: number, column: number) => readonly [latitude: number, longitude: number];

/** Rows and columns from the first to the last that holds a point, both included. */
export interface Window {
  readonly rows: readonly [first: number, last: number];
  readonly columns: readonly [first: number, last: number];
}

/** Points of a lattice along the longer side: enough to find a box, few enough to take no time. */
const LATTICE = 256;

/**
 * The smallest window of a grid that holds all of its points in a box. A lattice finds the cells that the box may meet;
 * points are then tried one by one in a window around them, which grows until no point lies on its edge.
 *
 * @returns undefined where no point lies in the box.
 */
export function windowOf(locate: Locate, rows: number, columns: number, box: Box): Window | undefined {
  const isInside = insideTest(locate, box);
  const whole = wholeOf(rows, columns);
  const step = Math.max(1, Math.floor(Math.max(rows, columns) / LATTICE));
  const coarse = step === 1 ? undefined : cellsThatMeet(locate, box, whole, step);
  for (let margin = 2 * step; coarse !== undefined; margin *= 2) {
    const window: Window = {
      rows: [Math.max(0, coarse.rows[0] - margin), Math.min(rows - 1, coarse.rows[1] + margin)],
      columns: [Math.max(0, coarse.columns[0] - margin), Math.min(columns - 1, coarse.columns[1] + margin)],
    };
    const found = pointsWithin(isInside, window, 1);
    if (found === undefined) break;
    if (!touches(found, window, whole)) return found;
  }
  return pointsWithin(isInside, whole, 1);
}

/** The same, by trying all points: for grids of any form, whose coordinates lie in memory. */
export function windowOfAll(locate: Locate, rows: number, columns: number, box: Box): Window | undefined {
  return pointsWithin(insideTest(locate, box), wholeOf(rows, columns), 1);
}

function wholeOf(rows: number, columns: number): Window {
  return { rows: [0, rows - 1], columns: [0, columns - 1] };
}

function insideTest(locate: Locate, [west, south, east, north]: Box): (row: number, column: number) => boolean {
  const width = widthOf(west, east);
  return (row, column) => {
    const [latitude, longitude] = locate(row, column);
    return latitude >= south && latitude <= north && turnOf(longitude - west) <= width;
  };
}

/**
 * The window around the cells of a lattice that may hold points of the box. A box may be thinner than the points lie
 * apart, so a cell counts by the span of its corners, and as much again on each side.
 */
function cellsThatMeet(locate: Locate, box: Box, { rows, columns }: Window, step: number): Window | undefined {
  const [lastRow, lastColumn] = [rows[1], columns[1]];
  const lattice = (row: number, column: number) => locate(Math.min(row, lastRow), Math.min(column, lastColumn));
  const meets = (row: number, column: number) =>
    mayMeet(box, [
      lattice(row, column),
      lattice(row, column + step),
      lattice(row + step, column),
      lattice(row + step, column + step),
    ]);
  return pointsWithin(meets, { rows, columns }, step);
}

function mayMeet([west, south, east, north]: Box, corners: readonly (readonly [number, number])[]): boolean {
  const known = corners.filter(([latitude, longitude]) => Number.isFinite(latitude + longitude));
  const [first] = known;
  if (first === undefined) return false;
  const latitudes = known.map(([latitude]) => latitude);
  // From the first corner the shorter way around.
  const longitudes = known.map(([, longitude]) => turnOf(longitude - first[1] + 180) - 180);
  const [low, high] = widened(latitudes);
  if (low > north || high < south) return false;
  const [left, right] = widened(longitudes);
  const width = widthOf(west, east);
  const begin = turnOf(first[1] + left - west);
  return begin <= width || begin + right - left >= 360;
}

/** The least and the greatest, and as much again on each side. */
function widened(values: readonly number[]): readonly [low: number, high: number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return [low - (high - low), high + (high - low)];
}

/** Degrees to the east, from 0 to 360. */
function turnOf(degrees: number): number {
  return ((degrees % 360) + 360) % 360;
}

function widthOf(west: number, east: number): number {
  return east - west >= 360 ? 360 : turnOf(east - west);
}

/** The window around the points inside, of those that lie `step` apart. */
function pointsWithin(
  isInside: (row: number, column: number) => boolean,
  { rows, columns }: Window,
  step: number,
): Window | undefined {
  let [top, bottom, left, right] = [Number.POSITIVE_INFINITY, -1, Number.POSITIVE_INFINITY, -1];
  for (let row = rows[0]; row <= rows[1]; row += step) {
    for (let column = columns[0]; column <= columns[1]; column += step) {
      if (!isInside(row, column)) continue;
      top = Math.min(top, row);
      bottom = row;
      left = Math.min(left, column);
      right = Math.max(right, column);
    }
  }
  return bottom < 0 ? undefined : { rows: [top, bottom], columns: [left, right] };
}

/** Whether points lie on an edge of the window beyond which there are others. */
function touches(found: Window, window: Window, whole: Window): boolean {
  const atEdge = (axis: 'rows' | 'columns', end: 0 | 1) =>
    found[axis][end] === window[axis][end] && window[axis][end] !== whole[axis][end];
  return atEdge('rows', 0) || atEdge('rows', 1) || atEdge('columns', 0) || atEdge('columns', 1);
}
