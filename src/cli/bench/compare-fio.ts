import type { Command } from 'commander';
import { METRICS_OF } from '../../bench/baseline.js';
import type { CacheState } from '../../bench/cache.js';
import { runComparison } from '../../bench/compare.js';
import { renderComparison } from '../../report/compare.js';
import type { Workload } from '../../workload/workload.js';
import type { Context } from '../app/context.js';
import {
  addBenchingOptions,
  type BenchingFlags,
  CASES_HELP,
  directoryOf,
  failIfHelp,
  resolve,
} from './bench-options.js';
import { shellWord } from './command-line.js';
import { measure } from './measuring.js';

const EXAMPLES = `
Examples:
  lsio compare-fio                           files made by lsio files create
  lsio compare-fio data/ --case whole-files  any directory of files
  lsio compare-fio --case big-random --cache warm --queue-depth 64
  lsio compare-fio --order random --read-order device   lsio chooses the order
  lsio compare-fio --self --case big-random  lsio against itself
  lsio compare-fio --export-html report.html --fail-if 'ratio<0.95'`;

interface Flags extends BenchingFlags {
  readonly self: boolean;
}

export function define(command: Command, context: Context): void {
  addBenchingOptions(command, { runsDefault: 6, readOrderDefault: 'given' })
    .option('--self', 'lsio against itself, through the same machinery', false)
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', CASES_HELP)
    .addHelpText('after', failIfHelp(METRICS_OF['lsio.compare-fio/1']))
    .action((dir: string | undefined, flags: Flags, command: Command) =>
      compare(directoryOf(dir, command), flags, context),
    );
}

function compare(dir: string, flags: Flags, context: Context): Promise<void> {
  const commandLineOf = (work: Workload, cache: CacheState, queueDepth: number) =>
    commandLine(dir, flags, work, cache, queueDepth);
  return measure(resolve(dir, flags), context, {
    schema: 'lsio.compare-fio/1',
    engines: ['uring'],
    run: (settings, onResult) => runComparison({ ...settings, self: flags.self, commandLineOf, onResult }),
    render: renderComparison,
    renderers: {
      csv: async () => (await import('../../report/csv.js')).compareCsv,
      markdown: async () => (await import('../../report/markdown.js')).compareMarkdown,
      html: async () => (await import('../../report/html.js')).compareHtml,
    },
  });
}

/** The command that measures lsio's side alone. */
function commandLine(dir: string, flags: Flags, work: Workload, cache: CacheState, queueDepth: number): string {
  const settings: [string, string | number | undefined][] = [
    ['files', shellWord(dir)],
    ['case', work.case],
    ['engines', 'uring'],
    ['cache', cache],
    ['queue-depth', queueDepth],
    ['rings', flags.rings === 1 ? undefined : flags.rings],
    ['runs', flags.runs],
    ['min-time', flags.minTime === undefined ? undefined : `${flags.minTime / 1e6}ms`],
    ['direct', flags.direct === 'auto' ? undefined : flags.direct],
    ['coalesce', flags.coalesce === 'auto' ? undefined : flags.coalesce],
    ['max-read', flags.maxRead],
    ['block-size', flags.blockSize],
    ['gap', flags.gap],
    ['reads', flags.reads],
    ['seed', flags.seed],
    ['order', flags.order === 'sorted' ? undefined : flags.order],
    ['read-order', flags.readOrder === 'device' ? undefined : flags.readOrder],
  ];
  return `lsio bench --no-latency ${settings.flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`])).join(' ')}`;
}
