import type { Environment } from '../bench/environment.js';
import { SYNC_READERS } from '../bench/reader.js';
import type { BenchResult, CaseResult } from '../bench/result.js';
import { readsText } from '../bench/summary.js';
import { formatBytes, formatCount, formatDurationNs, formatMiBPerSecond, formatRate } from '../units.js';
import { renderChart } from './chart.js';
import { figure, groupBy, INTERRUPTED, NONE, operationName, orderText, sectionsOf, sectionTitle } from './figures.js';
import { type Ink, inkFor, renderTable } from './table.js';
import { renderWarnings, wrap } from './warnings.js';

/** Fewer runs than these are not drawn. */
const CHARTED_RUNS_MIN = 6;

/** `lsio bench` for people: the machine, a table for each case and cache state, charts, warnings. */
export function renderBench(result: BenchResult, color: boolean): string {
  const ink = inkFor(color);
  const parts = [renderEnvironment(result.environment)];
  for (const [index, entries] of sectionsOf(result.cases).entries()) {
    parts.push(renderSection(entries, ink));
    if (index === 0) parts.push(ink.dim(LEGEND));
  }
  for (const entries of sectionsOf(result.cases)) parts.push(renderCharts(entries, color));
  if (result.interrupted) parts.push(ink.yellow(INTERRUPTED));
  if (result.warnings.length > 0) parts.push(renderWarnings(result.warnings, ink));
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const LEGEND = `p50, p99   from submission to the bytes: half, 99 % took no longer
CPU s/GiB  processor time of the reading process, per GiB
queue      requests that the device had in hand, on average (iostat: aqu-sz)
runs       counted runs; 2/3 means that two of three were valid
bound      the limit: application (submits too little), device or cpu
CPUs       processors that the reading process kept busy
device     MiB/s and reads/s of the device; latency: its time for a read;
           busy: the share of time with work
cached     bytes of the files in the page cache before a run, at most`;

/** The machine, in a few words. */
export function renderEnvironment(environment: Environment): string {
  const { cpus, cpu, memoryBytes, kernel, fileSystem, device, node, virtualisation, date } = environment;
  const machine = `${cpus} × ${cpu}, ${formatBytes(memoryBytes)}${virtualisation === null ? '' : `, on ${virtualisation}`}`;
  const storage = `${fileSystem ?? 'unknown file system'} on ${device?.name ?? 'no block device'}`;
  return [machine, `${kernel}, ${storage}, Node ${node}, ${date.slice(0, 10)}`].map((line) => wrap(line)).join('\n');
}

function renderFigures(entry: CaseResult): string[] {
  if (entry.operationsPerSecond === null) return [entry.engine, ...new Array<string>(6).fill(NONE)];
  return [
    entry.engine,
    figure(entry.operationsPerSecond, formatRate),
    figure(entry.bytesPerSecond, formatMiBPerSecond),
    figure(entry.latencyNsP50, formatDurationNs),
    figure(entry.latencyNsP99, formatDurationNs),
    figure(entry.cpuNsPerGiB, (ns) => (ns / 1e9).toFixed(2)),
    figure(entry.deviceQueueAverage, (queue) => queue.toFixed(1)),
  ];
}

type Section = readonly [CaseResult, ...CaseResult[]];

/** All engines and depths of a case in one cache state. */
function renderSection(unsorted: Section, ink: Ink): string {
  const [first] = unsorted;
  const entries = groupBy(unsorted, (entry) => entry.engine).flat() as [CaseResult, ...CaseResult[]];
  const swept = depthsOf(entries).length > 1;
  const best = Math.max(...entries.map((entry) => entry.bytesPerSecond ?? 0));
  const rows = entries.map((entry) => {
    const [engine = '', ...figures] = renderFigures(entry);
    const valid = entry.runs.filter((run) => run.valid).length;
    const marked = entry.bytesPerSecond === best ? ink.green(engine) : engine;
    const runs = valid === entry.runs.length ? String(valid) : ink.yellow(`${valid}/${entry.runs.length}`);
    return [marked, ...depthCell(entry, swept), ...figures, runs];
  });
  const depth = swept ? ['depth'] : [];
  const head = ['engine', ...depth, operationName(first), 'MiB/s', 'p50', 'p99', 'CPU s/GiB', 'queue', 'runs'];
  const limits = entries.flatMap((entry) => (entry.bound === null ? [] : [renderLimit(entry, swept)]));
  const tables = [renderTable(head, rows, ink)];
  if (swept && entries.some(({ engine }) => SYNC_READERS.includes(engine)))
    tables.push('sync reads one at a time, so it was measured at depth 1 only');
  if (limits.length > 0) tables.push(renderTable(limitHead(depth), limits, ink));
  tables.push(...entries.flatMap(mergedText));
  tables.push(...entries.flatMap(({ engine, perf }) => (perf === null ? [] : [perfText(engine, perf)])));
  return `${ink.bold(sectionHead(entries))}\n${tables.join('\n\n')}`;
}

function sectionHead(entries: Section): string {
  const [first] = entries;
  const { case: name, cache, files, operations, bytes } = first;
  const amount =
    name === 'whole-files'
      ? `${formatCount(files)} files, ${formatBytes(bytes)}`
      : `${formatCount(operations)} blocks of ${formatBytes(bytes / operations)}`;
  const depths = depthsOf(entries);
  const depth = depths.length > 1 ? [] : [`depth ${depths[0] ?? first.queueDepth}`];
  return [name, cache, directText(entries), ...depth, amount, ...readOrderText(entries)].join(' · ');
}

/** The depths that were asked for; a reader that takes one at a time has none. */
function depthsOf(entries: Section): number[] {
  return [...new Set(entries.filter(({ engine }) => !SYNC_READERS.includes(engine)).map((entry) => entry.queueDepth))];
}

function depthCell({ queueDepth }: CaseResult, swept: boolean): string[] {
  return swept ? [String(queueDepth)] : [];
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
  const direct = [...new Set(entries.filter((entry) => entry.direct).map((entry) => entry.engine))];
  if (direct.length === 0) return 'buffered';
  return entries.every((entry) => entry.direct) ? 'O_DIRECT' : `O_DIRECT (${direct.join(', ')})`;
}

/** Shown where a reader did not read in the order given. */
function readOrderText(entries: readonly CaseResult[]): string[] {
  return entries.some((entry) => entry.readOrder === 'device') ? [orderText(entries)] : [];
}

function limitHead(depth: readonly string[]): string[] {
  return ['engine', ...depth, 'bound', 'CPUs', 'dev MiB/s', 'reads/s', 'latency', 'busy', 'cached'];
}

/** What limited an engine, with the figures that say so. */
function renderLimit(entry: CaseResult, swept: boolean): string[] {
  const { engine, bound, runs, device } = entry;
  const valid = runs.filter((run) => run.valid);
  const sum = (amount: (run: CaseResult['runs'][number]) => number) => valid.reduce((all, run) => all + amount(run), 0);
  const cpus = sum((run) => run.cpuUserNs + run.cpuSystemNs) / sum((run) => run.wallNs);
  const resident = Math.max(...valid.map((run) => run.residentBytesBefore ?? Number.NaN));
  return [
    engine,
    ...depthCell(entry, swept),
    bound?.by ?? NONE,
    cpus.toFixed(2),
    ...(device === null
      ? [NONE, NONE, NONE, NONE]
      : [
          formatMiBPerSecond(device.bytesPerSecond),
          formatRate(device.readsPerSecond),
          figure(device.awaitNs, formatDurationNs),
          `${Math.round(device.utilisation * 100)} %`,
        ]),
    Number.isNaN(resident) ? '?' : formatBytes(resident),
  ];
}

/** Throughput against depth where several depths were run, else over the runs. */
function renderCharts(entries: Section, color: boolean): string {
  const [first] = entries;
  const depths = depthsOf(entries);
  if (depths.length > 1) {
    const lines = groupBy(entries, (entry) => entry.engine).map((group) => ({
      name: group[0]?.engine ?? '',
      values: depths.map((depth) => {
        const entry = group.length === 1 ? group[0] : group.find(({ queueDepth }) => queueDepth === depth);
        return (entry?.bytesPerSecond ?? 0) / 2 ** 20;
      }),
    }));
    return `${sectionTitle(first)}: throughput against depth\n${renderChart(lines, depths.map(String), 'MiB/s', color)}`;
  }
  // For a few runs the table is enough.
  if (first.runs.length < CHARTED_RUNS_MIN) return '';
  const lines = entries.map((entry) => ({
    name: entry.engine,
    values: entry.runs.map((run) => run.bytes / 2 ** 20 / (run.wallNs / 1e9)),
  }));
  const marks = first.runs.map((_, index) => String(index + 1));
  return `${sectionTitle(first)}: throughput of each run\n${renderChart(lines, marks, 'MiB/s', color)}`;
}
