import type { CaseName } from '../workload/workload.js';

/** Everything that lsio warns of: each kind is worded, with the next action, in `report/warnings.ts`. */
export type Warning =
  | { readonly kind: 'cold-was-warm'; readonly case: CaseName; readonly residentBytes: number; readonly bytes: number }
  | { readonly kind: 'warm-was-cold'; readonly case: CaseName; readonly residentBytes: number; readonly bytes: number }
  | { readonly kind: 'residency-unknown'; readonly case: CaseName }
  | { readonly kind: 'no-direct'; readonly dir: string }
  | {
      readonly kind: 'engine-unavailable';
      readonly engine: string;
      readonly reason: string;
      readonly remedy: string | undefined;
    }
  | { readonly kind: 'file-skipped'; readonly path: string; readonly reason: string }
  | { readonly kind: 'busy-machine'; readonly loadAverage: number; readonly cpus: number };

/** One warning of each kind and case is enough: the last, which is the most recent. */
export function dedupe(warnings: readonly Warning[]): Warning[] {
  const byKey = new Map<string, Warning>();
  for (const warning of warnings) {
    const about =
      'case' in warning ? warning.case : 'engine' in warning ? warning.engine : 'path' in warning ? warning.path : '';
    byKey.set(`${warning.kind} ${about}`, warning);
  }
  return [...byKey.values()];
}
