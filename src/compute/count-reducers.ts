import { RADIX_COUNTERS } from '../kernels/distribution.js';
import type { Kernels } from '../kernels/kernels.js';
import type { PreparedFormat } from './elements.js';
import type { ElementRun, Reducer } from './reducer.js';

/** Counts a cell, one table behind the other. Doubles: a terabyte has more than 2^32 elements. */
export type Counts = Float64Array;

function mergeCounts(left: Counts, right: Counts): Counts {
  for (let i = 0; i < left.length; i++) left[i]! += right[i]!;
  return left;
}

/** A histogram of each cell, all with edges of their own. Elements are float64. */
export class HistogramReducer implements Reducer<Counts> {
  readonly #kernels: Kernels;
  readonly #bins: number;
  readonly #edges: number;
  readonly #counts: number;
  #cells = 0;

  /**
   * @param edges address of `bins + 1` float64 a cell.
   * @param counts address of `bins` uint32 a cell.
   */
  constructor(kernels: Kernels, bins: number, edges: number, counts: number) {
    this.#kernels = kernels;
    this.#bins = bins;
    this.#edges = edges;
    this.#counts = counts;
  }

  init(cells: number): void {
    this.#cells = cells;
    this.#table.fill(0);
  }

  addRun(cell: number, { address, count }: ElementRun): void {
    const bins = this.#bins;
    const edges = this.#edges + cell * (bins + 1) * 8;
    this.#kernels.histogram(address, count, edges, bins, this.#counts + cell * bins * 4);
  }

  addRow(cell: number, { address, count, weight }: ElementRun): void {
    for (let i = 0; i < count; i++) this.addRun(cell + i, { address: address + i * 8, count: 1, weight });
  }

  finish(): Counts {
    return Float64Array.from(this.#table);
  }

  merge(left: Counts, right: Counts): Counts {
    return mergeCounts(left, right);
  }

  get #table(): Uint32Array {
    return new Uint32Array(this.#kernels.buffer, this.#counts, this.#cells * this.#bins);
  }
}

/** Counts the next digit of order statistics: a table for each cell and each prefix of its digits found so far. */
export class DigitsReducer implements Reducer<Counts> {
  readonly #kernels: Kernels;
  readonly #format: PreparedFormat;
  readonly #shift: number;
  readonly #prefixes: readonly (readonly (bigint | undefined)[])[];
  readonly #tables: number;

  /**
   * @param prefixes of each cell; undefined counts all elements.
   * @param tables address of 65,536 uint32 for each prefix of each cell.
   */
  constructor(
    kernels: Kernels,
    format: PreparedFormat,
    digit: { readonly shift: number; readonly prefixes: readonly (readonly (bigint | undefined)[])[] },
    tables: number,
  ) {
    this.#kernels = kernels;
    this.#format = format;
    this.#shift = digit.shift;
    this.#prefixes = digit.prefixes;
    this.#tables = tables;
  }

  init(): void {
    this.#all.fill(0);
  }

  addRun(cell: number, { address, count }: ElementRun): void {
    const { type, hasFill, fill } = this.#format;
    const radix = this.#kernels[`radix${type}`] as (
      ...args: [number, number, boolean, number | bigint, number, boolean, bigint, number]
    ) => void;
    let table = this.#tables;
    for (const before of this.#prefixes.slice(0, cell)) table += before.length * RADIX_COUNTERS * 4;
    for (const prefix of this.#prefixes[cell]!) {
      radix(address, count, hasFill, fill, this.#shift, prefix !== undefined, prefix ?? 0n, table);
      table += RADIX_COUNTERS * 4;
    }
  }

  addRow(cell: number, { address, count, weight }: ElementRun): void {
    const bytes = Number.parseInt(this.#format.type.slice(1), 10) / 8;
    for (let i = 0; i < count; i++) this.addRun(cell + i, { address: address + i * bytes, count: 1, weight });
  }

  finish(): Counts {
    return Float64Array.from(this.#all);
  }

  merge(left: Counts, right: Counts): Counts {
    return mergeCounts(left, right);
  }

  get #all(): Uint32Array {
    const tables = this.#prefixes.reduce((sum, { length }) => sum + length, 0);
    return new Uint32Array(this.#kernels.buffer, this.#tables, tables * RADIX_COUNTERS);
  }
}
