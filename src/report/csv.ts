import type { BenchResult, CaseResult, CompareResult, Comparison, RunRecord } from '../bench/result.js';

export type CsvCell = string | number | boolean | null;

const CASE_FIELDS = [
  'case',
  'cache',
  'direct',
  'engine',
  'queueDepth',
  'rings',
  'threadPoolSize',
  'order',
  'readOrder',
  'files',
  'passes',
] as const satisfies readonly (keyof CaseResult)[];

const COMPARISON_FIELDS = [
  'case',
  'cache',
  'direct',
  'engine',
  'queueDepth',
  'rings',
  'baseline',
  'readOrder',
  'files',
  'passes',
] as const satisfies readonly (keyof Comparison)[];

const RUN_FIELDS = [
  'wallNs',
  'cpuUserNs',
  'cpuSystemNs',
  'bytes',
  'operations',
  'reads',
  'bytesRead',
  'residentBytesBefore',
  'deviceBytes',
  'contextSwitches',
  'pageFaults',
  'majorPageFaults',
  'stealNs',
  'valid',
] as const satisfies readonly (keyof RunRecord)[];

const RATE_FIELDS = ['operationsPerSecond', 'bytesPerSecond'];

/** A line a run, those that were not valid too, under the names that the JSON has; `run` counts from 1. */
export function benchCsv(result: BenchResult): string {
  const rows = result.cases.flatMap((entry) =>
    entry.runs.map((run, index) => [...CASE_FIELDS.map((name) => entry[name]), index + 1, ...runCells(run)]),
  );
  return csvText([[...CASE_FIELDS, 'run', ...RUN_FIELDS, ...RATE_FIELDS], ...rows]);
}

/** A line a side and run; `side` is `lsio` or `fio`, as the JSON calls them. */
export function compareCsv(result: CompareResult): string {
  const rows = result.comparisons.flatMap((entry) =>
    (['lsio', 'fio'] as const).flatMap((side) =>
      entry[side].runs.map((run, index) => {
        const cells = COMPARISON_FIELDS.map((name) => entry[name]);
        return [...cells, side, entry[side].version, index + 1, ...runCells(run)];
      }),
    ),
  );
  return csvText([[...COMPARISON_FIELDS, 'side', 'version', 'run', ...RUN_FIELDS, ...RATE_FIELDS], ...rows]);
}

/** Cells as RFC 4180 has them: CRLF after every line, quotes where they are needed, nothing for null. */
export function csvText(rows: readonly (readonly CsvCell[])[]): string {
  return rows.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(cell: CsvCell): string {
  if (cell === null || (typeof cell === 'number' && !Number.isFinite(cell))) return '';
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function runCells(run: RunRecord): CsvCell[] {
  const { operations, bytes, wallNs } = run;
  const rates = [operations, bytes].map((amount) => (wallNs > 0 ? amount / (wallNs / 1e9) : null));
  return [...RUN_FIELDS.map((name) => run[name]), ...rates];
}
