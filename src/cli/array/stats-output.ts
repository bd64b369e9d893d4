import type { Command } from 'commander';
import { dtypeOf, elementsOf, type ResultTable, type Values } from '../../compute/result-table.js';
import { resultDimsOf, type StatsSpec } from '../../compute/stats-spec.js';
import { LsioError } from '../../errors.js';
import { npyHeader } from '../../output/npy.js';
import { checkWholeFile, writeWholeFile } from '../../output/whole-file.js';
import { checkZarrStore } from '../../output/zarr-writer.js';
import { type ResultLabels, writeStatsZarr } from './stats-zarr.js';

/** Where results go, as commander hands it over. */
export interface OutputFlags {
  readonly output?: string;
  readonly overwrite: boolean;
}

/** The file that results go to. */
export interface OutputConfig {
  readonly file: string;
  readonly overwrite: boolean;
}

export function outputConfigOf({ output: file, overwrite }: OutputFlags): OutputConfig | undefined {
  return file === undefined ? undefined : { file, overwrite };
}

export function addOutputOptions(command: Command): Command {
  return command
    .option('-o, --output <file>', 'write the results: .zarr, .csv, or one of them as .npy')
    .option('--overwrite', 'replace the file', false);
}

/**
 * Refuses an output that can't be, before anything is computed.
 *
 * @throws {LsioError} `usage` for a name that says no format, and for results that the format can't hold; `output` for what
 * exists.
 */
export function checkOutput({ file, overwrite }: OutputConfig, spec: StatsSpec): void {
  const histogram = spec.reductions.find((name) => name.startsWith('hist:'));
  if (histogram !== undefined) throw new LsioError('usage', `${histogram} is written by --json only`);
  if (isZarr(file)) {
    checkZarrStore(file, overwrite);
    return;
  }
  const isNpy = file.endsWith('.npy');
  if (!isNpy && !file.endsWith('.csv'))
    throw new LsioError('usage', `${file}: the name must end in .zarr, .csv or .npy`);
  if (isNpy && spec.reductions.length > 1) {
    throw new LsioError('usage', `${file}: holds one result; choose it with --reduce, or write .zarr or .csv`);
  }
  checkWholeFile(file, overwrite);
}

function isZarr(file: string): boolean {
  return /\.zarr\/?$/.test(file);
}

/** Writes results to what appears under its name when it is whole. @throws {LsioError} `output` */
export function writeStats(output: OutputConfig, spec: StatsSpec, table: ResultTable, labels: ResultLabels): void {
  checkOutput(output, spec);
  const { file, overwrite } = output;
  if (isZarr(file)) {
    writeStatsZarr(file, spec, table, labels, overwrite);
    return;
  }
  const parts = file.endsWith('.npy') ? npyParts(spec, table) : csvParts(spec, table, labels.coords);
  writeWholeFile(file, parts, overwrite);
}

function* npyParts(spec: StatsSpec, { values, shape }: ResultTable): Generator<Uint8Array> {
  const result = values.get(spec.reductions[0]!)!;
  const array = elementsOf(result);
  yield npyHeader(dtypeOf(array), shape);
  yield new Uint8Array(array.buffer);
}

/** Rows are put together in parts of this length. */
const PART_CHARS = 2 ** 16;

/** One row a cell: its labels, then each reduction; a missing value is empty. */
function* csvParts(
  spec: StatsSpec,
  { values, shape }: ResultTable,
  coords: Readonly<Record<string, readonly unknown[]>>,
): Generator<string> {
  const dims = resultDimsOf(spec);
  const columns = spec.reductions.map((name): Values => values.get(name)!);
  let text = `${[...dims, ...spec.reductions].map(csvCell).join(',')}\n`;
  const cells = shape.reduce((a, b) => a * b, 1);
  for (let cell = 0; cell < cells; cell++) {
    let rest = cell;
    const labels = new Array<unknown>(dims.length);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      labels[axis] = coords[dims[axis]!]![rest % shape[axis]!];
      rest = Math.floor(rest / shape[axis]!);
    }
    text += `${[...labels, ...columns.map((column) => column[cell])].map(csvCell).join(',')}\n`;
    if (text.length < PART_CHARS) continue;
    yield text;
    text = '';
  }
  yield text;
}

function csvCell(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
