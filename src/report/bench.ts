import type { Environment } from '../bench/environment.js';
import { SYNC_READERS } from '../bench/reader.js';
import type { BenchResult, CaseResult } from '../bench/result.js';
import { readsText } from '../bench/summary.js';
import { formatBytes, formatCount, formatDurationNs, formatMiBPerSecond, formatRate } from '../units.js';
import { type Line, renderChart } from './chart.js';
import { type Ink, inkFor, renderTable } from './table.js';
import { renderWarnings, wrap } from './warnings.js';

/** `lsio bench` for people: the machine, a table for each case, cache state and depth, charts, warnings. */
export function renderBench(result: BenchResult, color: boolean): string {
  const ink = inkFor(color);
  const parts = [renderEnvironment(result.environment)];
  for (const cell of cellsOf(result.cases)) parts.push(renderCell(cell, ink));
  for (const group of groupBy(result.cases, (entry) => `${entry.case} ${entry.cache}`)) {
    parts.push(renderDepths(group, color));
  }
  if (result.interrupted) parts.push(ink.yellow('interrupted: what is above is complete, the rest was not run'));
  if (result.warnings.length > 0) parts.push(renderWarnings(result.warnings, ink));
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** The machine, in a few words. */
export function renderEnvironment(environment: Environment): string {
  const { cpus, cpu, memoryBytes, kernel, fileSystem, device, node, virtualisation, date } = environment;
  const machine = `${cpus} × ${cpu}, ${formatBytes(memoryBytes)}${virtualisation === null ? '' : `, on ${virtualisation}`}`;
  const storage = `${fileSystem ?? 'unknown file system'} on ${device?.name ?? 'no block device'}`;
  return [machine, `${kernel}, ${storage}, Node ${node}, ${date.slice(0, 10)}`].map((line) => wrap(line)).join('\n');
}

/** The readers that competed with one another; results come cell by cell, so a reader seen before begins a new one. */
function cellsOf(cases: readonly CaseResult[]): CaseResult[][] {
  const cells: CaseResult[][] = [];
  for (const entry of cases) {
    const cell = cells.at(-1);
    const [first] = cell ?? [];
    const same = first?.case === entry.case && first.cache === entry.cache;
    if (cell !== undefined && same && cell.every((other) => other.engine !== entry.engine)) cell.push(entry);
    else cells.push([entry]);
  }
  return cells;
}

export function renderFigures(entry: CaseResult): string[] {
  const { operationsPerSecond, bytesPerSecond, latencyNsP50, latencyNsP99, cpuNsPerGiB, deviceQueueAverage } = entry;
  if (operationsPerSecond === null || bytesPerSecond === null) return [entry.engine, ...new Array<string>(6).fill('–')];
  return [
    entry.engine,
    formatRate(operationsPerSecond),
    formatMiBPerSecond(bytesPerSecond),
    latencyNsP50 === null ? '–' : formatDurationNs(latencyNsP50),
    latencyNsP99 === null ? '–' : formatDurationNs(latencyNsP99),
    cpuNsPerGiB === null ? '–' : (cpuNsPerGiB / 1e9).toFixed(2),
    deviceQueueAverage === null ? '–' : deviceQueueAverage.toFixed(1),
  ];
}

function renderCell(entries: readonly CaseResult[], ink: Ink): string {
  const [first] = entries;
  if (first === undefined) return '';
  const { case: name, cache, files, operations, bytes } = first;
  const per = name === 'whole-files' ? 'files/s' : 'reads/s';
  const amount =
    name === 'whole-files'
      ? `${formatCount(files)} files, ${formatBytes(bytes)}`
      : `${formatCount(operations)} blocks of ${formatBytes(bytes / operations)}`;
  const depth = Math.max(...entries.map((entry) => entry.queueDepth));
  const parts = [name, cache, directText(entries), `depth ${depth}`, amount, ...readOrderText(entries)];
  const title = parts.join(' · ');
  const best = Math.max(...entries.map((entry) => entry.bytesPerSecond ?? 0));
  const rows = entries.map((entry) => {
    const figures = renderFigures(entry);
    const valid = entry.runs.filter((run) => run.valid).length;
    const [engine = '', ...rest] = figures;
    const marked = entry.bytesPerSecond === best ? ink.green(engine) : engine;
    return [marked, ...rest, valid === entry.runs.length ? String(valid) : ink.yellow(`${valid}/${entry.runs.length}`)];
  });
  const waits = entries.flatMap((entry) => (entry.bound === null ? [] : [renderWait(entry)]));
  const head = ['engine', per, 'MiB/s', 'p50', 'p99', 'CPU s/GiB', 'queue', 'runs'];
  const tables = [renderTable(head, rows, ink)];
  if (waits.length > 0) tables.push(renderTable(WAIT_HEAD, waits, ink));
  tables.push(...entries.flatMap(mergedText));
  tables.push(...entries.flatMap(({ engine, perf }) => (perf === null ? [] : [perfText(engine, perf)])));
  return `${ink.bold(title)}\n${tables.join('\n\n')}`;
}

function mergedText(entry: CaseResult): string[] {
  const text = readsText(entry);
  return text === undefined ? [] : [wrap(`${entry.engine} ${text}`)];
}

/** What perf stat counted over one more run. */
function perfText(engine: string, perf: Readonly<Record<string, number>>): string {
  const counts = Object.entries(perf).map(([event, count]) => `${event} ${formatCount(Math.round(count))}`);
  return wrap(`perf stat, ${engine}: ${counts.join(', ')}`);
}

/** Node's own calls read through the page cache. */
function directText(entries: readonly CaseResult[]): string {
  const direct = entries.filter((entry) => entry.direct).map((entry) => entry.engine);
  if (direct.length === 0) return 'buffered';
  return direct.length === entries.length ? 'O_DIRECT' : `O_DIRECT (${direct.join(', ')})`;
}

/** The order in which the files were given, and who read them in another. */
export function orderText(entries: readonly CaseResult[]): string {
  const readers = new Set(entries.filter((entry) => entry.readOrder === 'device').map((entry) => entry.engine));
  const given = `${entries[0]!.order} order`;
  return readers.size === 0 ? given : `${given}, read in device order by ${[...readers].join(', ')}`;
}

/** Named where somebody didn't read in the order given. */
function readOrderText(entries: readonly CaseResult[]): string[] {
  return entries.some((entry) => entry.readOrder === 'device') ? [orderText(entries)] : [];
}

const WAIT_HEAD = ['waits for', 'bound', 'CPUs', 'device MB/s', 'reads/s', 'await', 'busy', 'resident'];

/** What an engine waited for, with the figures that say so. */
function renderWait({ engine, bound, runs, device }: CaseResult): string[] {
  const valid = runs.filter((run) => run.valid);
  const sum = (amount: (run: CaseResult['runs'][number]) => number) => valid.reduce((all, run) => all + amount(run), 0);
  const cpus = sum((run) => run.cpuUserNs + run.cpuSystemNs) / sum((run) => run.wallNs);
  const resident = Math.max(...valid.map((run) => run.residentBytesBefore ?? Number.NaN));
  return [
    engine,
    bound?.by ?? '–',
    cpus.toFixed(2),
    ...(device === null
      ? ['–', '–', '–', '–']
      : [
          (device.bytesPerSecond / 1e6).toFixed(0),
          formatRate(device.readsPerSecond),
          device.awaitNs === null ? '–' : formatDurationNs(device.awaitNs),
          `${Math.round(device.utilisation * 100)} %`,
        ]),
    Number.isNaN(resident) ? '?' : formatBytes(resident),
  ];
}

/** Throughput against depth where several depths were run, else over the runs. */
function renderDepths(entries: readonly CaseResult[], color: boolean): string {
  const [first] = entries;
  if (first === undefined) return '';
  const title = `${first.case} · ${first.cache}`;
  const depths = [
    ...new Set(entries.filter((entry) => !SYNC_READERS.includes(entry.engine)).map((entry) => entry.queueDepth)),
  ];
  if (depths.length > 1) {
    const lines = linesOf(entries, (entry) => (entry.bytesPerSecond ?? 0) / 2 ** 20);
    return `${title}: throughput against depth\n${renderChart(lines, depths.map(String), 'MiB/s', color)}`;
  }
  // Without colour every line would need a chart of its own: the table says as much.
  if (!color || first.runs.length < 2) return '';
  const lines = entries.map((entry) => ({
    name: entry.engine,
    values: entry.runs.map((run) => run.bytes / 2 ** 20 / (run.wallNs / 1e9)),
  }));
  const marks = first.runs.map((_, index) => `run ${index + 1}`);
  return `${title}: throughput over the runs\n${renderChart(lines, marks, 'MiB/s', color)}`;
}

function linesOf(entries: readonly CaseResult[], value: (entry: CaseResult) => number): Line[] {
  return groupBy(entries, (entry) => entry.engine).map((group) => ({
    name: group[0]?.engine ?? '',
    values: group.map(value),
  }));
}

/** Groups in the order of their first entries. */
export function groupBy<T>(entries: readonly T[], keyOf: (entry: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const entry of entries) {
    const group = groups.get(keyOf(entry));
    if (group === undefined) groups.set(keyOf(entry), [entry]);
    else group.push(entry);
  }
  return [...groups.values()];
}
