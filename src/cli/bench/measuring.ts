import { readFileSync } from 'node:fs';
import {
  type Baseline,
  type Condition,
  changesSince,
  crossings,
  METRICS_OF,
  type MeasuredResult,
  nothingInCommon,
  parseBaseline,
  parseCondition,
} from '../../bench/baseline.js';
import type { CaseResult, Comparison } from '../../bench/result.js';
import type { MeasureSettings } from '../../bench/settings.js';
import { LsioError, systemError } from '../../errors.js';
import { crossingText, renderChanges } from '../../report/changes.js';
import type { Failed } from '../../results/common.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { startRun } from '../app/options.js';
import { print, say } from '../app/talk.js';
import { wantsColor } from '../app/terminal.js';
import { followSteps, type MeasureConfig, workloadsFor } from './bench-options.js';
import type { Additions } from './documents.js';
import { Exports, type Renderers } from './exports.js';

/** The parts in which commands that measure differ. */
export interface Measurement<Result extends MeasuredResult> {
  readonly schema: Result['schema'];
  /** The engines that its results can have. */
  readonly engines: readonly string[];
  run(settings: MeasureSettings, onResult: (result: Result) => void): Promise<Result>;
  render(result: Result, color: boolean): string;
  readonly renderers: Renderers<Result>;
}

/** What stands beside a result, whether the command failed or not. */
interface Beside extends Additions, Partial<Failed> {}

type Document<Result> = Result & Beside;

/**
 * Measures, saves the exports after every case, prints the result, and checks it against `--fail-if`.
 */
export async function measure<Result extends MeasuredResult>(
  config: MeasureConfig,
  context: Context,
  measurement: Measurement<Result>,
): Promise<void> {
  const { run, work } = config;
  const { signal } = context;
  const log = startRun(run, context);
  const conditions = conditionsOf(config, measurement.schema);
  const { workloads, warnings } = await workloadsFor(work, signal);
  const baseline = readBaseline(config, measurement, workloads);
  const exports = await Exports.open<Document<Result>>(config.exports, measurement.renderers);
  const steps = followSteps(run, log);
  let latest: Result | undefined;
  let printed = false;
  let logged = 0;
  context.finishJson = finisher(() => latest, exports, measurement.schema);
  try {
    const settings = { ...config.settings, workloads, warnings, signal, onStep: steps.onStep };
    const result = await measurement.run(settings, (soFar) => {
      for (const entry of entriesOf(soFar).slice(logged)) log.info('measured', factsOf(entry));
      logged = entriesOf(soFar).length;
      // A killed command leaves this, marked as interrupted.
      latest = { ...soFar, interrupted: true };
      keep(exports, latest);
    });
    steps.stop();
    latest = result;
    printed = true;
    const color = wantsColor(run.color);
    if (result.interrupted) {
      if (exports.stdout === undefined) print(measurement.render(result, color));
      throw signal.reason;
    }
    const changes = baseline && changesSince(baseline, result);
    const failed = conditions.length === 0 ? undefined : crossings(result, conditions, baseline);
    if (exports.stdout === undefined) {
      print(measurement.render(result, color) + renderChanges(changes ?? [], baseline?.name ?? '', color));
    }
    if (baseline !== undefined && changes?.length === 0) throw nothingInCommon(baseline);
    const document = { ...result, ...(changes && { changes }), ...(failed && { failed }) };
    exports.save(document, true);
    // Set before printing: a document that can't be written is another failure.
    if (failed !== undefined && failed.length > 0) process.exitCode = EXIT.threshold;
    if (exports.stdout !== undefined) print(exports.stdout(document));
    for (const crossing of failed ?? []) say(`lsio: ${crossingText(crossing)}`);
  } catch (error) {
    steps.stop();
    // Complete cases are shown, whatever failed after them.
    const kept = latest !== undefined && entriesOf(latest).length > 0 && !printed && exports.stdout === undefined;
    if (kept) print(measurement.render({ ...latest!, interrupted: false }, wantsColor(run.color)));
    throw error;
  } finally {
    steps.stop();
  }
}

/** Completes the document and the exports of a command that failed, with the cases that are complete. */
function finisher<Result extends MeasuredResult>(
  latest: () => Result | undefined,
  exports: Exports<Document<Result>>,
  schema: string,
): NonNullable<Context['finishJson']> {
  let finished = false;
  return async ({ exitCode, ...error }) => {
    // A command that ends after its time limit fails twice.
    if (finished) return;
    finished = true;
    const result = latest();
    // Only JSON has a form for no result at all.
    const document = { ...(result ?? { schema }), error, exitCode } as Document<Result>;
    if (result !== undefined || exports.stdoutIsJson) print(exports.stdout?.(document) ?? '');
    if (result !== undefined && entriesOf(result).length > 0) exports.save(document, true);
  };
}

function entriesOf(result: MeasuredResult): readonly (CaseResult | Comparison)[] {
  return result.schema === 'lsio.bench/1' ? result.cases : result.comparisons;
}

/** The log entry of a case: its settings and its result. */
function factsOf(entry: CaseResult | Comparison): object {
  const { case: name, cache, direct, engine, queueDepth, rings, readOrder } = entry;
  const how = { case: name, cache, direct, engine, queueDepth, rings, readOrder };
  if ('ratio' in entry) return { ...how, baseline: entry.baseline, ratio: entry.ratio, verdict: entry.verdict };
  return { ...how, engineReason: entry.engineReason, bytesPerSecond: entry.bytesPerSecond };
}

/** A full disk does not end hours of measuring: saving is tried again at the end. */
function keep<Result extends object>(exports: Exports<Result>, result: Result): void {
  try {
    exports.save(result, false);
  } catch (error) {
    if (!(error instanceof LsioError)) throw error;
    say(`lsio: ${error.message}: will be tried again`);
  }
}

function conditionsOf({ baseline, ...asked }: MeasureConfig, schema: MeasuredResult['schema']): Condition[] {
  const conditions = asked.conditions.map((text) => parseCondition(text, METRICS_OF[schema]));
  const relative = conditions.find((condition) => condition.relative);
  if (relative === undefined || baseline !== undefined) return conditions;
  throw new LsioError('usage', `--fail-if ${JSON.stringify(relative.text)}: a change needs --baseline`, {
    remedy: 'save one with --export-json, and give it as --baseline FILE',
  });
}

function readBaseline(
  { baseline: name, settings: { caches, queueDepths } }: MeasureConfig,
  { schema, engines }: Pick<Measurement<MeasuredResult>, 'schema' | 'engines'>,
  workloads: MeasureSettings['workloads'],
): Baseline | undefined {
  if (name === undefined) return undefined;
  const plan = { workloads, caches, queueDepths, engines };
  let text: string;
  try {
    text = readFileSync(name, 'utf8');
  } catch (error) {
    throw systemError('usage', `--baseline ${name}`, error, { path: name });
  }
  return parseBaseline({ name, text }, schema, plan);
}
