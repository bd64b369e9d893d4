import type { Labels } from '../array/labels.js';
import { countOf, type Selection } from '../array/selection.js';
import { LsioError } from '../errors.js';
import type { ChunkedArray } from '../formats/chunked-array.js';
import { GROUP_FIELDS, type GroupField, groupTimes } from './groups.js';
import { packingOf } from './present.js';
import { DEFAULT_REDUCTIONS, parseReductions } from './reductions.js';
import { type GroupSpec, packingSpec, type StatsSpec } from './stats-spec.js';

/** Statistics as people ask for them. */
export interface StatsRequest {
  readonly selection: Selection;
  /** Names of reductions; default mean, std, min, max and count. */
  readonly reductions?: readonly string[] | undefined;
  /** Axes that are reduced; default all. */
  readonly over?: readonly string[] | 'all' | undefined;
  /** `time.month` */
  readonly by?: string | undefined;
  /** `cos(lat)` */
  readonly weights?: string | undefined;
  readonly exact?: boolean | undefined;
  readonly ddof?: number | undefined;
  readonly minCount?: number | undefined;
  readonly skipMissing?: boolean | undefined;
  /** Attributes say which numbers mean "missing", and how the rest is scaled. @default true */
  readonly maskAndScale?: boolean | undefined;
}

/**
 * Makes a request's meaning plain. Labels are read only of the axes that it groups by or takes weights from.
 *
 * @param labelsOf undefined for an axis without labels.
 * @throws {LsioError} `usage` for axes, groups or weights that can't be.
 */
export async function specOfRequest(
  array: ChunkedArray,
  request: StatsRequest,
  labelsOf: (dim: string) => Promise<Labels | undefined>,
): Promise<StatsSpec> {
  const { shape, chunkShape, dims, dtype } = array;
  const { selection, over = 'all', reductions = DEFAULT_REDUCTIONS } = request;
  parseReductions(reductions);
  for (const name of over === 'all' ? [] : over) axisOf(dims, name, '--over');
  const kept = dims.map((name) => over !== 'all' && !over.includes(name));
  const groups = request.by === undefined ? null : await groupsOf(request.by, dims, selection, labelsOf);
  if (groups !== null && kept[groups.axis]) {
    throw new LsioError('usage', `--by ${request.by}: ${dims[groups.axis]} must be among the axes of --over`);
  }
  const weights = request.weights === undefined ? null : await weightsOf(request.weights, dims, selection, labelsOf);
  if (weights !== null && kept[weights.axis]) {
    throw new LsioError('usage', `--weights ${weights.text}: ${dims[weights.axis]} must be among the axes of --over`);
  }
  return {
    shape,
    chunkShape,
    dims,
    dtype,
    selection,
    kept,
    groups,
    weights,
    reductions,
    exact: request.exact ?? false,
    ddof: request.ddof ?? 0,
    minCount: request.minCount ?? 0,
    skipMissing: request.skipMissing ?? true,
    packing: packingSpec(request.maskAndScale === false ? undefined : packingOf(array)),
  };
}

function axisOf(dims: readonly string[], name: string, option: string): number {
  const axis = dims.indexOf(name);
  if (axis >= 0) return axis;
  throw new LsioError('usage', `${option}: there is no axis ${JSON.stringify(name)}; there are ${dims.join(', ')}`);
}

async function groupsOf(
  text: string,
  dims: readonly string[],
  selection: Selection,
  labelsOf: (dim: string) => Promise<Labels | undefined>,
): Promise<GroupSpec> {
  const dot = text.lastIndexOf('.');
  const field = GROUP_FIELDS.find((name) => name === text.slice(dot + 1));
  if (dot < 1 || field === undefined) {
    throw new LsioError('usage', `--by ${text}: write an axis and one of ${GROUP_FIELDS.join(', ')}, as time.month`);
  }
  const axis = axisOf(dims, text.slice(0, dot), '--by');
  const labels = await labelsOf(dims[axis]!);
  if (labels?.kind !== 'time') throw new LsioError('usage', `--by ${text}: the labels of ${dims[axis]} are no times`);
  const instants = selectedIndexes(selection, axis).map((index) => labels.values[index]!);
  const { keys, indexes } = groupTimes(labels.calendar, instants, field satisfies GroupField);
  return { axis, field, keys, indexes: [...indexes] };
}

async function weightsOf(
  text: string,
  dims: readonly string[],
  selection: Selection,
  labelsOf: (dim: string) => Promise<Labels | undefined>,
): Promise<NonNullable<StatsSpec['weights']>> {
  const name = /^cos\(\s*(.+?)\s*\)$/.exec(text)?.[1];
  if (name === undefined) throw new LsioError('usage', `--weights ${text}: write cos(lat), with the axis' name`);
  const axis = axisOf(dims, name, '--weights');
  const labels = await labelsOf(name);
  if (labels?.kind !== 'number') throw new LsioError('usage', `--weights ${text}: ${name} has no numbers as labels`);
  const values = selectedIndexes(selection, axis).map((index) => Math.cos((labels.values[index]! * Math.PI) / 180));
  const bad = values.findIndex((weight) => !(weight > -1e-9));
  if (bad >= 0) throw new LsioError('usage', `--weights ${text}: the weight of label ${bad} is ${values[bad]}`);
  // The cosine of 90 degrees is not quite 0.
  return { axis, text, values: values.map((weight) => Math.max(0, weight)) };
}

/** The indexes along an axis that are selected, in their order. */
export function selectedIndexes(selection: Selection, axis: number): number[] {
  const selected = selection[axis]!;
  const indexes = new Array<number>(countOf(selected));
  let at = 0;
  for (const { start, step, count } of selected.runs) {
    for (let i = 0; i < count; i++) indexes[at++] = start + i * step;
  }
  return indexes;
}
