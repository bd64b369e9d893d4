import { type CropAxis, CropOrigins } from '../array/crop-origins.js';
import { isVariable } from '../array/dtype.js';
import { type ElementArray, viewElements } from '../array/elements.js';
import { byteLengthOf } from '../array/grid.js';
import { type Selection, wholeSelection } from '../array/selection.js';
import { LsioError } from '../errors.js';
import type { ChunkedArray } from '../formats/chunked-array.js';
import { formatBytes } from '../units.js';
import { CropAssembler } from './crop-assembler.js';
import { type CropJobOptions, type CropWork, cropJobs, JOBS } from './crop-jobs.js';
import { MEMORY_BYTES_MAX } from './read.js';

export interface CropsOptions extends CropJobOptions {
  /** Elements of a crop along each axis. */
  readonly size: readonly number[];
  /** How many crops there are; absent: they never end. */
  readonly count?: number | undefined;
  /**
   * Crops of a batch. Chunks are read and decoded once for about so many crops that lie near one another.
   * @default as many as 8 MiB hold
   */
  readonly batchSize?: number | undefined;
  /**
   * The same crops for a seed, in the same order, whatever else is said: a whole number from 0 to 2^53 - 1.
   * @default 0
   */
  readonly seed?: number | undefined;
  /** Whether crops begin where chunks begin. @default false */
  readonly align?: boolean | undefined;
  /** Where crops lie: along each axis one run of neighbours. @default the whole array */
  readonly within?: Selection | undefined;
}

/** Crops in memory, one after another, each in row-major order. */
export interface CropBatch {
  /** The elements, in the type that suits them: see {@link viewElements}. Good until the next batch is asked for. */
  readonly data: ElementArray;
  /** The same, as bytes. */
  readonly bytes: Uint8Array;
  /** The number of crops, and their size. */
  readonly shape: readonly number[];
  /** The first element of each crop, along each axis of the array. */
  readonly origins: readonly (readonly number[])[];
}

/** Small enough for the CPU's cache to hold some of it, and large enough that crops share chunks. */
const BATCH_BYTES = 8 * 1024 ** 2;
/** Of raw chunks: reading so much more takes no longer than another read. */
const GAP_BYTES_MAX = 16 * 1024;
const PART_BYTES_MAX = 1024 ** 2;

/**
 * Random crops of an array, as training reads them: uniform, with repetition, in batches. While some are used the next
 * are made, 64 MiB or 16 batches at the most; leaving the loop ends that, too.
 *
 * @throws {LsioError} `usage` for a size that doesn't fit, and for more memory than is allowed; while it runs `format` for
 * a damaged chunk, and as the store.
 */
export function crops(array: ChunkedArray, options: CropsOptions): AsyncGenerator<CropBatch, void, undefined> {
  const work = planWork(array, options);
  return batchesOf(array, work, options);
}

async function* batchesOf(
  array: ChunkedArray,
  work: CropWork,
  options: CropsOptions,
): AsyncGenerator<CropBatch, void, undefined> {
  const { batchSize } = work;
  const { axes, seed } = work.spec;
  const size = axes.map((axis) => axis.size);
  const origins = new CropOrigins(axes, seed);
  for await (const { first, count, bytes: all } of cropJobs(array, work, options)) {
    const cropBytes = all.length / count;
    for (let from = 0; from < count; from += batchSize) {
      options.signal?.throwIfAborted();
      const crops = Math.min(batchSize, count - from);
      const bytes = all.subarray(from * cropBytes, (from + crops) * cropBytes);
      const begins = Array.from({ length: crops }, (_, i) => origins.at(first + from + i));
      yield { data: viewElements(array.dtype, bytes), bytes, shape: [crops, ...size], origins: begins };
    }
  }
}

/**
 * What is to be done, checked.
 *
 * @throws {LsioError} `usage` as {@link crops}
 */
export function planWork(array: ChunkedArray, options: CropsOptions): CropWork {
  const { seed = 0, count = Number.POSITIVE_INFINITY } = options;
  checkNumber('seed', seed, 0);
  if (count !== Number.POSITIVE_INFINITY) checkNumber('count', count, 0);
  if (isVariable(array.dtype)) {
    throw new LsioError('usage', `elements of ${array.dtype.name} vary in length: crops need a fixed one`);
  }
  const axes = cropAxes(array, options);
  // Says what does not fit.
  new CropOrigins(axes, seed);
  const limits = { gapBytesMax: GAP_BYTES_MAX, partBytesMax: PART_BYTES_MAX };
  return { spec: { axes, seed, limits }, batchSize: batchSizeOf(array, options, count), count };
}

function checkNumber(name: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return;
  throw new LsioError('usage', `${name}: ${value} is not a whole number from ${min} to 2^53 - 1`);
}

function cropAxes(array: ChunkedArray, { size, align = false, within }: CropsOptions): CropAxis[] {
  const { shape, dims, chunkShape, name } = array;
  if (size.length !== shape.length) {
    const axes = `${name} has ${shape.length}: ${dims.join(', ')}`;
    throw new LsioError('usage', `the size of crops has ${size.length} numbers, ${axes}`);
  }
  const selection = within ?? wholeSelection(shape);
  return size.map((elements, axis) => {
    const dim = dims[axis]!;
    checkNumber(`the size along ${dim}`, elements, 1);
    const [run, ...others] = selection[axis]!.runs;
    if (run === undefined || others.length > 0 || Math.abs(run.step) !== 1) {
      throw new LsioError('usage', `${dim}: crops lie in one run of neighbours, without steps`);
    }
    const start = run.step > 0 ? run.start : run.start - run.count + 1;
    return { name: dim, start, length: run.count, size: elements, align: align ? chunkShape[axis]! : 1 };
  });
}

function batchSizeOf(array: ChunkedArray, { size, batchSize, memoryBytesMax }: CropsOptions, count: number): number {
  const cropBytes = byteLengthOf(size, array.dtype.itemBytes) ?? Number.POSITIVE_INFINITY;
  if (batchSize !== undefined) checkNumber('batchSize', batchSize, 1);
  const most = batchSize ?? Math.max(1, Math.floor(BATCH_BYTES / cropBytes));
  const crops = Math.max(1, Math.min(most, count));
  const needed = CropAssembler.bytes(array, { size, crops }) + JOBS * crops * cropBytes;
  const allowed = memoryBytesMax ?? MEMORY_BYTES_MAX;
  if (needed <= allowed) return crops;
  const text = `batches of ${crops} crops take ${formatBytes(needed)} of memory, ${formatBytes(allowed)} are allowed`;
  throw new LsioError('usage', text, { remedy: 'smaller crops or batches, or allow more: --max-memory' });
}
