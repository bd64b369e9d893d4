import { READERS } from '../bench/reader.js';
import type { BenchResult, CaseResult, CompareResult, RunRecord } from '../bench/result.js';
import type { Warning } from '../bench/warnings.js';
import { formatBytes, formatDurationNs, formatMiBPerSecond, formatRate } from '../units.js';
import {
  COMPARISON_COLUMNS,
  caveatsByBaseline,
  comparisonTitle,
  comparisonWork,
  RATIO_NOTE,
  ratioInterval,
  SIDE_COLUMNS,
  sidesOf,
  VERDICT_NOTE,
} from './comparison-figures.js';
import {
  type Column,
  caseColumns,
  caseNotes,
  figure,
  groupBy,
  INTERRUPTED,
  operationName,
  resultFacts,
  ringsText,
  sectionsOf,
  sectionTitle,
  varies,
  workText,
} from './figures.js';
import { depthAxis, latencyAxis, linearAxis, nines, ninesAxis, rateAxis, timeAxis } from './html-axis.js';
import { type Bar, barChart, lineChart, ratioChart, type Series } from './html-charts.js';
import { escapeHtml, htmlFacts, htmlList, htmlPage, htmlSection, htmlTable } from './html-page.js';
import { warningText } from './warnings.js';

/** As many as the palette has. */
const COLORS = READERS.length;

type Entries = readonly [CaseResult, ...CaseResult[]];

/** A benchmark as one HTML file that needs nothing else: charts as SVG, light and dark, no script. */
export function benchHtml(result: BenchResult): string {
  const { environment, cases } = result;
  return htmlPage({
    title: 'lsio bench',
    lead: `${environment.dir}, ${environment.date.slice(0, 10)}`,
    parts: [
      interruption(result),
      htmlFacts(resultFacts(result), 'grid'),
      ...sectionsOf(cases).map(caseSection),
      warningSection(result.warnings),
    ],
  });
}

/** A comparison as one HTML file that needs nothing else, with both command lines and every caveat. */
export function compareHtml(result: CompareResult): string {
  const { environment, comparisons } = result;
  const rows = comparisons.map((entry) => ({
    name: sectionTitle(entry),
    detail: `${entry.baseline}, depth ${entry.queueDepth}${entry.rings === 1 ? '' : `, ${ringsText(entry.rings)}`}`,
    ratio: entry.ratio,
    low: entry.ratioLow,
    high: entry.ratioHigh,
    verdict: entry.verdict,
  }));
  const baseline = comparisons.every((entry) => entry.baseline === 'self') ? 'lsio again' : 'fio';
  const overview = [
    ratioChart(
      { title: `Throughput of lsio over that of ${baseline}`, note: `${RATIO_NOTE} ${VERDICT_NOTE}`, baseline },
      rows,
    ),
    htmlTable('All figures', COMPARISON_COLUMNS, comparisons),
  ];
  return htmlPage({
    title: 'lsio compare-fio',
    lead: `${environment.dir}, ${environment.date.slice(0, 10)}`,
    parts: [
      interruption(result),
      htmlFacts(resultFacts(result), 'grid'),
      comparisons.length === 0 ? '' : htmlSection('Verdicts', overview),
      ...caveatsByBaseline(comparisons).map(({ baseline: name, texts }) =>
        htmlSection(`Not the same on both sides, ${name}`, [htmlList(texts, 'plain')]),
      ),
      ...comparisons.map(comparisonSection),
      warningSection(result.warnings),
    ],
  });
}

function interruption({ interrupted }: { readonly interrupted: boolean }): string {
  return interrupted ? `<p class="interrupted">${escapeHtml(INTERRUPTED)}</p>` : '';
}

function warningSection(warnings: readonly Warning[]): string {
  return warnings.length === 0 ? '' : htmlSection('Warnings', [htmlList(warnings.map(warningText), 'warnings')]);
}

function caseSection(entries: Entries): string {
  const best = groupBy(entries, (entry) => seriesName(entry, entries)).map((group) => group.reduce(faster));
  const charts = [depthChart(entries), latencyChart(best, entries), ...deviceCharts(best, entries)];
  return htmlSection(sectionTitle(entries[0]), [
    `<p class="sub">${escapeHtml(workText(entries))}</p>`,
    throughputChart(best, entries),
    charts.some((chart) => chart !== '') ? `<div class="charts">\n${charts.join('\n')}\n</div>` : '',
    htmlTable('All figures', caseColumns(entries), entries),
    htmlFacts(caseNotes(entries), 'notes'),
    runDetails(entries),
  ]);
}

/** The engine, and what else tells results of one engine apart, except for the depth. */
function seriesName(entry: CaseResult, entries: Entries): string {
  const same = entries.filter((other) => other.engine === entry.engine);
  return [
    entry.engine,
    ...(varies(same, (other) => other.rings) ? [ringsText(entry.rings)] : []),
    ...(varies(same, (other) => other.direct) ? [entry.direct ? 'O_DIRECT' : 'buffered'] : []),
  ].join(', ');
}

/** The name, and the depth where others of the engine were run: the charts of single results show the best. */
function resultName(entry: CaseResult, entries: Entries): string {
  const same = entries.filter((other) => other.engine === entry.engine);
  const name = seriesName(entry, entries);
  return varies(same, (other) => other.queueDepth) ? `${name}, depth ${entry.queueDepth}` : name;
}

function faster(left: CaseResult, right: CaseResult): CaseResult {
  return (right.bytesPerSecond ?? -1) > (left.bytesPerSecond ?? -1) ? right : left;
}

/** An engine's own colour in every report, except where results of one engine are to be told apart. */
function colorOf(entry: CaseResult, entries: Entries): number {
  const names = [...new Set(entries.map((other) => seriesName(other, entries)))];
  const own = names.length === new Set(entries.map((other) => other.engine)).size;
  return own ? Math.max(0, READERS.indexOf(entry.engine)) : names.indexOf(seriesName(entry, entries)) % COLORS;
}

function throughputChart(best: readonly CaseResult[], entries: Entries): string {
  const bars = best.map(
    (entry): Bar => ({
      name: entry.engine,
      detail: resultName(entry, entries).slice(entry.engine.length + 2),
      color: colorOf(entry, entries),
      bytesPerSecond: entry.bytesPerSecond,
      low: entry.bytesPerSecondLow,
      high: entry.bytesPerSecondHigh,
      figures: [
        figure(entry.bytesPerSecond, (rate) => `${formatBytes(rate)}/s`),
        `${figure(entry.bytesPerSecondLow, formatMiBPerSecond)}–${figure(entry.bytesPerSecondHigh, formatMiBPerSecond)}`,
        figure(entry.operationsPerSecond, formatRate),
      ],
    }),
  );
  const sweep = best.length < entries.length ? ', each engine at its best depth' : '';
  const heads = ['median', '95 %, MiB/s', operationName(entries[0])] as const;
  return barChart(
    { title: 'Throughput', note: `Median over the valid runs and its 95 % interval${sweep}.`, heads },
    bars,
  );
}

/** Throughput against depth; an engine that has but one depth is a level to compare with. */
function depthChart(entries: Entries): string {
  const measured = entries.filter((entry) => entry.bytesPerSecond !== null);
  const groups = groupBy(measured, (entry) => seriesName(entry, entries));
  const swept = groups.filter((group) => varies(group, (entry) => entry.queueDepth)).flat();
  if (swept.length === 0) return '';
  const depths = swept.map((entry) => entry.queueDepth);
  const series = groups.map((group): Series => {
    const points = group.map((entry) => ({ x: entry.queueDepth, y: entry.bytesPerSecond ?? 0 }));
    points.sort((left, right) => left.x - right.x);
    const level = !varies(points, (point) => point.x);
    const [first = { x: 0, y: 0 }] = points;
    return {
      name: group.map((entry) => seriesName(entry, entries))[0] ?? '',
      color: group.map((entry) => colorOf(entry, entries))[0] ?? 0,
      dashed: level,
      points: level ? [Math.min(...depths), Math.max(...depths)].map((x) => ({ x, y: first.y })) : points,
      marks: level ? [] : points.map((point) => ({ ...point, text: `depth ${point.x}, ${formatBytes(point.y)}/s` })),
    };
  });
  const note = series.some((one) => one.dashed) ? 'Dashed: run at one depth only.' : 'Median over the valid runs.';
  const axes = { x: depthAxis(depths), y: rateAxis(Math.max(...measured.map((entry) => entry.bytesPerSecond ?? 0))) };
  return lineChart({ title: 'Throughput against depth', note }, axes, series);
}

const PERCENTILES = [
  ['p50', 0.5, 'latencyNsP50'],
  ['p90', 0.9, 'latencyNsP90'],
  ['p99', 0.99, 'latencyNsP99'],
  ['p99.9', 0.999, 'latencyNsP999'],
  ['p99.99', 0.9999, 'latencyNsP9999'],
] as const;

function latencyChart(best: readonly CaseResult[], entries: Entries): string {
  const recorded = best.filter((entry) => entry.latencyShares.length > 0);
  const steps = recorded.flatMap((entry) => entry.latencyShares);
  if (steps.length === 0) return '';
  const known = steps.map((step) => nines(step.share)).filter(Number.isFinite);
  const y = ninesAxis(Math.min(4, Math.max(2, Math.ceil(Math.max(0, ...known)))));
  const shown = new Set(y.ticks.map((tick) => tick.value));
  const series = recorded.map((entry): Series => {
    const points = entry.latencyShares.map((step) => ({ x: step.ns, y: step.share }));
    const marks = PERCENTILES.flatMap(([name, share, field]) => {
      const ns = entry[field];
      return ns === null || !shown.has(share) ? [] : [{ x: ns, y: share, text: `${name} ${formatDurationNs(ns)}` }];
    });
    const start = points.slice(0, 1).map((point) => ({ ...point, y: 0 }));
    return { name: resultName(entry, entries), color: colorOf(entry, entries), points: [...start, ...points], marks };
  });
  const x = latencyAxis(Math.min(...steps.map((step) => step.ns)), Math.max(...steps.map((step) => step.ns)));
  const note =
    'The share of operations that took no longer. The scale is stretched towards 100 %: from 90 to 99 % is as far as from 99 to 99.9 %.';
  return lineChart({ title: 'Latency', note }, { x, y }, series);
}

function deviceCharts(best: readonly CaseResult[], entries: Entries): string[] {
  const watched = best.filter((entry) => entry.deviceOverTime.length > 1);
  const moments = watched.flatMap((entry) => entry.deviceOverTime);
  if (moments.length === 0) return [];
  const x = timeAxis(Math.max(...moments.map((moment) => moment.atNs)));
  const lines = (of: 'queue' | 'bytesPerSecond') =>
    watched.map((entry) => ({
      name: resultName(entry, entries),
      color: colorOf(entry, entries),
      points: entry.deviceOverTime.map((moment) => ({ x: moment.atNs, y: moment[of] })),
      marks: [],
    }));
  const queue = linearAxis({ max: Math.max(...moments.map((moment) => moment.queue)), label: 'requests' });
  const rate = rateAxis(Math.max(...moments.map((moment) => moment.bytesPerSecond)));
  const note = 'Over the last valid run of each; reads of all programs.';
  return [
    lineChart({ title: 'Device queue over time', note }, { x, y: queue }, lines('queue')),
    lineChart({ title: 'Device throughput over time', note }, { x, y: rate }, lines('bytesPerSecond')),
  ];
}

type NamedRun = RunRecord & { readonly name: string; readonly run: number };

const RUN_COLUMNS: readonly Column<NamedRun>[] = [
  { head: 'engine', text: ({ name }) => name, left: true },
  { head: 'run', text: ({ run }) => String(run) },
  { head: 'wall', text: ({ wallNs }) => formatDurationNs(wallNs) },
  { head: 'MiB/s', text: ({ bytes, wallNs }) => figure(bytes / (wallNs / 1e9), formatMiBPerSecond) },
  { head: 'CPU user', text: ({ cpuUserNs }) => formatDurationNs(cpuUserNs) },
  { head: 'system', text: ({ cpuSystemNs }) => formatDurationNs(cpuSystemNs) },
  { head: 'cached before', text: ({ residentBytesBefore }) => figure(residentBytesBefore, formatBytes) },
  { head: 'device read', text: ({ deviceBytes }) => figure(deviceBytes, formatBytes) },
  { head: 'switches', text: ({ contextSwitches }) => figure(contextSwitches, formatRate) },
  { head: 'faults', text: ({ pageFaults }) => figure(pageFaults, formatRate) },
  { head: 'major', text: ({ majorPageFaults }) => figure(majorPageFaults, formatRate) },
  { head: 'steal', text: ({ stealNs }) => figure(stealNs, formatDurationNs) },
  { head: 'valid', text: ({ valid }) => (valid ? 'yes' : 'no'), left: true },
];

function runDetails(entries: Entries): string {
  const runs = entries.flatMap((entry) =>
    entry.runs.map((run, index) => ({ ...run, name: resultName(entry, entries), run: index + 1 })),
  );
  if (runs.length === 0) return '';
  return `<details><summary>All ${runs.length} runs</summary>${htmlTable('Runs', RUN_COLUMNS, runs)}</details>`;
}

function comparisonSection(entry: CompareResult['comparisons'][number]): string {
  const sides = sidesOf(entry);
  const [, other] = sides;
  const verdict =
    `<p><span class="badge v-${entry.verdict}">${escapeHtml(entry.verdict)}</span>` +
    `${escapeHtml(`lsio has ${entry.ratio.toFixed(2)} × the throughput of ${other?.name} (95 %: ${ratioInterval(entry)})`)}</p>`;
  return htmlSection(comparisonTitle(entry), [
    `<p class="sub">${escapeHtml(comparisonWork(entry))}</p>`,
    verdict,
    htmlTable('Both sides', SIDE_COLUMNS, sides),
    `<pre>${escapeHtml(sides.map((side) => side.commandLine).join('\n'))}</pre>`,
    jobDetails(entry.fio.job),
  ]);
}

function jobDetails(job: string | undefined): string {
  if (job === undefined) return '';
  return `<details><summary>fio's job file</summary><pre>${escapeHtml(job.trimEnd())}</pre></details>`;
}
