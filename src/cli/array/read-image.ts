import { isNumeric, values } from '../../codec/elements.js';
import { readLabels } from '../../compute/labels.js';
import { unpacked } from '../../compute/present.js';
import { LsioError } from '../../errors.js';
import { coordinateOf } from '../../formats/source.js';
import { pngImage } from '../../output/png.js';
import type { ReadResult } from './read-result.js';

const LATITUDE_NAMES = new Set(['lat', 'latitude']);
const LATITUDE_UNITS = new Set(['degrees_north', 'degree_north', 'degree_n', 'degrees_n', 'degreen', 'degreesn']);

/**
 * An image of the elements, north on top where the rows are latitudes.
 *
 * @throws {LsioError} `usage` for elements that are no numbers, and as {@link pngImage}.
 */
export async function imageOf(result: ReadResult): Promise<Uint8Array> {
  const { array, data, image, maskAndScale = true } = result;
  if (data.items !== undefined || !isNumeric(data.dtype)) {
    throw new LsioError('usage', `elements of ${data.dtype.name} are no numbers: they have no colours`);
  }
  const numbers = (maskAndScale ? unpacked(array, data) : undefined) ?? values(data.dtype, data.bytes);
  const floats =
    numbers instanceof BigInt64Array || numbers instanceof BigUint64Array
      ? Float64Array.from(numbers, Number)
      : numbers;
  return pngImage(data.shape, floats, { ...image, lastRowOnTop: await rowsGoNorth(result) });
}

/** Whether the rows are latitudes from south to north. */
async function rowsGoNorth({ source, array, selection, signal }: ReadResult): Promise<boolean> {
  const axis = selection.findIndex(({ drop }) => !drop);
  const dim = array.dims[axis];
  const coordinate = dim === undefined ? undefined : coordinateOf(source.arrays, array.name, dim)?.array;
  if (dim === undefined || coordinate === undefined) return false;
  const { units } = coordinate.attributes;
  const isLatitude = typeof units === 'string' && LATITUDE_UNITS.has(units.toLowerCase());
  if (!isLatitude && !LATITUDE_NAMES.has(dim.toLowerCase())) return false;
  const labels = await readLabels(coordinate, { signal });
  if (labels.kind !== 'number') return false;
  const indexes = selection[axis]!.runs.flatMap(({ start, step, count }) => [start, start + step * (count - 1)]);
  return Number(labels.values[indexes[0]!]) < Number(labels.values[indexes.at(-1)!]);
}
