import { LsioError } from '../errors.js';
import type { CaseName, Workload, WorkloadFile } from './workload.js';

/** More would not fit into memory with all that is derived from them. */
export const OPERATIONS_MAX = 20_000_000;

/** Gathers operations into the arrays of a workload. */
export class OperationList {
  readonly #limit: number;
  readonly #files: WorkloadFile[] = [];
  readonly #fileOf: number[] = [];
  readonly #offsets: number[] = [];
  readonly #lengths: number[] = [];
  #bytes = 0;

  constructor(limit: number | undefined) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
  }

  get full(): boolean {
    return this.#offsets.length >= this.#limit;
  }

  /** @throws {LsioError} `usage` beyond {@link OPERATIONS_MAX}. */
  add(file: WorkloadFile, offset: number, length: number): void {
    if (this.#offsets.length === OPERATIONS_MAX) throw tooMany();
    if (this.#files.at(-1) !== file) this.#files.push(file);
    this.#fileOf.push(this.#files.length - 1);
    this.#offsets.push(offset);
    this.#lengths.push(length);
    this.#bytes += length;
  }

  workload(name: CaseName): Workload {
    return {
      case: name,
      wholeFiles: name === 'whole-files',
      files: this.#files,
      fileOf: Uint32Array.from(this.#fileOf),
      offsets: Float64Array.from(this.#offsets),
      lengths: Float64Array.from(this.#lengths),
      operations: this.#offsets.length,
      bytes: this.#bytes,
    };
  }
}

export function tooMany(): LsioError {
  const remedy = 'ask for fewer with --reads, or for a larger --block-size';
  return new LsioError('usage', `more than ${OPERATIONS_MAX} operations`, { remedy });
}

/** The work of some of its operations only, given by number. */
export function pick(work: Workload, operations: Iterable<number>): Workload {
  const list = new OperationList(undefined);
  for (const operation of operations) {
    list.add(work.files[work.fileOf[operation]!]!, work.offsets[operation]!, work.lengths[operation]!);
  }
  return list.workload(work.case);
}

/** The same bytes by reads of at most `lengthMax`; the work itself if none is longer. */
export function splitLong(work: Workload, lengthMax: number): Workload {
  if (work.lengths.every((length) => length <= lengthMax)) return work;
  const list = new OperationList(undefined);
  for (let operation = 0; operation < work.operations; operation++) {
    const file = work.files[work.fileOf[operation]!]!;
    const begin = work.offsets[operation]!;
    const length = work.lengths[operation]!;
    for (let done = 0; done === 0 || done < length; done += lengthMax) {
      list.add(file, begin + done, Math.min(lengthMax, length - done));
    }
  }
  // Its files are read by more than one read each.
  return { ...list.workload(work.case), wholeFiles: false };
}

/** A part of the work, with about the same number of operations as each of the `count` parts: one for each ring. */
export function partOf(work: Workload, { index, count }: { readonly index: number; readonly count: number }): Workload {
  const begin = Math.floor((work.operations * index) / count);
  const end = Math.floor((work.operations * (index + 1)) / count);
  return pick(
    work,
    Array.from({ length: end - begin }, (_, operation) => begin + operation),
  );
}
