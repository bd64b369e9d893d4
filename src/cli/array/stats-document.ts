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
  let results: Record<string, unknown> | undefined;
  const bytesPerSecond = run.wallNs === 0 ? 0 : Math.round((counts.bytesDecoded / run.wallNs) * 1e9);
  return {
    schema: 'lsio.stats/1',
    source: run.source,
    array: run.array,
    // Those of maps are large: made where they are printed only.
    get results() {
      results ??= resultsJson(spec, table);
      return results;
    },
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
    results[name] = nested(table.values.get(name) ?? table.histograms.get(name)!, table.shape, 0);
  }
  return results;
}

/** Lists in lists, in the order of the axes, of the values from an index on; a scalar stands alone. */
function nested(values: ArrayLike<unknown>, shape: readonly number[], from: number): unknown {
  if (shape.length === 0) return valueJson(values[from]);
  const [length = 0, ...rest] = shape;
  const size = rest.reduce((a, b) => a * b, 1);
  const list = new Array<unknown>(length);
  for (let i = 0; i < length; i++) list[i] = nested(values, rest, from + i * size);
  return list;
}

/** NaN is null; infinities and integers beyond 2^53 are text. */
function valueJson(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'number') return value as Histogram | null;
  if (Number.isNaN(value)) return null;
  return Number.isFinite(value) ? value : String(value);
}
