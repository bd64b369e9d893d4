import type { JsonObject } from '../../array/exact-json.js';
import type { ByteSource } from '../chunked-array.js';
import type { ReferenceGroup } from '../reference-group.js';
import type { ListedArray } from '../source.js';
import { type Cube, cubesOf, type DescribedField, type GribFile } from './cube.js';
import { POINTS_MAX } from './decode.js';
import { type FindOptions, findFields, type GribInput } from './find-fields.js';
import { dtypeOf, GribArray } from './grib-array.js';
import { gridShapeOf } from './grid-type.js';
import { axesOf, type GridAxes } from './grids/coordinates.js';
import { Labels } from './labels.js';
import { isReadablePacking } from './packing/unpack.js';
import { packingTypeOf } from './packing-type.js';
import { gribReferences } from './references.js';
import { blockRowsOf } from './rows.js';

/** What a GRIB file holds. */
export interface GribContents {
  readonly format: string;
  readonly attributes: JsonObject;
  readonly groups: readonly [];
  readonly arrays: readonly ListedArray[];
  /** Messages that can't be read, and fields that are in no array: another one has their cell. */
  readonly warnings: readonly string[];
  readonly references: (isWanted: (array: string) => boolean) => ReferenceGroup;
}

/** Of each array. */
const DUPLICATES_NAMED = 5;

/**
 * Finds the fields of GRIB files and makes arrays of them: those of one parameter, level type, grid and centre form one.
 * Of two fields for one cell the first is taken.
 *
 * @throws {LsioError} as {@link findFields}.
 */
export async function openGribArrays(
  source: ByteSource,
  files: readonly GribInput[],
  options: FindOptions = {},
): Promise<GribContents> {
  const found = await findFields(source.store, files, options);
  const cubes = cubesOf(found.fields);
  const labels = new Labels();
  const arrays = cubes.map((cube) => listedArray(cube, source, labels));
  const editions = new Set(found.fields.map(({ field }) => field.edition));
  const edition = editions.size === 1 ? ` edition ${[...editions][0]}` : '';
  return {
    format: `GRIB${edition}${files.length === 1 ? '' : `, ${files.length} files`}`,
    attributes: {},
    groups: [],
    arrays: [...arrays, ...labels.shared(arrays)].sort((a, b) => (a.name < b.name ? -1 : 1)),
    references: (isWanted) =>
      referencesOf(
        cubes.filter(({ name }) => isWanted(name)),
        files,
      ),
    warnings: [...found.warnings, ...cubes.flatMap((cube) => duplicateTexts(cube, files.length > 1))],
  };
}

/** References to fields, as they are written of a source of them. */
export function referencesOfFields(fields: readonly DescribedField[]): ReferenceGroup {
  return referencesOf(cubesOf(fields), [...new Set(fields.map(({ file }) => file))]);
}

function referencesOf(cubes: readonly Cube[], files: readonly GribFile[]): ReferenceGroup {
  return gribReferences(cubes, files, attributesOf);
}

/** The first few by their names, the rest as a number. */
function duplicateTexts({ name, duplicates }: Cube, isNamed: boolean): string[] {
  const texts = duplicates.slice(0, DUPLICATES_NAMED).map((pair) => duplicateText(name, pair, isNamed));
  const more = duplicates.length - texts.length;
  return more === 0 ? texts : [...texts, `${more} more fields are left out of ${name} for such a reason`];
}

function duplicateText(array: string, { left, kept }: Cube['duplicates'][number], isNamed: boolean): string {
  const text = ({ file, field }: DescribedField) =>
    `field ${field.number} at byte ${field.message.offset}${isNamed ? ` of ${file.name}` : ''}`;
  return `${text(left)} is left out: ${array} has ${text(kept)} in its place`;
}

function listedArray(cube: Cube, source: ByteSource, labels: Labels): ListedArray {
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
    dtype: dtypeOf(cube).name,
    shape,
    dims,
    chunkShape,
    codecs: [{ name: packingTypeOf(field), configuration: {} }],
    fillValue: Number.NaN,
    attributes,
    coordinates: labels.of(cube, grid),
  };
  const reason = problemOf(cube, gridShape);
  if (reason !== undefined) return { ...listed, reason };
  return { ...listed, array: new GribArray(cube, { shape, dims, chunkShape, attributes, locate: grid?.at }, source) };
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
