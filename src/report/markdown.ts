import type { Environment } from '../bench/environment.js';
import type { BenchResult, CompareResult } from '../bench/result.js';
import type { Warning } from '../bench/warnings.js';
import {
  COMPARISON_COLUMNS,
  caveatsByBaseline,
  comparisonTitle,
  comparisonWork,
  RATIO_NOTE,
  SIDE_COLUMNS,
  sidesOf,
  VERDICT_NOTE,
} from './comparison-figures.js';
import {
  type Column,
  caseColumns,
  caseNotes,
  environmentFacts,
  type Fact,
  INTERRUPTED,
  resultFacts,
  sectionsOf,
  sectionTitle,
  workText,
} from './figures.js';
import { warningText } from './warnings.js';

/** A benchmark as GitHub's markdown, to be pasted into a report or an issue. */
export function benchMarkdown(result: BenchResult): string {
  const blocks = ['## lsio bench', facts(resultFacts(result))];
  for (const entries of sectionsOf(result.cases)) {
    blocks.push(`### ${escapeMarkdown(sectionTitle(entries[0]))}`, escapeMarkdown(workText(entries)));
    blocks.push(table(caseColumns(entries), entries), facts(caseNotes(entries)));
  }
  return document([...blocks, ...endOf(result)]);
}

/** A comparison as GitHub's markdown, with both command lines and every caveat. */
export function compareMarkdown(result: CompareResult): string {
  const { comparisons } = result;
  const blocks = ['## lsio compare-fio', facts(resultFacts(result))];
  if (comparisons.length > 0) blocks.push(table(COMPARISON_COLUMNS, comparisons), `${RATIO_NOTE} ${VERDICT_NOTE}`);
  for (const { baseline, texts } of caveatsByBaseline(comparisons))
    blocks.push(`### Not the same on both sides, ${baseline}`, list(texts));
  for (const entry of comparisons) {
    const sides = sidesOf(entry);
    blocks.push(`### ${escapeMarkdown(comparisonTitle(entry))}`, escapeMarkdown(comparisonWork(entry)));
    blocks.push(table(SIDE_COLUMNS, sides), fence(sides.map((side) => side.commandLine).join('\n')));
    if (entry.fio.job !== undefined) blocks.push("fio's job file:", fence(entry.fio.job.trimEnd(), 'ini'));
  }
  return document([...blocks, ...endOf(result)]);
}

/**
 * Text as markdown that shows it as it is, on one line. An underscore within a word means nothing to GitHub and stays
 * as it is: `O_DIRECT`.
 */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*<>[\]|~&]|(?<![a-z0-9])_|_(?![a-z0-9])/gi, '\\$&').replace(/\s*[\r\n]+\s*/g, ' ');
}

export function environmentList(environment: Environment): string {
  return facts(environmentFacts(environment));
}

function endOf({ warnings, interrupted }: { warnings: readonly Warning[]; interrupted: boolean }): string[] {
  const blocks = interrupted ? [`**${INTERRUPTED}**`] : [];
  return warnings.length === 0 ? blocks : [...blocks, '### Warnings', list(warnings.map(warningText))];
}

export function table<T>(columns: readonly Column<T>[], entries: readonly T[]): string {
  const rows = [
    columns.map((column) => escapeMarkdown(column.head)),
    columns.map((column) => (column.left ? '---' : '---:')),
    ...entries.map((entry) => columns.map((column) => escapeMarkdown(column.text(entry)))),
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function facts(of: readonly Fact[]): string {
  return of.map(({ name, text }) => `- **${escapeMarkdown(name)}**: ${escapeMarkdown(text)}`).join('\n');
}

export function list(texts: readonly string[]): string {
  return texts.map((text) => `- ${escapeMarkdown(text)}`).join('\n');
}

/** The fence is longer than any run of backticks within it, so that none can end it. */
export function fence(code: string, language = 'sh'): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  const mark = '`'.repeat(longest + 1);
  return `${mark}${language}\n${code}\n${mark}`;
}

export function document(blocks: readonly string[]): string {
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}
