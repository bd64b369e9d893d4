import type { JsonObject } from '../../array/exact-json.js';
import type { Place } from '../chunked-array.js';
import { wholeSeconds } from '../memory-array.js';
import { labelArray, OWN, type ReferenceArray, type ReferenceChunk, type ReferenceGroup } from '../reference-group.js';
import { type Cube, type DescribedField, type GribFile, placeOf } from './cube.js';
import { dtypeOf } from './grib-array.js';
import { gridShapeOf } from './grid-type.js';
import { axesOf, type GridAxes } from './grids/coordinates.js';
import { scanningOf } from './grids/scanning.js';

/** Bits of flag table 3.4. */
const WESTWARD = 0x80;
const NORTHWARD = 0x40;
const COLUMNS_FIRST = 0x20;
const TURNING = 0x10;

const NOTE_CODEC = 'other readers need the codec "grib" of kerchunk, which needs ecCodes';

/**
 * GRIB fields as references: a chunk is a whole message, which kerchunk's codec `grib` decodes with ecCodes. It gives the
 * first field of a message, in the order of the message: rows are as they are scanned, and so are the labels. Fields that
 * it can't give are named for lsio only.
 */
export function gribReferences(
  cubes: readonly Cube[],
  files: readonly GribFile[],
  attributesOf: (cube: Cube, grid: GridAxes | undefined) => JsonObject,
): ReferenceGroup {
  const dims = new Dimensions(new Set(cubes.map(({ name }) => name)));
  const arrays: ReferenceArray[] = [];
  const hidden: DescribedField[] = [];
  for (const cube of cubes) {
    const cells = [...cube.cells].filter(([, one]) => isCodecs(one));
    hidden.push(...[...cube.cells.values()].filter((one) => !isCodecs(one)));
    if (cells.length === 0) continue;
    const grid = axesOf(cube.first.field);
    arrays.push(cubeArray(cube, cells, dims, { grid, attributes: attributesOf(cube, grid) }));
  }
  const fields = hidden.length === 1 ? 'one field is' : `${hidden.length} fields are`;
  const note = `${fields} seen by lsio only: the codec finds no second field of a message, and turns no rows`;
  return {
    format: 'grib',
    files: files.map(({ key }) => ({ source: 0, key })),
    attributes: {},
    arrays: [...arrays, ...dims.arrays],
    others: hidden.map((one, i) => ({ name: `${OWN}${i}.${ordinalOf(one)}`, at: messageOf(one) })),
    notes: [NOTE_CODEC, ...(hidden.length === 0 ? [] : [note])],
  };
}

/** Whether the codec gives this very field, in rows that labels can describe. */
function isCodecs(one: DescribedField): boolean {
  return ordinalOf(one) === 1 && (scanningOf(one.field) & (COLUMNS_FIRST | TURNING)) === 0;
}

/** Which field of its message it is, from 1. */
function ordinalOf({ field }: DescribedField): number {
  return Number(field.number.split('.')[1] ?? 1);
}

function messageOf({ file, field }: DescribedField): Place {
  return { source: 0, key: file.key, range: field.message, required: true };
}

function cubeArray(
  cube: Cube,
  cells: readonly (readonly [number, DescribedField])[],
  dims: Dimensions,
  { grid, attributes: { scan: _, ...attributes } }: { grid: GridAxes | undefined; attributes: JsonObject },
): ReferenceArray {
  const { field, keys } = cube.first;
  const gridShape = gridShapeOf(field) ?? [keys.points];
  const shape = [...cube.axes.map(({ values }) => values.length), ...gridShape];
  const own = dims.ofGrid(gridShape, grid, cells[0]![1]);
  const dtype = dtypeOf(cube);
  return {
    name: cube.name,
    shape,
    chunkShape: [...cube.axes.map(() => 1), ...gridShape],
    dims: [...cube.axes.map(({ axis, values }) => dims.ofAxis(axis, values, keys.typeOfLevel)), ...own.dims],
    dtype: dtype.name === 'float64' ? '<f8' : '<f4',
    fillValue: 'NaN',
    filters: [{ id: 'grib', var: cube.name, dtype: dtype.name }],
    attributes: { ...attributes, ...own.attributes },
    chunks: cells.map(
      ([cell, one]): ReferenceChunk => ({ place: placeOf(cube, cell, shape.length), at: messageOf(one) }),
    ),
  };
}

/** The labels of axes. Zarr's readers want one length a name: other labels get other names. */
class Dimensions {
  readonly arrays: ReferenceArray[] = [];
  readonly #taken: Set<string>;
  readonly #names = new Map<string, string>();

  constructor(taken: Set<string>) {
    this.#taken = taken;
  }

  ofAxis(axis: string, values: readonly number[], typeOfLevel: string): string {
    return this.#dim(axis, `${values.join()}|${axis === 'level' ? typeOfLevel : ''}`, (name) => {
      if (axis === 'time') {
        const attributes = { units: 'seconds since 1970-01-01', calendar: 'proleptic_gregorian' };
        return labelArray(name, '<i8', wholeSeconds(values), attributes);
      }
      const attributes: JsonObject =
        axis === 'step' ? { units: 'hours' } : axis === 'level' ? { long_name: typeOfLevel } : {};
      return labelArray(name, '<f8', Float64Array.from(values), attributes);
    });
  }

  /** @param first a field with the grid: the codec computes latitudes and longitudes of its message. */
  ofGrid(
    shape: readonly number[],
    grid: GridAxes | undefined,
    first: DescribedField,
  ): { dims: readonly string[]; attributes: JsonObject } {
    if (grid === undefined) {
      const names = shape.length === 2 ? ['y', 'x'] : ['point'];
      return { dims: names.map((name, i) => this.#dim(name, `${shape[i]}`)), attributes: {} };
    }
    const id = Buffer.from(first.field.grid).toString('base64');
    const scanning = scanningOf(first.field);
    const rows = scanning & NORTHWARD ? grid.rows.slice().reverse() : grid.rows;
    const columns = scanning & WESTWARD ? grid.columns.slice().reverse() : grid.columns;
    const dims = ([rows, columns] as const).map((values, i) =>
      this.#dim(grid.dims[i]!, id, (name) => labelArray(name, '<f8', values, { units: grid.units })),
    );
    if (grid.at === undefined) return { dims, attributes: {} };
    const angles = ['latitude', 'longitude'].map((angle) =>
      this.#dim(angle, id, (name) => ({
        name,
        shape,
        chunkShape: shape,
        dims,
        dtype: '<f8',
        fillValue: 'NaN',
        filters: [{ id: 'grib', var: angle, dtype: 'float64' }],
        attributes: { units: angle === 'latitude' ? 'degrees_north' : 'degrees_east' },
        chunks: [{ place: [0, 0], at: messageOf(first) }],
      })),
    );
    return { dims, attributes: { coordinates: angles.join(' ') } };
  }

  /** The name for these labels: `level`, or `level_2` where `level` has others. */
  #dim(base: string, values: string, make?: (name: string) => ReferenceArray): string {
    const id = `${base}|${values}`;
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    let name = base;
    for (let number = 2; this.#taken.has(name); number++) name = `${base}_${number}`;
    this.#taken.add(name);
    this.#names.set(id, name);
    if (make !== undefined) this.arrays.push(make(name));
    return name;
  }
}
