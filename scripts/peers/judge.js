/* From the runs of a cell to its rows. */
import { speedOf } from '../../dist/bench/observed-run.js';
import { DECIDING_RUNS, estimateMedian } from '../../dist/bench/stats.js';

/**
 * @typedef {import('../../src/bench/observed-run.js').ObservedRun} ObservedRun
 * @typedef {import('../../src/bench/stats.js').Estimate} Estimate
 * @typedef {import('./table.js').Row} Row
 * @typedef {import('./table.js').Goal} Goal
 * @typedef {'reached' | 'missed' | 'undecided'} Verdict
 *
 * @typedef {object} JudgedRow
 * @property {string} id
 * @property {string} cell
 * @property {string} name
 * @property {string} ours
 * @property {string} rival
 * @property {'throughput' | 'cpu' | 'memory'} metric Of memory `value` is in bytes; else it is a ratio, ours over the rival's.
 * @property {number | null} value The median over pairs of neighbouring runs; null without a valid pair.
 * @property {number | null} low The 95 % interval begins here; null for fewer than three pairs.
 * @property {number | null} high
 * @property {number} pairs
 * @property {Goal | null} goal
 * @property {Verdict | null} verdict Null where there is no goal.
 */

/**
 * Medians count: a goal is reached when the median reaches it, and missed when the whole interval lies on its other side.
 * Fewer than three pairs decide nothing.
 * @param {Estimate} estimate @param {number} pairs @param {Goal} goal @returns {Verdict}
 */
export function judge({ value, low, high }, pairs, goal) {
  if (pairs < DECIDING_RUNS) return 'undecided';
  if ('min' in goal) return value >= goal.min ? 'reached' : high < goal.min ? 'missed' : 'undecided';
  return value <= goal.max ? 'reached' : low > goal.max ? 'missed' : 'undecided';
}

/**
 * @param {string} cell @param {Row} row @param {ReadonlyMap<string, readonly ObservedRun[]>} runsOf By side.
 * @returns {JudgedRow}
 */
export function judgeRow(cell, { id, name, ours, rival: rivals, goal = undefined, metric }, runsOf) {
  const rival = fastest([rivals].flat(), runsOf);
  const amount = metric === 'cpu' ? cpuPerOperation : speedOf;
  const theirs = runsOf.get(rival) ?? [];
  const values = (runsOf.get(ours) ?? []).flatMap((run, index) => {
    const other = theirs[index];
    return run.valid && other?.valid ? [amount(run) / amount(other)] : [];
  });
  return { ...{ id, cell, name, ours, rival, metric: metric ?? 'throughput' }, ...judged(values, goal) };
}

/** @param {readonly number[]} values One of each pair. @param {Goal | undefined} goal */
export function judged(values, goal) {
  const pairs = values.length;
  if (pairs === 0) return { value: null, low: null, high: null, pairs, goal: goal ?? null, verdict: undecidedOf(goal) };
  const estimate = estimateMedian(values);
  const verdict = goal === undefined ? null : judge(estimate, pairs, goal);
  const interval = pairs < DECIDING_RUNS ? { low: null, high: null } : {};
  return { ...estimate, ...interval, pairs, goal: goal ?? null, verdict };
}

/** @param {Goal | undefined} goal @returns {Verdict | null} */
function undecidedOf(goal) {
  return goal === undefined ? null : 'undecided';
}

/** By its median. @param {readonly string[]} names @param {ReadonlyMap<string, readonly ObservedRun[]>} runsOf */
function fastest(names, runsOf) {
  const speed = (/** @type {string} */ name) => {
    const valid = (runsOf.get(name) ?? []).filter((run) => run.valid);
    return valid.length === 0 ? 0 : estimateMedian(valid.map(speedOf)).value;
  };
  return names.reduce((best, name) => (speed(name) > speed(best) ? name : best));
}

/** @param {ObservedRun} run */
function cpuPerOperation({ sample: { cpuUserNs, cpuSystemNs, operations } }) {
  return (cpuUserNs + cpuSystemNs) / operations;
}
