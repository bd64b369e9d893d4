/* The table of bench-compute, as markdown. */
import { median } from 'simple-statistics';
import { escapeMarkdown } from '../../dist/report/markdown.js';

/**
 * @typedef {object} ComputeRow One contender at one piece of work, run by run.
 * @property {string} work
 * @property {string} name
 * @property {number[]} wallSeconds
 * @property {number[]} cpuSeconds User and system.
 * @property {number[]} memoryMegabytes Peak of the process.
 * @property {boolean} same Whether it found what lsio found.
 *
 * @typedef {object} ComputeResult What `--json` saves.
 * @property {'lsio.bench-compute/1'} schema
 * @property {string} date
 * @property {string} cpu
 * @property {number} cpus
 * @property {string} node
 * @property {number[]} load Average of 1, 5 and 15 minutes, at the start.
 * @property {ComputeRow[]} rows
 */

const HEAD = ['work', 'by', 'seconds', 'CPU seconds', 'peak MB', 'time, lsio = 1', 'CPU, lsio = 1', 'same results'];

/** @param {ComputeResult} result */
export function computeMarkdown({ date, cpu, cpus, node, load, rows }) {
  const body = rows.map(({ work, name, wallSeconds, cpuSeconds, memoryMegabytes, same }) => {
    const lsio = rows.find((row) => row.work === work && row.name === 'lsio');
    /** @param {number[]} values @param {number[]} [ours] */
    const ratio = (values, ours) => (ours === undefined ? '' : (median(values) / median(ours)).toFixed(1));
    return [
      work,
      name,
      median(wallSeconds).toFixed(2),
      median(cpuSeconds).toFixed(2),
      median(memoryMegabytes).toFixed(0),
      ratio(wallSeconds, lsio?.wallSeconds),
      ratio(cpuSeconds, lsio?.cpuSeconds),
      same ? 'yes' : '**no**',
    ];
  });
  const lines = [HEAD, HEAD.map((_, i) => (i < 2 ? '---' : '---:')), ...body.map((row) => row.map(escapeMarkdown))];
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const facts = [
    `- **Date**: ${date}`,
    `- **Machine**: ${cpus} × ${cpu}`,
    `- **Load average**: ${load[0]?.toFixed(2)}`,
  ];
  const conditions = `Whole processes on 512 MiB of float32 in the page cache, ${rows[0]?.wallSeconds.length} runs in turn, medians.`;
  return `## Statistics\n\n${facts.join('\n')}\n- **Node**: ${node}\n\n${conditions}\n\n${table}\n`;
}
