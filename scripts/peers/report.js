/* The table of bench-peers, for the terminal and as markdown. */
import { renderEnvironment } from '../../dist/report/bench.js';
import { SIDE_COLUMNS } from '../../dist/report/comparison-figures.js';
import { document, environmentList, escapeMarkdown, fence, list, table } from '../../dist/report/markdown.js';
import { inkFor, renderTable } from '../../dist/report/table.js';
import { renderWarnings, warningText } from '../../dist/report/warnings.js';

/**
 * @typedef {import('./judge.js').JudgedRow} JudgedRow
 * @typedef {import('./measure.js').MeasuredCell} MeasuredCell
 *
 * @typedef {object} PeersResult What `--json` saves.
 * @property {'lsio.peers/1'} schema
 * @property {import('../../src/bench/environment.js').Environment} environment
 * @property {number} runs
 * @property {JudgedRow[]} rows
 * @property {MeasuredCell[]} measured
 * @property {import('../../src/bench/warnings.js').Warning[]} warnings
 * @property {boolean} interrupted It didn't come to its end: the rows are complete, others are missing.
 */

const INTERRUPTED = 'Interrupted: these rows are complete, the others were not run.';

/** At 80 columns. @param {PeersResult} result @param {boolean} color */
export function renderPeers({ environment, rows, warnings, interrupted }, color) {
  const ink = inkFor(color);
  const paint = { reached: ink.green, missed: ink.red, undecided: ink.yellow };
  const lines = rows.map((row, index) => {
    const { verdict } = row;
    const name = rows[index - 1]?.name === row.name ? '' : row.name;
    const [value, interval, goal] = figures(row);
    return [name, row.rival, value, interval, goal, verdict === null ? '' : paint[verdict](verdict)];
  });
  return `${[
    renderEnvironment(environment),
    renderTable(['lsio', 'against', 'ratio', '95 %', 'goal', ''], lines, ink),
    ...(interrupted ? [ink.yellow(INTERRUPTED)] : []),
    ...(warnings.length > 0 ? [renderWarnings(warnings, ink)] : []),
  ].join('\n\n')}\n`;
}

/** @param {JudgedRow} row @returns {[value: string, interval: string, goal: string]} */
function figures({ value, low, high, metric, goal }) {
  const text = (/** @type {number | null} */ figure) =>
    figure === null ? '–' : metric === 'memory' ? String(Math.round(figure / 2 ** 20)) : figure.toFixed(2);
  const limit =
    goal === null ? '' : 'min' in goal ? `≥ ${shortest(goal.min, metric)}` : `≤ ${shortest(goal.max, metric)}`;
  return [
    `${text(value)}${metric === 'memory' ? ' MiB' : ''}`,
    low === null ? '–' : `${text(low)}–${text(high)}`,
    limit,
  ];
}

/** @param {number} value @param {JudgedRow['metric']} metric */
function shortest(value, metric) {
  return String(metric === 'memory' ? value / 2 ** 20 : value);
}

/** @param {PeersResult} result */
export function peersMarkdown({ environment, runs, rows, measured, warnings, interrupted }) {
  const blocks = ['## lsio and its peers', environmentList(environment)];
  if (interrupted) blocks.push(`**${INTERRUPTED}**`);
  blocks.push(
    escapeMarkdown(`Medians over ${runs} pairs of interleaved runs, lsio over its rival, and their 95 % intervals.`),
  );
  blocks.push(table(ROW_COLUMNS, rows));
  for (const cell of measured) {
    const { id, cache, order, files, operations, direct, queueDepth } = cell;
    const mode = direct ? 'O_DIRECT for lsio and fio' : 'buffered';
    const what = `${cell.case}, ${cache}, ${order} order, ${files} files, ${operations} operations, ${mode}, depth ${queueDepth}`;
    const commands = cell.sides.map(({ name, commandLine }) => `# ${name}\n${commandLine}`).join('\n');
    blocks.push(`### ${escapeMarkdown(id)}`, escapeMarkdown(what), table(CELL_COLUMNS, cell.sides), fence(commands));
  }
  if (warnings.length > 0) blocks.push('### Warnings', list(warnings.map(warningText)));
  return document(blocks);
}

/** @type {readonly import('../../src/report/figures.js').Column<JudgedRow>[]} */
const ROW_COLUMNS = [
  { head: 'lsio', text: ({ name }) => name, left: true },
  { head: 'against', text: ({ rival }) => rival, left: true },
  { head: 'ratio', text: (row) => figures(row)[0] },
  { head: '95 %', text: (row) => figures(row)[1] },
  { head: 'goal', text: (row) => figures(row)[2] },
  { head: 'verdict', text: ({ verdict }) => verdict ?? '', left: true },
  { head: 'pairs', text: ({ pairs }) => String(pairs) },
];

/** @type {readonly import('../../src/report/figures.js').Column<import('./measure.js').MeasuredSide>[]} */
const CELL_COLUMNS = [
  ...SIDE_COLUMNS.filter(({ head }) => head !== 'version'),
  { head: 'rings', text: ({ rings }) => (rings === null ? '' : String(rings)) },
  { head: 'threads', text: ({ threadPoolSize }) => (threadPoolSize === null ? '' : String(threadPoolSize)) },
];
