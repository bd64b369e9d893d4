import type { Environment } from '../bench/environment.js';
import type { CaseResult, Comparison, RunRecord, SideResult } from '../bench/result.js';
import { readsText } from '../bench/summary.js';
import { formatBytes, formatCount, formatDurationNs, formatMiBPerSecond, formatRate } from '../units.js';
import { groupBy, orderText } from './bench.js';

/** Stands where there is no figure. */
export const NONE = '–';

/** A column of a table of figures; text stands left, figures stand right. */
export interface Column<T> {
  readonly head: string;
  readonly text: (entry: T) => string;
  readonly left?: true;
}

export interface Fact {
  readonly name: string;
  readonly text: string;
}

/** The machine and what ran on it, as names and texts; what isn't known is left out. */
export function environmentFacts(environment: Environment): Fact[] {
  const { device, mountOptions, ringFlags, memoryBytes, loadAverage } = environment;
  const { name: deviceName, ...deviceDetails } = device ?? {};
  const versions = [
    `lsio ${environment.lsio}`,
    `Node ${environment.node}`,
    ...named('koffi', environment.koffi),
    ...named('liburing', environment.liburing),
    ...named('fio', environment.fio),
  ];
  const queue = Object.entries(deviceDetails).map(([key, text]) => `${key} ${text}`);
  const facts: Fact[] = [
    { name: 'Date', text: environment.date },
    { name: 'Machine', text: `${environment.cpus} × ${environment.cpu}, ${formatBytes(memoryBytes)}` },
    { name: 'Virtualisation', text: environment.virtualisation ?? '' },
    { name: 'Governor', text: environment.governor ?? '' },
    { name: 'Huge pages', text: environment.hugePages ?? '' },
    { name: 'Load average', text: loadAverage.toFixed(2) },
    { name: 'Kernel', text: environment.kernel },
    { name: 'Directory', text: environment.dir },
    { name: 'File system', text: [environment.fileSystem ?? 'unknown', ...named('', mountOptions)].join(', ') },
    { name: 'Device', text: device === null ? 'none' : [deviceName ?? 'unknown', ...queue].join(', ') },
    { name: 'Versions', text: versions.join(', ') },
    { name: 'Ring flags', text: ringFlags.join(', ') },
  ];
  return facts.filter((fact) => fact.text !== '');
}

function named(name: string, text: string | null): string[] {
  return text === null || text === '' ? [] : [text.startsWith(name) ? text : `${name} ${text}`];
}

/** The results of a case in one cache state, whatever the engine and the depth. */
export function sectionsOf(cases: readonly CaseResult[]): (readonly [CaseResult, ...CaseResult[]])[] {
  return groupBy(cases, (entry) => `${entry.case} ${entry.cache}`) as [CaseResult, ...CaseResult[]][];
}

export function sectionTitle({ case: name, cache }: { readonly case: string; readonly cache: string }): string {
  return `${name} · ${cache}`;
}

/** What was read in a section, and how it was made sure of. */
export function workText(entries: readonly [CaseResult, ...CaseResult[]]): string {
  const [first] = entries;
  const passes = Math.max(...entries.map((entry) => entry.passes));
  const checked = { all: 'every byte verified', sample: 'a sample verified', none: 'not verified' };
  return [
    amountText(first),
    ...(varies(entries, (entry) => entry.direct) ? [] : [modeText(first)]),
    orderText(entries),
    ...(passes > 1 ? [`up to ${passes} passes a run`] : []),
    checked[first.verified],
  ].join(', ');
}

function amountText(entry: Pick<CaseResult, 'case' | 'files' | 'operations' | 'bytes'>): string {
  const { case: name, files, operations, bytes } = entry;
  if (name === 'whole-files') return `${formatCount(files)} files, ${formatBytes(bytes)}`;
  const size = operations === 0 ? '' : ` of ${formatBytes(bytes / operations)}`;
  return `${formatCount(operations)} reads${size} in ${files === 1 ? 'one file' : `${formatCount(files)} files`}`;
}

function modeText({ direct }: { readonly direct: boolean }): string {
  return direct ? 'O_DIRECT' : 'buffered';
}

export function varies<T>(entries: readonly T[], of: (entry: T) => unknown): boolean {
  return new Set(entries.map(of)).size > 1;
}

/** The table of all figures of a section: the columns that only some results need are there only where they differ. */
export function caseColumns(entries: readonly [CaseResult, ...CaseResult[]]): Column<CaseResult>[] {
  const per = operationName(entries[0]);
  return [
    { head: 'engine', text: (entry) => entry.engine, left: true },
    { head: 'depth', text: (entry) => String(entry.queueDepth) },
    ...(varies(entries, (entry) => entry.rings) ? [{ head: 'rings', text: (e: CaseResult) => String(e.rings) }] : []),
    ...(varies(entries, (entry) => entry.direct) ? [{ head: 'I/O', text: modeText, left: true as const }] : []),
    { head: per, text: (entry) => figure(entry.operationsPerSecond, formatRate) },
    { head: 'MiB/s', text: (entry) => figure(entry.bytesPerSecond, formatMiBPerSecond) },
    { head: '95 %', text: intervalText },
    { head: 'p50', text: (entry) => figure(entry.latencyNsP50, formatDurationNs) },
    { head: 'p90', text: (entry) => figure(entry.latencyNsP90, formatDurationNs) },
    { head: 'p99', text: (entry) => figure(entry.latencyNsP99, formatDurationNs) },
    { head: 'p99.9', text: (entry) => figure(entry.latencyNsP999, formatDurationNs) },
    { head: 'p99.99', text: (entry) => figure(entry.latencyNsP9999, formatDurationNs) },
    { head: 'CPU s/GiB', text: (entry) => figure(entry.cpuNsPerGiB, (ns) => (ns / 1e9).toFixed(2)) },
    { head: 'device MiB/s', text: (entry) => figure(entry.device?.bytesPerSecond, formatMiBPerSecond) },
    { head: 'aqu-sz', text: (entry) => figure(entry.deviceQueueAverage, (queue) => queue.toFixed(1)) },
    { head: 'bound', text: (entry) => entry.bound?.by ?? NONE, left: true },
    { head: 'runs', text: ({ runs }) => runsText(runs) },
  ];
}

/** What an operation is called, per second. */
export function operationName(entry: { readonly case: string }): string {
  return entry.case === 'whole-files' ? 'files/s' : 'reads/s';
}

/** A figure in words, or a dash where there is none. */
export function figure(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined || !Number.isFinite(value) ? NONE : format(value);
}

function intervalText({ bytesPerSecondLow, bytesPerSecondHigh }: CaseResult): string {
  if (bytesPerSecondLow === null || bytesPerSecondHigh === null) return NONE;
  return `${formatMiBPerSecond(bytesPerSecondLow)}–${formatMiBPerSecond(bytesPerSecondHigh)}`;
}

function runsText(runs: readonly RunRecord[]): string {
  const valid = runs.filter((run) => run.valid).length;
  return valid === runs.length ? String(valid) : `${valid}/${runs.length}`;
}

/** Why this engine (said once), what a result waited for, and what `perf` counted, for each that has such a thing. */
export function caseNotes(entries: readonly CaseResult[]): Fact[] {
  const withDepth = new Set(
    groupBy(entries, (entry) => entry.engine).flatMap((group) => (group.length > 1 ? [group[0]?.engine] : [])),
  );
  const told = new Set<string>();
  return entries.flatMap((entry) => {
    const reason = told.has(`${entry.engine} ${entry.engineReason}`) ? '' : entry.engineReason;
    told.add(`${entry.engine} ${entry.engineReason}`);
    const perf = Object.entries(entry.perf ?? {}).map(([name, count]) => `${name} ${figure(count, formatRate)}`);
    const text = [
      reason,
      entry.bound === null ? '' : `${entry.bound.by} bound: ${entry.bound.evidence}`,
      readsText(entry) ?? '',
      perf.length === 0 ? '' : `perf: ${perf.join(', ')}`,
    ].filter((part) => part !== '');
    const name = withDepth.has(entry.engine) ? `${entry.engine}, depth ${entry.queueDepth}` : entry.engine;
    return text.length === 0 ? [] : [{ name, text: text.join('; ') }];
  });
}

/** The table of both sides of all comparisons. */
export const COMPARISON_COLUMNS: readonly Column<Comparison>[] = [
  { head: 'case', text: (entry) => `${entry.case} ${entry.cache}`, left: true },
  { head: 'baseline', text: (entry) => entry.baseline, left: true },
  { head: 'depth', text: (entry) => String(entry.queueDepth) },
  { head: 'rings', text: (entry) => String(entry.rings) },
  { head: 'lsio op/s', text: ({ lsio }) => figure(lsio.operationsPerSecond, formatRate) },
  { head: 'fio op/s', text: ({ fio }) => figure(fio.operationsPerSecond, formatRate) },
  { head: 'lsio MiB/s', text: ({ lsio }) => figure(lsio.bytesPerSecond, formatMiBPerSecond) },
  { head: 'fio MiB/s', text: ({ fio }) => figure(fio.bytesPerSecond, formatMiBPerSecond) },
  { head: 'ratio', text: ({ ratio }) => figure(ratio, (value) => value.toFixed(2)) },
  { head: '95 %', text: ratioInterval },
  { head: 'verdict', text: ({ verdict }) => verdict, left: true },
];

export function ratioInterval({ ratioLow, ratioHigh }: Comparison): string {
  return `${figure(ratioLow, (value) => value.toFixed(2))}–${figure(ratioHigh, (value) => value.toFixed(2))}`;
}

/** The table of one comparison: a line a side. */
export const SIDE_COLUMNS: readonly Column<SideResult & { readonly name: string }>[] = [
  { head: 'side', text: ({ name }) => name, left: true },
  { head: 'version', text: ({ version }) => version, left: true },
  { head: 'op/s', text: (side) => figure(side.operationsPerSecond, formatRate) },
  { head: 'MiB/s', text: (side) => figure(side.bytesPerSecond, formatMiBPerSecond) },
  { head: 'CPU per op', text: (side) => figure(side.cpuNsPerOperation, formatDurationNs) },
  { head: 'of it user', text: (side) => figure(side.cpuUserShare, (share) => `${(share * 100).toFixed(0)} %`) },
  { head: 'runs', text: ({ runs }) => runsText(runs) },
];

/** Both sides by name; an A/A check has lsio on both. */
export function sidesOf(entry: Comparison): readonly (SideResult & { readonly name: string })[] {
  return [
    { name: 'lsio', ...entry.lsio },
    { name: entry.baseline === 'self' ? 'lsio again' : 'fio', ...entry.fio },
  ];
}

export function comparisonTitle(entry: Comparison): string {
  return [sectionTitle(entry), entry.baseline, `depth ${entry.queueDepth}`, ringsText(entry.rings)].join(' · ');
}

export function ringsText(rings: number): string {
  return `${rings} ${rings === 1 ? 'ring' : 'rings'}`;
}

export function comparisonWork(entry: Comparison): string {
  const passes = entry.passes === 1 ? '' : `, ${entry.passes} passes a run`;
  return `${amountText(entry)}, ${modeText(entry)}${passes}, engine ${entry.engine}`;
}

/** Every caveat once, with the comparisons that it concerns where it doesn't concern all. */
export function caveatTexts(comparisons: readonly Comparison[]): string[] {
  const uses = new Map<string, string[]>();
  for (const entry of comparisons) {
    for (const text of new Set(entry.asymmetries)) {
      uses.set(text, [...(uses.get(text) ?? []), `${entry.case} ${entry.cache} ${entry.baseline}`]);
    }
  }
  return [...uses].map(([text, titles]) =>
    titles.length === comparisons.length ? text : `${text} (${[...new Set(titles)].join(', ')})`,
  );
}

export const INTERRUPTED = 'Interrupted: what is here is complete, the rest was not run.';
