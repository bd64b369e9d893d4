/* The tables of bench-objects, in Markdown. */
import { document, environmentList, list, table } from '../../dist/report/markdown.js';

/**
 * @typedef {object} ObjectsResult What `--json` saves.
 * @property {'lsio.objects/1'} schema
 * @property {import('../../src/bench/environment.js').Environment} environment
 * @property {number} runs
 * @property {ReturnType<typeof import('./measure.js').measureCell>[]} cells
 * @property {ReturnType<typeof import('./measure.js').measureLimited>} [limited]
 * @property {ReturnType<typeof import('./measure.js').measureMerging>[]} merging
 * @property {string[]} notes
 */

/** Of a cell whose name begins so: lsio's figure over the client's is at most this. @type {[string, string, 'wall' | 'cpu', number][]} */
const GOALS = [
  ['10,000 x 64', 'curl', 'wall', 1.1],
  ['4 KiB on loopback, 64 in flight', 'undici', 'cpu', 0.6],
  ['4 KiB on loopback, 64 in flight', 'wrk', 'cpu', 1.5],
  ['4 KiB on loopback, 64 in flight', 'zarrita', 'cpu', 1 / 8],
  ['256 KiB', 'undici', 'cpu', 0.6],
  ['256 KiB', 'wrk', 'cpu', 1.5],
];
const WALL_GOAL_NS = 1.15e9;

const CONDITIONS =
  'clients in turn, each in a process of its own, one range in 16 compared by lsio and the clients in Node; nginx on the same machine';

/** @param {string} name @param {boolean} isMet */
const verdict = (name, isMet) => `${name}: ${isMet ? 'met' : 'missed'}`;
/** @param {number} ns */
const seconds = (ns) => (ns / 1e9).toFixed(2);

/** @param {ObjectsResult} result */
export function renderObjects({ environment, runs, cells, limited, merging, notes }) {
  const blocks = ['## lsio and other clients of HTTP', environmentList(environment)];
  blocks.push(`Medians of ${runs} runs, ${CONDITIONS}.`);
  for (const cell of cells) blocks.push(`### ${cell.name}`, cellTable(cell));
  if (limited !== undefined) {
    const { rangesPerSecond, refusedShare } = limited;
    const goals = [verdict('95 % of it', rangesPerSecond >= 1900), verdict('3 % refused', refusedShare <= 0.03)];
    const used = `${rangesPerSecond.toFixed(0)} ranges a second, ${(refusedShare * 100).toFixed(1)} % refused`;
    blocks.push('### A server that admits 2,000 requests a second, at 20 ms', `${used}; ${goals.join(', ')}.`);
  }
  if (merging.length > 0) {
    blocks.push('### 4,000 blocks of 4 KiB at 20 ms and 1 Gbit/s', table(MERGE_COLUMNS, merging));
  }
  return document([...blocks, list(notes)]);
}

/** @param {ObjectsResult['cells'][number]} cell */
function cellTable({ name, results }) {
  const own = results.find(({ client }) => client === 'lsio');
  const rows = results.map(({ client, wallNs, cpuNsPerRange }) => {
    const wall = (own?.wallNs ?? 0) / wallNs;
    const cpu = (own?.cpuNsPerRange ?? 0) / cpuNsPerRange;
    const goals = GOALS.filter(([start, of]) => name.startsWith(start) && of === client).map(([, , what, most]) =>
      verdict(`${what} ≤ ${Number(most.toFixed(3))}`, (what === 'wall' ? wall : cpu) <= most),
    );
    if (client === 'lsio' && name.startsWith('10,000')) goals.push(verdict('1.15 s', wallNs <= WALL_GOAL_NS));
    return { client, wallNs, cpuNsPerRange, wall, cpu, goals };
  });
  return table(CELL_COLUMNS, rows);
}

/**
 * @typedef {{ client: string, wallNs: number, cpuNsPerRange: number, wall: number, cpu: number, goals: string[] }} CellRow
 * @type {readonly import('../../src/report/figures.js').Column<CellRow>[]}
 */
const CELL_COLUMNS = [
  { head: 'client', text: ({ client }) => client, left: true },
  { head: 's', text: ({ wallNs }) => seconds(wallNs) },
  { head: 'CPU us a range', text: ({ cpuNsPerRange }) => (cpuNsPerRange / 1e3).toFixed(1) },
  { head: 'lsio wall', text: ({ wall }) => wall.toFixed(2) },
  { head: 'lsio CPU', text: ({ cpu }) => cpu.toFixed(2) },
  { head: 'goal', text: ({ goals }) => goals.join(', '), left: true },
];

/** What a choice by hand would have taken, over what lsio takes. @param {ObjectsResult['merging'][number]} cell */
function shareOf({ autoNs, offNs, mergedNs }) {
  return Math.min(offNs, mergedNs) / autoNs;
}

/** @type {readonly import('../../src/report/figures.js').Column<ObjectsResult['merging'][number]>[]} */
const MERGE_COLUMNS = [
  { head: 'in flight', text: ({ inFlight }) => String(inFlight) },
  { head: 'gap KiB', text: ({ gapKib }) => String(gapKib) },
  { head: 'auto s', text: ({ autoNs }) => seconds(autoNs) },
  { head: 'one by one s', text: ({ offNs }) => seconds(offNs) },
  { head: 'merged s', text: ({ mergedNs }) => seconds(mergedNs) },
  { head: 'better / auto', text: (cell) => shareOf(cell).toFixed(2) },
  { head: 'goal', text: (cell) => verdict('≥ 0.95', shareOf(cell) >= 0.95), left: true },
];
