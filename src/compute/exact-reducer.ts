import { assert } from '../assert.js';
import { ELEMENT_ARRAYS } from '../kernels/convert.js';
import { EXACT_ELEMENTS_MAX, exactWordsBytes, readExactWords } from '../kernels/exact.js';
import type { Kernels } from '../kernels/kernels.js';
import { biasOf, type FloatType, type IntegerType, readIntegerMoments } from '../kernels/moments.js';
import { elementsAt, type TypedArrayOf } from '../kernels/views.js';
import type { PreparedFormat } from './elements.js';
import { type ExactMoments, emptyExact, exactOfFloats, exactOfIntegers, mergeExact } from './exact-moments.js';
import { type IntegerCells, integerCells } from './integer-cells.js';
import type { ElementRun, Reducer } from './reducer.js';

/** Exact sums of integers. */
export class IntegerReducer implements Reducer<ExactMoments[]> {
  readonly #kernels: Kernels;
  readonly #format: PreparedFormat;
  readonly #out: number;
  #cells: ExactMoments[] = [];
  /** What came in rows. */
  #rows: IntegerCells | undefined;

  /** @param out address of 72 bytes. */
  constructor(kernels: Kernels, format: PreparedFormat, out: number) {
    this.#kernels = kernels;
    this.#format = format;
    this.#out = out;
  }

  init(cells: number): void {
    this.#cells = Array.from({ length: cells }, () => emptyExact(0));
    this.#rows = undefined;
  }

  addRun(cell: number, { address, count, weight }: ElementRun): void {
    assert(weight === 1, 'exact sums have no weights');
    const type = this.#format.type as IntegerType;
    const { hasFill, fill } = this.#format;
    this.#kernels[`moments${type}`](address, count, hasFill, BigInt(fill) - biasOf(type), this.#out);
    const run = exactOfIntegers(readIntegerMoments(this.#kernels.buffer, this.#out, type));
    this.#cells[cell] = mergeExact(this.#cells[cell]!, run);
  }

  addRow(cell: number, { address, count, weight }: ElementRun): void {
    assert(weight === 1, 'exact sums have no weights');
    const { type, hasFill, fill } = this.#format;
    this.#rows ??= integerCells(type as IntegerType, this.#cells.length);
    const array = ELEMENT_ARRAYS[type] as unknown as TypedArrayOf<ArrayLike<number> | ArrayLike<bigint>>;
    this.#rows.addRow(cell, elementsAt(array, this.#kernels.buffer, address, count), hasFill ? fill : undefined);
  }

  finish(): ExactMoments[] {
    return this.#rows === undefined ? this.#cells : this.merge(this.#rows.finish(), this.#cells);
  }

  merge(left: ExactMoments[], right: ExactMoments[]): ExactMoments[] {
    return left.map((cell, i) => mergeExact(cell, right[i]!));
  }
}

/** Correctly rounded sums of floats: exact bins of each cell, put together when a leaf ends. */
export class ExactReducer implements Reducer<ExactMoments[]> {
  readonly #kernels: Kernels;
  readonly #type: FloatType;
  readonly #out: number;
  readonly #words: number;
  #cells: { exact: ExactMoments; pending: number; min: number; max: number }[] = [];

  /**
   * @param out address of 64 bytes.
   * @param words address of {@link exactWordsBytes} a cell.
   */
  constructor(kernels: Kernels, type: FloatType, out: number, words: number) {
    this.#kernels = kernels;
    this.#type = type;
    this.#out = out;
    this.#words = words;
  }

  init(cells: number): void {
    const exponent = this.#type === 'F32' ? -150 : -1075;
    this.#cells = Array.from({ length: cells }, (_, cell) => {
      this.#clear(cell);
      return { exact: emptyExact(exponent), pending: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
    });
  }

  addRun(cell: number, { address, count, weight }: ElementRun): void {
    assert(weight === 1, 'exact sums have no weights');
    const state = this.#cells[cell]!;
    const bytes = this.#type === 'F32' ? 4 : 8;
    for (let done = 0; done < count; ) {
      const part = Math.min(count - done, EXACT_ELEMENTS_MAX);
      if (state.pending + part > EXACT_ELEMENTS_MAX) this.#flush(cell);
      this.#kernels[`exact${this.#type}`](address + done * bytes, part, this.#wordsOf(cell));
      state.pending += part;
      done += part;
    }
    this.#kernels[`moments${this.#type}`](address, count, this.#out);
    const words = new Float64Array(this.#kernels.buffer, this.#out, 6);
    state.min = Math.min(state.min, words[4]!);
    state.max = Math.max(state.max, words[5]!);
  }

  addRow(cell: number, run: ElementRun): void {
    addSingly(this, cell, run, this.#type === 'F32' ? 4 : 8);
  }

  finish(): ExactMoments[] {
    return this.#cells.map((state, cell) => {
      this.#flush(cell);
      return state.exact;
    });
  }

  merge(left: ExactMoments[], right: ExactMoments[]): ExactMoments[] {
    return left.map((cell, i) => mergeExact(cell, right[i]!));
  }

  #flush(cell: number): void {
    const state = this.#cells[cell]!;
    const sums = readExactWords(this.#kernels.buffer, this.#wordsOf(cell), this.#type);
    state.exact = mergeExact(state.exact, exactOfFloats(sums, state.min, state.max));
    state.pending = 0;
    this.#clear(cell);
  }

  #clear(cell: number): void {
    new Uint8Array(this.#kernels.buffer, this.#wordsOf(cell), exactWordsBytes(this.#type)).fill(0);
  }

  #wordsOf(cell: number): number {
    return this.#words + cell * exactWordsBytes(this.#type);
  }
}

function addSingly(
  reducer: Reducer<unknown>,
  cell: number,
  { address, count, weight }: ElementRun,
  bytes: number,
): void {
  for (let i = 0; i < count; i++) reducer.addRun(cell + i, { address: address + i * bytes, count: 1, weight });
}
