import { type Calendar, calendarNamed } from '../../array/calendar.js';
import { parsePeriod } from '../../array/cf-time.js';
import { plainDType } from '../../array/dtype.js';
import type { JsonObject } from '../../array/exact-json.js';
import { assert } from '../../assert.js';
import { dtypeOf, elementsOf, type ResultTable } from '../../compute/result-table.js';
import { resultDimsOf, type StatsSpec } from '../../compute/stats-spec.js';
import { LsioError } from '../../errors.js';
import { type OutputArray, writeZarrStore } from '../../output/zarr-writer.js';

/** What results are labelled with. Plain JSON: partial files carry it to the merge. */
export interface ResultLabels {
  /** Of the array that was reduced. */
  readonly array: string;
  readonly attributes: JsonObject;
  /** For each axis of the results its labels: numbers, text or ISO times. */
  readonly coords: Readonly<Record<string, readonly unknown[]>>;
  /** The calendars of those that are times. */
  readonly calendars: Readonly<Record<string, string>>;
}

/** The words of CF for reductions. */
const METHODS: Readonly<Record<string, string>> = {
  mean: 'mean',
  std: 'standard_deviation',
  var: 'variance',
  min: 'minimum',
  max: 'maximum',
  sum: 'sum',
  median: 'median',
};
const SECOND_NS = 1_000_000_000n;

/** Writes results as a Zarr store with coordinates and `cell_methods`. @throws {LsioError} `usage`, `output` */
export function writeStatsZarr(
  directory: string,
  spec: StatsSpec,
  table: ResultTable,
  labels: ResultLabels,
  overwrite: boolean,
): void {
  const dims = resultDimsOf(spec);
  const base = labels.array.slice(labels.array.lastIndexOf('/') + 1) || 'data';
  const coordinates = dims.map((dim) => coordinate(dim, labels.coords[dim]!, labels.calendars[dim]));
  const variables = spec.reductions.map((name): OutputArray => {
    const values = table.values.get(name);
    assert(values !== undefined, 'histograms are not written to Zarr');
    const elements = elementsOf(values);
    return {
      name: `${base}_${name}`,
      dims,
      shape: table.shape,
      dtype: dtypeOf(elements),
      values: elements,
      attributes: attributesOf(name, spec, labels.attributes),
    };
  });
  const all = [...coordinates, ...variables];
  for (const { name } of all) checkName(name, all);
  writeZarrStore(directory, all, { Conventions: 'CF-1.10', history: `lsio stats of ${labels.array}` }, overwrite);
}

/** Names become directories. */
function checkName(name: string, all: readonly OutputArray[]): void {
  const isPlain = /^[^/\\\0]+$/.test(name) && !/^\.+$/.test(name) && !name.startsWith('__') && name !== 'zarr.json';
  if (!isPlain)
    throw new LsioError('usage', `${JSON.stringify(name)} can't be the name of an array: write .csv or .npy`);
  if (all.filter((other) => other.name === name).length === 1) return;
  throw new LsioError('usage', `two arrays would have the name ${name}: write .csv or .npy`);
}

function attributesOf(name: string, { dims, kept, groups }: StatsSpec, own: JsonObject): JsonObject {
  const reduced = dims.filter((_, axis) => !kept[axis]);
  const method = METHODS[name];
  // A count has no unit; that of a variance is another one.
  const hasUnits = name !== 'count' && name !== 'var' && own.units !== undefined;
  return {
    ...(hasUnits ? { units: own.units! } : {}),
    ...(own.long_name === undefined ? {} : { long_name: own.long_name }),
    ...(reduced.length === 0 || method === undefined
      ? {}
      : { cell_methods: `${reduced.map((dim) => `${dim}: `).join('')}${method}` }),
    ...(groups === null ? {} : { comment: `grouped by ${dims[groups.axis]}.${groups.field}` }),
  };
}

function coordinate(dim: string, values: readonly unknown[], calendarName: string | undefined): OutputArray {
  const shared = { name: dim, dims: [dim], shape: [values.length] };
  const calendar = calendarName === undefined ? undefined : calendarNamed(calendarName);
  if (calendar !== undefined) return { ...shared, ...times(values.map(String), calendar) };
  if (values.every((value) => typeof value === 'number')) {
    return { ...shared, dtype: plainDType('float64'), values: Float64Array.from(values as number[]), attributes: {} };
  }
  return { ...shared, dtype: plainDType('string'), values: values.map(String), attributes: {} };
}

/** Whole seconds from the first time, or nanoseconds where it needs them. */
function times(texts: readonly string[], calendar: Calendar): Pick<OutputArray, 'dtype' | 'values' | 'attributes'> {
  const instants = texts.map((text) => parsePeriod(calendar, text)!.fromNs);
  const [first = 0n] = instants;
  const isWhole = instants.every((instant) => (instant - first) % SECOND_NS === 0n);
  const values = BigInt64Array.from(instants, (instant) => (instant - first) / (isWhole ? SECOND_NS : 1n));
  const units = `${isWhole ? 'seconds' : 'nanoseconds'} since ${(texts[0] ?? '1970-01-01').replace('T', ' ')}`;
  return { dtype: plainDType('int64'), values, attributes: { units, calendar, standard_name: 'time' } };
}
