import type { CompareResult, Comparison, SideResult } from '../bench/result.js';
import { formatBytes, formatCount, formatMiBPerSecond, formatRate } from '../units.js';
import { renderEnvironment } from './bench.js';
import { caveatsByBaseline, RATIO_NOTE, ratioInterval, VERDICT_NOTE } from './comparison-figures.js';
import { INTERRUPTED } from './figures.js';
import { type Ink, inkFor, renderTable } from './table.js';
import { renderWarnings, wrap } from './warnings.js';

/** `lsio compare-fio` for people: the machine, the table of ratios, the caveats, both commands. */
export function renderComparison(result: CompareResult, color: boolean): string {
  const ink = inkFor(color);
  const parts = [renderEnvironment(result.environment)];
  const { comparisons } = result;
  if (comparisons.length > 0) {
    parts.push(
      renderTable(
        HEAD,
        comparisons.map((entry) => row(entry, ink)),
        ink,
      ),
    );
    parts.push(ink.dim(`${wrap(RATIO_NOTE)}\n${wrap(VERDICT_NOTE)}`));
    parts.push(comparisons.map(work).join('\n'));
    for (const { baseline, texts } of caveatsByBaseline(comparisons))
      parts.push(`${ink.bold(`Not the same on both sides, ${baseline}`)}\n${list(texts)}`);
    parts.push(`${ink.bold('To run it by hand')}\n${commands(comparisons)}`);
  }
  if (result.interrupted) parts.push(ink.yellow(INTERRUPTED));
  if (result.warnings.length > 0) parts.push(renderWarnings(result.warnings, ink));
  return `${parts.join('\n\n')}\n`;
}

const HEAD = ['case', 'depth', 'lsio/s', 'fio/s', 'ratio', '95 %', 'verdict'];

function row(entry: Comparison, ink: Ink): string[] {
  const paint = { faster: ink.green, slower: ink.red, equal: ink.green, undecided: ink.yellow }[entry.verdict];
  return [
    nameOf(entry),
    String(entry.queueDepth),
    formatRate(entry.lsio.operationsPerSecond),
    formatRate(entry.fio.operationsPerSecond),
    entry.ratio.toFixed(2),
    ratioInterval(entry),
    paint(entry.verdict),
  ];
}

/** What is compared with fio at its best needs no further name. */
function nameOf({ case: name, cache, baseline }: Comparison): string {
  return `${name} ${cache}${baseline === 'matched' ? '' : ` ${baseline}`}`;
}

function work(entry: Comparison): string {
  const per = entry.case === 'whole-files' ? 'files' : 'blocks';
  const passes = entry.passes === 1 ? '' : `, ${entry.passes} times over`;
  const what =
    `${nameOf(entry)}, depth ${entry.queueDepth}: ${formatCount(entry.operations)} ${per}, ${formatBytes(entry.bytes)}${passes}, ` +
    `${entry.direct ? 'O_DIRECT' : 'buffered'}`;
  return [wrap(what), side('lsio', entry.lsio), side(entry.fio.version, entry.fio)].join('\n');
}

function side(name: string, { bytesPerSecond, cpuNsPerOperation }: SideResult): string {
  return `  ${name.padEnd(9)} ${formatMiBPerSecond(bytesPerSecond)} MiB/s, ${(cpuNsPerOperation / 1000).toFixed(2)} µs of CPU per operation`;
}

function commands(comparisons: readonly Comparison[]): string {
  return comparisons
    .map(
      (entry) =>
        `  ${nameOf(entry)}, depth ${entry.queueDepth}\n    ${entry.lsio.commandLine}\n    ${entry.fio.commandLine}`,
    )
    .join('\n');
}

function list(lines: readonly string[]): string {
  return lines.map((line) => wrap(`  - ${line}`, '    ')).join('\n');
}
