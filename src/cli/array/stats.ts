import type { Command } from 'commander';
import { loadLibraries } from '../../codec/libraries.js';
import { computeStats, STATS_MEMORY_BYTES_MAX, type StatsOptions, type StatsResult } from '../../compute/stats.js';
import { checkSpec, isExact, type StatsSpec } from '../../compute/stats-spec.js';
import type { ChunkDecoder } from '../../formats/chunked-array.js';
import { openDecoder } from '../../formats/open-decoder.js';
import { openSource } from '../../formats/open-source.js';
import type { ArraySource, ListedArray } from '../../formats/source.js';
import type { Context } from '../app/context.js';
import { EXIT } from '../app/exit.js';
import { applyReadingOptions } from '../app/options.js';
import { startProgress } from '../app/progress.js';
import { print, say } from '../app/talk.js';
import { addSourceOptions, openOptionsOf } from './source-options.js';
import { statsDocument } from './stats-document.js';
import {
  addStatsOptions,
  chosenArray,
  coordsOf,
  labelReader,
  type StatsCommandOptions,
  specOfOptions,
} from './stats-options.js';
import { renderStats } from './stats-text.js';

const EXAMPLES = `Examples:
  lsio stats era.zarr/t2m                                      mean, std, min, max and count of everything
  lsio stats era.zarr/t2m --over time                          of each grid point
  lsio stats era.zarr/t2m --by time.month --weights 'cos(lat)' of each month, by area
  lsio stats era.zarr/t2m --reduce median,q0.95 --sel lat=60:35

`;
const NOTES = `
Missing values are left out: NaN, and what the attributes _FillValue, missing_value and valid_range say. In Zarr v2 the
fill value is missing, too. Packed numbers are reduced first and scaled once. Results are float64; sums of integers are
exact. The bits of a result do not depend on the order of reading, on workers or on shards.
Exit code 1: chunks failed, or are missing with --missing error.`;

export function define(command: Command, context: Context): void {
  addStatsOptions(addSourceOptions(command))
    .option('--json', 'print one JSON document', false)
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', NOTES)
    .action((source: string, options: StatsCommandOptions) => stats(source, options, context));
}

async function stats(name: string, options: StatsCommandOptions, context: Context): Promise<void> {
  applyReadingOptions(options, context);
  const { signal } = context;
  const source = await openSource(name, openOptionsOf(options, signal));
  try {
    const listed = chosenArray(source, options.array);
    const labelsOf = labelReader(source, listed.name, signal);
    const spec = await specOfOptions(source, listed, options, labelsOf, signal);
    checkSpec(spec, options.maxMemory ?? STATS_MEMORY_BYTES_MAX);
    const coords = await coordsOf(spec, labelsOf);
    const decoder = openDecoder(listed.array!.decoder, await loadLibraries(options.decoder));
    const { result, wallNs, cpuNs } = await timed(() => compute(listed, decoder, spec, options, signal));
    const { table, counts } = result;
    const facts = { ...namesOf(source, listed, decoder), coords, wallNs, cpuNs, workers: 1 };
    const document = statsDocument({ ...spec, exact: isExact(spec) }, table, counts, facts);
    if (counts.chunksFailed > 0) process.exitCode = EXIT.someFailed;
    print(options.json ? `${JSON.stringify(document)}\n` : renderStats(document));
  } finally {
    await source.close();
  }
}

function namesOf(source: ArraySource, { name }: ListedArray, { decoder }: ChunkDecoder) {
  return { source: source.name, array: name, engine: source.engine, decoder };
}

async function compute(
  { array }: ListedArray,
  decoder: ChunkDecoder,
  spec: StatsSpec,
  options: StatsCommandOptions,
  signal: AbortSignal,
): Promise<StatsResult> {
  let [chunks, bytes] = [0, 0];
  const progress = startProgress({ mode: options.progress, quiet: options.quiet }, () => ({
    items: chunks,
    unit: 'chunks',
    bytes,
  }));
  const settings: StatsOptions = {
    memoryBytesMax: options.maxMemory,
    skipErrors: options.skipErrors,
    missingIsError: options.missing === 'error',
    signal,
    onChunk({ bytesDecoded, failed }) {
      chunks++;
      bytes += bytesDecoded;
      if (failed !== undefined && !options.quiet) say(`lsio: left out: ${failed.message}`);
    },
  };
  try {
    return await computeStats(array!, decoder, spec, settings);
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
