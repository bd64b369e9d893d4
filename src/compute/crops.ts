import type { CropAxis } from '../array/crop-origins.js';
import { CropOrigins } from '../array/crop-origins.js';
import { isVariable } from '../array/dtype.js';
import { type ElementArray, viewElements } from '../array/elements.js';
import { byteLengthOf } from '../array/grid.js';
import { type Selection, wholeSelection } from '../array/selection.js';
import type { DecoderChoice } from '../codec/codec.js';
import { loadLibraries } from '../codec/libraries.js';
import { LsioError } from '../errors.js';
import type { ChunkDecoder, ChunkedArray } from '../formats/chunked-array.js';
import { openDecoder } from '../formats/open-decoder.js';
import type { Signal } from '../read/abort.js';
import type { DirectChoice } from '../store/local/direct.js';
import { formatBytes } from '../units.js';
import { CropAssembler } from './crop-assembler.js';
import { type CropCounts, type CropsSpec, cropsBody } from './crops-body.js';
import { MEMORY_BYTES_MAX } from './read.js';

export interface CropsOptions {
  /** Elements of a crop along each axis. */
  readonly size: readonly number[];
  /** How many crops there are; absent: they never end. */
  readonly count?: number | undefined;
  /**
   * Crops of a batch: each chunk is read and decoded once for all of them.
   * @default as many as 32 MiB hold
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
  /** The most memory, in bytes. @default 4 GiB */
  readonly memoryBytesMax?: number | undefined;
  /** @default 'auto' */
  readonly decoder?: DecoderChoice | undefined;
  /** Whether chunks are read past the page cache. @default 'off': other crops may want the same bytes */
  readonly direct?: DirectChoice | undefined;
  readonly signal?: Signal | undefined;
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
  /** What it took. */
  readonly counts: CropCounts & Pick<ChunkDecoder, 'decoder'>;
}

const BATCH_BYTES = 32 * 1024 ** 2;
/** Batches in memory: one is used while the next is made. */
const BUFFERS = 2;

/**
 * Random crops of an array, as training reads them: uniform, with repetition, in batches. The next batch is made while one
 * is used, no more; leaving the loop ends that, too.
 *
 * @throws {LsioError} `usage` for a size that doesn't fit, and for more memory than is allowed; while it runs `format` for
 * a damaged chunk, and as the store.
 */
export function crops(array: ChunkedArray, options: CropsOptions): AsyncGenerator<CropBatch, void, undefined> {
  const { seed = 0, count = Number.POSITIVE_INFINITY } = options;
  checkNumber('seed', seed, 0);
  if (count !== Number.POSITIVE_INFINITY) checkNumber('count', count, 0);
  if (isVariable(array.dtype)) {
    throw new LsioError('usage', `elements of ${array.dtype.name} vary in length: crops need a fixed one`);
  }
  const axes = cropAxes(array, options);
  const origins = new CropOrigins(axes, seed);
  const batchSize = batchSizeOf(array, options, count);
  const spec = { axes, seed, batchSize, limits: { gapBytesMax: GAP_BYTES_MAX, partBytesMax: PART_BYTES_MAX } };
  return batches(array, { spec, origins, count }, options);
}

/** Of raw chunks: reading so much more takes no longer than another read. */
const GAP_BYTES_MAX = 16 * 1024;
const PART_BYTES_MAX = 1024 ** 2;

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
  const needed = CropAssembler.bytes(array, { size, crops }) + BUFFERS * crops * cropBytes;
  const allowed = memoryBytesMax ?? MEMORY_BYTES_MAX;
  if (needed <= allowed) return crops;
  const text = `batches of ${crops} crops take ${formatBytes(needed)} of memory, ${formatBytes(allowed)} are allowed`;
  throw new LsioError('usage', text, { remedy: 'smaller crops or batches, or allow more: --max-memory' });
}

interface Work {
  readonly spec: Omit<CropsSpec, 'first' | 'count'>;
  readonly origins: CropOrigins;
  readonly count: number;
}

async function* batches(
  array: ChunkedArray,
  { spec, origins, count }: Work,
  options: CropsOptions,
): AsyncGenerator<CropBatch, void, undefined> {
  const { batchSize } = spec;
  const decoder = openDecoder(array.decoder, await loadLibraries(options.decoder));
  const itemBytes = array.dtype.itemBytes;
  const size = spec.axes.map((axis) => axis.size);
  const cropBytes = byteLengthOf(size, itemBytes)!;
  const stop = new AbortController();
  const onAbort = () => stop.abort(options.signal?.reason);
  options.signal?.throwIfAborted();
  options.signal?.addEventListener('abort', onAbort as never);
  const buffers: Uint8Array[] = [];

  async function make(batch: number): Promise<CropBatch> {
    const first = batch * batchSize;
    const crops = Math.min(batchSize, count - first);
    buffers[batch % BUFFERS] ??= new Uint8Array(batchSize * cropBytes);
    const bytes = buffers[batch % BUFFERS]!.subarray(0, crops * cropBytes);
    const counts = { chunks: 0, chunksMissing: 0, bytesRead: 0, bytesDecoded: 0, busyNs: 0 };
    const claims = [{ from: 0, to: 1 }];
    const job = {
      ...{ array, decoder, output: bytes, direct: options.direct ?? 'off', signal: stop.signal },
      claim: () => claims.pop(),
      count(more: CropCounts) {
        for (const name of Object.keys(counts) as (keyof CropCounts)[]) counts[name] += more[name];
      },
    };
    await cropsBody({ ...spec, first, count: crops }, job);
    return {
      data: viewElements(array.dtype, bytes),
      bytes,
      shape: [crops, ...size],
      origins: Array.from({ length: crops }, (_, i) => origins.at(first + i)),
      counts: { ...counts, decoder: decoder.decoder },
    };
  }

  let next: Promise<CropBatch> | undefined;
  try {
    for (let batch = 0; batch * batchSize < count; batch++) {
      const ready = await (next ?? make(batch));
      next = (batch + 1) * batchSize < count ? make(batch + 1) : undefined;
      // Its failure is told when it is asked for.
      next?.catch(() => {});
      yield ready;
    }
  } finally {
    options.signal?.removeEventListener('abort', onAbort as never);
    stop.abort(new LsioError('closed', 'the loop over the crops was left'));
    await next?.catch(() => {});
  }
}
