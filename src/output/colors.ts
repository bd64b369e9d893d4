import * as chromatic from 'd3-scale-chromatic';
import { LsioError } from '../errors.js';

/** Colours from the lowest value to the highest: red, green and blue of each. */
export type ColorMap = Uint8Array;

export const COLOR_MAP_DEFAULT = 'viridis';

const PREFIX = 'interpolate';

/** By their names in matplotlib, in lower case: `viridis`, `rdbu`. */
const INTERPOLATORS = new Map<string, (at: number) => string>([
  ...Object.entries(chromatic).flatMap(([name, value]) =>
    name.startsWith(PREFIX)
      ? [[name.slice(PREFIX.length).toLowerCase(), value as (at: number) => string] as const]
      : [],
  ),
  ['gray', (at) => `rgb(${[at, at, at].map((part) => Math.round(part * 255)).join(',')})`],
]);

/**
 * A colour map of so many colours. `_r` after the name reverses it, as in matplotlib.
 *
 * @throws {LsioError} `usage` for a name that is not known.
 */
export function colorMap(name: string, colors: number): ColorMap {
  const reversed = /_r$/i.test(name);
  const interpolate = INTERPOLATORS.get(name.replace(/_r$/i, '').toLowerCase());
  if (interpolate === undefined) {
    const known = [...INTERPOLATORS.keys()].sort().join(', ');
    throw new LsioError('usage', `no colour map ${JSON.stringify(name)}`, { remedy: `one of ${known}` });
  }
  const map = new Uint8Array(colors * 3);
  for (let i = 0; i < colors; i++) {
    const at = i / (colors - 1);
    map.set(parseColor(interpolate(reversed ? 1 - at : at)), i * 3);
  }
  return map;
}

/** `#440154` or `rgb(213, 96, 80)`. */
function parseColor(text: string): number[] {
  if (text.startsWith('#')) return [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16));
  return (text.match(/\d+/g) ?? []).map(Number);
}
