import type { Command } from 'commander';
import type { JsonObject } from '../../array/exact-json.js';
import { calendarsOf, coordsOf, labelReader } from '../../compute/axis-labels.js';
import { leavesOfShard, parseShard } from '../../compute/shard.js';
import { computeShard, computeStats, STATS_MEMORY_BYTES_MAX, type StatsOptions } from '../../compute/stats.js';
import { checkSpec, isExact, planOf, type StatsSpec } from '../../compute/stats-spec.js';
import type { JobCounts } from '../../compute/workers/claims.js';
import type { ChunkDecoder, ChunkedArray } from '../../formats/chunked-array.js';
import { openDecoder } from '../../formats/open-decoder.js';
import type { ArraySource } from '../../formats/source.js';
import { refuseInputAsOutput } from '../../output/input-guard.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { startRun } from '../app/options.js';
import { startProgress } from '../app/progress.js';
import { print, say } from '../app/talk.js';
import { chosenArray } from './choose.js';
import { addSourceOptions, openSourceOf } from './source-options.js';
import { mapColors } from './stats-colors.js';
import { statsDocument } from './stats-document.js';
import { addStatsOptions, resolve, type StatsConfig, type StatsFlags, specOf } from './stats-options.js';
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
    .action((sources: readonly string[], flags: StatsFlags) => stats(resolve(sources, flags), context));
}

/** What is computed, once it is known. */
interface Work {
  readonly source: ArraySource;
  readonly array: ChunkedArray;
  readonly spec: StatsSpec;
  readonly labels: ResultLabels;
  readonly decoder: ChunkDecoder;
}

async function stats(config: StatsConfig, context: Context): Promise<void> {
  startRun(config.source.run, context);
  await refuseInputAsOutput(config.output?.file, config.output?.overwrite === true, config.source.sources);
  const { signal } = context;
  const source = await openSourceOf(config.source, signal);
  try {
    const array = chosenArray(source, config.source.array, undefined);
    const labelsOf = labelReader(source, array, signal);
    const spec = await specOf(source, array, config, labelsOf, signal);
    checkSpec(spec, config.memoryBytesMax ?? STATS_MEMORY_BYTES_MAX);
    if (config.output !== undefined) checkOutput(config.output, spec);
    const labels = {
      array: array.name,
      attributes: descriptionOf(array),
      coords: await coordsOf(spec, labelsOf),
      calendars: await calendarsOf(spec, labelsOf),
    };
    const decoder = await openDecoder(array.decoder, config.decoder);
    const work = { source, array, spec, labels, decoder };
    await (config.shard === undefined ? all(work, config, signal) : shard(work, config, config.shard, signal));
  } finally {
    await source.close();
  }
}

async function all({ source, array, spec, labels, decoder }: Work, config: StatsConfig, signal: AbortSignal) {
  const compute = (settings: StatsOptions) => computeStats(array, spec, settings);
  const { result, wallNs, cpuNs } = await timed(() => watched(compute, config, signal));
  const { table, counts, workers } = result;
  const facts = { ...namesOf(source, decoder), ...labels, wallNs, cpuNs, workers };
  const document = statsDocument({ ...spec, exact: isExact(spec) }, table, counts, facts);
  if (counts.chunksFailed > 0) process.exitCode = EXIT.someFailed;
  if (config.output !== undefined) writeStats(config.output, spec, table, labels);
  const { color } = config.source.run;
  print(config.json ? `${JSON.stringify(document)}\n` : renderStats(document, await mapColors(document, color)));
}

async function shard(
  { source, array, spec, labels, decoder }: Work,
  config: StatsConfig,
  { text, directory }: NonNullable<StatsConfig['shard']>,
  signal: AbortSignal,
): Promise<void> {
  const { quiet } = config.source.run;
  checkShardable(spec);
  const part = parseShard(text, process.env);
  const file = partialFile(directory, spec, part);
  if (isDone(file, spec)) {
    if (!quiet) say(`lsio: ${file} is there already`);
    return;
  }
  const leaves = leavesOfShard(part, planOf(spec, 'moments').leaves);
  const compute = (settings: StatsOptions) => computeShard(array, spec, leaves, settings);
  const { result, wallNs, cpuNs } = await timed(() => watched(compute, config, signal));
  const { nodes, counts, workers } = result;
  const about = { ...namesOf(source, decoder), ...labels, wallNs, cpuNs, workers, shard: part };
  writePartial(file, { spec, leaves, nodes, counts, about: about as unknown as JsonObject });
  if (counts.chunksFailed > 0) process.exitCode = EXIT.someFailed;
  if (!quiet) say(`lsio: ${file}: segments ${leaves.from} to ${leaves.to}, ${counts.chunks} chunks`);
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
  { source, decoder, memoryBytesMax, skipErrors, missingIsError }: StatsConfig,
  signal: AbortSignal,
): Promise<Result> {
  const { run, workers } = source;
  let counts: Pick<JobCounts, 'chunks' | 'bytesDecoded'> = { chunks: 0, bytesDecoded: 0 };
  const progress = startProgress(run, () => {
    return { items: counts.chunks, unit: 'chunks', bytes: counts.bytesDecoded };
  });
  try {
    return await compute({
      ...{ decoder, direct: run.direct, workers, signal, memoryBytesMax, skipErrors, missingIsError },
      onProgress: (now) => {
        counts = now;
      },
      onFailure: ({ message }) => {
        if (!run.quiet) say(`lsio: left out: ${message}`);
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
