/* The tables of bench-arrays, for the terminal and as markdown. */
import { median } from 'simple-statistics';
import { renderEnvironment } from '../../dist/report/bench.js';
import { document, environmentList, table } from '../../dist/report/markdown.js';
import { inkFor, renderTable } from '../../dist/report/table.js';

/**
 * @typedef {object} ArraysRow What one reader took.
 * @property {'whole' | 'crops'} what
 * @property {'warm' | 'cold'} cache
 * @property {string} layout
 * @property {string} reader
 * @property {string} version
 * @property {number} bytes Of the elements that were read.
 * @property {number[]} seconds
 * @property {number[]} cpuSeconds
 * @property {number} [memoryBytes] The most that the process had in memory.
 * @property {boolean} verified Its bytes are right.
 *
 * @typedef {object} ArraysResult What `--json` saves.
 * @property {'lsio.arrays/1'} schema
 * @property {import('../../src/bench/environment.js').Environment} environment
 * @property {string} size
 * @property {number} crops
 * @property {number} runs
 * @property {ArraysRow[]} rows
 * @property {{ arrays: number, info: number[], get: number[] }} info
 */

const NAMES = /** @type {Record<string, string>} */ ({
  lsio: 'lsio',
  'lsio-1': 'lsio, 1 thread',
  'lsio-fresh': 'lsio, fresh memory',
  zarrita: 'zarrita, FileSystemStore',
  'zarrita-lsio': 'zarrita, withDecoding',
  zarr2: 'zarr-python 2 (v2)',
  zarr: 'zarr-python 3',
  zarrs: 'zarr-python 3 + zarrs',
  tensorstore: 'TensorStore',
  'lsio get': 'lsio get --discard, the same files',
});

/** @param {ArraysResult} result */
function tables({ rows }) {
  const keys = [...new Set(rows.map(({ what, cache, layout }) => `${what}, ${cache}, ${layout}`))];
  return keys.map((title) => {
    const own = rows.filter(({ what, cache, layout }) => `${what}, ${cache}, ${layout}` === title);
    const ours = own.find(({ reader }) => reader === 'lsio');
    const lines = own.map(({ what, reader, version, bytes, seconds, cpuSeconds, memoryBytes = 0, verified }) => {
      const cpu = median(cpuSeconds);
      const besideMiB = what === 'whole' ? (memoryBytes - bytes) / 2 ** 20 : 0;
      return [
        NAMES[reader] ?? reader,
        version,
        `${Math.round(median(seconds) * 1000)}`,
        (bytes / median(seconds) / 1e9).toFixed(2),
        Number.isFinite(cpu) ? `${Math.round(cpu * 1000)}` : '',
        ours === undefined ? '' : `${(median(seconds) / median(ours.seconds)).toFixed(2)}`,
        besideMiB > 0 ? `${Math.round(besideMiB)}` : '',
        verified ? 'equal' : 'DIFFERENT',
      ];
    });
    return { title, lines };
  });
}

const HEADINGS = ['reader', 'version', 'ms', 'GB/s', 'CPU ms', '× lsio', 'MiB beside', 'bytes'];
/** @type {import('../../src/report/figures.js').Column<readonly string[]>[]} */
const COLUMNS = HEADINGS.map((head, i) => ({
  head,
  text: (line) => line[i] ?? '',
  ...(i < 2 && { left: /** @type {const} */ (true) }),
}));

/** @param {ArraysResult['info']} info */
function infoText({ arrays, info, get }) {
  const ratio = (median(info) / median(get)).toFixed(2);
  const ms = (/** @type {readonly number[]} */ seconds) => `${Math.round(median(seconds) * 1000)} ms`;
  return `lsio info of ${arrays} arrays ${ms(info)}, lsio get of their metadata ${ms(get)}: ${ratio} ×`;
}

/** @param {ArraysResult} result */
export function renderArrays(result) {
  const { size, crops, runs, environment, info } = result;
  const load = `load ${environment.loadAverage.toFixed(1)}`;
  const parts = tables(result).map(({ title, lines }) => `${title}\n${renderTable(HEADINGS, lines, inkFor(false))}`);
  return `${[
    renderEnvironment(environment),
    `${size} an array, ${crops} crops of 64x64x64, medians of ${runs}, ${load}`,
    ...parts,
    infoText(info),
  ].join('\n\n')}\n`;
}

/** @param {ArraysResult} result */
export function arraysMarkdown(result) {
  const sections = tables(result).map(({ title, lines }) => `### ${title}\n\n${table(COLUMNS, lines)}`);
  const conditions = `Arrays of ${result.size} (uint16, smooth with noise; era: float32 of 721 x 1440), ${result.crops} unaligned crops of 64x64x64.
Readers in turn, each in a process that keeps its array open; medians of ${result.runs} runs, of zarrita and zarr-python 3 one. Output memory was
touched before, but where a reader takes none (zarrita, "fresh memory"). Every byte was compared with what was written. "× lsio": how
many times as long it takes. "MiB beside": the most that the process had in memory, without the elements; an empty Node has 40.`;
  const blocks = ['## lsio and other readers of arrays', environmentList(result.environment), conditions, ...sections];
  return document([...blocks, infoText(result.info)]);
}
