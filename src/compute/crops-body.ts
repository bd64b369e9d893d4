import { type CropAxis, CropOrigins } from '../array/crop-origins.js';
import { planCrops } from '../array/crop-plan.js';
import type { RawLimits } from '../array/raw-parts.js';
import type { ChunkDecoder, ChunkedArray } from '../formats/chunked-array.js';
import type { Signal } from '../read/abort.js';
import type { DirectChoice } from '../store/local/direct.js';
import type { StoredChunk } from './chunk-reader.js';
import { forEachChunk } from './chunk-stream.js';
import { CropAssembler, type CropTask } from './crop-assembler.js';

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

/** What a job adds to the totals. */
export interface CropCounts {
  readonly chunks: number;
  readonly chunksMissing: number;
  readonly bytesRead: number;
  readonly bytesDecoded: number;
  /** Spent on decoding and copying, in nanoseconds. */
  readonly busyNs: number;
}

/** A job as one of its threads sees it. */
export interface CropsJob {
  readonly array: ChunkedArray;
  readonly decoder: ChunkDecoder;
  /** All crops of the job, one after another. */
  readonly output: Uint8Array;
  readonly direct?: DirectChoice | undefined;
  readonly signal?: Signal | undefined;
  /** Batches to do next, `to` excluded; undefined when there are no more. */
  claim(): { readonly from: number; readonly to: number } | undefined;
  count(counts: CropCounts): void;
}

/** A chunk that is being read, and what becomes of it. */
interface Pending extends CropTask {
  readonly batch: number;
  readonly isLast: boolean;
}

/**
 * The loop of a thread: claims batches of crops, reads and decodes their chunks, and copies them to the output. Chunks of
 * the next batches are read meanwhile.
 *
 * @throws {LsioError} as the store and the decoder, naming the chunk.
 */
export async function cropsBody(spec: CropsSpec, job: CropsJob): Promise<void> {
  const { array, decoder, output, direct, signal } = job;
  const { axes, batchSize, limits } = spec;
  const size = axes.map((axis) => axis.size);
  const assembler = new CropAssembler(array, decoder, { size, crops: Math.min(batchSize, spec.count), limits });
  const { chunkBytes, cropBytes } = assembler;
  const pending = new Map<number, Pending>();
  const done = new Progress(job, chunkBytes);
  const reading = {
    chunkBytes,
    direct,
    signal,
    coalesce: 'auto',
    partsOf: (index: number) => pending.get(index)!.parts,
  } as const;
  try {
    await forEachChunk(array, chunksOf(spec, job, assembler, pending), reading, (stored) => {
      const beganMs = performance.now();
      const task = pending.get(stored.index)!;
      assembler.add(task, stored);
      const { parts, batch, isLast } = task;
      const isWholeChunk = stored.part === undefined || stored.part === parts!.length - 1;
      if (isWholeChunk) pending.delete(stored.index);
      if (isWholeChunk && isLast) {
        const from = batch * batchSize;
        output.set(assembler.crops(Math.min(batchSize, spec.count - from)), from * cropBytes);
      }
      done.add(stored, decoder.isRaw, isWholeChunk, beganMs);
    });
  } finally {
    assembler.close();
  }
}

function* chunksOf(
  { axes, seed, first, count, batchSize }: CropsSpec,
  job: CropsJob,
  assembler: CropAssembler,
  pending: Map<number, Pending>,
): Generator<readonly number[]> {
  const origins = new CropOrigins(axes, seed);
  const size = axes.map((axis) => axis.size);
  let index = 0;
  for (let range = job.claim(); range !== undefined; range = job.claim()) {
    for (let batch = range.from; batch < range.to; batch++) {
      const from = batch * batchSize;
      const crops = Math.min(batchSize, count - from);
      const begins = Array.from({ length: crops }, (_, i) => origins.at(first + from + i));
      const chunks = planCrops(begins, size, job.array.chunkShape);
      for (const [i, chunk] of chunks.entries()) {
        pending.set(index++, { ...assembler.task(chunk), batch, isLast: i === chunks.length - 1 });
        yield chunk.chunk;
      }
    }
  }
}

/** Counts what was done. */
class Progress {
  readonly #job: CropsJob;
  readonly #chunkBytes: number;

  constructor(job: CropsJob, chunkBytes: number) {
    this.#job = job;
    this.#chunkBytes = chunkBytes;
  }

  add({ bytes, part }: StoredChunk, isRaw: boolean, isWholeChunk: boolean, beganMs: number): void {
    const bytesRead = bytes?.length ?? 0;
    // Of a raw chunk nothing is decoded but what is read.
    const bytesDecoded = isRaw && part !== undefined ? bytesRead : bytes === undefined ? 0 : this.#chunkBytes;
    this.#job.count({
      chunks: isWholeChunk ? 1 : 0,
      chunksMissing: isWholeChunk && bytes === undefined ? 1 : 0,
      bytesRead,
      bytesDecoded,
      busyNs: Math.round((performance.now() - beganMs) * 1e6),
    });
  }
}
