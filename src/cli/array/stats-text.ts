import type { Histogram } from '../../compute/result-table.js';
import type { ColorMap } from '../../output/colors.js';
import { formatBytes, formatCount } from '../../units.js';
import type { StatsDocument } from './stats-document.js';

const ROWS_MAX = 40;
const SPARKS = '▁▂▃▄▅▆▇█';
const SHADES = ' ░▒▓█';
const MAP_COLUMNS_MAX = 72;
const MAP_ROWS_MAX = 24;
const DIGITS = 7;

/**
 * The results for people, and a line of how fast they came.
 *
 * @param colors draws maps in colour, two rows a line; absent: in shades.
 */
export function renderStats(document: StatsDocument, colors?: ColorMap): string {
  const { results, dims } = document;
  const names = Object.keys(results);
  const width = Math.max(...names.map((name) => name.length));
  const lines: string[] = [`${document.source} ${document.array}${dims.length > 0 ? ` by ${dims.join(', ')}` : ''}`];
  if (dims.length === 1) lines.push(...rows(document));
  else for (const name of names) lines.push(...result(name.padEnd(width), results[name], document, colors));
  if (document.chunksMissing > 0)
    lines.push(`${formatCount(document.chunksMissing)} chunks are not stored: they are the fill value`);
  if (document.chunksFailed > 0) lines.push(`${formatCount(document.chunksFailed)} chunks failed and were left out`);
  lines.push(speedLine(document));
  return `${lines.join('\n')}\n`;
}

function speedLine({ bytesDecoded, wallNs, bytesPerSecond, minutesPerTerabyte, boundBy }: StatsDocument): string {
  const rate = `${(bytesPerSecond / 1e9).toFixed(2)} GB/s`;
  const minutes = minutesPerTerabyte === null ? '' : `, ${minutesPerTerabyte.toFixed(1)} min/TB`;
  return `${formatBytes(bytesDecoded)} in ${(wallNs / 1e9).toFixed(2)} s: ${rate}${minutes}, bound by ${boundBy}`;
}

function result(
  label: string,
  value: unknown,
  { dims, coords }: StatsDocument,
  colors: ColorMap | undefined,
): string[] {
  if (dims.length === 0)
    return isHistogram(value) ? [label.trimEnd(), ...histogram(value)] : [`  ${label}  ${text(value)}`];
  if (dims.length === 2)
    return [label.trimEnd(), ...heatMap(northFirst(value as unknown[][], dims[0]!, coords), colors)];
  return [`  ${label}  ${dims.length} axes: use -o FILE.npy, -o FILE.csv or --json`];
}

/** One row for each label of the only axis; long axes as sparklines. */
function rows({ results, dims, coords }: StatsDocument): string[] {
  const [dim = ''] = dims;
  const labels = (coords[dim] ?? []).map(String);
  const names = Object.keys(results).filter((name) => !(results[name] as unknown[]).some(isHistogram));
  if (labels.length > ROWS_MAX) {
    return names.flatMap((name) => {
      const values = (results[name] as unknown[]).map(Number);
      const finite = values.filter(Number.isFinite);
      const extent = finite.length === 0 ? 'no values' : `${text(Math.min(...finite))} … ${text(Math.max(...finite))}`;
      return [`  ${name}  ${extent}`, `  ${sparkline(values, MAP_COLUMNS_MAX)}`];
    });
  }
  const cells = labels.map((label, i) => [label, ...names.map((name) => text((results[name] as unknown[])[i]))]);
  const all = [[dim, ...names], ...cells];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map(
    (row) => `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')}`,
  );
}

/** At most so many blocks; each is the mean of its values. */
export function sparkline(values: readonly number[], columns: number): string {
  const width = Math.min(columns, values.length);
  const means = Array.from({ length: width }, (_, i) => {
    const from = Math.floor((i * values.length) / width);
    return meanOf(values.slice(from, Math.max(from + 1, Math.floor(((i + 1) * values.length) / width))));
  });
  return drawn(means, SPARKS).join('');
}

/** Maps have the north at the top. */
function northFirst<Row>(rows: readonly Row[], dim: string, coords: StatsDocument['coords']): readonly Row[] {
  const labels = coords[dim] ?? [];
  const isSouthFirst = /^(lat|latitude)$/i.test(dim) && Number(labels[0]) < Number(labels.at(-1));
  return isSouthFirst ? [...rows].reverse() : rows;
}

/** A map from the lowest to the highest value; each cell of it is the mean of a block of values. */
function heatMap(values: readonly (readonly unknown[])[], colors: ColorMap | undefined): string[] {
  const columns = Math.min(MAP_COLUMNS_MAX, values[0]?.length ?? 0);
  const height = Math.min(MAP_ROWS_MAX * (colors === undefined ? 1 : 2), values.length);
  const cells = Array.from({ length: height }, (_, row) => {
    const [top, bottom] = blockOf(row, height, values.length);
    return Array.from({ length: columns }, (_, column) => {
      const [left, right] = blockOf(column, columns, values[0]!.length);
      return meanOf(values.slice(top, bottom).flatMap((line) => line.slice(left, right).map(numberOf)));
    });
  });
  const finite = cells.flat().filter(Number.isFinite);
  const shades = drawn(cells.flat(), SHADES);
  const lines =
    colors === undefined
      ? cells.map((_, row) => shades.slice(row * columns, (row + 1) * columns).join(''))
      : halfBlocks(cells, colors, Math.min(...finite), Math.max(...finite));
  const ends = finite.length === 0 ? [] : [`  ${text(Math.min(...finite))} … ${text(Math.max(...finite))}`];
  return [...lines.map((line) => `  ${line}`), ...ends];
}

const RESET = '\u001b[0m';

/** Two rows a line: the upper half of a character in one colour, the ground below it in another. */
function halfBlocks(cells: readonly (readonly number[])[], colors: ColorMap, low: number, high: number): string[] {
  const steps = colors.length / 3;
  const color = (value: number | undefined): string | undefined => {
    if (value === undefined || !Number.isFinite(value)) return undefined;
    const at = high === low ? steps >> 1 : Math.round(((value - low) / (high - low)) * (steps - 1));
    return colors.subarray(at * 3, at * 3 + 3).join(';');
  };
  const lines: string[] = [];
  for (let row = 0; row < cells.length; row += 2) {
    const line = cells[row]!.map((value, column) => {
      const [upper, lower] = [color(value), color(cells[row + 1]?.[column])];
      if (upper === undefined && lower === undefined) return `${RESET} `;
      if (upper === undefined) return `${RESET}\u001b[38;2;${lower}m▄`;
      return `${RESET}\u001b[38;2;${upper}m${lower === undefined ? '' : `\u001b[48;2;${lower}m`}▀`;
    });
    lines.push(`${line.join('')}${RESET}`);
  }
  return lines;
}

function blockOf(index: number, blocks: number, length: number): [number, number] {
  const from = Math.floor((index * length) / blocks);
  return [from, Math.max(from + 1, Math.floor(((index + 1) * length) / blocks))];
}

function drawn(values: readonly number[], characters: string): string[] {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low;
  return values.map((value) => {
    if (!Number.isFinite(value)) return ' ';
    const place = span === 0 ? 0.5 : (value - low) / span;
    return characters[Math.min(characters.length - 1, Math.floor(place * characters.length))]!;
  });
}

function meanOf(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? Number.NaN : finite.reduce((a, b) => a + b, 0) / finite.length;
}

function histogram({ edges, counts }: Histogram): string[] {
  const ends = `${text(edges[0])} … ${text(edges.at(-1))}`;
  return [
    `  ${sparkline(counts, MAP_COLUMNS_MAX)}`,
    `  ${ends}, at most ${formatCount(Math.max(...counts))} in one of ${counts.length} bins`,
  ];
}

function isHistogram(value: unknown): value is Histogram {
  return typeof value === 'object' && value !== null && 'edges' in value;
}

function numberOf(value: unknown): number {
  return value === null ? Number.NaN : Number(value);
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value !== 'number') return String(value);
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(DIGITS)));
}
