import type { Recommendation } from '../bench/knee.js';
import type { TuneResult } from '../bench/tune.js';
import type { TunePoint } from '../bench/tune-point.js';
import { formatBytes, formatDurationNs, formatMiBPerSecond, formatRate } from '../units.js';
import { renderEnvironment } from './bench.js';
import { type Ink, inkFor, renderTable } from './table.js';
import { renderWarnings, wrap } from './warnings.js';

const CHART_ROWS = 10;
/** With the scale at its left this fits into 80 columns. */
const CHART_COLUMNS = 64;
const SCALE_COLUMNS = 8;
/** A depth that would stand on another one is moved by so much at most, else left out. */
const SHIFT_COLUMNS_MAX = 6;

/** `lsio tune` for people: the machine, a table of all points, a chart for each block size, and what to take. */
export function renderTune(result: TuneResult, color: boolean): string {
  const ink = inkFor(color);
  const { points, recommendations, engine, direct } = result;
  const title = [result.case, result.cache, direct ? 'O_DIRECT' : 'buffered', engine].join(' · ');
  const parts = [renderEnvironment(result.environment)];
  if (points.length > 0) parts.push(`${ink.bold(title)}\n${renderPoints(result, ink)}`);
  for (const taken of recommendations) {
    const { blockBytes, rings } = taken;
    const shown = points.filter((point) => point.blockBytes === blockBytes && point.rings === rings);
    parts.push(renderChart(shown, taken, perSecond(result), ink));
  }
  if (recommendations.length > 0)
    parts.push(recommendations.map((taken) => wrap(sentence(taken, result, ink))).join('\n'));
  if (result.interrupted) parts.push(ink.yellow('interrupted: what is above is complete, the rest was not run'));
  if (result.warnings.length > 0) parts.push(renderWarnings(result.warnings, ink));
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function perSecond(result: TuneResult): string {
  return result.case === 'whole-files' ? 'files/s' : 'reads/s';
}

function renderPoints(result: TuneResult, ink: Ink): string {
  const head = ['block', 'rings', 'depth', perSecond(result), 'MiB/s', 'p50', 'p99', 'CPU µs/op', ''];
  const rows = result.points.map((point) => {
    const { blockBytes, rings, queueDepth, operationsPerSecond, bytesPerSecond, cpuNsPerOperation } = point;
    const taken = result.recommendations.some((other) => isSame(other, point));
    return [
      blockBytes === null ? 'file' : sizeText(blockBytes),
      String(rings),
      String(queueDepth),
      operationsPerSecond === null ? '–' : formatRate(operationsPerSecond),
      bytesPerSecond === null ? '–' : formatMiBPerSecond(bytesPerSecond),
      durationText(point.latencyNsP50),
      durationText(point.latencyNsP99),
      cpuNsPerOperation === null ? '–' : (cpuNsPerOperation / 1000).toFixed(2),
      taken ? ink.green('◀ take') : point.knee ? '◀ knee' : '',
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
  // What matters most takes its place first.
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

function sentence(taken: Recommendation, result: TuneResult, ink: Ink): string {
  const { blockBytes, rings, queueDepth, operationsPerSecond, latencyNsP99 } = taken;
  const what = blockBytes === null ? 'whole files' : `${sizeText(blockBytes)} reads`;
  const options = ink.bold(`--queue-depth ${queueDepth} --rings ${rings}`);
  const rate = `${formatRate(operationsPerSecond)} ${perSecond(result)}`;
  const p99 = durationText(latencyNsP99);
  if (rings === taken.bestRings && queueDepth === taken.bestQueueDepth) {
    return `For ${what} take ${options}: ${rate}, the best of all, p99 ${p99}`;
  }
  const percent = Math.floor((100 * operationsPerSecond) / taken.bestOperationsPerSecond);
  const best = `depth ${taken.bestQueueDepth}, ${ringsText(taken.bestRings)}`;
  return `For ${what} take ${options}: ${rate}, ${percent} % of the best (${best}), p99 ${p99} instead of ${durationText(taken.bestLatencyNsP99)}`;
}

function ringsText(rings: number): string {
  return rings === 1 ? '1 ring' : `${rings} rings`;
}

function durationText(durationNs: number | null): string {
  return durationNs === null ? '–' : formatDurationNs(durationNs);
}

/** `4 KiB`: sizes of blocks are mostly whole. */
function sizeText(bytes: number): string {
  return formatBytes(bytes).replace(/\.0+ /, ' ');
}
