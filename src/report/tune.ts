import type { Recommendation } from '../bench/knee.js';
import type { TuneResult } from '../bench/tune.js';
import type { TunePoint } from '../bench/tune-point.js';
import { formatBytes, formatDurationNs, formatMiBPerSecond, formatRate } from '../units.js';
import { renderEnvironment } from './bench.js';
import { figure, INTERRUPTED, ringsText } from './figures.js';
import { type Ink, inkFor, renderTable } from './table.js';
import { renderWarnings, wrap } from './warnings.js';

const CHART_ROWS = 10;
/** With the scale at its left this fits into 80 columns. */
const CHART_COLUMNS = 64;
const SCALE_COLUMNS = 8;
/** A depth that would stand on another one is moved by so much at most, else left out. */
const SHIFT_COLUMNS_MAX = 6;

/** `lsio tune` for people: the machine, a table of all points, a chart for each block size, the recommendations. */
export function renderTune(result: TuneResult, color: boolean): string {
  const ink = inkFor(color);
  const { points, recommendations, engine, direct } = result;
  const title = [result.case, result.cache, direct ? 'O_DIRECT' : 'buffered', engine].join(' · ');
  const parts = [renderEnvironment(result.environment)];
  if (points.length > 0) parts.push(`${ink.bold(title)}\n${renderPoints(result, ink)}`, ink.dim(wrap(TUNE_NOTE)));
  for (const taken of recommendations) {
    const { blockBytes, rings } = taken;
    const shown = points.filter((point) => point.blockBytes === blockBytes && point.rings === rings);
    parts.push(renderChart(shown, taken, perSecond(result), ink));
  }
  if (recommendations.length > 0) {
    const sentences = recommendations.map((taken) => recommendationText(taken, result, ink.bold));
    parts.push(sentences.map((text) => wrap(text)).join('\n'));
  }
  if (result.interrupted) parts.push(ink.yellow(INTERRUPTED));
  if (result.warnings.length > 0) parts.push(renderWarnings(result.warnings, ink));
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** What the marks beside the points mean. */
export const TUNE_NOTE =
  'knee: the smallest depth within 5 % of the best throughput; a deeper queue mostly adds latency. ' +
  'take: recommended. rising: the largest depth tried, and still over 5 % faster than the one before.';

/** Whether a point is the deepest of several of its block size and rings, and beats the others clearly. */
function isRising({ points }: TuneResult, point: TunePoint): boolean {
  const depths = points
    .filter(({ blockBytes, rings }) => blockBytes === point.blockBytes && rings === point.rings)
    .map(({ queueDepth }) => queueDepth);
  return point.knee && depths.length > 1 && point.queueDepth === Math.max(...depths);
}

/** The mark of a point; empty for most. */
export function markOf(result: TuneResult, point: TunePoint): string {
  if (result.recommendations.some((taken) => isSame(taken, point))) return 'take';
  if (!point.knee) return '';
  return isRising(result, point) ? 'rising' : 'knee';
}

export function perSecond(result: Pick<TuneResult, 'case'>): string {
  return result.case === 'whole-files' ? 'files/s' : 'reads/s';
}

function renderPoints(result: TuneResult, ink: Ink): string {
  const head = ['block', 'rings', 'depth', perSecond(result), 'MiB/s', 'p50', 'p99', 'CPU µs/op', ''];
  const rows = result.points.map((point) => {
    const { blockBytes, rings, queueDepth, operationsPerSecond, bytesPerSecond, cpuNsPerOperation } = point;
    const mark = markOf(result, point);
    return [
      blockBytes === null ? 'file' : sizeText(blockBytes),
      String(rings),
      String(queueDepth),
      figure(operationsPerSecond, formatRate),
      figure(bytesPerSecond, formatMiBPerSecond),
      durationText(point.latencyNsP50),
      durationText(point.latencyNsP99),
      figure(cpuNsPerOperation, (ns) => (ns / 1000).toFixed(2)),
      mark === '' ? '' : (mark === 'take' ? ink.green : String)(`◀ ${mark.padEnd(6)}`),
    ];
  });
  return renderTable(head, rows, ink);
}

function isSame(recommendation: Recommendation, point: TunePoint): boolean {
  return (
    recommendation.blockBytes === point.blockBytes &&
    recommendation.rings === point.rings &&
    recommendation.queueDepth === point.queueDepth
  );
}

/** Throughput against p99 latency: each depth stands where it came to, the one to take in brackets. */
function renderChart(points: readonly TunePoint[], taken: Recommendation, unit: string, ink: Ink): string {
  const drawn = points.flatMap(({ queueDepth, operationsPerSecond: rate, latencyNsP99: latencyNs }) =>
    rate === null || latencyNs === null
      ? []
      : [{ queueDepth, rate, latencyNs, taken: queueDepth === taken.queueDepth }],
  );
  if (drawn.length < 2) return '';
  const rateMax = Math.max(...drawn.map(({ rate }) => rate));
  const latencies = drawn.map(({ latencyNs }) => latencyNs);
  const [low, high] = [Math.min(...latencies), Math.max(...latencies)];
  const rows = Array.from({ length: CHART_ROWS }, () => new Array<string>(CHART_COLUMNS).fill(' '));
  // The recommended depth takes its place first.
  for (const { queueDepth, rate, latencyNs, taken } of drawn.sort((a, b) => Number(b.taken) - Number(a.taken))) {
    const text = taken ? `[${queueDepth}]` : String(queueDepth);
    const share = high === low ? 0 : Math.log(latencyNs / low) / Math.log(high / low);
    const row = rows[CHART_ROWS - 1 - Math.round((rate / rateMax) * (CHART_ROWS - 1))]!;
    place(row, text, Math.round(share * (CHART_COLUMNS - text.length)));
  }
  const name = taken.blockBytes === null ? 'whole files' : `${sizeText(taken.blockBytes)} reads`;
  const title = `${name}, ${ringsText(taken.rings)}: ${unit} by p99 latency; the figures are depths`;
  const scale = (row: number) => {
    const marked = row === 0 || row === CHART_ROWS - 1;
    return `${(marked ? formatRate(row === 0 ? rateMax : 0) : '').padStart(SCALE_COLUMNS)} ${marked ? '┤' : '│'}`;
  };
  const [left, right] = [formatDurationNs(low), formatDurationNs(high)];
  return [
    ink.bold(title),
    ...rows.map((row, index) => `${scale(index)}${row.join('')}`.trimEnd()),
    `${' '.repeat(SCALE_COLUMNS + 1)}└${'─'.repeat(CHART_COLUMNS)}`,
    `${' '.repeat(SCALE_COLUMNS + 2)}${left}${right.padStart(CHART_COLUMNS - left.length)}`,
  ].join('\n');
}

/** Writes the text at the column or a few to the right of it, with a space on both sides. */
function place(row: string[], text: string, column: number): void {
  for (let start = column; start <= column + SHIFT_COLUMNS_MAX && start + text.length <= row.length; start++) {
    if (row.slice(Math.max(0, start - 1), start + text.length + 1).some((character) => character !== ' ')) continue;
    row.splice(start, text.length, ...text);
    return;
  }
}

/** What to take, in a sentence or two. */
export function recommendationText(
  taken: Recommendation,
  result: TuneResult,
  bold: (text: string) => string = String,
): string {
  const { blockBytes, rings, queueDepth, operationsPerSecond, latencyNsP99 } = taken;
  const what = blockBytes === null ? 'whole files' : `${sizeText(blockBytes)} reads`;
  const rate = `${formatRate(operationsPerSecond)} ${perSecond(result)}`;
  const take = `For ${what} take ${bold(`--queue-depth ${queueDepth} --rings ${rings}`)}: ${rate}`;
  const p99 = durationText(latencyNsP99);
  const point = result.points.find((candidate) => isSame(taken, candidate));
  const more =
    point !== undefined && isRising(result, point)
      ? `. Still rising at the largest depth tried: add --queue-depth ${queueDepth},${2 * queueDepth}`
      : '';
  if (rings === taken.bestRings && queueDepth === taken.bestQueueDepth)
    return `${take}, the best of all, p99 ${p99}${more}`;
  const percent = Math.floor((100 * operationsPerSecond) / taken.bestOperationsPerSecond);
  const best = `depth ${taken.bestQueueDepth}, ${ringsText(taken.bestRings)}`;
  return `${take}, ${percent} % of the best (${best}), p99 ${p99} instead of ${durationText(taken.bestLatencyNsP99)}${more}`;
}

function durationText(durationNs: number | null): string {
  return figure(durationNs, formatDurationNs);
}

/** `4 KiB`: sizes of blocks are mostly whole. */
export function sizeText(bytes: number): string {
  return formatBytes(bytes).replace(/\.0+ /, ' ');
}
