import { LsioError } from '../errors.js';

/** What is computed of each cell. */
export type Reduction =
  | { readonly name: string; readonly kind: 'mean' | 'std' | 'var' | 'min' | 'max' | 'count' | 'sum' }
  | { readonly name: string; readonly kind: 'quantile'; readonly q: number }
  | { readonly name: string; readonly kind: 'histogram'; readonly bins: number };

export const DEFAULT_REDUCTIONS = ['mean', 'std', 'min', 'max', 'count'] as const;
const SIMPLE = ['mean', 'std', 'var', 'min', 'max', 'count', 'sum'] as const;
const BINS_MAX = 1_000_000;
const FORMS = `write ${SIMPLE.join(', ')}, median, q0.05 (a quantile from 0 to 1) or hist:64 (bins)`;

/** @throws {LsioError} `usage` for a name that is not understood, or twice the same. */
export function parseReductions(names: readonly string[]): Reduction[] {
  const reductions = names.map(parseReduction);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new LsioError('usage', `--reduce: ${twice} is there twice`);
  if (reductions.length === 0) throw new LsioError('usage', `--reduce: no reduction; ${FORMS}`);
  return reductions;
}

function parseReduction(name: string): Reduction {
  const simple = SIMPLE.find((kind) => kind === name);
  if (simple !== undefined) return { name, kind: simple };
  if (name === 'median') return { name, kind: 'quantile', q: 0.5 };
  const q = /^q(\d*\.?\d+|\d+\.)$/.exec(name)?.[1];
  if (q !== undefined && Number(q) <= 1) return { name, kind: 'quantile', q: Number(q) };
  const bins = Number(/^hist:(\d{1,7})$/.exec(name)?.[1] ?? 0);
  if (bins >= 1 && bins <= BINS_MAX) return { name, kind: 'histogram', bins };
  throw new LsioError('usage', `--reduce: ${JSON.stringify(name)} is not understood: ${FORMS}`);
}
