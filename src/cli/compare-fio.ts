import type { Command } from 'commander';
import type { CacheState } from '../bench/cache.js';
import { runComparison } from '../bench/compare.js';
import { renderComparison } from '../report/compare.js';
import type { Workload } from '../workload/workload.js';
import { addBenchingOptions, type BenchingOptions, followSteps, wantsColor, workloadsFor } from './bench-options.js';
import type { Context } from './context.js';
import { print } from './talk.js';
import { lsioVersion } from './version.js';

const EXAMPLES = `
Examples:
  lsio compare-fio                                 the files that lsio files create made
  lsio compare-fio --case big-random --cache warm --queue-depth 64
  lsio compare-fio --self --case big-random        lsio against itself: what no difference looks like
`;

interface Options extends BenchingOptions {
  readonly self: boolean;
}

export function define(command: Command, context: Context): void {
  addBenchingOptions(command, 6)
    .option('--self', 'lsio against itself, through the same machinery', false)
    .addHelpText('before', EXAMPLES)
    .action((options: Options) => compare(options, context));
}

async function compare(options: Options, context: Context): Promise<void> {
  const { workloads, warnings } = await workloadsFor(options, context);
  const steps = followSteps(options);
  try {
    const result = await runComparison({
      dir: options.files,
      version: lsioVersion(),
      workloads,
      warnings,
      caches: options.cache,
      queueDepths: options.queueDepth,
      direct: options.direct,
      runs: options.runs,
      warmups: options.warmup,
      verify: options.verify,
      self: options.self,
      commandLineOf: (work, cache, queueDepth) => commandLine(options, work, cache, queueDepth),
      signal: context.signal,
      onStep: steps.onStep,
    });
    steps.stop();
    print(options.json ? `${JSON.stringify(result)}\n` : renderComparison(result, wantsColor(options.color)));
    if (result.interrupted) throw context.signal.reason;
  } finally {
    steps.stop();
  }
}

/** The command that measures lsio's side alone. */
function commandLine(options: Options, work: Workload, cache: CacheState, queueDepth: number): string {
  const settings: [string, string | number | undefined][] = [
    ['files', options.files],
    ['case', work.case],
    ['engines', 'uring'],
    ['cache', cache],
    ['queue-depth', queueDepth],
    ['direct', options.direct],
    ['block-size', options.blockSize],
    ['gap', options.gap],
    ['reads', options.reads],
    ['seed', options.seed],
    ['order', options.order === 'sorted' ? undefined : options.order],
  ];
  return `lsio bench ${settings.flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`])).join(' ')}`;
}
