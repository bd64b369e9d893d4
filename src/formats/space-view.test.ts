import { expect, test } from 'vitest';
import { seenFromSpace } from './space-view.js';

const HEIGHT = 35_785_831;
const VIEW = { equatorRadius: 6_378_169, polarRadius: 6_356_583.8, distance: HEIGHT + 6_378_169, longitude: 9.5 };

test.each([
  [0, 0, 0, 9.5],
  [1_234_567.5, 2_345_678.25, 22.153609712874175, 21.7685199347807],
  [-3_000_000, -4_000_000, -43.669093477343964, -35.516566841020605],
  [5_400_000, 0, 0, 84.44720806514391],
  [0, -5_300_000, -69.7100341590774, 9.5],
])('seenFromSpace() at %d, %d m is what PROJ 9.1 has of +proj=geos +sweep=y', (x, y, latitude, longitude) => {
  const found = seenFromSpace(VIEW, x / HEIGHT, y / HEIGHT);
  expect(found[0]).toBeCloseTo(latitude, 9);
  expect(found[1]).toBeCloseTo(longitude, 9);
});

test('beyond the earth there is no place', () => {
  expect(seenFromSpace(VIEW, 100_000 / HEIGHT, 5_430_000 / HEIGHT)).toEqual([Number.NaN, Number.NaN]);
});
