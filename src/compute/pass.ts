import { axisStateBytes } from '../kernels/axis.js';
import { RADIX_COUNTERS } from '../kernels/distribution.js';
import { exactWordsBytes } from '../kernels/exact.js';
import type { Kernels } from '../kernels/kernels.js';
import type { FloatType } from '../kernels/moments.js';
import { DigitsReducer, HistogramReducer } from './count-reducers.js';
import { type ElementFormat, isInteger, type PreparedFormat } from './elements.js';
import { ExactReducer, IntegerReducer } from './exact-reducer.js';
import { MomentsReducer } from './moments-reducer.js';
import type { Column } from './plan.js';
import type { Reducer } from './reducer.js';

/** What one pass over the data finds out. Plain data, from which each worker builds its reducers. */
export type Pass =
  /** Count, mean, variance, sum, extremes; `exact`: integer sums, rounded once at the end. */
  | { readonly kind: 'moments'; readonly exact: boolean }
  /** Counts between edges: for each column, `bins + 1` edges a cell. */
  | { readonly kind: 'histogram'; readonly bins: number; readonly edges: readonly Float64Array[] }
  /** Counts of a digit of order statistics: for each column and cell, the prefixes of interest. */
  | {
      readonly kind: 'digits';
      readonly shift: number;
      readonly prefixes: readonly (readonly (readonly (bigint | undefined)[])[])[];
    };

/** What the elements must be for a pass. */
export function wantedFormat(pass: Pass, format: ElementFormat): 'native' | 'float' | 'F64' {
  if (pass.kind === 'histogram') return 'F64';
  if (pass.kind === 'digits') return 'native';
  return pass.exact && isInteger(format) ? 'native' : 'float';
}

/** Memory of the kernels that the reducers of a pass work in, in bytes. */
export function reducerBytes(pass: Pass, { type }: PreparedFormat, cells: number): number {
  if (pass.kind === 'histogram') return cells * ((pass.bins + 1) * 8 + pass.bins * 4);
  if (pass.kind === 'digits') {
    const tables = pass.prefixes.map((column) => column.reduce((sum, prefixes) => sum + prefixes.length, 0));
    return Math.max(0, ...tables) * RADIX_COUNTERS * 4;
  }
  if (!pass.exact) return axisStateBytes(type as FloatType, cells);
  return type.startsWith('F') ? cells * exactWordsBytes(type as FloatType) : 0;
}

/**
 * The reducer of a column's leaves.
 *
 * @param out address of 128 bytes, aligned to 8, for results of kernels.
 * @param area address of {@link reducerBytes} bytes, aligned to 8.
 */
export function openReducer(
  kernels: Kernels,
  pass: Pass,
  format: PreparedFormat,
  column: Column,
  out: number,
  area: number,
): Reducer<unknown> {
  if (pass.kind === 'histogram') {
    const edges = pass.edges[column.index]!;
    new Float64Array(kernels.buffer, area, edges.length).set(edges);
    return new HistogramReducer(kernels, pass.bins, area, area + edges.length * 8);
  }
  if (pass.kind === 'digits') {
    const digit = { shift: pass.shift, prefixes: pass.prefixes[column.index]! };
    return new DigitsReducer(kernels, format, digit, area);
  }
  if (!pass.exact) return new MomentsReducer(kernels, format.type as FloatType, out, area);
  if (!format.type.startsWith('F')) return new IntegerReducer(kernels, format, out);
  return new ExactReducer(kernels, format.type as FloatType, out, area);
}
