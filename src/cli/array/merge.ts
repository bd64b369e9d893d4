import type { Command } from 'commander';
import { mergePartials, type Partial } from '../../compute/partial.js';
import { isExact, planOf } from '../../compute/stats-spec.js';
import { LsioError } from '../../errors.js';
import { refuseInputAsOutput } from '../../output/input-guard.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { addRunOptions, type RunConfig, type RunFlags, runConfigOf, startRun } from '../app/options.js';
import { print, say } from '../app/talk.js';
import { mapColors } from './stats-colors.js';
import { type RunFacts, statsDocument } from './stats-document.js';
import {
  addOutputOptions,
  checkOutput,
  type OutputConfig,
  type OutputFlags,
  outputConfigOf,
  writeStats,
} from './stats-output.js';
import { missingShards, readPartials } from './stats-partial.js';
import { renderStats } from './stats-text.js';

const EXAMPLES = `Examples:
  lsio stats era.zarr/t2m --shard 0/4 --partial parts    and 1/4 …
  lsio merge parts                                       prints what lsio stats would have

`;

interface Flags extends RunFlags, OutputFlags {
  readonly allowMissing: boolean;
  readonly json: boolean;
}

/** What merge is to do: every option, resolved once. */
interface MergeConfig extends Pick<Flags, 'allowMissing' | 'json'> {
  readonly paths: readonly string[];
  readonly output: OutputConfig | undefined;
  readonly run: RunConfig;
}

export function define(command: Command, context: Context): void {
  command.argument('<paths...>', 'partial files, or directories of them');
  addOutputOptions(command)
    .option('--allow-missing', 'merge what is there, and say how much that is', false)
    .option('--json', 'print one JSON document', false);
  addRunOptions(command, {
    quiet: 'no notes; errors only',
    progress: 'a progress bar; there is none here',
    color: 'colours of maps',
  })
    .addHelpText('before', EXAMPLES)
    .action((paths: string[], flags: Flags) => {
      const { allowMissing, json } = flags;
      return merge({ paths, output: outputConfigOf(flags), allowMissing, json, run: runConfigOf(flags) }, context);
    });
}

async function merge({ paths, output, allowMissing, json, run }: MergeConfig, context: Context): Promise<void> {
  startRun(run, context);
  const files = readPartials(paths);
  await refuseInputAsOutput(output?.file, output?.overwrite === true, [...files.keys()]);
  const [first] = files.values();
  const { spec } = first!;
  if (output !== undefined) checkOutput(output, spec);
  const { table, counts, missing, share } = mergePartials(files, allowMissing);
  if (missing.length > 0) {
    const text = missingText(files, missing, planOf(spec, 'moments').leaves);
    if (!allowMissing) throw new LsioError('read', text, { remedy: 'run these shards again, then merge' });
    say(`lsio: ${text}: this is ${(share * 100).toFixed(2)} % of it`);
  }
  if (counts.chunksFailed > 0 || missing.length > 0) process.exitCode = EXIT.someFailed;
  const facts = factsOf([...files.values()]);
  const document = statsDocument({ ...spec, exact: isExact(spec) }, table, counts, facts);
  if (output !== undefined) writeStats(output, spec, table, facts);
  print(json ? `${JSON.stringify(document)}\n` : renderStats(document, await mapColors(document, run.color)));
}

function missingText(
  files: ReadonlyMap<string, Partial>,
  missing: readonly { from: number; to: number }[],
  leaves: number,
): string {
  const shards = missingShards(files);
  const ranges = missing.map(({ from, to }) => `[${from}, ${to})`).join(', ');
  return `segments ${ranges} of ${leaves} are missing${shards === undefined ? '' : `: shards ${shards}`}`;
}

/** The time is that of the slowest shard: so long it takes where all run at once. */
function factsOf(partials: readonly Partial[]): RunFacts {
  const all = partials.map(({ about }) => about as unknown as RunFacts);
  const [first] = all;
  return {
    ...first!,
    wallNs: Math.max(...all.map(({ wallNs }) => wallNs)),
    cpuNs: all.reduce((sum, { cpuNs }) => sum + cpuNs, 0),
    workers: all.reduce((sum, { workers }) => sum + workers, 0),
  };
}
