const known = new Map<number, Float64Array>();

/**
 * The latitudes of a Gaussian grid, in degrees from the north: the roots of the Legendre polynomial of degree 2N, by
 * Newton's method.
 *
 * @param parallels N, the rows between pole and equator.
 */
export function gaussianLatitudes(parallels: number): Float64Array {
  const before = known.get(parallels);
  if (before !== undefined) return before;
  const degree = 2 * parallels;
  const latitudes = new Float64Array(degree);
  for (let i = 0; i < parallels; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (degree + 0.5));
    for (let round = 0; round < 20; round++) {
      const [value, slope] = legendre(degree, x);
      const step = value / slope;
      x -= step;
      if (Math.abs(step) < 1e-16) break;
    }
    latitudes[i] = (Math.asin(x) * 180) / Math.PI;
    latitudes[degree - 1 - i] = -latitudes[i]!;
  }
  known.set(parallels, latitudes);
  return latitudes;
}

/** The Legendre polynomial and its derivative. */
function legendre(degree: number, x: number): [value: number, slope: number] {
  let [before, value] = [1, x];
  for (let k = 2; k <= degree; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
  return [value, (degree * (x * value - before)) / (x * x - 1)];
}
