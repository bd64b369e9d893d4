import type { Comparison, SideResult } from '../bench/result.js';
import { formatDurationNs, formatMiBPerSecond, formatRate } from '../units.js';
import {
  amountText,
  type Column,
  figure,
  groupBy,
  modeText,
  noInterval,
  ringsText,
  runsText,
  sectionTitle,
} from './figures.js';

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

/** The 95 % interval of a ratio. An interval from 0 says nothing, so few runs show none. */
export function ratioInterval({ ratioLow, ratioHigh, lsio }: Comparison): string {
  if (!(ratioLow > 0) || !Number.isFinite(ratioHigh)) return noInterval(lsio.runs);
  return `${ratioLow.toFixed(2)}–${ratioHigh.toFixed(2)}`;
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

export function comparisonWork(entry: Comparison): string {
  const passes = entry.passes === 1 ? '' : `, ${entry.passes} passes a run`;
  return `${amountText(entry)}, ${modeText(entry)}${passes}, engine ${entry.engine}`;
}

/** What is not the same on both sides, once for each baseline, with the comparisons that it concerns if not all. */
export function caveatsByBaseline(comparisons: readonly Comparison[]): { baseline: string; texts: string[] }[] {
  return groupBy(comparisons, (entry) => entry.baseline).flatMap((group) => {
    const texts = caveatTexts(group);
    return texts.length === 0 ? [] : [{ baseline: group[0]!.baseline, texts }];
  });
}

const HUGE_PAGES = /vm\.nr_hugepages=(\d+)/;

function caveatTexts(comparisons: readonly Comparison[]): string[] {
  const uses = new Map<string, { text: string; titles: Set<string> }>();
  for (const entry of comparisons) {
    for (const text of entry.asymmetries) {
      // One setting serves all comparisons: the largest.
      const key = text.replace(HUGE_PAGES, '');
      const use = uses.get(key) ?? { text, titles: new Set() };
      use.titles.add(`${entry.case} ${entry.cache}`);
      if (hugePagesIn(text) > hugePagesIn(use.text)) use.text = text;
      uses.set(key, use);
    }
  }
  const all = new Set(comparisons.map((entry) => `${entry.case} ${entry.cache}`)).size;
  return [...uses.values()].map(({ text, titles }) =>
    titles.size === all ? text : `${text} (${[...titles].join(', ')})`,
  );
}

function hugePagesIn(text: string): number {
  return Number(HUGE_PAGES.exec(text)?.[1] ?? 0);
}

/** What a ratio is, which is not the quotient of two medians. */
export const RATIO_NOTE =
  'ratio: lsio over fio, the median over pairs of neighbouring runs. It need not equal the quotient of the two medians ' +
  'beside it.';

/** What the verdicts mean. */
export const VERDICT_NOTE =
  'Faster or slower: the 95 % interval excludes 1. Equal: it lies within ±5 % of 1. Else undecided.';
