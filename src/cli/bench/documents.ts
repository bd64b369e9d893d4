import type { Change, Crossing } from '../../bench/baseline.js';
import type { BenchResult, CompareResult } from '../../bench/result.js';
import type { TuneResult } from '../../bench/tune.js';
import type { UrlBenchResult } from '../../bench/url-result.js';
import type { Outcome } from '../../results/common.js';

/** How fast files were read. */
export type BenchDocument = Outcome<'lsio.bench/1', Omit<BenchResult, 'schema'> & Additions>;
/** How fast objects were read, by lsio and by other clients of HTTP. */
export type UrlBenchDocument = Outcome<'lsio.bench-url/1', Omit<UrlBenchResult, 'schema'>>;
/** How fast files were read by lsio, and by fio. */
export type CompareDocument = Outcome<'lsio.compare-fio/1', Omit<CompareResult, 'schema'> & Additions>;
/** Which settings are fast. */
export type TuneDocument = Outcome<'lsio.tune/1', Omit<TuneResult, 'schema'>>;

/** What stands beside a result. */
export interface Additions {
  /** With `--baseline`: every figure that both have. */
  readonly changes?: readonly Change[];
  /** With `--fail-if`: the conditions that were met. */
  readonly failed?: readonly Crossing[];
}
