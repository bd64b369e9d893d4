import type { Command } from 'commander';
import { CropOrigins } from '../../array/crop-origins.js';
import { stringifyJson } from '../../array/exact-json.js';
import { type CropJob, cropJobs } from '../../compute/crop-jobs.js';
import { type CropsOptions, planWork } from '../../compute/crops.js';
import { parseSelection, type SelectionTexts } from '../../compute/select.js';
import { LsioError } from '../../errors.js';
import type { ChunkedArray } from '../../formats/chunked-array.js';
import { refuseInputAsOutput } from '../../output/input-guard.js';
import { npyHeader } from '../../output/npy.js';
import { WholeFileWriter } from '../../output/whole-file.js';
import type { CropsDocument, CropsResult } from '../../results/crops.js';
import { formatBytes, formatCount, formatDurationNs, parseCount } from '../../units.js';
import type { Context } from '../app/context.js';
import { collect, startRun } from '../app/options.js';
import { startProgress } from '../app/progress.js';
import { print, say } from '../app/talk.js';
import { chosenArray } from './choose.js';
import { addDecodingOptions, type DecodingConfig, type DecodingFlags, decodingConfigOf } from './decoding-options.js';
import {
  addSourceOptions,
  openSourceOf,
  type SourceConfig,
  type SourceFlags,
  sourceConfigOf,
} from './source-options.js';

const EXAMPLES = `Examples:
  lsio crops vol.zarr --size 64,64,64 -n 2000               how fast are random crops?
  lsio crops vol.zarr --size 64,64,64 -n 100 -o crops.npy   a stack of them, for numpy
  lsio crops era.zarr/t2m --size 24,128,128 -n 500 --sel time=2001

`;
const COUNT_MAX = Number.MAX_SAFE_INTEGER;

interface Flags extends SourceFlags, SelectionTexts, DecodingFlags {
  readonly size: readonly number[];
  readonly count: number;
  readonly seed: number;
  readonly align: boolean;
  readonly batchSize?: number;
  readonly level?: number;
  readonly discard: boolean;
  readonly output?: string;
  readonly overwrite: boolean;
  readonly json: boolean;
}

export function define(command: Command, context: Context): void {
  addDecodingOptions(addSourceOptions(command, { direct: 'off' }))
    .requiredOption('--size <n,n,…>', 'elements of a crop along each axis', parseSize)
    .requiredOption('-n, --count <count>', 'how many crops', whole('--count', 1))
    .option('--seed <seed>', 'the same crops for a seed', whole('--seed', 0), 0)
    .option('--align', 'crops begin where chunks begin', false)
    .option(
      '--batch-size <n>',
      'crops that share the decoding of a chunk (default: 8M of them)',
      whole('--batch-size', 1),
    )
    .option('--isel <selection>', 'where crops lie, by position: dim=10:20; repeatable', collect(String), [])
    .option('--sel <selection>', 'where crops lie, by label: dim=A:B (both included); repeatable', collect(String), [])
    .option('--bbox <w,s,e,n>', 'where crops lie: west, south, east, north')
    .option('--level <n>', 'of a multiscale image: 0 is the largest', whole('--level', 0))
    .option('--discard', 'forget the crops (default)', false)
    .option('-o, --output <file.npy>', 'write one stack of all crops')
    .option('--overwrite', 'replace the file if it exists', false)
    .option('--json', 'print one JSON document', false)
    .addHelpText('before', EXAMPLES)
    .addHelpText(
      'after',
      '\nCrops are uniform, with repetition. They overlap: unless --direct says otherwise, the page cache is used.',
    )
    .action((sources: readonly string[], flags: Flags) => makeCrops(resolve(sources, flags), context));
}

/** What crops is to do: every option, resolved once. */
interface CropsConfig extends DecodingConfig {
  readonly source: SourceConfig;
  readonly level: number | undefined;
  /** Where crops lie. */
  readonly selection: SelectionTexts;
  readonly crops: Pick<Flags, 'size' | 'count' | 'seed' | 'align'> & { readonly batchSize: number | undefined };
  /** Undefined: crops are forgotten. */
  readonly output: string | undefined;
  readonly overwrite: boolean;
  readonly json: boolean;
}

/** @throws {LsioError} `usage` for options that contradict one another. */
function resolve(sources: readonly string[], flags: Flags): CropsConfig {
  const { size, count, seed, align, batchSize, level, isel, sel, bbox, output, overwrite, json } = flags;
  if (output !== undefined && flags.discard) throw new LsioError('usage', '--discard and -o exclude one another');
  if (output !== undefined && !output.endsWith('.npy')) {
    throw new LsioError('usage', `${output}: crops are written as a stack: a name that ends with .npy`);
  }
  return {
    source: sourceConfigOf(sources, flags),
    ...decodingConfigOf(flags),
    selection: { isel, sel, bbox },
    crops: { size, count, seed, align, batchSize },
    ...{ level, output, overwrite, json },
  };
}

function whole(name: string, min: number): (text: string) => number {
  return (text) => parseCount(text, { name, min, max: COUNT_MAX });
}

function parseSize(text: string): readonly number[] {
  return text.split(',').map((part) => parseCount(part.trim(), { name: '--size', min: 1, max: COUNT_MAX }));
}

async function makeCrops(config: CropsConfig, context: Context): Promise<void> {
  const { crops, decoder, memoryBytesMax, output, json } = config;
  const { run, workers } = config.source;
  startRun(run, context);
  if (output !== undefined) await refuseInputAsOutput(output, config.overwrite, config.source.sources);
  const { signal } = context;
  const source = await openSourceOf(config.source, signal);
  try {
    const array = chosenArray(source, config.source.array, config.level);
    const within = await parseSelection(source, array, config.selection, signal);
    const how = { decoder, direct: run.direct, workers, memoryBytesMax, signal };
    const facts = await cropsOf(array, { ...crops, within, ...how }, config, context);
    const result: CropsResult = {
      ...{ source: source.name, array: array.name, dims: array.dims, dtype: array.dtype.name },
      ...{ size: crops.size, seed: crops.seed, engine: source.engine },
      ...facts,
      ...(output !== undefined && { output }),
    };
    if (json) print(`${stringifyJson(documentOf(result))}\n`);
    else if (!run.quiet) for (const line of summary(result)) say(line);
  } finally {
    await source.close();
  }
}

function documentOf(result: CropsResult): CropsDocument {
  return { schema: 'lsio.crops/1', ...result };
}

/** Makes the crops, and writes or forgets them. */
async function cropsOf(
  array: ChunkedArray,
  wanted: CropsOptions & { count: number },
  { output, overwrite, source: { run } }: CropsConfig,
  context: Context,
) {
  const { count, size } = wanted;
  const work = planWork(array, wanted);
  const totals = new Totals();
  const writer = output === undefined ? undefined : new WholeFileWriter(output, overwrite);
  const progress = startProgress(run, () => ({
    items: totals.crops,
    itemsTotal: count,
    unit: 'crops',
  }));
  const beganNs = process.hrtime.bigint();
  try {
    writer?.write(npyHeader(array.dtype, [count, ...size]));
    for await (const job of cropJobs(array, work, wanted)) {
      context.signal.throwIfAborted();
      writer?.write(job.bytes);
      totals.add(job);
    }
    writer?.end();
  } catch (error) {
    writer?.discard();
    throw error;
  } finally {
    progress.stop();
  }
  const facts = totals.facts(Number(process.hrtime.bigint() - beganNs));
  const { axes, seed } = work.spec;
  const origins = new CropOrigins(axes, seed);
  const all = output !== undefined && { origins: Array.from({ length: count }, (_, i) => origins.at(i)) };
  return { ...facts, batchSize: work.batchSize, ...all };
}

const COUNTED = ['chunks', 'chunksMissing', 'bytesRead', 'bytesDecoded', 'busyNs'] as const;

class Totals {
  readonly #counts = { chunks: 0, chunksMissing: 0, bytesRead: 0, bytesDecoded: 0, busyNs: 0 };
  crops = 0;
  #bytes = 0;
  #workers = 1;
  #decoder: CropsResult['decoder'] = 'none';

  add({ bytes, count, outcome }: CropJob): void {
    for (const name of COUNTED) this.#counts[name] += outcome[name];
    this.crops += count;
    this.#bytes += bytes.length;
    this.#workers = Math.max(this.#workers, outcome.workers);
    this.#decoder = outcome.decoder;
  }

  facts(wallNs: number) {
    const { busyNs, ...counts } = this.#counts;
    return {
      crops: this.crops,
      bytes: this.#bytes,
      bytesPerSecond: Math.round((this.#bytes / wallNs) * 1e9),
      cropsPerSecond: Math.round((this.crops / wallNs) * 1e9),
      ...counts,
      decoder: this.#decoder,
      workers: this.#workers,
      wallNs,
      boundBy: busyNs * 2 > wallNs * this.#workers ? ('decoding' as const) : ('reading' as const),
    };
  }
}

function workersText(workers: number): string {
  return workers === 1 ? '1 thread' : `${workers} threads`;
}

function summary(result: CropsResult): string[] {
  const { crops, size, dtype, bytes, wallNs, bytesPerSecond, cropsPerSecond, chunks, bytesDecoded } = result;
  const gigabytes = (value: number) => `${(value / 1e9).toFixed(2)} GB`;
  const missing = result.chunksMissing === 0 ? '' : ` (${formatCount(result.chunksMissing)} not stored)`;
  const decoded = bytes === 0 ? '' : `${(bytesDecoded / bytes).toFixed(1)} bytes decoded for each asked for, `;
  const to = result.output === undefined ? '' : `${result.output}: `;
  const rates = `${gigabytes(bytesPerSecond)}/s, ${formatCount(cropsPerSecond)} crops/s`;
  return [
    `${to}${formatCount(crops)} crops of ${size.join('x')} ${dtype}: ${formatBytes(bytes)} in ${formatDurationNs(wallNs)}, ${rates}`,
    `${decoded}${formatCount(chunks)} chunks${missing}, ${formatBytes(result.bytesRead)} read, ${workersText(result.workers)}, ${result.engine}`,
    `bound by ${result.boundBy}`,
  ];
}
