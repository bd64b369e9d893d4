import type { Command } from 'commander';
import { CropOrigins } from '../../array/crop-origins.js';
import { stringifyJson } from '../../array/exact-json.js';
import { type CropJob, cropJobs } from '../../compute/crop-jobs.js';
import { type CropsOptions, planWork } from '../../compute/crops.js';
import { parseSelection, type SelectionTexts } from '../../compute/select.js';
import { LsioError } from '../../errors.js';
import type { ChunkedArray } from '../../formats/chunked-array.js';
import { openSource } from '../../formats/open-source.js';
import { npyHeader } from '../../output/npy.js';
import { WholeFileWriter } from '../../output/whole-file.js';
import type { CropsDocument, CropsResult } from '../../results/crops.js';
import { formatBytes, formatCount, formatDurationNs, parseCount } from '../../units.js';
import type { Context } from '../app/context.js';
import { applyReadingOptions, collect } from '../app/options.js';
import { startProgress } from '../app/progress.js';
import { print, say } from '../app/talk.js';
import { chosenArray } from './choose.js';
import { addDecodingOptions, type DecodingOptions } from './decoding-options.js';
import { addSourceOptions, openOptionsOf, type SourceOptions } from './source-options.js';

const EXAMPLES = `Examples:
  lsio crops vol.zarr --size 64,64,64 -n 2000               how fast are random crops?
  lsio crops vol.zarr --size 64,64,64 -n 100 -o crops.npy   a stack of them, for numpy
  lsio crops era.zarr/t2m --size 24,128,128 -n 500 --sel time=2001

`;
const COUNT_MAX = Number.MAX_SAFE_INTEGER;

interface Options extends SourceOptions, SelectionTexts, DecodingOptions {
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
    .action((source: readonly string[], options: Options) => run(source, options, context));
}

function whole(name: string, min: number): (text: string) => number {
  return (text) => parseCount(text, { name, min, max: COUNT_MAX });
}

function parseSize(text: string): readonly number[] {
  return text.split(',').map((part) => parseCount(part.trim(), { name: '--size', min: 1, max: COUNT_MAX }));
}

async function run(sources: readonly string[], options: Options, context: Context): Promise<void> {
  applyReadingOptions(options, context);
  const { output, discard, json, quiet } = options;
  if (output !== undefined && discard) throw new LsioError('usage', '--discard and -o exclude one another');
  if (output !== undefined && !output.endsWith('.npy')) {
    throw new LsioError('usage', `${output}: crops are written as a stack: a name that ends with .npy`);
  }
  const { signal } = context;
  const source = await openSource(sources, openOptionsOf(options, signal));
  try {
    const array = chosenArray(source, options.array, options.level);
    const within = await parseSelection(source, array, options, signal);
    const { size, count, seed, align, batchSize, decoder, direct, workers, maxMemory } = options;
    const wanted = {
      size,
      count,
      seed,
      align,
      batchSize,
      within,
      decoder,
      direct,
      workers,
      memoryBytesMax: maxMemory,
      signal,
    };
    const facts = await makeCrops(array, wanted, options, context);
    const result: CropsResult = {
      ...{ source: source.name, array: array.name, dims: array.dims, dtype: array.dtype.name },
      ...{ size, seed, engine: source.engine },
      ...facts,
      ...(output !== undefined && { output }),
    };
    if (json) print(`${stringifyJson(documentOf(result))}\n`);
    else if (!quiet) for (const line of summary(result)) say(line);
  } finally {
    await source.close();
  }
}

function documentOf(result: CropsResult): CropsDocument {
  return { schema: 'lsio.crops/1', ...result };
}

/** Makes the crops, and writes or forgets them. */
async function makeCrops(
  array: ChunkedArray,
  wanted: CropsOptions & { count: number },
  options: Options,
  context: Context,
) {
  const { output, overwrite, quiet } = options;
  const { count, size } = wanted;
  const work = planWork(array, wanted);
  const totals = new Totals();
  const writer = output === undefined ? undefined : new WholeFileWriter(output, overwrite);
  const progress = startProgress({ mode: options.progress, quiet }, () => ({
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
  const { axes, seed, batchSize } = work.spec;
  const origins = new CropOrigins(axes, seed);
  const all = output !== undefined && { origins: Array.from({ length: count }, (_, i) => origins.at(i)) };
  return { ...facts, batchSize, ...all };
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
