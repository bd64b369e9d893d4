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
 * The smallest window of a grid that holds all of its points in a box. A lattice finds where the box lies; points are
 * then tried one by one in a window around it, which grows until no point lies on its edge.
 *
 * @returns undefined where no point lies in the box.
 */
export function windowOf(locate: Locate, rows: number, columns: number, box: Box): Window | undefined {
  const isInside = insideTest(locate, box);
  const whole = wholeOf(rows, columns);
  const step = Math.max(1, Math.floor(Math.max(rows, columns) / LATTICE));
  const coarse = step === 1 ? undefined : pointsWithin(isInside, whole, step);
  if (coarse === undefined) return pointsWithin(isInside, whole, 1);
  let found = coarse;
  for (let margin = 2 * step; ; margin *= 2) {
    const window: Window = {
      rows: [Math.max(0, found.rows[0] - margin), Math.min(rows - 1, found.rows[1] + margin)],
      columns: [Math.max(0, found.columns[0] - margin), Math.min(columns - 1, found.columns[1] + margin)],
    };
    found = pointsWithin(isInside, window, 1) ?? found;
    if (!touches(found, window, whole)) return found;
  }
}

/** The same, by trying all points: for grids of any form, whose coordinates lie in memory. */
export function windowOfAll(locate: Locate, rows: number, columns: number, box: Box): Window | undefined {
  return pointsWithin(insideTest(locate, box), wholeOf(rows, columns), 1);
}

function wholeOf(rows: number, columns: number): Window {
  return { rows: [0, rows - 1], columns: [0, columns - 1] };
}

function insideTest(locate: Locate, [west, south, east, north]: Box): (row: number, column: number) => boolean {
  const width = east - west >= 360 ? 360 : (((east - west) % 360) + 360) % 360;
  return (row, column) => {
    const [latitude, longitude] = locate(row, column);
    return latitude >= south && latitude <= north && (((longitude - west) % 360) + 360) % 360 <= width;
  };
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
