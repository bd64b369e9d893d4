import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Box, type Locate, type Window, windowOf } from './box.js';

/** A turned and bent grid: rows and columns are no latitudes and longitudes, and its corners are off the earth. */
function turned(rows: number, columns: number, angle: number): Locate {
  return (row, column) => {
    const [y, x] = [row / rows - 0.5, column / columns - 0.5];
    if (Math.hypot(x, y) > 0.6) return [Number.NaN, Number.NaN];
    const u = x * Math.cos(angle) - y * Math.sin(angle);
    const v = x * Math.sin(angle) + y * Math.cos(angle);
    return [-60 * v, 170 + 60 * u * (1 + 0.3 * v)];
  };
}

function byTrying(locate: Locate, rows: number, columns: number, [west, south, east, north]: Box): Window | undefined {
  const inside: [number, number][] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [latitude, longitude] = locate(row, column);
      const isEast = [longitude, longitude - 360, longitude + 360].some(
        (x) => x >= west && x <= (east < west ? east + 360 : east),
      );
      if (latitude >= south && latitude <= north && isEast) inside.push([row, column]);
    }
  }
  if (inside.length === 0) return undefined;
  const ends = (which: 0 | 1) => {
    const values = inside.map((point) => point[which]);
    return [Math.min(...values), Math.max(...values)] as const;
  };
  return { rows: ends(0), columns: ends(1) };
}

/** Keeps edges off the points, where rounding decides. */
const EDGE = 1e-6;

describe('windowOf()', () => {
  test('is what trying every point finds, also across 180 degrees and beyond the lattice', () => {
    const box = fc.tuple(fc.integer({ min: 140, max: 200 }), fc.integer({ min: -35, max: 35 }), fc.nat(50), fc.nat(40));
    fc.assert(
      fc.property(box, fc.double({ min: 0, max: 6, noNaN: true }), ([west, south, width, height], angle) => {
        const begin = (west > 180 ? west - 360 : west) - EDGE;
        const area: Box = [begin, south - EDGE, west + width - 360 + EDGE, south + height + EDGE];
        const locate = turned(300, 700, angle);
        expect(windowOf(locate, 300, 700, area)).toEqual(byTrying(locate, 300, 700, area));
      }),
      // A line, the points on which lie apart.
      { numRuns: 12, examples: [[[161, -10, 0, 10], 0]] },
    );
  });

  test('a box between the points of the lattice is found', () => {
    const locate: Locate = (row, column) => [row / 100, column / 100];
    const window = windowOf(locate, 2000, 2000, [10.009, 5.009, 10.011, 5.011]);
    expect(window).toEqual({ rows: [501, 501], columns: [1001, 1001] });
    expect(windowOf(locate, 2000, 2000, [50, 5, 51, 6])).toBeUndefined();
  });
});
