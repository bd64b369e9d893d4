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
  /** The crops of the job by their number in it, group after group: those of a group lie near one another. */
  readonly order: Uint32Array;
  /** Crops that are put together at once: each chunk is read and decoded once for them. */
  readonly groupSize: number;
  readonly limits: RawLimits;
}

/** A chunk that is being read, and what is done with it. */
interface Pending extends CropTask {
  readonly group: number;
  readonly isLast: boolean;
}

/**
 * The loop of a thread: claims groups of crops, reads and decodes their chunks, and copies them to the output. Chunks of
 * the next group are read meanwhile.
 *
 * @throws {LsioError} as the store and the decoder, naming the chunk.
 */
export async function cropsBody(spec: CropsSpec, job: Job<never>): Promise<void> {
  const { array, decoder, output, direct, signal } = job;
  const { axes, groupSize, order, limits } = spec;
  const size = axes.map((axis) => axis.size);
  const assembler = new CropAssembler(array, decoder, { size, crops: Math.min(groupSize, order.length), limits });
  const { chunkBytes } = assembler;
  const pending = new Map<number, Pending>();
  const planner = new GroupPlanner(spec, assembler, array, pending);
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
        const from = task.group * groupSize;
        assembler.copyOut(order.subarray(from, from + groupSize), output);
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

/** Plans the groups that were claimed, and keeps for each chunk what is to be done with it. */
class GroupPlanner {
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

  /** Places of the chunks of groups, `to` excluded. */
  *chunksOf(from: number, to: number): Generator<readonly number[]> {
    const { groupSize, order, first } = this.#spec;
    for (let group = from; group < to; group++) {
      const crops = order.subarray(group * groupSize, (group + 1) * groupSize);
      const origins = Array.from(crops, (crop) => this.#origins.at(first + crop));
      const chunks = planCrops(origins, this.#size, this.#array.chunkShape, this.#array.shardShape);
      for (const [i, chunk] of chunks.entries()) {
        const isLast = i === chunks.length - 1;
        this.#pending.set(this.#index++, { ...this.#assembler.task(chunk), group, isLast });
        yield chunk.chunk;
      }
    }
  }
}
