import { type Command, Option } from 'commander';
import { runBench } from '../bench/bench.js';
import { READERS, type ReaderName } from '../bench/reader.js';
import { renderBench } from '../report/bench.js';
import {
  addBenchingOptions,
  type BenchingOptions,
  followSteps,
  list,
  oneOf,
  wantsColor,
  workloadsFor,
} from './bench-options.js';
import type { Context } from './context.js';
import { print } from './talk.js';
import { lsioVersion } from './version.js';

const EXAMPLES = `
Examples:
  lsio bench                                       the files that lsio files create made
  lsio bench --files data/ --case whole-files      any directory of files
  lsio bench --case big-random --queue-depth 1,8,64 --cache warm
  lsio bench --engines uring,sync --runs 9 --json > result.json
`;

interface Options extends BenchingOptions {
  readonly engines: readonly ReaderName[];
  readonly latency: boolean;
}

export function define(command: Command, context: Context): void {
  addBenchingOptions(command, 5)
    .addOption(
      new Option('--engines <list>', `what reads: ${READERS.join(', ')}`)
        .argParser(list(oneOf('--engines', READERS)))
        .default(['uring', 'promises', 'callback', 'sync'], 'uring,promises,callback,sync'),
    )
    .option('--no-latency', 'do not record latencies')
    .addHelpText('before', EXAMPLES)
    .action((options: Options) => bench(options, context));
}

async function bench(options: Options, context: Context): Promise<void> {
  const { workloads, warnings } = await workloadsFor(options, context);
  const steps = followSteps(options);
  try {
    const result = await runBench({
      dir: options.files,
      version: lsioVersion(),
      workloads,
      warnings,
      order: options.order,
      readers: options.engines,
      caches: options.cache,
      queueDepths: options.queueDepth,
      direct: options.direct,
      runs: options.runs,
      warmups: options.warmup,
      verify: options.verify,
      latency: options.latency,
      signal: context.signal,
      onStep: steps.onStep,
    });
    steps.stop();
    print(options.json ? `${JSON.stringify(result)}\n` : renderBench(result, wantsColor(options.color)));
    if (result.interrupted) throw context.signal.reason;
  } finally {
    steps.stop();
  }
}
