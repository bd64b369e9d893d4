import { printable } from '../printable.js';
import type { CacheFigures, CacheFile, CachePath, CacheTotals } from '../results/cache.js';
import { formatBytes, formatCount } from '../units.js';
import { type Ink, renderTable } from './table.js';

/** Above this many files the totals of each argument (of no more than as many) are shown, and the files that take the most. */
const FILES_SHOWN_MAX = 40;
const LARGEST_SHOWN = 10;
const GAP = '  ';

/** The files that the table may show, of however many there are. */
export class ShownFiles {
  /** The first ones, or all. */
  readonly files: CacheFile[] = [];
  /** Those of which most is in the cache, the most first. */
  readonly largest: CacheFile[] = [];
  readonly #filesMax: number;

  constructor(all: boolean) {
    this.#filesMax = all ? Number.POSITIVE_INFINITY : FILES_SHOWN_MAX;
  }

  add(file: CacheFile): void {
    if (this.files.length < this.#filesMax) this.files.push(file);
    if (file.residentBytes === 0) return;
    let at = this.largest.length;
    while (at > 0 && this.largest[at - 1]!.residentBytes < file.residentBytes) at--;
    if (at >= LARGEST_SHOWN) return;
    this.largest.splice(at, 0, file);
    this.largest.length = Math.min(this.largest.length, LARGEST_SHOWN);
  }
}

export interface CacheReport extends Pick<ShownFiles, 'files' | 'largest'> {
  /** By argument of the command line. */
  readonly paths: readonly CachePath[];
  readonly total: CacheTotals;
}

/** The table of `lsio cache`; with `all` each file is in it however many there are. */
export function renderCache(report: CacheReport, options: { all: boolean; ink: Ink }): string {
  const { files, largest, paths, total } = report;
  const { all, ink } = options;
  const evicted = total.residentBytesBefore !== undefined;
  const head = ['size', ...(evicted ? ['evicted'] : []), 'resident', 'share'];
  const totalRow = [`total, ${formatCount(total.files)} ${total.files === 1 ? 'file' : 'files'}`, ...cellsOf(total)];
  if (all || total.files <= FILES_SHOWN_MAX) {
    return `${alignColumns(['path', ...head], [...files.map(rowOf), totalRow], ink)}\n`;
  }
  // So many arguments are mostly files: their lines would be what --all shows.
  const few = paths.length <= FILES_SHOWN_MAX ? paths : [];
  const totals = alignColumns(['path', ...head], [...few.map(rowOf), totalRow], ink);
  if (largest.length === 0) return `${totals}\n`;
  return `${totals}\n\n${alignColumns(['most resident', ...head], largest.map(rowOf), ink)}\n`;
}

function rowOf(figures: CacheFigures & { readonly path: string }): string[] {
  return [printable(figures.path), ...cellsOf(figures)];
}

function cellsOf({ sizeBytes, residentBytes, residentBytesBefore }: CacheFigures): string[] {
  const evicted =
    residentBytesBefore === undefined ? [] : [formatBytes(Math.max(0, residentBytesBefore - residentBytes))];
  return [formatBytes(sizeBytes), ...evicted, formatBytes(residentBytes), shareText(residentBytes, sizeBytes)];
}

/** Rounded down: 100.0% means every byte. */
function shareText(part: number, whole: number): string {
  return whole === 0 ? '-' : `${(Math.floor((part / whole) * 1000) / 10).toFixed(1)}%`;
}

/** The time that renderTable takes grows with the square of the rows (5 s for 10,000): many are aligned by hand. */
function alignColumns(head: readonly string[], rows: readonly (readonly string[])[], ink: Ink): string {
  if (rows.length <= FILES_SHOWN_MAX + 1) return renderTable(head, rows, ink);
  const widths = head.map((text, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), text.length),
  );
  function line(row: readonly string[]): string {
    return row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join(GAP);
  }
  return [ink.bold(line(head)), ...rows.map(line)].join('\n');
}
