import type { TuneResult } from '../bench/tune.js';
import type { TunePoint } from '../bench/tune-point.js';
import { formatDurationNs, formatMiBPerSecond, formatRate } from '../units.js';
import { csvText } from './csv.js';
import { type Column, type Fact, figure, groupBy, INTERRUPTED, NONE, resultFacts, ringsText } from './figures.js';
import { depthAxis, rateAxis } from './html-axis.js';
import { lineChart } from './html-charts.js';
import { escapeHtml, htmlFacts, htmlList, htmlPage, htmlSection, htmlTable } from './html-page.js';
import { document, escapeMarkdown, facts, list, table } from './markdown.js';
import { markOf, perSecond, recommendationText, sizeText, TUNE_NOTE } from './tune.js';
import { warningText } from './warnings.js';

const CSV_FIELDS = [
  'blockBytes',
  'rings',
  'queueDepth',
  'operations',
  'bytes',
  'passes',
  'operationsPerSecond',
  'operationsPerSecondLow',
  'operationsPerSecondHigh',
  'bytesPerSecond',
  'latencyNsP50',
  'latencyNsP99',
  'cpuNsPerOperation',
  'knee',
] as const satisfies readonly (keyof TunePoint)[];

/** A line a point, under the names that the JSON has. */
export function tuneCsv({ points }: TuneResult): string {
  return csvText([[...CSV_FIELDS], ...points.map((point) => CSV_FIELDS.map((name) => point[name]))]);
}

/** A sweep as GitHub's markdown. */
export function tuneMarkdown(result: TuneResult): string {
  const blocks = ['## lsio tune', facts(sweepFacts(result))];
  for (const points of blocksOf(result)) {
    blocks.push(`### ${escapeMarkdown(blockTitle(points))}`, table(columns(result), points));
  }
  if (result.points.length > 0) blocks.push(TUNE_NOTE, list(recommendationsOf(result)));
  if (result.interrupted) blocks.push(`**${INTERRUPTED}**`);
  if (result.warnings.length > 0) blocks.push('### Warnings', list(result.warnings.map(warningText)));
  return document(blocks);
}

/** A sweep as one HTML file that needs nothing else. */
export function tuneHtml(result: TuneResult): string {
  const { environment, warnings, interrupted } = result;
  return htmlPage({
    title: 'lsio tune',
    lead: `${environment.dir}, ${environment.date.slice(0, 10)}`,
    parts: [
      interrupted ? `<p class="interrupted">${escapeHtml(INTERRUPTED)}</p>` : '',
      htmlFacts(sweepFacts(result), 'grid'),
      result.recommendations.length === 0
        ? ''
        : htmlSection('Recommended', [htmlList(recommendationsOf(result), 'plain')]),
      ...blocksOf(result).map((points) =>
        htmlSection(blockTitle(points), [
          `<div class="charts">\n${depthChart(points)}\n</div>`,
          htmlTable('All figures', columns(result), points),
          `<p class="sub">${escapeHtml(TUNE_NOTE)}</p>`,
        ]),
      ),
      warnings.length === 0 ? '' : htmlSection('Warnings', [htmlList(warnings.map(warningText), 'warnings')]),
    ],
  });
}

function sweepFacts(result: TuneResult): Fact[] {
  const work = [result.case, result.cache, result.direct ? 'O_DIRECT' : 'buffered', `engine ${result.engine}`];
  return [{ name: 'Sweep', text: work.join(', ') }, ...resultFacts(result)];
}

function recommendationsOf(result: TuneResult): string[] {
  return result.recommendations.map((taken) => recommendationText(taken, result));
}

type Points = readonly [TunePoint, ...TunePoint[]];

function blocksOf({ points }: TuneResult): Points[] {
  return groupBy(points, ({ blockBytes }) => String(blockBytes)) as unknown as Points[];
}

function blockTitle([{ blockBytes }]: Points): string {
  return blockBytes === null ? 'Whole files' : `${sizeText(blockBytes)} reads`;
}

function columns(result: TuneResult): Column<TunePoint>[] {
  return [
    { head: 'rings', text: ({ rings }) => String(rings) },
    { head: 'depth', text: ({ queueDepth }) => String(queueDepth) },
    { head: perSecond(result), text: ({ operationsPerSecond }) => figure(operationsPerSecond, formatRate) },
    { head: 'MiB/s', text: ({ bytesPerSecond }) => figure(bytesPerSecond, formatMiBPerSecond) },
    { head: 'p50', text: ({ latencyNsP50 }) => figure(latencyNsP50, formatDurationNs) },
    { head: 'p99', text: ({ latencyNsP99 }) => figure(latencyNsP99, formatDurationNs) },
    { head: 'CPU per op', text: ({ cpuNsPerOperation }) => figure(cpuNsPerOperation, formatDurationNs) },
    { head: 'mark', text: (point) => markOf(result, point) || NONE, left: true },
  ];
}

/** Throughput against depth, a line for each number of rings. */
function depthChart(points: Points): string {
  const measured = points.filter(({ bytesPerSecond }) => bytesPerSecond !== null);
  const series = groupBy(measured, ({ rings }) => String(rings)).map((group, index) => {
    const places = group.map(({ queueDepth, bytesPerSecond }) => ({ x: queueDepth, y: bytesPerSecond ?? 0 }));
    const marks = group.map((point) => ({
      x: point.queueDepth,
      y: point.bytesPerSecond ?? 0,
      text: `depth ${point.queueDepth}, p99 ${figure(point.latencyNsP99, formatDurationNs)}`,
    }));
    return { name: ringsText(group[0]?.rings ?? 1), color: index % 7, points: places, marks };
  });
  if (series.length === 0) return '';
  const axes = {
    x: depthAxis(measured.map(({ queueDepth }) => queueDepth)),
    y: rateAxis(Math.max(...measured.map(({ bytesPerSecond }) => bytesPerSecond ?? 0))),
  };
  return lineChart({ title: 'Throughput against depth', note: 'Median over the valid runs.' }, axes, series);
}
