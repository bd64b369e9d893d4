import type { Command } from 'commander';
import type { JsonObject } from '../../array/exact-json.js';
import { loadLibraries } from '../../codec/libraries.js';
import { calendarsOf, coordsOf, labelReader } from '../../compute/axis-labels.js';
import { leavesOfShard, parseShard } from '../../compute/shard.js';
import { computeShard, computeStats, STATS_MEMORY_BYTES_MAX, type StatsOptions } from '../../compute/stats.js';
import { checkSpec, isExact, planOf, type StatsSpec } from '../../compute/stats-spec.js';
import type { JobCounts } from '../../compute/workers/claims.js';
import { LsioError } from '../../errors.js';
import type { ChunkDecoder, ChunkedArray } from '../../formats/chunked-array.js';
import { openDecoder } from '../../formats/open-decoder.js';
import { openSource } from '../../formats/open-source.js';
import type { ArraySource } from '../../formats/source.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { applyReadingOptions } from '../app/options.js';
import { startProgress } from '../app/progress.js';
import { print, say } from '../app/talk.js';
import { chosenArray } from './choose.js';
import { addSourceOptions, openOptionsOf } from './source-options.js';
import { mapColors } from './stats-colors.js';
import { statsDocument } from './stats-document.js';
import { addStatsOptions, type StatsCommandOptions, specOfOptions } from './stats-options.js';
import { addOutputOptions, checkOutput, writeStats } from './stats-output.js';
import { checkShardable, isDone, partialFile, writePartial } from './stats-partial.js';
import { renderStats } from './stats-text.js';
import type { ResultLabels } from './stats-zarr.js';

const EXAMPLES = `Examples:
  lsio stats era.zarr/t2m                                      mean, std, min, max and count of everything
  lsio stats era.zarr/t2m --over time                          of each grid point
  lsio stats era.zarr/t2m --by time.month --weights 'cos(lat)' by area
  lsio stats era.zarr/t2m --reduce median,q0.95 --sel lat=60:35

`;
const NOTES = `
Missing values are left out: NaN, and what the attributes _FillValue, missing_value and valid_range say. In Zarr v2 the
fill value is missing, too. Packed numbers are reduced first and scaled once. Results are float64; sums of integers are
exact. The bits of a result do not depend on the order of reading, on workers or on shards.
Exit code 1: chunks failed, or are missing with --missing error.`;

export function define(command: Command, context: Context): void {
  addOutputOptions(addStatsOptions(addSourceOptions(command)))
    .option('--shard <k/n>', 'only part K of N, from 0; env/N: K from the variable of a job engine')
    .option('--partial <dir>', "where a shard's result goes, for lsio merge")
    .option('--json', 'print one JSON document', false)
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES)
    .action((source: readonly string[], options: StatsCommandOptions) => stats(source, options, context));
}

/** What is computed, once it is known. */
interface Work {
  readonly source: ArraySource;
  readonly array: ChunkedArray;
  readonly spec: StatsSpec;
  readonly labels: ResultLabels;
  readonly decoder: ChunkDecoder;
}

async function stats(sources: readonly string[], options: StatsCommandOptions, context: Context): Promise<void> {
  applyReadingOptions(options, context);
  const { signal } = context;
  if ((options.shard === undefined) !== (options.partial === undefined)) {
    throw new LsioError('usage', '--shard and --partial go together: which part, and where its result goes');
  }
  const source = await openSource(sources, openOptionsOf(options, signal));
  try {
    const array = chosenArray(source, options.array, undefined);
    const labelsOf = labelReader(source, array, signal);
    const spec = await specOfOptions(source, array, options, labelsOf, signal);
    checkSpec(spec, options.maxMemory ?? STATS_MEMORY_BYTES_MAX);
    if (options.output !== undefined) checkOutput(options.output, spec, options.overwrite);
    const labels = {
      array: array.name,
      attributes: descriptionOf(array),
      coords: await coordsOf(spec, labelsOf),
      calendars: await calendarsOf(spec, labelsOf),
    };
    const decoder = openDecoder(array.decoder, await loadLibraries(options.decoder));
    const work = { source, array, spec, labels, decoder };
    await (options.shard === undefined ? all(work, options, signal) : shard(work, options, signal));
  } finally {
    await source.close();
  }
}

async function all({ source, array, spec, labels, decoder }: Work, options: StatsCommandOptions, signal: AbortSignal) {
  const compute = (settings: StatsOptions) => computeStats(array, spec, settings);
  const { result, wallNs, cpuNs } = await timed(() => watched(compute, options, signal));
  const { table, counts, workers } = result;
  const facts = { ...namesOf(source, decoder), ...labels, wallNs, cpuNs, workers };
  const document = statsDocument({ ...spec, exact: isExact(spec) }, table, counts, facts);
  if (counts.chunksFailed > 0) process.exitCode = EXIT.someFailed;
  if (options.output !== undefined) writeStats(options.output, spec, table, labels, options.overwrite);
  print(
    options.json ? `${JSON.stringify(document)}\n` : renderStats(document, await mapColors(document, options.color)),
  );
}

async function shard(work: Work, options: StatsCommandOptions, signal: AbortSignal): Promise<void> {
  const { source, array, spec, labels, decoder } = work;
  if (options.output !== undefined)
    throw new LsioError('usage', '--output has no meaning with --shard: see lsio merge');
  if (options.json) throw new LsioError('usage', '--json has no meaning with --shard: see lsio merge');
  checkShardable(spec);
  const part = parseShard(options.shard!, process.env);
  const file = partialFile(options.partial!, spec, part);
  if (isDone(file, spec)) {
    if (!options.quiet) say(`lsio: ${file} is there already`);
    return;
  }
  const leaves = leavesOfShard(part, planOf(spec, 'moments').leaves);
  const compute = (settings: StatsOptions) => computeShard(array, spec, leaves, settings);
  const { result, wallNs, cpuNs } = await timed(() => watched(compute, options, signal));
  const { nodes, counts, workers } = result;
  const about = { ...namesOf(source, decoder), ...labels, wallNs, cpuNs, workers, shard: part };
  writePartial(file, { spec, leaves, nodes, counts, about: about as unknown as JsonObject });
  if (counts.chunksFailed > 0) process.exitCode = EXIT.someFailed;
  if (!options.quiet) say(`lsio: ${file}: segments ${leaves.from} to ${leaves.to}, ${counts.chunks} chunks`);
}

/** What the results' attributes take over. */
function descriptionOf({ attributes }: ChunkedArray): JsonObject {
  const names = ['units', 'long_name', 'standard_name'];
  return Object.fromEntries(
    Object.entries(attributes).filter(([name, value]) => names.includes(name) && typeof value === 'string'),
  );
}

function namesOf(source: ArraySource, { decoder }: ChunkDecoder) {
  return { source: source.name, engine: source.engine, decoder };
}

/** Shows how far it is, and says which chunks are left out. */
async function watched<Result>(
  compute: (settings: StatsOptions) => Promise<Result>,
  options: StatsCommandOptions,
  signal: AbortSignal,
): Promise<Result> {
  const { progress: mode, quiet, decoder, direct, workers } = options;
  let counts: Pick<JobCounts, 'chunks' | 'bytesDecoded'> = { chunks: 0, bytesDecoded: 0 };
  const progress = startProgress({ mode, quiet }, () => {
    return { items: counts.chunks, unit: 'chunks', bytes: counts.bytesDecoded };
  });
  try {
    return await compute({
      ...{ decoder, direct, workers, signal },
      memoryBytesMax: options.maxMemory,
      skipErrors: options.skipErrors,
      missingIsError: options.missing === 'error',
      onProgress: (now) => {
        counts = now;
      },
      onFailure: ({ message }) => {
        if (!quiet) say(`lsio: left out: ${message}`);
      },
    });
  } finally {
    progress.stop();
  }
}

async function timed<Result>(run: () => Promise<Result>): Promise<{ result: Result; wallNs: number; cpuNs: number }> {
  const [wall, cpu] = [process.hrtime.bigint(), process.cpuUsage()];
  const result = await run();
  const { user, system } = process.cpuUsage(cpu);
  return { result, wallNs: Number(process.hrtime.bigint() - wall), cpuNs: (user + system) * 1000 };
}
