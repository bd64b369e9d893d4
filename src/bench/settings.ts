import type { CoalesceChoice } from '../plan/coalesce.js';
import type { ReadOrder } from '../store/local/device-order.js';
import type { DirectChoice } from '../store/local/direct.js';
import type { Workload } from '../workload/workload.js';
import type { CacheState } from './cache.js';
import type { Warning } from './warnings.js';

export type { DirectChoice };

/** The settings that `bench`, `compare-fio` and `tune` share. */
export interface MeasureSettings extends CoalesceChoice {
  readonly dir: string;
  /** Of lsio. */
  readonly version: string;
  /** The command that measures. */
  readonly commandLine: string;
  readonly workloads: readonly Workload[];
  /** What is known before the first run. */
  readonly warnings: readonly Warning[];
  readonly order: 'sorted' | 'random';
  /** Whether our engines may read in the order of the device, as the product does, or read in the order given. */
  readonly readOrder: ReadOrder;
  readonly caches: readonly CacheState[];
  /** undefined: the default depth, which follows the size of the reads. */
  readonly queueDepths: readonly (number | undefined)[];
  /** Rings that share the work, where fio has as many jobs; baselines of Node and the portable engine have one. */
  readonly rings: number;
  readonly direct: DirectChoice;
  readonly runs: number;
  readonly warmups: number;
  /** The least time of a run, which repeats the work until then. */
  readonly runNsMin?: number | undefined;
  readonly verify: 'all' | 'sample' | 'none';
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((step: Step) => void) | undefined;
}

/** The current run, and how many runs are done. */
export interface Step {
  readonly text: string;
  readonly done: number;
  readonly total: number;
}
