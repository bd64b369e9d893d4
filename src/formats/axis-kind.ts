import type { JsonObject } from '../array/exact-json.js';

/** What runs along an axis, by the attributes of its labels: where it is east and west, or north and south. */
export type AxisKind = 'longitude' | 'latitude' | 'x' | 'y';

const NAMES: Readonly<Record<string, AxisKind>> = {
  lon: 'longitude',
  long: 'longitude',
  longitude: 'longitude',
  nav_lon: 'longitude',
  lat: 'latitude',
  latitude: 'latitude',
  nav_lat: 'latitude',
};
const STANDARD_NAMES: Readonly<Record<string, AxisKind>> = {
  longitude: 'longitude',
  latitude: 'latitude',
  projection_x_coordinate: 'x',
  projection_y_coordinate: 'y',
};
/** CF allows each of these. */
const UNITS = /^degrees?(?:_(east|e|north|n)|(E|N))$/i;

/**
 * @param name of the array that holds the labels.
 * @returns undefined for another kind of axis.
 * @see https://cfconventions.org/Data/cf-conventions/cf-conventions-1.11/cf-conventions.html#coordinate-types
 */
export function axisKind(name: string, { standard_name: standardName, units }: JsonObject): AxisKind | undefined {
  if (typeof standardName === 'string' && Object.hasOwn(STANDARD_NAMES, standardName))
    return STANDARD_NAMES[standardName];
  const direction = typeof units === 'string' ? UNITS.exec(units) : null;
  if (direction !== null) return /^e/i.test(direction[1] ?? direction[2] ?? '') ? 'longitude' : 'latitude';
  const isDegrees = units === undefined || units === 'degrees' || units === 'degree';
  const own = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  return isDegrees && Object.hasOwn(NAMES, own) ? NAMES[own] : undefined;
}
