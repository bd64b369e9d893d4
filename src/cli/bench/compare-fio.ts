import type { Command } from 'commander';
import { METRICS_OF } from '../../bench/baseline.js';
import type { CacheState } from '../../bench/cache.js';
import { runComparison } from '../../bench/compare.js';
import { renderComparison } from '../../report/compare.js';
import type { Workload } from '../../workload/workload.js';
import type { Context } from '../app/context.js';
import { addBenchingOptions, type BenchingOptions, CASES_HELP, directoryOf, failIfHelp } from './bench-options.js';
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

interface Options extends BenchingOptions {
  readonly self: boolean;
}

export function define(command: Command, context: Context): void {
  addBenchingOptions(command, { runsDefault: 6, readOrderDefault: 'given' })
    .option('--self', 'lsio against itself, through the same machinery', false)
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', CASES_HELP)
    .addHelpText('after', failIfHelp(METRICS_OF['lsio.compare-fio/1']))
    .action((dir: string | undefined, options: Options, command: Command) =>
      compare({ ...options, files: directoryOf(dir, command) }, context),
    );
}

function compare(options: Options, context: Context): Promise<void> {
  const commandLineOf = (work: Workload, cache: CacheState, queueDepth: number) =>
    commandLine(options, work, cache, queueDepth);
  return measure(options, context, {
    schema: 'lsio.compare-fio/1',
    engines: ['uring'],
    run: (settings, onResult) => runComparison({ ...settings, self: options.self, commandLineOf, onResult }),
    render: renderComparison,
    renderers: {
      csv: async () => (await import('../../report/csv.js')).compareCsv,
      markdown: async () => (await import('../../report/markdown.js')).compareMarkdown,
      html: async () => (await import('../../report/html.js')).compareHtml,
    },
  });
}

/** The command that measures lsio's side alone. */
function commandLine(options: Options, work: Workload, cache: CacheState, queueDepth: number): string {
  const settings: [string, string | number | undefined][] = [
    ['files', shellWord(options.files)],
    ['case', work.case],
    ['engines', 'uring'],
    ['cache', cache],
    ['queue-depth', queueDepth],
    ['rings', options.rings === 1 ? undefined : options.rings],
    ['runs', options.runs],
    ['min-time', options.minTime === undefined ? undefined : `${options.minTime / 1e6}ms`],
    ['direct', options.direct === 'auto' ? undefined : options.direct],
    ['coalesce', options.coalesce === 'auto' ? undefined : options.coalesce],
    ['max-read', options.maxRead],
    ['block-size', options.blockSize],
    ['gap', options.gap],
    ['reads', options.reads],
    ['seed', options.seed],
    ['order', options.order === 'sorted' ? undefined : options.order],
    ['read-order', options.readOrder === 'device' ? undefined : options.readOrder],
  ];
  return `lsio bench --no-latency ${settings.flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`])).join(' ')}`;
}
