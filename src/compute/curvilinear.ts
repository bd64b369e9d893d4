import type { Signal } from '../abort.js';
import { elementValue } from '../array/elements.js';
import { LsioError } from '../errors.js';
import { type AxisKind, axisKind } from '../formats/axis-kind.js';
import type { ChunkedArray } from '../formats/chunked-array.js';
import type { ArraySource } from '../formats/source.js';
import { type Box, windowOfAll } from './box.js';
import { unpacked } from './present.js';
import { readArray } from './read.js';

/** Indexes along two axes of an array, both ends included. */
export interface AxisWindow {
  readonly axis: number;
  readonly first: number;
  readonly last: number;
}

/**
 * The part of a curvilinear grid that holds all of its points in a box: the array's latitudes and longitudes are arrays of
 * two axes, which its attribute `coordinates` names, or which lie beside it.
 *
 * @returns undefined where there are no such coordinates.
 * @throws {LsioError} `usage` where no point lies in the box; as {@link readArray}.
 */
export async function curvilinearWindow(
  { arrays }: Pick<ArraySource, 'arrays'>,
  array: ChunkedArray,
  box: Box,
  signal: Signal | undefined,
): Promise<readonly [AxisWindow, AxisWindow] | undefined> {
  const group = array.name.slice(0, array.name.lastIndexOf('/') + 1);
  const { coordinates } = array.attributes;
  const named = typeof coordinates === 'string' ? coordinates.split(/\s+/).map((name) => group + name) : undefined;
  function find(kind: AxisKind): ChunkedArray | undefined {
    const beside = arrays.filter(({ name, dims, attributes, array: own }) => {
      const isBeside = named === undefined ? name.startsWith(group) : named.includes(name);
      const fits = dims?.length === 2 && dims.every((dim) => array.dims.includes(dim));
      return isBeside && fits && own !== undefined && axisKind(name, attributes) === kind;
    });
    return beside[0]?.array;
  }
  const [latitude, longitude] = [find('latitude'), find('longitude')];
  if (latitude === undefined || longitude === undefined || String(latitude.dims) !== String(longitude.dims)) {
    return undefined;
  }
  const axes = latitude.dims.map((dim) => array.dims.indexOf(dim)) as [number, number];
  const [rows, columns] = axes.map((axis) => array.shape[axis]!) as [number, number];
  for (const { name, shape } of [latitude, longitude]) {
    if (shape[0] === rows && shape[1] === columns) continue;
    throw new LsioError('format', `${name}: its shape is ${shape.join(', ')}, not ${rows}, ${columns}`);
  }
  const [latitudes, longitudes] = [await numbersOf(latitude, signal), await numbersOf(longitude, signal)];
  const locate = (row: number, column: number) => {
    const at = row * columns + column;
    return [latitudes[at]!, longitudes[at]!] as const;
  };
  const found = windowOfAll(locate, rows, columns, box);
  if (found === undefined) throw new LsioError('usage', `--bbox ${box.join()}: no point of ${array.name} lies in it`);
  return [
    { axis: axes[0], first: found.rows[0], last: found.rows[1] },
    { axis: axes[1], first: found.columns[0], last: found.columns[1] },
  ];
}

async function numbersOf(array: ChunkedArray, signal: Signal | undefined): Promise<Float64Array> {
  const data = await readArray(array, { signal });
  const { dtype, bytes } = data;
  const plain = () =>
    Float64Array.from({ length: bytes.length / dtype.itemBytes }, (_, i) =>
      Number(elementValue(dtype, bytes, i * dtype.itemBytes)),
    );
  return unpacked(array, data) ?? plain();
}
