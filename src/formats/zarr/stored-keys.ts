import { chunksOf, gridShape, TaskPlan } from '../../array/grid.js';
import { wholeSelection } from '../../array/selection.js';
import type { AbsolutePath } from '../../store/keys.js';
import type { PlaceStore } from '../place-store.js';
import type { ArrayMetadata } from './metadata.js';

/** The places in the grid of keys under which something may be stored: those that are listed, else all. */
export async function* storedKeys(
  store: PlaceStore,
  prefix: string,
  { shape, chunkShape, keys }: ArrayMetadata,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly number[], void, undefined> {
  if (store.children === undefined) {
    yield* chunksOf(new TaskPlan(chunkShape, wholeSelection(shape)));
    return;
  }
  const grid = gridShape(shape, chunkShape);
  for await (const name of namesBelow(store, prefix, '', shape.length + 1, signal)) {
    const place = placeOf(name, keys, grid);
    if (place !== undefined) yield place;
  }
}

/** Paths of values, at most so many directories deep. */
async function* namesBelow(
  store: PlaceStore,
  prefix: string,
  path: string,
  depth: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  signal?.throwIfAborted();
  const children = await store.children?.(`${prefix}/${path}`.replace(/(.)\/$/, '$1') as AbsolutePath, { signal });
  for (const name of children?.names ?? []) {
    if (!name.endsWith('/')) yield path + name;
    else if (depth > 0) yield* namesBelow(store, prefix, path + name, depth - 1, signal);
  }
}

/** The inverse of `chunkKey`; undefined for what is no chunk of the array. */
function placeOf(
  name: string,
  { name: encoding, separator }: ArrayMetadata['keys'],
  grid: readonly number[],
): readonly number[] | undefined {
  if (grid.length === 0) return name === (encoding === 'default' ? 'c' : '0') ? [] : undefined;
  const parts = name.split(separator);
  if (encoding === 'default' && parts.shift() !== 'c') return undefined;
  if (parts.length !== grid.length) return undefined;
  const place = parts.map(Number);
  const isPlace = place.every((at, axis) => /^(?:0|[1-9]\d*)$/.test(parts[axis]!) && at < grid[axis]!);
  return isPlace ? place : undefined;
}
