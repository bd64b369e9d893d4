/* The table of bench-compute, as markdown. */
import { median } from 'simple-statistics';
import { document, facts, table } from '../../dist/report/markdown.js';

/**
 * @typedef {object} ComputeRow One contender at one piece of work, run by run.
 * @property {string} work
 * @property {string} name
 * @property {number[]} wallSeconds
 * @property {number[]} cpuSeconds User and system.
 * @property {number[]} memoryMegabytes Peak of the process.
 * @property {boolean | undefined} same Whether it found what lsio found; undefined: its results aren't printed.
 *
 * @typedef {object} ColdRow
 * @property {string} work
 * @property {string} name
 * @property {number[]} bytesPerSecond Within the process.
 *
 * @typedef {object} ComputeResult What `--json` saves.
 * @property {'lsio.bench-compute/1'} schema
 * @property {string} date
 * @property {string} cpu
 * @property {number} cpus
 * @property {string} node
 * @property {number[]} load Average of 1, 5 and 15 minutes, at the start.
 * @property {ComputeRow[]} rows
 * @property {ColdRow[]} cold From the device.
 */

/** @param {ComputeResult} result Older ones have no cold rows. */
export function computeMarkdown({ date, cpu, cpus, node, load, rows, cold = [] }) {
  /** @param {ComputeRow} row @param {'wallSeconds' | 'cpuSeconds'} what */
  function ratioOf(row, what) {
    const lsio = rows.find(({ work, name }) => work === row.work && name === 'lsio');
    return lsio === undefined ? '' : (median(row[what]) / median(lsio[what])).toFixed(1);
  }
  /** @type {readonly import('../../src/report/figures.js').Column<ComputeRow>[]} */
  const columns = [
    { head: 'work', text: ({ work }) => work, left: true },
    { head: 'by', text: ({ name }) => name, left: true },
    { head: 'seconds', text: ({ wallSeconds }) => median(wallSeconds).toFixed(2) },
    { head: 'CPU seconds', text: ({ cpuSeconds }) => median(cpuSeconds).toFixed(2) },
    { head: 'peak MB', text: ({ memoryMegabytes }) => median(memoryMegabytes).toFixed(0) },
    { head: 'time, lsio = 1', text: (row) => ratioOf(row, 'wallSeconds') },
    { head: 'CPU, lsio = 1', text: (row) => ratioOf(row, 'cpuSeconds') },
    { head: 'same results', text: ({ same }) => (same === undefined ? '–' : same ? 'yes' : 'NO') },
  ];
  const conditions = facts([
    { name: 'Date', text: date },
    { name: 'Machine', text: `${cpus} × ${cpu}` },
    { name: 'Load average', text: load[0]?.toFixed(2) ?? '' },
    { name: 'Node', text: node },
  ]);
  const how = `Whole processes on 512 MiB of float32 in the page cache, ${rows[0]?.wallSeconds.length} runs in turn, medians.`;
  /** @type {readonly import('../../src/report/figures.js').Column<ColdRow>[]} */
  const coldColumns = [
    { head: 'work', text: ({ work }) => work, left: true },
    { head: 'by', text: ({ name }) => name, left: true },
    { head: 'GB/s', text: ({ bytesPerSecond }) => (median(bytesPerSecond) / 1e9).toFixed(2) },
    { head: 'minutes a terabyte', text: ({ bytesPerSecond }) => (1e12 / median(bytesPerSecond) / 60).toFixed(1) },
  ];
  const howCold =
    'From the device, dropped from the page cache before each run. Rates within the process, which starts in 0.1 s.';
  return document([
    ...['## Statistics', conditions, how, table(columns, rows)],
    ...(cold.length > 0 ? [howCold, table(coldColumns, cold)] : []),
  ]);
}
