/**
 * Everything that lsio warns of. `report/warnings.ts` words each kind, with the next action. A `case` is named with its
 * state and depth: `big-random cold, depth 64`.
 */
export type Warning =
  | { readonly kind: 'cold-was-warm'; readonly case: string; readonly residentBytes: number; readonly bytes: number }
  | { readonly kind: 'warm-was-cold'; readonly case: string; readonly residentBytes: number; readonly bytes: number }
  | { readonly kind: 'residency-unknown'; readonly case: string }
  | { readonly kind: 'cold-read-little'; readonly case: string; readonly deviceBytes: number; readonly bytes: number }
  | {
      readonly kind: 'not-compared';
      readonly case: string;
      readonly reason: string;
      readonly remedy: string | undefined;
    }
  | { readonly kind: 'device-unwatched'; readonly device: string }
  | { readonly kind: 'warm-read-device'; readonly case: string; readonly deviceBytes: number; readonly bytes: number }
  | {
      /** A run far from the others of its reader. It is counted. */
      readonly kind: 'outlier';
      readonly case: string;
      readonly engine: string;
      /** From 1 on. */
      readonly run: number;
      /** Its throughput over the median's. */
      readonly share: number;
      /** The likely cause. */
      readonly cause: OutlierCause;
    }
  | { readonly kind: 'short-runs'; readonly case: string; readonly wallNs: number }
  | { readonly kind: 'no-device'; readonly dir: string; readonly fileSystem: string }
  | { readonly kind: 'perf-unavailable'; readonly reason: string }
  | { readonly kind: 'no-direct'; readonly dir: string }
  | {
      readonly kind: 'engine-unavailable';
      readonly engine: string;
      readonly reason: string;
      readonly remedy: string | undefined;
    }
  | { readonly kind: 'file-skipped'; readonly path: string; readonly reason: string }
  | { readonly kind: 'busy-machine'; readonly loadAverage: number; readonly cpus: number };

/** `steal`: the host ran other guests; `faults`: pages were read in; `device`: others used the device. */
export type OutlierCause = 'steal' | 'faults' | 'device' | 'unknown';

/** One warning of each kind and subject is enough: the last, which is the most recent. */
export function dedupe(warnings: readonly Warning[]): Warning[] {
  const byKey = new Map<string, Warning>();
  for (const warning of warnings) {
    const { case: name = '', engine = '', path = '', run = '' } = warning as Partial<Record<string, unknown>>;
    byKey.set([warning.kind, name, engine, path, run].join(' '), warning);
  }
  return [...byKey.values()];
}
