import { type CropAxis, CropOrigins } from '../array/crop-origins.js';
import { planCrops } from '../array/crop-plan.js';
import type { RawLimits } from '../array/raw-parts.js';
import { forEachClaimedChunk } from './chunk-stream.js';
import { CropAssembler, type CropTask } from './crop-assembler.js';
import type { Job, JobArray } from './workers/job.js';

/** Which crops a job makes. Plain data. */
export interface CropsSpec {
  readonly axes: readonly CropAxis[];
  readonly seed: number;
  /** The number of the job's first crop. */
  readonly first: number;
  readonly count: number;
  /** Crops that are put together at once: each chunk is decoded once for them. */
  readonly batchSize: number;
  readonly limits: RawLimits;
}

/** A chunk that is being read, and what is done with it. */
interface Pending extends CropTask {
  readonly batch: number;
  readonly isLast: boolean;
}

/**
 * The loop of a thread: claims batches of crops, reads and decodes their chunks, and copies them to the output. Chunks of
 * the next batch are read meanwhile.
 *
 * @throws {LsioError} as the store and the decoder, naming the chunk.
 */
export async function cropsBody(spec: CropsSpec, job: Job<never>): Promise<void> {
  const { array, decoder, output, direct, signal } = job;
  const { axes, batchSize, count, limits } = spec;
  const size = axes.map((axis) => axis.size);
  const assembler = new CropAssembler(array, decoder, { size, crops: Math.min(batchSize, count), limits });
  const { chunkBytes, cropBytes } = assembler;
  const pending = new Map<number, Pending>();
  const planner = new BatchPlanner(spec, assembler, array, pending);
  const claim = () => {
    const range = job.claim();
    return range && planner.chunksOf(range.from, range.to);
  };
  const partsOf = (index: number) => pending.get(index)?.parts;
  try {
    await forEachClaimedChunk(array, claim, { chunkBytes, direct, signal, partsOf }, (stored) => {
      signal.throwIfAborted();
      const beganMs = performance.now();
      const { index, part, bytes } = stored;
      const task = pending.get(index)!;
      assembler.add(task, stored);
      const isDone = part === undefined || part === task.parts!.length - 1;
      if (isDone) pending.delete(index);
      if (isDone && task.isLast) {
        const from = task.batch * batchSize;
        output.set(assembler.crops(Math.min(batchSize, count - from)), from * cropBytes);
      }
      const bytesRead = bytes?.length ?? 0;
      job.count({
        chunks: isDone ? 1 : 0,
        chunksMissing: isDone && bytes === undefined ? 1 : 0,
        bytesRead,
        // Of a raw chunk nothing is decoded but what is read.
        bytesDecoded: part !== undefined ? bytesRead : bytes === undefined ? 0 : chunkBytes,
        busyNs: Math.round((performance.now() - beganMs) * 1e6),
      });
    });
  } finally {
    assembler.close();
  }
}

/** Plans the batches that were claimed, and keeps for each chunk what is to be done with it. */
class BatchPlanner {
  readonly #spec: CropsSpec;
  readonly #assembler: CropAssembler;
  readonly #array: JobArray;
  readonly #pending: Map<number, Pending>;
  readonly #origins: CropOrigins;
  readonly #size: readonly number[];
  #index = 0;

  constructor(spec: CropsSpec, assembler: CropAssembler, array: JobArray, pending: Map<number, Pending>) {
    this.#spec = spec;
    this.#assembler = assembler;
    this.#array = array;
    this.#pending = pending;
    this.#origins = new CropOrigins(spec.axes, spec.seed);
    this.#size = spec.axes.map((axis) => axis.size);
  }

  /** Places of the chunks of batches, `to` excluded. */
  *chunksOf(from: number, to: number): Generator<readonly number[]> {
    const { batchSize, count, first } = this.#spec;
    for (let batch = from; batch < to; batch++) {
      const begin = batch * batchSize;
      const crops = Math.min(batchSize, count - begin);
      const origins = Array.from({ length: crops }, (_, i) => this.#origins.at(first + begin + i));
      const chunks = planCrops(origins, this.#size, this.#array.chunkShape, this.#array.shardShape);
      for (const [i, chunk] of chunks.entries()) {
        const isLast = i === chunks.length - 1;
        this.#pending.set(this.#index++, { ...this.#assembler.task(chunk), batch, isLast });
        yield chunk.chunk;
      }
    }
  }
}
