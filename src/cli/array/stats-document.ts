import type { Histogram, ResultTable } from '../../compute/result-table.js';
import type { StatsCounts } from '../../compute/stats.js';
import { resultDimsOf, type StatsSpec } from '../../compute/stats-spec.js';
import type { StatsResult } from '../../results/stats.js';
import type { ResultLabels } from './stats-zarr.js';

/** What is told of a run besides its results. */
export interface RunFacts extends ResultLabels {
  readonly source: string;
  readonly engine: string;
  readonly decoder: string;
  readonly wallNs: number;
  readonly cpuNs: number;
  readonly workers: number;
}

/** The document of a run that ended. */
export type StatsDocument = { readonly schema: 'lsio.stats/1' } & StatsResult;

/** Above this share of one core a thread's work is bound by it. */
const CPU_BOUND_SHARE = 0.85;

export function statsDocument(spec: StatsSpec, table: ResultTable, counts: StatsCounts, run: RunFacts): StatsDocument {
  const bytesPerSecond = run.wallNs === 0 ? 0 : Math.round((counts.bytesDecoded / run.wallNs) * 1e9);
  return {
    schema: 'lsio.stats/1',
    source: run.source,
    array: run.array,
    results: resultsJson(spec, table),
    dims: resultDimsOf(spec),
    coords: run.coords,
    ...counts,
    wallNs: run.wallNs,
    bytesPerSecond,
    minutesPerTerabyte: bytesPerSecond === 0 ? null : 1e12 / bytesPerSecond / 60,
    boundBy: run.cpuNs > CPU_BOUND_SHARE * run.wallNs * run.workers ? 'cpu' : 'storage',
    exact: spec.exact,
    workers: run.workers,
    decoder: run.decoder,
    engine: run.engine,
  };
}

function resultsJson(spec: StatsSpec, table: ResultTable): Record<string, unknown> {
  const results: Record<string, unknown> = {};
  for (const name of spec.reductions) {
    const values = table.values.get(name) ?? table.histograms.get(name)!;
    results[name] = nested(Array.from<unknown>(values as ArrayLike<unknown>), table.shape);
  }
  return results;
}

/** Lists in lists, in the order of the axes; a scalar stands alone. */
function nested(values: readonly unknown[], shape: readonly number[]): unknown {
  if (shape.length === 0) return valueJson(values[0]);
  const [length = 0, ...rest] = shape;
  const size = rest.reduce((a, b) => a * b, 1);
  return Array.from({ length }, (_, i) => nested(values.slice(i * size, (i + 1) * size), rest));
}

/** NaN is null; infinities and integers beyond 2^53 are text. */
function valueJson(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'number') return value as Histogram | null;
  if (Number.isNaN(value)) return null;
  return Number.isFinite(value) ? value : String(value);
}
