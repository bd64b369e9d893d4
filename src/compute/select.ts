import type { Signal } from '../abort.js';
import { selectLabels } from '../array/labels.js';
import { type AxisSelection, type IndexSelector, type Selection, selectIndex, wholeAxis } from '../array/selection.js';
import { type LabelSelector, parseIndexSelectors, parseLabelSelectors } from '../array/selection-text.js';
import { LsioError } from '../errors.js';
import { axisKind } from '../formats/axis-kind.js';
import type { ChunkedArray } from '../formats/chunked-array.js';
import { type ArraySource, coordinateOf } from '../formats/source.js';
import { windowOf } from './box.js';
import { curvilinearWindow } from './curvilinear.js';
import { readLabels } from './labels.js';

/** What the command line says of the axes. */
export interface SelectionTexts {
  /** `time=0:10:2,lat=-1` */
  readonly isel: readonly string[];
  /** `time=2001-03,lat=50:60,lon=~10.1` */
  readonly sel: readonly string[];
  /** West, south, east, north: `-10,50,2,60`. In degrees, or in what the labels of a projection count. */
  readonly bbox?: string | undefined;
}

/** Names that mean the same axis. */
const ALIASES: readonly (readonly string[])[] = [
  ['lat', 'latitude'],
  ['lon', 'longitude'],
];

/**
 * What is selected of an array: the labels of axes that are selected by label are read.
 *
 * @throws {LsioError} `usage` for an axis that the array doesn't have, for one without labels, and for what selects
 * nothing; as {@link readLabels}.
 */
export async function parseSelection(
  source: Pick<ArraySource, 'arrays'>,
  array: ChunkedArray,
  texts: SelectionTexts,
  signal?: Signal,
): Promise<Selection> {
  const indexes = byAxis(array, parseIndexSelectors(texts.isel), '--isel');
  const labels = byAxis(array, parseLabelSelectors(texts.sel), '--sel');
  if (texts.bbox !== undefined) {
    const box = parseBox(texts.bbox);
    if (array.locate !== undefined) addWindow(array, array.locate, box, indexes, labels);
    else {
      const along = boxAxes(source, array, box);
      const degrees = box.map(Number) as [number, number, number, number];
      const window = along === undefined ? await curvilinearWindow(source, array, degrees, signal) : [];
      if (window === undefined) throw noBox(array);
      for (const [axis, selector] of along ?? []) {
        if (labels.has(axis)) throw twice(array, axis);
        labels.set(axis, selector);
      }
      for (const { axis, first, last } of window) {
        if (indexes.has(axis) || labels.has(axis)) throw twice(array, axis);
        indexes.set(axis, { start: first, stop: last + 1 });
      }
    }
  }
  const selection: AxisSelection[] = [];
  for (const [axis, name] of array.dims.entries()) {
    const length = array.shape[axis]!;
    const [index, label] = [indexes.get(axis), labels.get(axis)];
    if (index !== undefined && label !== undefined) throw new LsioError('usage', `${name} is selected twice`);
    if (index !== undefined) selection.push(selectIndex({ name, length }, index));
    else if (label !== undefined) selection.push(await selectByLabel(source, array, axis, label, signal));
    else selection.push(wholeAxis(length));
  }
  return selection;
}

type BoxText = readonly [west: string, south: string, east: string, north: string];

/** @throws {LsioError} `usage` */
function parseBox(text: string): BoxText {
  const numbers = text.split(',').map((part) => part.trim());
  if (numbers.length !== 4 || !numbers.every((part) => part !== '' && Number.isFinite(Number(part)))) {
    throw new LsioError('usage', `--bbox: ${JSON.stringify(text)} is not W,S,E,N`, { remedy: '--bbox -10,50,2,60' });
  }
  const [west, south, east, north] = numbers as [string, string, string, string];
  if (Number(south) > Number(north)) {
    throw new LsioError('usage', `--bbox: its south, ${south}, lies north of its north, ${north}: W,S,E,N`);
  }
  return [west, south, east, north];
}

function twice({ dims }: ChunkedArray, axis: number): LsioError {
  return new LsioError('usage', `${dims[axis]} is selected twice`);
}

/** Of a grid whose axes are no latitudes and longitudes: the rows and columns that hold all points in the box. */
function addWindow(
  array: ChunkedArray,
  locate: NonNullable<ChunkedArray['locate']>,
  box: BoxText,
  indexes: Map<number, IndexSelector>,
  labels: ReadonlyMap<number, LabelSelector>,
): void {
  const [down, across] = [array.shape.length - 2, array.shape.length - 1];
  for (const axis of [down, across]) if (indexes.has(axis) || labels.has(axis)) throw twice(array, axis);
  const [west, south, east, north] = box.map(Number) as [number, number, number, number];
  const window = windowOf(locate, array.shape[down]!, array.shape[across]!, [west, south, east, north]);
  if (window === undefined) throw new LsioError('usage', `--bbox ${box.join()}: no point of ${array.name} lies in it`);
  indexes.set(down, { start: window.rows[0], stop: window.rows[1] + 1 });
  indexes.set(across, { start: window.columns[0], stop: window.columns[1] + 1 });
}

/** What `--bbox` says of the two axes that it is about; undefined where no labels tell. */
function boxAxes(
  { arrays }: Pick<ArraySource, 'arrays'>,
  { name, dims }: ChunkedArray,
  [west, south, east, north]: BoxText,
): readonly (readonly [axis: number, selector: LabelSelector])[] | undefined {
  const kinds = dims.map((dim) => {
    const coordinate = coordinateOf(arrays, name, dim);
    return coordinate && axisKind(coordinate.name, coordinate.attributes);
  });
  for (const [x, y] of [['longitude', 'latitude'] as const, ['x', 'y'] as const]) {
    const [across, along] = [kinds.indexOf(x), kinds.indexOf(y)];
    if (across < 0 || along < 0) continue;
    return [
      [across, { from: west, to: east }],
      [along, { from: south, to: north }],
    ];
  }
  return undefined;
}

function noBox({ name, dims }: ChunkedArray): LsioError {
  const axes = `its axes are ${dims.join(', ')}`;
  return new LsioError('usage', `--bbox: ${name} has no axes of longitude and latitude: ${axes}`);
}

function byAxis<Selector extends IndexSelector | LabelSelector>(
  { name, dims }: ChunkedArray,
  selectors: ReadonlyMap<string, Selector>,
  option: string,
): Map<number, Selector> {
  const found = new Map<number, Selector>();
  for (const [dim, selector] of selectors) {
    const axis = axisNamed(dims, dim);
    if (axis < 0) {
      const axes = dims.length === 0 ? 'it has no axes' : `its axes are ${dims.join(', ')}`;
      throw new LsioError('usage', `${option}: ${name} has no axis ${JSON.stringify(dim)}: ${axes}`);
    }
    if (found.has(axis)) throw new LsioError('usage', `${dims[axis]} is selected twice`);
    found.set(axis, selector);
  }
  return found;
}

function axisNamed(dims: readonly string[], name: string): number {
  const exact = dims.indexOf(name);
  if (exact >= 0) return exact;
  const aliases = ALIASES.find((names) => names.includes(name)) ?? [];
  return dims.findIndex((dim) => aliases.includes(dim.toLowerCase()));
}

async function selectByLabel(
  { arrays }: Pick<ArraySource, 'arrays'>,
  array: ChunkedArray,
  axis: number,
  selector: LabelSelector,
  signal: Signal | undefined,
): Promise<AxisSelection> {
  const name = array.dims[axis]!;
  const coordinate = coordinateOf(arrays, array.name, name);
  const byPosition = { remedy: `select by position: --isel ${name}=0:10` };
  if (coordinate === undefined) throw new LsioError('usage', `${name}: this axis has no labels`, byPosition);
  if (coordinate.array === undefined) {
    throw new LsioError('format', `${name}: its labels can't be read: ${coordinate.reason}`, byPosition);
  }
  const labels = await readLabels(coordinate.array, { signal });
  if (labels.values.length !== array.shape[axis]) {
    const lengths = `${labels.values.length} labels for ${array.shape[axis]} elements`;
    throw new LsioError('format', `${name}: the axis has ${lengths}`, byPosition);
  }
  return selectLabels(name, labels, selector);
}
