import type { CaseKey, Change, Crossing, Metric } from '../bench/baseline.js';
import { formatBytes, formatDurationNs, formatRate } from '../units.js';
import { groupBy } from './figures.js';
import { inkFor, renderTable } from './table.js';

/** The figures worth a column, by its head. */
const COLUMNS: Partial<Record<Metric, string>> = {
  throughput: 'throughput',
  'latency-p50': 'p50',
  'latency-p99': 'p99',
  cpu: 'CPU',
  ratio: 'ratio',
};

/** A table of what has changed since a baseline, a row for each case; empty without changes. */
export function renderChanges(changes: readonly Change[], baseline: string, color: boolean): string {
  const columns = (Object.keys(COLUMNS) as Metric[]).filter((metric) => changes.some((one) => one.metric === metric));
  const rows = groupBy(changes, (one) => keyText(one)).map((group) => [
    `${group[0]!.case} ${group[0]!.cache}`,
    group[0]!.engine,
    String(group[0]!.queueDepth),
    ...columns.map((metric) => shareText(group.find((one) => one.metric === metric)?.change ?? null)),
  ]);
  if (rows.length === 0) return '';
  const ink = inkFor(color);
  const head = ['case', 'engine', 'depth', ...columns.map((metric) => COLUMNS[metric] ?? metric)];
  return `\n${ink.bold(`Changes since ${baseline}`)}\n${renderTable(head, rows, ink)}\n`;
}

/** A crossed threshold in one line. */
export function crossingText(crossing: Crossing): string {
  const { metric, was, is, change, threshold, failIf } = crossing;
  const before = was === null ? '' : `was ${valueText(metric, was)}, `;
  const now = is === null ? 'is not measured' : `is ${valueText(metric, is)}`;
  const by = change === null ? '' : ` (${shareText(change)})`;
  const limit = `threshold ${valueText(metric, threshold)}`;
  return `${keyText(crossing)}: ${metric} ${before}${now}${by}, ${limit}: --fail-if '${failIf}'`;
}

function keyText({ case: name, cache, engine, queueDepth, rings }: CaseKey): string {
  return `${name} ${cache} ${engine} depth ${queueDepth}${rings === 1 ? '' : ` × ${rings} rings`}`;
}

function valueText(metric: Metric, value: number): string {
  if (metric === 'throughput') return `${formatBytes(value)}/s`;
  if (metric === 'ops') return `${formatRate(value)}/s`;
  return metric === 'ratio' ? value.toFixed(3) : formatDurationNs(value);
}

function shareText(share: number | null): string {
  return share === null ? '–' : `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)} %`;
}
