/* The tables of bench-grib, as markdown. */
import { median } from 'simple-statistics';
import { document, environmentList, table } from '../../dist/report/markdown.js';

/**
 * @typedef {object} DecoderRow One field: CPU seconds for one decoding, round by round.
 * @property {string} field Its packing.
 * @property {string} file
 * @property {number} points
 * @property {{ lsio: number, eccodes: number }[]} seconds
 *
 * @typedef {object} FileRow One reader of a file that is evicted before each run.
 * @property {'list' | 'crop'} what
 * @property {string} reader
 * @property {boolean} inProcess Without the start of the process and its imports.
 * @property {number[]} ms Wall time.
 * @property {number} [count] Fields, or elements.
 * @property {number} [bytesRead]
 *
 * @typedef {object} GribResult What `--json` saves.
 * @property {'lsio.bench-grib/1'} schema
 * @property {import('../../src/bench/environment.js').Environment} environment
 * @property {{ list?: number, crop?: number }} bytes Of the files.
 * @property {FileRow[]} files
 * @property {DecoderRow[]} decoders
 */

const WORK = /** @type {const} */ ({
  list: 'Listing a cold GRIB file',
  crop: 'A crop of a cold native file: one channel, 372 × 614 pixels',
});

/** @param {string[]} heads The first column is of text. @param {string[][]} rows */
function tableOf(heads, rows) {
  return table(
    heads.map((head, i) => ({
      head,
      text: (/** @type {string[]} */ cells) => cells[i] ?? '',
      ...(i === 0 && { left: true }),
    })),
    rows,
  );
}

/** @param {GribResult} result */
export function gribMarkdown({ environment, bytes, files, decoders }) {
  const parts = ['## GRIB and EUMETSAT native', environmentList(environment)];
  for (const what of /** @type {const} */ (['list', 'crop'])) {
    const rows = files.filter((row) => row.what === what);
    if (rows.length === 0) continue;
    parts.push(`### ${WORK[what]}, ${((bytes[what] ?? 0) / 1e6).toFixed(0)} MB`);
    parts.push(
      tableOf(
        ['reader', 'measured', 'ms, median (range)', '× lsio', 'bytes read'],
        rows.map((row) => fileCells(row, rows, bytes[what] ?? 0)),
      ),
    );
  }
  if (decoders.length > 0) parts.push('### Decoders: CPU time of one thread, from memory', decoderTable(decoders));
  return document(parts);
}

/** @param {FileRow} row @param {FileRow[]} rows @param {number} fileBytes */
function fileCells({ reader, inProcess, ms, bytesRead }, rows, fileBytes) {
  const ours = rows.find((row) => row.reader === 'lsio' && row.inProcess === inProcess);
  return [
    reader,
    inProcess ? 'in the process' : 'whole command',
    `${median(ms).toFixed(0)} (${Math.min(...ms).toFixed(0)}–${Math.max(...ms).toFixed(0)})`,
    ours === undefined ? '' : (median(ms) / median(ours.ms)).toFixed(1),
    bytesRead === undefined ? '' : `${((100 * bytesRead) / fileBytes).toFixed(3)} %`,
  ];
}

/** @param {DecoderRow[]} rows */
function decoderTable(rows) {
  const cells = rows.map(({ field, file, points, seconds }) => {
    const rate = (/** @type {number[]} */ each) => (points / median(each) / 1e6).toFixed(0);
    const ratios = seconds.map(({ lsio, eccodes }) => eccodes / lsio);
    return [
      `${field} ${file.slice(0, 34)}`,
      points.toLocaleString('en'),
      rate(seconds.map(({ lsio }) => lsio)),
      rate(seconds.map(({ eccodes }) => eccodes)),
      `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
    ];
  });
  return tableOf(['field', 'points', 'lsio, M values/s', 'ecCodes', 'ratio, median (range)'], cells);
}
