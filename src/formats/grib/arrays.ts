import { plainDType } from '../../array/dtype.js';
import type { JsonObject } from '../../array/exact-json.js';
import type { AbsolutePath } from '../../store/keys.js';
import type { ByteSource, ChunkedArray, ChunkRef, StoredObject } from '../chunked-array.js';
import { axisArray, memoryArray, timeArray } from '../memory-array.js';
import type { ListedArray } from '../source.js';
import { type Cube, type CubeAxis, cubesOf, type DescribedField } from './cube.js';
import { POINTS_MAX } from './decode.js';
import { GRIB_FORMAT } from './decoder.js';
import { describeField } from './describe.js';
import type { GribFault } from './fault.js';
import type { GribField } from './field.js';
import { gridShapeOf } from './grid-type.js';
import { axesOf, type GridAxes } from './grids/coordinates.js';
import { isReadablePacking } from './packing/unpack.js';
import { packingTypeOf } from './packing-type.js';
import { chunkOf } from './part.js';
import { blockRowsOf, rowsChunk } from './rows.js';
import { scanGrib } from './scan.js';
import { type FieldSelection, isSelected } from './select.js';

/** What a GRIB file holds. */
export interface GribContents {
  readonly format: string;
  readonly attributes: JsonObject;
  readonly groups: readonly [];
  readonly arrays: readonly ListedArray[];
  /** Messages that can't be read, and fields that are in no array: another one has their cell. */
  readonly warnings: readonly string[];
}

const FLOAT32 = plainDType('float32');
const FILL = new Uint8Array(new Float32Array([Number.NaN]).buffer);
const AXIS_ATTRIBUTES: Readonly<Record<Exclude<CubeAxis, 'time'>, JsonObject>> = {
  number: { long_name: 'ensemble member' },
  step: { long_name: 'time since the reference time', units: 'hours' },
  level: {},
};

/**
 * Scans a GRIB file and makes arrays of its fields: those of one parameter, level type, grid and centre form one.
 *
 * @throws {LsioError} as the store.
 */
export async function openGribArrays(
  source: ByteSource,
  key: AbsolutePath,
  selection: FieldSelection = {},
  signal?: AbortSignal,
): Promise<GribContents> {
  const { store } = source;
  const { size } = (await store.head(key, { signal })) ?? { size: 0 };
  const read = async (extent: { offset: number; length: number }) =>
    (await store.getRange(key, extent, { signal })) ?? new Uint8Array(0);
  const described: DescribedField[] = [];
  const faults: GribFault[] = [];
  for await (const item of scanGrib({ size, read })) {
    if ('fault' in item) {
      faults.push(item.fault);
      continue;
    }
    for (const field of item.message.fields) {
      const keys = describeField(field);
      if (isSelected(field, keys, selection)) described.push({ field, keys });
    }
  }
  const cubes = cubesOf(described);
  const coordinates = new Coordinates();
  const arrays = cubes.map((cube) => listedArray(cube, source, key, coordinates));
  const editions = new Set(described.map(({ field }) => field.edition));
  return {
    format: `GRIB${editions.size === 1 ? ` edition ${[...editions][0]}` : ''}`,
    attributes: {},
    groups: [],
    arrays: [...arrays, ...coordinates.shared(arrays)].sort((a, b) => (a.name < b.name ? -1 : 1)),
    warnings: [
      ...faults.map(({ message, code, offset }) => `${message} (${code} at byte ${offset})`),
      ...cubes.flatMap(({ name, duplicates }) =>
        duplicates.map(({ number, message }) => {
          return `field ${number} at byte ${message.offset} is left out: ${name} has another one in its place`;
        }),
      ),
    ],
  };
}

function listedArray(cube: Cube, source: ByteSource, key: AbsolutePath, coordinates: Coordinates): ListedArray {
  const { field, keys } = cube.first;
  const grid = axesOf(field);
  const gridShape = gridShapeOf(field) ?? [keys.points];
  const gridDims = grid?.dims ?? (gridShape.length === 2 ? ['y', 'x'] : ['point']);
  const shape = [...cube.axes.map(({ values }) => values.length), ...gridShape];
  const dims = [...cube.axes.map(({ axis }) => axis), ...gridDims];
  const blockRows = blockRowsOf(cube);
  const block = blockRows === undefined ? gridShape : [blockRows, gridShape[1]!];
  const chunkShape = [...cube.axes.map(() => 1), ...block];
  const attributes = attributesOf(cube, grid);
  const listed = {
    name: cube.name,
    dtype: FLOAT32.name,
    shape,
    dims,
    chunkShape,
    codecs: [{ name: packingTypeOf(field), configuration: {} }],
    fillValue: Number.NaN,
    attributes,
    coordinates: coordinates.of(cube, grid),
  };
  const reason = problemOf(cube, gridShape);
  if (reason !== undefined) return { ...listed, reason };
  return { ...listed, array: new GribArray(cube, { shape, dims, chunkShape, attributes }, source, key) };
}

function problemOf({ first: { field, keys } }: Cube, gridShape: readonly number[]): string | undefined {
  const points = gridShape.reduce((product, length) => product * length, 1);
  if (points > POINTS_MAX) return `${points} points, the limit is ${POINTS_MAX}`;
  if (points !== keys.points) return `a grid of ${gridShape.join(' x ')} for ${keys.points} points`;
  if (field.edition === 2 && !isReadablePacking(field.packing)) return `packing ${packingTypeOf(field)} is not read`;
  return undefined;
}

function attributesOf({ first: { keys } }: Cube, grid: GridAxes | undefined): JsonObject {
  return {
    ...(keys.longName === undefined ? {} : { long_name: keys.longName }),
    ...(keys.units ? { units: keys.units } : {}),
    shortName: keys.shortName,
    paramId: keys.paramId,
    typeOfLevel: keys.typeOfLevel,
    level: keys.level,
    date: keys.date,
    stepRange: keys.stepRange,
    stepType: keys.stepType,
    centre: keys.centre,
    gridType: keys.gridType,
    scan: 'rows from the north, columns from the west',
    ...(grid?.at === undefined ? {} : { coordinates: 'latitude longitude' }),
  };
}

/** The arrays of labels: one for equal labels, whoever has them. */
class Coordinates {
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

interface ArrayFacts {
  readonly shape: readonly number[];
  readonly dims: readonly string[];
  readonly chunkShape: readonly number[];
  readonly attributes: JsonObject;
}

/** Fields of one kind as an array: a chunk is a field, or some of its rows where these can be read alone. */
class GribArray implements ChunkedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dims: readonly string[];
  readonly chunkShape: readonly number[];
  readonly attributes: JsonObject;
  readonly dtype = FLOAT32;
  readonly fill = FILL;
  readonly sources: readonly ByteSource[];
  readonly decoder;
  readonly #cube: Cube;
  readonly #key: AbsolutePath;

  constructor(cube: Cube, { shape, dims, chunkShape, attributes }: ArrayFacts, source: ByteSource, key: AbsolutePath) {
    this.name = cube.name;
    this.shape = shape;
    this.dims = dims;
    this.chunkShape = chunkShape;
    this.attributes = attributes;
    this.sources = [source];
    this.decoder = { format: GRIB_FORMAT, dtype: FLOAT32, chunkShape, fill: FILL, parameters: null };
    this.#cube = cube;
    this.#key = key;
  }

  async *refs(chunks: Iterable<readonly number[]>): AsyncGenerator<readonly ChunkRef[]> {
    yield Array.from(chunks, (chunk, index): ChunkRef => {
      const field = this.#cube.cells.get(this.#cellOf(chunk));
      if (field === undefined) return { index };
      return { index, source: 0, key: this.#key, ...this.#partOf(field, chunk.at(-2)!) };
    });
  }

  async *stored(): AsyncGenerator<StoredObject> {
    for (const [cell, field] of this.#cube.cells) {
      yield { bytes: field.data.length, chunks: () => this.#chunksOf(cell) };
    }
  }

  #cellOf(chunk: readonly number[]): number {
    return this.#cube.axes.reduce((at, { values }, i) => at * values.length + chunk[i]!, 0);
  }

  /** All of a field, or a block of its rows where the chunks are such. */
  #partOf(field: GribField, block: number) {
    const axis = this.shape.length - 2;
    const rows = this.shape[axis]!;
    const blockRows = this.chunkShape[axis]!;
    if (this.#gridDims < 2 || blockRows === rows) return chunkOf(field);
    return rowsChunk(field, block * blockRows, Math.min((block + 1) * blockRows, rows));
  }

  #chunksOf(cell: number): number[][] {
    const place = this.#chunkOf(cell);
    if (this.#gridDims < 2) return [place];
    const axis = this.shape.length - 2;
    const blocks = Math.ceil(this.shape[axis]! / this.chunkShape[axis]!);
    return Array.from({ length: blocks }, (_, block) => place.map((at, i) => (i === axis ? block : at)));
  }

  get #gridDims(): number {
    return this.shape.length - this.#cube.axes.length;
  }

  #chunkOf(cell: number): number[] {
    const place = this.shape.map(() => 0);
    let rest = cell;
    for (let i = this.#cube.axes.length - 1; i >= 0; i--) {
      const { length } = this.#cube.axes[i]!.values;
      place[i] = rest % length;
      rest = Math.floor(rest / length);
    }
    return place;
  }
}
