import type { Environment } from '../bench/environment.js';
import type { CaseResult, RunRecord } from '../bench/result.js';
import { readsText } from '../bench/summary.js';
import { formatBytes, formatCount, formatDurationNs, formatMiBPerSecond, formatRate } from '../units.js';

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

/** What was run and where. */
export function resultFacts(result: { readonly commandLine?: string; readonly environment: Environment }): Fact[] {
  const { commandLine, environment } = result;
  return [
    ...environmentFacts(environment),
    ...(commandLine === undefined ? [] : [{ name: 'Command', text: commandLine }]),
  ];
}

/** The machine and its software, as names and texts. Unknown facts are left out. */
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
  const details = Object.entries(deviceDetails).flatMap(([key, text]) => deviceFact(key, text));
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
    { name: 'Device', text: device === null ? 'none' : [deviceName ?? 'unknown', ...details].join(', ') },
    { name: 'Versions', text: versions.join(', ') },
    { name: 'Ring flags', text: ringFlags.join(', ') },
  ];
  return facts.filter((fact) => fact.text !== '');
}

/** The settings of a device's queue, in words. */
function deviceFact(name: string, text: string): string[] {
  switch (name) {
    case 'model':
      return text === '' ? [] : [text];
    case 'rotational':
      return text === '1' ? ['rotational, says the kernel'] : [];
    case 'scheduler':
      return [`scheduler ${/\[(.*)\]/.exec(text)?.[1] ?? text}`];
    case 'logicalBlockBytes':
      return [`blocks of ${text} B`];
    case 'requests':
      return [`queue of ${text} requests`];
    default:
      return [`${name} ${text}`];
  }
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

/** The work of a section, and how its bytes were verified. */
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

export function amountText(entry: Pick<CaseResult, 'case' | 'files' | 'operations' | 'bytes'>): string {
  const { case: name, files, operations, bytes } = entry;
  if (name === 'whole-files') return `${formatCount(files)} files, ${formatBytes(bytes)}`;
  const size = operations === 0 ? '' : ` of ${formatBytes(bytes / operations)}`;
  return `${formatCount(operations)} reads${size} in ${files === 1 ? 'one file' : `${formatCount(files)} files`}`;
}

export function modeText({ direct }: { readonly direct: boolean }): string {
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
    { head: 'dev MiB/s', text: (entry) => figure(entry.device?.bytesPerSecond, formatMiBPerSecond) },
    { head: 'queue', text: (entry) => figure(entry.deviceQueueAverage, (queue) => queue.toFixed(1)) },
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

/** The 95 % interval of the throughput. */
export function intervalText({ bytesPerSecondLow, bytesPerSecondHigh, runs }: CaseResult): string {
  if (bytesPerSecondLow === null || bytesPerSecondHigh === null || bytesPerSecondLow <= 0) return noInterval(runs);
  return `${formatMiBPerSecond(bytesPerSecondLow)}–${formatMiBPerSecond(bytesPerSecondHigh)}`;
}

export function runsText(runs: readonly RunRecord[]): string {
  const valid = runs.filter((run) => run.valid).length;
  return valid === runs.length ? String(valid) : `${valid}/${runs.length}`;
}

/** Notes on results: why this engine (once), what limited it, and the counts of `perf`. */
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
      entry.bound === null ? '' : `bound by the ${entry.bound.by}: ${entry.bound.evidence}`,
      readsText(entry) ?? '',
      perf.length === 0 ? '' : `perf: ${perf.join(', ')}`,
    ].filter((part) => part !== '');
    const name = withDepth.has(entry.engine) ? `${entry.engine}, depth ${entry.queueDepth}` : entry.engine;
    return text.length === 0 ? [] : [{ name, text: text.join('; ') }];
  });
}

export function noInterval(runs: readonly RunRecord[]): string {
  const { length } = runs.filter((run) => run.valid);
  return length === 0 ? NONE : `${NONE} (${length} ${length === 1 ? 'run' : 'runs'})`;
}

export function ringsText(rings: number): string {
  return `${rings} ${rings === 1 ? 'ring' : 'rings'}`;
}

export const INTERRUPTED = 'interrupted: what is here is complete, the rest was not run';

/** The order in which the files were given, and who read them in another. */
export function orderText(entries: readonly CaseResult[]): string {
  const readers = new Set(entries.filter((entry) => entry.readOrder === 'device').map((entry) => entry.engine));
  const given = `${entries[0]!.order} order`;
  return readers.size === 0 ? given : `${given}, read in device order by ${[...readers].join(', ')}`;
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
