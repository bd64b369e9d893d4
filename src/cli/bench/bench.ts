import { type Command, Option } from 'commander';
import { METRICS_OF } from '../../bench/baseline.js';
import { runBench } from '../../bench/bench.js';
import { READERS, type ReaderName } from '../../bench/reader.js';
import { URL_CLIENTS } from '../../bench/url-result.js';
import { renderBench } from '../../report/bench.js';
import type { Context } from '../app/context.js';
import { addRemoteOptions } from '../app/remote-options.js';
import { addBenchingOptions, CASES_HELP, directoryOf, failIfHelp, list, oneOf, resolve } from './bench-options.js';
import type { UrlBenchFlags } from './bench-url.js';
import { measure } from './measuring.js';

const EXAMPLES = `
Examples:
  lsio bench                           files made by lsio files create
  lsio bench data/ --case whole-files  any directory of files
  lsio bench --case big-random --queue-depth 1,8,64 --cache warm
  lsio bench --engines uring,sync --runs 9 --json > result.json
  lsio bench --baseline result.json --fail-if 'throughput<-10%'
  lsio bench --url s3://bucket/prefix/ --queue-depth 16,64,256`;

const ENGINES_HELP = `
Engines:
  uring, node          getMany on that engine: the path that users call
  uring-raw, node-raw  the engine alone
  store                get and getRange, a promise for each read
  promises             fs.promises.readFile, FileHandle.read
  callback             fs.readFile, fs.read
  sync                 fs.readFileSync, fs.readSync
  buffer               open, readSync into one buffer, close`;

const URL_HELP = `
With --url, clients read objects in turn: lsio, and undici, fetch and curl with as
many requests in flight (--queue-depth, default 64). A run has 1,000 reads unless
--reads says otherwise: services bill each. Bytes are compared between clients.`;

interface Flags extends UrlBenchFlags {
  readonly engines: readonly ReaderName[];
  readonly latency: boolean;
  readonly perf: boolean;
}

export function define(command: Command, context: Context): void {
  addBenchingOptions(command, { runsDefault: 5, readOrderDefault: 'device' })
    .addOption(
      new Option('--engines <list>', 'what reads')
        .choices(READERS)
        .argParser(list(oneOf('--engines', READERS)))
        .default(['uring', 'promises', 'callback', 'sync'], 'uring,promises,callback,sync'),
    )
    .option('--url <url>', 'read objects instead: the one of this address, or those below it')
    .addOption(
      new Option('--clients <list>', 'with --url: what reads')
        .choices(URL_CLIENTS)
        .argParser(list(oneOf('--clients', URL_CLIENTS)))
        .default([...URL_CLIENTS], URL_CLIENTS.join(',')),
    )
    .option('--no-latency', 'do not record latencies')
    .option('--perf', 'one more run, not counted, under perf stat where that is allowed', false);
  addRemoteOptions(command)
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', CASES_HELP)
    .addHelpText('after', ENGINES_HELP)
    .addHelpText('after', URL_HELP)
    .addHelpText('after', failIfHelp(METRICS_OF['lsio.bench/1']))
    .action((dir: string | undefined, flags: Flags, command: Command) => bench(dir, flags, command, context));
}

async function bench(dir: string | undefined, flags: Flags, command: Command, context: Context): Promise<void> {
  if (flags.url !== undefined) {
    const { benchUrl } = await import('./bench-url.js');
    return benchUrl(flags.url, flags, command, context);
  }
  const { engines, latency, perf } = flags;
  return measure(resolve(directoryOf(dir, command), flags), context, {
    schema: 'lsio.bench/1',
    engines,
    run: (settings, onResult) => runBench({ ...settings, readers: engines, latency, perf, onResult }),
    render: renderBench,
    renderers: {
      csv: async () => (await import('../../report/csv.js')).benchCsv,
      markdown: async () => (await import('../../report/markdown.js')).benchMarkdown,
      html: async () => (await import('../../report/html.js')).benchHtml,
    },
  });
}
