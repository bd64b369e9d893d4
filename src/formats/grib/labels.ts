import { plainDType } from '../../array/dtype.js';
import type { JsonObject } from '../../array/exact-json.js';
import { axisArray, memoryArray, timeArray } from '../memory-array.js';
import type { ListedArray } from '../source.js';
import type { Cube, CubeAxis } from './cube.js';
import type { GridAxes } from './grids/coordinates.js';

const AXIS_ATTRIBUTES: Readonly<Record<Exclude<CubeAxis, 'time'>, JsonObject>> = {
  number: { long_name: 'ensemble member' },
  step: { long_name: 'time since the reference time', units: 'hours' },
  level: {},
};

/** The arrays of labels: data with equal labels share them. */
export class Labels {
  readonly #arrays = new Map<string, ListedArray>();

  of({ axes, first }: Cube, grid: GridAxes | undefined): Readonly<Record<string, ListedArray>> {
    const found: Record<string, ListedArray> = {};
    for (const { axis, values } of axes) {
      found[axis] = this.#same(axis, `${first.keys.typeOfLevel}|${values.join()}`, () =>
        axis === 'time'
          ? timeArray('time', values, { long_name: 'reference time' })
          : axisArray(axis, values, axis === 'level' ? { long_name: first.keys.typeOfLevel } : AXIS_ATTRIBUTES[axis]),
      );
    }
    if (grid === undefined) return found;
    const id = Buffer.from(first.field.grid).toString('base64');
    const [rows, columns] = grid.dims;
    found[rows] = this.#same(rows, id, () => axisArray(rows, grid.rows, { units: grid.units }));
    found[columns] = this.#same(columns, id, () => axisArray(columns, grid.columns, { units: grid.units }));
    if (grid.at !== undefined) {
      found.latitude = this.#same('latitude', id, () => angles('latitude', grid, 0));
      found.longitude = this.#same('longitude', id, () => angles('longitude', grid, 1));
    }
    return found;
  }

  /** Those that no two arrays differ in: they are listed beside the data. */
  shared(arrays: readonly ListedArray[]): ListedArray[] {
    const byName = new Map<string, Set<ListedArray>>();
    for (const { coordinates = {} } of arrays) {
      for (const [name, one] of Object.entries(coordinates)) byName.set(name, (byName.get(name) ?? new Set()).add(one));
    }
    return [...byName.values()].flatMap((ones) => (ones.size === 1 ? [...ones] : []));
  }

  #same(name: string, values: string, make: () => ListedArray): ListedArray {
    const id = `${name}|${values}`;
    const known = this.#arrays.get(id) ?? make();
    this.#arrays.set(id, known);
    return known;
  }
}

/** Latitude or longitude of every point. */
function angles(name: string, grid: GridAxes, which: 0 | 1): ListedArray {
  const shape = [grid.rows.length, grid.columns.length];
  let made: Uint8Array | undefined;
  const bytes = () => {
    if (made !== undefined) return made;
    const values = new Float64Array(grid.rows.length * grid.columns.length);
    for (let row = 0, i = 0; row < grid.rows.length; row++) {
      for (let column = 0; column < grid.columns.length; column++) values[i++] = grid.at!(row, column)[which];
    }
    made = new Uint8Array(values.buffer);
    return made;
  };
  const dtype = plainDType('float64');
  return memoryArray({ name, dims: grid.dims, shape, dtype, attributes: { units: 'degrees' }, bytes });
}
