import { readFileSync, statSync } from 'node:fs';
import { type Labels, selectLabels } from '../../array/labels.js';
import { LsioError } from '../../errors.js';

/** A place, in the labels of axes: `lat` → `51.5`. */
export interface Point {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
}

const FORMS = 'write --at lat=51.5,lon=-0.1';
const CSV_FORMS = 'the first line names the axes, as lat,lon; a column named point names the points';
const FILE_BYTES_MAX = 2 ** 28;

/** @throws {LsioError} `usage` */
export function parsePoint(text: string): Point {
  const labels = new Map<string, string>();
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    const [dim, label] = [part.slice(0, equals).trim(), part.slice(equals + 1).trim()];
    if (equals < 1 || label === '') throw new LsioError('usage', `--at ${text}: not understood: ${FORMS}`);
    if (labels.has(dim)) throw new LsioError('usage', `--at ${text}: ${dim} is there twice`);
    labels.set(dim, label);
  }
  return { name: text, labels };
}

/** Reads points from a CSV file. @throws {LsioError} `usage` for what it can't hold, naming the line; `read` */
export function readPoints(file: string): Point[] {
  let text: string;
  try {
    if (statSync(file).size > FILE_BYTES_MAX) throw new LsioError('usage', `${file}: too large for a list of points`);
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof LsioError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new LsioError('read', `${file}: ${message}`, { code, path: file, cause });
  }
  return parsePoints(file, text);
}

/** @throws {LsioError} `usage` */
export function parsePoints(file: string, text: string): Point[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const names = splitLine(lines[0] ?? '');
  const dims = names.filter((name) => name !== 'point' && name !== '');
  if (dims.length === 0 || new Set(names).size !== names.length) {
    throw new LsioError('usage', `${file}: line 1: ${CSV_FORMS}`, { path: file });
  }
  const points: Point[] = [];
  for (const [i, line] of lines.entries()) {
    if (i === 0 || line.trim() === '') continue;
    const cells = splitLine(line);
    if (cells.length !== names.length || cells.some((cell) => cell === '')) {
      const found = `${cells.filter((cell) => cell !== '').length} values for ${names.length} columns`;
      throw new LsioError('usage', `${file}: line ${i + 1}: ${found}`, { path: file });
    }
    const labels = new Map(dims.map((dim) => [dim, cells[names.indexOf(dim)]!]));
    const own = cells[names.indexOf('point')];
    points.push({ name: own ?? [...labels].map(([dim, label]) => `${dim}=${label}`).join(','), labels });
  }
  if (points.length === 0) throw new LsioError('usage', `${file}: there is no point in it`, { path: file });
  return points;
}

/** Cells may stand in quotation marks, as spreadsheets write them. */
function splitLine(line: string): string[] {
  const cells = line.match(/("(?:[^"]|"")*"|[^,]*)(,|$)/g) ?? [];
  const all = cells.map((cell) => cell.replace(/,$/, '').trim());
  // The pattern finds an empty cell behind the last one.
  if (!line.endsWith(',')) all.pop();
  return all.map((cell) => (/^".*"$/.test(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}

/**
 * The index of a point along an axis: that of the nearest label, at most half a step away. Longitudes wrap.
 *
 * @throws {LsioError} `usage` where there is none.
 */
export function indexOfLabel(dim: string, labels: Labels | undefined, label: string): number {
  if (labels === undefined) throw new LsioError('usage', `${dim}: this axis has no labels to find a point by`);
  const selector = { value: label.replace(/^~/, ''), nearest: labels.kind !== 'text' };
  return selectLabels(dim, labels, selector).runs[0]!.start;
}
