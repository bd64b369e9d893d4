import { expect, test } from 'vitest';
import { mercator } from './projections.js';

test('mercator() is what PROJ 9 has of +proj=merc +lat_ts=20 on a sphere', () => {
  const { forward, inverse } = mercator({ major: 6_371_229, minor: 6_371_229 }, 20);
  const [x, y] = forward(15.5, 10.25);
  const [latitude, longitude] = inverse(x + 22 * 25_000, y + 16 * 30_000);
  expect(longitude).toBeCloseTo(15.513520155683716, 11);
  expect(latitude).toBeCloseTo(19.875185036274583, 11);
});
