import { wholeSelection } from '../array/selection.js';
import type { ChunkedArray } from '../formats/chunked-array.js';
import type { ArraySource } from '../formats/source.js';
import { coordsOf, labelReader } from './axis-labels.js';
import type { Histogram, Values } from './result-table.js';
import { type StatsRequest, specOfRequest } from './statistics-request.js';
import { computeStats, type StatsCounts, type StatsOptions } from './stats.js';
import { resultDimsOf } from './stats-spec.js';

export interface StatisticsOptions extends Partial<StatsRequest>, StatsOptions {}

/** Statistics of an array, or of parts of it. */
export interface Statistics extends Readonly<StatsCounts> {
  /** Threads that took part. */
  readonly workers: number;
  /** The axes of the results; none where there is one number each. */
  readonly dims: readonly string[];
  readonly shape: readonly number[];
  /** For each of `dims` its labels: numbers, text or ISO times. */
  readonly coords: Readonly<Record<string, readonly unknown[]>>;
  /**
   * By the name of the reduction its values in row-major order, one where there are no `dims`. NaN stands for none; exact
   * integers beyond 2^53 are bigints.
   */
  readonly results: Readonly<Record<string, Values>>;
  /** By the name of the reduction, as `hist:64`. */
  readonly histograms: Readonly<Record<string, readonly (Histogram | null)[]>>;
}

/**
 * Computes statistics of an array: the mean, standard deviation, extremes and count of everything, unless
 * the options say otherwise. The bits of the results do not depend on the order of reading.
 *
 * @param source where the array comes from: it has the labels that `by` and `weights` need.
 * @throws {LsioError} `usage` for what can't be computed, before chunks are read; `format` for a damaged chunk; `too-large`
 * for an integer sum beyond 64 bits; as the store.
 */
export async function computeStatistics(
  source: Pick<ArraySource, 'arrays'>,
  array: ChunkedArray,
  options: StatisticsOptions = {},
): Promise<Statistics> {
  const { selection = wholeSelection(array.shape), signal } = options;
  const labelsOf = labelReader(source, array, signal);
  const spec = await specOfRequest(array, { ...options, selection }, labelsOf);
  const { table, counts, workers } = await computeStats(array, spec, options);
  return {
    ...counts,
    workers,
    dims: resultDimsOf(spec),
    shape: table.shape,
    coords: await coordsOf(spec, labelsOf),
    results: Object.fromEntries(table.values),
    histograms: Object.fromEntries(table.histograms),
  };
}
