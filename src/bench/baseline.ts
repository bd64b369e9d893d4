import { LsioError } from '../errors.js';
import { parseBytes, parseCount, parseDurationNs } from '../units.js';
import type { Workload } from '../workload/workload.js';
import type { CacheState } from './cache.js';
import { SYNC_READERS } from './reader.js';
import type { BenchResult, CaseResult, CompareResult, Comparison, RunRecord } from './result.js';
import { type Estimate, estimateMedian } from './stats.js';

/** The figures that --fail-if knows, by the field that holds each. Those of compare-fio are lsio's. */
const FIELDS = {
  throughput: 'bytesPerSecond',
  ops: 'operationsPerSecond',
  'latency-p50': 'latencyNsP50',
  'latency-p90': 'latencyNsP90',
  'latency-p99': 'latencyNsP99',
  'latency-p999': 'latencyNsP999',
  'latency-p9999': 'latencyNsP9999',
  cpu: 'cpuNsPerOperation',
  ratio: 'ratio',
} as const;

export type Metric = keyof typeof FIELDS;

/** What each command measures. */
export const METRICS_OF = {
  'lsio.bench/1': (Object.keys(FIELDS) as Metric[]).filter((metric) => metric !== 'ratio'),
  'lsio.compare-fio/1': ['throughput', 'ops', 'cpu', 'ratio'],
} as const satisfies Record<string, readonly Metric[]>;

export type MeasuredResult = BenchResult | CompareResult;
type Entry = CaseResult | Comparison;

/** What `--fail-if` says: a metric must not be below, or above, a threshold. */
export interface Condition {
  /** As it was given. */
  readonly text: string;
  readonly metric: Metric;
  readonly below: boolean;
  /** Whether the threshold is a change against a baseline, as a share: -0.1 for `-10%`; otherwise it is a value. */
  readonly relative: boolean;
  readonly threshold: number;
}

/** Which case of a result is meant. */
export interface CaseKey {
  readonly case: string;
  readonly cache: string;
  readonly engine: string;
  readonly queueDepth: number;
  readonly rings: number;
}

/** How a figure of a case has changed since the baseline; null is not measured. Bytes/s, operations/s, ns or a ratio. */
export interface Change extends CaseKey {
  readonly metric: Metric;
  readonly was: number | null;
  readonly is: number | null;
  /** As a share: -0.1 is a tenth less. */
  readonly change: number | null;
}

/** A condition that a case meets. */
export interface Crossing extends Change {
  readonly failIf: string;
  readonly threshold: number;
}

const FORMS = "METRIC<THRESHOLD or METRIC>THRESHOLD, such as 'throughput<-10%' or 'latency-p99>2ms'";

/**
 * A condition from text.
 *
 * @throws {LsioError} `usage` for anything else, naming the text.
 */
export function parseCondition(text: string, metrics: readonly Metric[]): Condition {
  const match = /^\s*([\w-]+)\s*([<>])\s*(\S+)\s*$/.exec(text);
  if (match === null) throw conditionError(text, `write ${FORMS}`);
  const [, name = '', operator, threshold = ''] = match;
  const metric = metrics.find((known) => known === name);
  if (metric === undefined) throw conditionError(text, `${name} is none of ${metrics.join(', ')}`);
  const condition = { text, metric, below: operator === '<' };
  if (threshold.endsWith('%')) return { ...condition, relative: true, threshold: parseShare(text, threshold) };
  try {
    return { ...condition, relative: false, threshold: parseValue(metric, threshold) };
  } catch (error) {
    if (!(error instanceof LsioError)) throw error;
    throw conditionError(text, error.message);
  }
}

/** Without a sign, `throughput<10%` would mean "grew by less than 10 %". */
function parseShare(text: string, threshold: string): number {
  const match = /^([+-]\d+(?:\.\d+)?)%$/.exec(threshold);
  if (match === null) throw conditionError(text, 'write a change with its sign: -10% or +10%');
  return Number(match[1]) / 100;
}

function parseValue(metric: Metric, text: string): number {
  if (metric === 'throughput') return parseBytes(text.replace(/\/s$/, ''));
  if (metric === 'ops') return parseCount(text, { name: 'operations per second', min: 0, max: 1e12 });
  if (metric !== 'ratio') return parseDurationNs(text);
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new LsioError('usage', `${JSON.stringify(text)} is not a ratio: write 0.95`);
}

function conditionError(text: string, problem: string): LsioError {
  return new LsioError('usage', `--fail-if ${JSON.stringify(text)}: ${problem}`);
}

/** What an earlier run measured. */
export interface Baseline {
  /** Where it comes from, for messages. */
  readonly name: string;
  readonly entries: readonly Entry[];
  /** The cases that are measured again. */
  readonly planned: readonly Entry[];
}

/** What is about to be measured. */
export interface Plan {
  readonly workloads: readonly Workload[];
  readonly caches: readonly CacheState[];
  readonly queueDepths: readonly (number | undefined)[];
  readonly engines: readonly string[];
}

/**
 * A baseline from the text of a document.
 *
 * @throws {LsioError} `usage` when it is none of that schema, or has none of the cases of the plan.
 */
export function parseBaseline(
  { name, text }: { readonly name: string; readonly text: string },
  schema: MeasuredResult['schema'],
  plan: Plan,
): Baseline {
  const found = parseJson(name, text);
  if (found.schema !== schema) {
    throw baselineError(name, `its schema is ${JSON.stringify(found.schema) ?? 'missing'}, not ${schema}`);
  }
  const entries = schema === 'lsio.bench/1' ? found.cases : found.comparisons;
  if (!Array.isArray(entries) || !entries.every((entry) => typeof entry === 'object' && entry !== null)) {
    throw baselineError(name, 'it holds no results: the command that wrote it failed');
  }
  const planned = (entries as Entry[]).filter((entry) => isPlanned(entry, plan));
  const baseline = { name, entries: entries as Entry[], planned };
  if (planned.length === 0) throw nothingInCommon(baseline);
  return baseline;
}

function parseJson(name: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw baselineError(name, `it is not JSON (${(error as Error).message})`);
  }
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw baselineError(name, 'it is no JSON object');
}

function isPlanned(entry: Entry, { workloads, caches, queueDepths, engines }: Plan): boolean {
  const { case: name, files, operations, bytes, cache, engine, queueDepth } = entry;
  return (
    workloads.some(
      (work) =>
        work.case === name && work.files.length === files && work.operations === operations && work.bytes === bytes,
    ) &&
    caches.includes(cache) &&
    engines.includes(engine) &&
    // The depth of `auto` is known only when it runs. Synchronous readers have their own.
    (queueDepths.includes(undefined) || SYNC_READERS.includes(engine) || queueDepths.includes(queueDepth))
  );
}

/** Also thrown after the run: the depth of `auto`, or O_DIRECT, may differ from the baseline. */
export function nothingInCommon({ name }: Baseline): LsioError {
  const parts = 'case, cache state, engine, depth, rings, O_DIRECT, and the same files and bytes';
  return baselineError(name, `no case in common: compared is what has the same ${parts}`);
}

function baselineError(name: string, problem: string): LsioError {
  return new LsioError('usage', `--baseline ${name}: ${problem}`, { path: name });
}

/** How every figure of the cases that are in the baseline, too, has changed. */
export function changesSince(baseline: Baseline, result: MeasuredResult): Change[] {
  return entriesOf(result).flatMap((entry) => {
    const before = counterpart(baseline, entry);
    if (before === undefined) return [];
    return METRICS_OF[result.schema].flatMap((metric) => {
      const change = changeOf(metric, entry, before);
      return change.was === null && change.is === null ? [] : [change];
    });
  });
}

/**
 * The conditions that the cases of a result meet. Of a figure with an interval, the edge nearest to the threshold must be
 * across. A figure that could not be measured counts as across.
 */
export function crossings(
  result: MeasuredResult,
  conditions: readonly Condition[],
  baseline: Baseline | undefined,
): Crossing[] {
  return [...measured(result, conditions, baseline), ...missing(result, conditions, baseline)];
}

/** Cases of the baseline that are missing in the result, such as those of an unavailable engine. */
function missing(result: MeasuredResult, conditions: readonly Condition[], baseline: Baseline | undefined): Crossing[] {
  const found = new Set(entriesOf(result).map(subjectOf));
  const gone = (baseline?.planned ?? []).filter((entry) => !found.has(subjectOf(entry)));
  return gone.flatMap((entry) =>
    conditions.flatMap(({ metric, relative, text, threshold }) => {
      const was = figureOf(entry, metric);
      if (was === null) return [];
      const change = { ...changeOf(metric, entry, entry), is: null, change: null };
      return [{ failIf: text, ...change, threshold: relative ? was * (1 + threshold) : threshold }];
    }),
  );
}

function subjectOf({ case: name, cache, engine }: Entry): string {
  return `${name} ${cache} ${engine}`;
}

function measured(
  result: MeasuredResult,
  conditions: readonly Condition[],
  baseline: Baseline | undefined,
): Crossing[] {
  return entriesOf(result).flatMap((entry) => {
    const before = baseline && counterpart(baseline, entry);
    return conditions.flatMap((condition) => {
      const { metric, relative, below, text } = condition;
      const change = changeOf(metric, entry, before);
      // A figure that the baseline hasn't got can't have changed.
      if (relative && change.was === null) return [];
      const threshold = relative ? change.was! * (1 + condition.threshold) : condition.threshold;
      const { low, high } = intervalOf(entry, metric, change.is);
      if (change.is !== null && (below ? high >= threshold : low <= threshold)) return [];
      return [{ failIf: text, ...change, threshold }];
    });
  });
}

function entriesOf(result: MeasuredResult): readonly Entry[] {
  return result.schema === 'lsio.bench/1' ? result.cases : result.comparisons;
}

/** The same case in the baseline, if it did the same work. */
function counterpart(baseline: Baseline, entry: Entry): Entry | undefined {
  const key = identity(entry);
  return baseline.entries.find((other) => identity(other) === key);
}

function identity(entry: Entry): string {
  const { case: name, cache, direct, engine, queueDepth, rings, files, operations, bytes } = entry;
  const own = 'lsio' in entry ? entry.baseline : entry.order;
  return JSON.stringify([name, cache, direct, engine, queueDepth, rings, files, operations, bytes, own]);
}

function changeOf(metric: Metric, entry: Entry, before: Entry | undefined): Change {
  const { case: name, cache, engine, queueDepth, rings } = entry;
  const is = figureOf(entry, metric);
  const was = before === undefined ? null : figureOf(before, metric);
  const change = is === null || was === null || was === 0 ? null : is / was - 1;
  return { case: name, cache, engine, queueDepth, rings, metric, was, is, change };
}

/** A baseline is a file of the user: a figure in it may be anything. */
function figureOf(entry: Entry, metric: Metric): number | null {
  const owner = 'lsio' in entry && metric !== 'ratio' ? entry.lsio : entry;
  const value = (owner as object as Partial<Record<string, unknown>> | null)?.[FIELDS[metric]];
  return typeof value === 'number' ? value : null;
}

/** The interval of a figure that was just measured; a point where it has none. */
function intervalOf(entry: Entry, metric: Metric, value: number | null): Pick<Estimate, 'low' | 'high'> {
  const point = value ?? Number.NaN;
  if ('lsio' in entry && metric === 'ratio') return { low: entry.ratioLow, high: entry.ratioHigh };
  const amount = PER_RUN[metric];
  const runs = ('lsio' in entry ? entry.lsio : entry).runs.filter((run) => run.valid);
  if (amount === undefined || runs.length === 0) return { low: point, high: point };
  const { low, high } = estimateMedian(runs.map(amount));
  // Where the figure is a mean over all runs it need not lie between their medians.
  return { low: Math.min(low, point), high: Math.max(high, point) };
}

const PER_RUN: Partial<Record<Metric, (run: RunRecord) => number>> = {
  throughput: (run) => run.bytes / (run.wallNs / 1e9),
  ops: (run) => run.operations / (run.wallNs / 1e9),
  cpu: (run) => (run.cpuUserNs + run.cpuSystemNs) / run.operations,
};
