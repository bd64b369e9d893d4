import type { Labels } from '../array/labels.js';
import type { Selection } from '../array/selection.js';
import { LsioError } from '../errors.js';
import type { ChunkedArray } from '../formats/chunked-array.js';
import { type ArraySource, coordinateOf } from '../formats/source.js';
import { labelText, readLabels } from './labels.js';
import { selectedIndexes } from './statistics-request.js';
import { resultDimsOf, type StatsSpec } from './stats-spec.js';

/** Undefined for an axis without labels. */
export type LabelsOf = (dim: string) => Promise<Labels | undefined>;

/**
 * Reads the labels of an array's axes, each once.
 *
 * @returns rejects with `format` for labels that are damaged, or not as many as the axis has elements.
 */
export function labelReader(
  source: Pick<ArraySource, 'arrays'>,
  array: ChunkedArray,
  signal: AbortSignal | undefined,
): LabelsOf {
  const read = new Map<string, Promise<Labels | undefined>>();
  return (dim) => {
    const labels = read.get(dim) ?? readAxis(source, array, dim, signal);
    read.set(dim, labels);
    return labels;
  };
}

async function readAxis(
  source: Pick<ArraySource, 'arrays'>,
  { name, dims, shape }: ChunkedArray,
  dim: string,
  signal: AbortSignal | undefined,
): Promise<Labels | undefined> {
  const coordinate = coordinateOf(source.arrays, name, dim)?.array;
  if (coordinate === undefined) return undefined;
  const labels = await readLabels(coordinate, { signal });
  const length = shape[dims.indexOf(dim)];
  if (labels.values.length === length) return labels;
  throw new LsioError('format', `${dim}: the axis has ${labels.values.length} labels for ${length} elements`);
}

/** The labels along the axes of the result: numbers, texts and ISO times. */
export async function coordsOf(spec: StatsSpec, labelsOf: LabelsOf): Promise<Record<string, readonly unknown[]>> {
  const coords: Record<string, readonly unknown[]> = {};
  for (const dim of resultDimsOf(spec)) {
    const axis = spec.groups?.field === dim ? -1 : spec.dims.indexOf(dim);
    if (axis < 0) coords[dim] = spec.groups!.keys;
    else coords[dim] = await axisLabels(dim, spec.selection, axis, labelsOf);
  }
  return coords;
}

/** The calendars of those axes of the result that are times. */
export async function calendarsOf(spec: StatsSpec, labelsOf: LabelsOf): Promise<Record<string, string>> {
  const calendars: Record<string, string> = {};
  for (const dim of resultDimsOf(spec)) {
    const labels = spec.groups?.field === dim ? undefined : await labelsOf(dim);
    if (labels?.kind === 'time') calendars[dim] = labels.calendar;
  }
  return calendars;
}

/** The selected labels of an axis; without labels the positions. */
export async function axisLabels(
  dim: string,
  selection: Selection,
  axis: number,
  labelsOf: LabelsOf,
): Promise<readonly unknown[]> {
  const indexes = selectedIndexes(selection, axis);
  const labels = await labelsOf(dim);
  return labels === undefined ? indexes : indexes.map((index) => labelText(labels, index));
}
