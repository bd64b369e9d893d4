import { assert } from '../assert.js';
import { axisState } from '../kernels/axis.js';
import type { Kernels } from '../kernels/kernels.js';
import type { FloatType } from '../kernels/moments.js';
import { addRun, emptyMoments, type Moments, mergeMoments, momentsOfAxis } from './moments.js';
import type { ElementRun, Reducer } from './reducer.js';

/** Count, mean, variance, sum, minimum and maximum of floats, a state of seven float64 a cell. */
export class MomentsReducer implements Reducer<Moments> {
  readonly #kernels: Kernels;
  readonly #type: FloatType;
  readonly #out: number;
  readonly #state: number;
  /** Of {@link addRun}; undefined before the first one: a state of many cells takes milliseconds to make. */
  #runs: Moments | undefined;
  #cells = 0;
  #hasRows = false;

  /**
   * @param out address of 64 bytes for a kernel's results.
   * @param state address of the axis kernels' state, large enough for the largest column.
   */
  constructor(kernels: Kernels, type: FloatType, out: number, state: number) {
    this.#kernels = kernels;
    this.#type = type;
    this.#out = out;
    this.#state = state;
  }

  init(cells: number): void {
    this.#cells = cells;
    this.#runs = undefined;
    this.#hasRows = false;
  }

  addRun(cell: number, { address, count, weight }: ElementRun): void {
    this.#kernels[`moments${this.#type}`](address, count, this.#out);
    this.#runs ??= emptyMoments(this.#cells);
    addRun(this.#runs, cell, new Float64Array(this.#kernels.buffer, this.#out, 6), weight);
  }

  addRow(cell: number, run: ElementRun): void {
    const { address, count, weight } = run;
    if (weight !== 1) {
      const bytes = this.#type === 'F32' ? 4 : 8;
      for (let i = 0; i < count; i++) this.addRun(cell + i, { address: address + i * bytes, count: 1, weight });
      return;
    }
    if (!this.#hasRows) this.#kernels[`axisClear${this.#type}`](this.#state, this.#cells);
    this.#hasRows = true;
    assert(cell + count <= this.#cells, 'a row lies in its column');
    this.#kernels[`axisAdd${this.#type}`](address, cell, count, this.#state, this.#cells);
  }

  finish(): Moments {
    if (!this.#hasRows) return this.#runs ?? emptyMoments(this.#cells);
    const rows = momentsOfAxis(axisState(this.#kernels.buffer, this.#type, this.#state, this.#cells));
    return this.#runs === undefined ? rows : mergeMoments(rows, this.#runs);
  }

  merge(left: Moments, right: Moments): Moments {
    return mergeMoments(left, right);
  }
}
