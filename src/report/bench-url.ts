import type { UrlBenchResult, UrlCaseResult } from '../bench/url-result.js';
import { formatBytes, formatCount, formatDurationNs, formatMiBPerSecond, formatRate } from '../units.js';
import { figure, groupBy, operationName } from './figures.js';
import { type Ink, inkFor, renderTable } from './table.js';
import { wrap } from './warnings.js';

/** `lsio bench --url` for people: a table for each case. */
export function renderUrlBench({ url, host, transport, cases, notes }: UrlBenchResult, color: boolean): string {
  const ink = inkFor(color);
  const parts = [wrap(`${url} at ${host}, lsio by ${transport}`)];
  for (const entries of groupBy(cases, (entry) => entry.case)) parts.push(renderCase(entries, ink));
  parts.push(ink.dim(LEGEND), ...notes.map((note) => wrap(note)));
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const LEGEND = `first      from a request to the head of its answer: half took no longer
CPU        processor time of an operation, of the whole client
over-read  bytes that came in gaps, as a share of those asked for`;

function renderCase(entries: readonly UrlCaseResult[], ink: Ink): string {
  const [first] = entries;
  if (first === undefined) return '';
  const rows = entries.map((entry) => {
    const last = entry.runs.at(-1);
    const over = last === undefined || last.bytes === 0 ? 0 : last.bytesReceived / last.bytes - 1;
    return [
      entry.client,
      String(entry.inFlight),
      formatRate(entry.operationsPerSecond),
      formatMiBPerSecond(entry.bytesPerSecond),
      figure(entry.firstByteNsP50, formatDurationNs),
      figure(entry.firstByteNsP99, formatDurationNs),
      figure(entry.cpuNsPerOperation, formatDurationNs),
      formatCount(last?.requests ?? 0),
      `${Math.round(over * 100)} %`,
    ];
  });
  const head = ['client', 'in flight', operationName(first), 'MiB/s', 'first', 'p99', 'CPU', 'requests', 'over-read'];
  const objects = `${formatCount(first.objects)} object${first.objects === 1 ? '' : 's'}`;
  const what = first.case === 'whole-files' ? objects : `${formatCount(first.operations)} blocks of ${objects}`;
  const amount = `${what}, ${formatBytes(first.bytes)}`;
  return `${ink.bold(`${first.case} · ${amount}`)}\n${renderTable(head, rows, ink)}`;
}
