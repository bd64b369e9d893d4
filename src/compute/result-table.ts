import { type DType, plainDType } from '../array/dtype.js';
import { countOf } from '../array/selection.js';
import { assert } from '../assert.js';
import { isInteger } from './elements.js';
import type { ExactMoments } from './exact-moments.js';
import { type FinishOptions, finishExact, finishMoments, type ResultNumber } from './finish.js';
import type { Moments } from './moments.js';
import type { Column, ReductionPlan } from './plan.js';
import type { Reduction } from './reductions.js';
import { formatOf, isExact, reductionsOf, resultShapeOf, type StatsSpec } from './stats-spec.js';

/** The values of one reduction, in the order of the result's shape. */
export type Values = Float64Array | ResultNumber[];

/** Of results in memory as files hold them. */
export type ResultElements = Float64Array | BigInt64Array | BigUint64Array;

/** Values as float64; as integers where a float64 can't hold one and none is missing. */
export function elementsOf(values: Values): ResultElements {
  if (values instanceof Float64Array) return values;
  const isWide = values.some((value) => typeof value === 'bigint');
  if (!isWide || values.some(Number.isNaN)) return Float64Array.from(values, Number);
  const isSigned = values.every((value) => BigInt(value) < 2n ** 63n);
  return (isSigned ? BigInt64Array : BigUint64Array).from(values.map(BigInt));
}

export function dtypeOf(elements: ResultElements): DType {
  if (elements instanceof Float64Array) return plainDType('float64');
  return plainDType(elements instanceof BigInt64Array ? 'int64' : 'uint64');
}

export interface Histogram {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** Collects the results of columns. Cells that no column was placed in are NaN, and their count is 0. */
export class ResultTable {
  readonly shape: readonly number[];
  readonly values = new Map<string, Values>();
  readonly histograms = new Map<string, (Histogram | null)[]>();
  readonly #spec: StatsSpec;
  readonly #plan: ReductionPlan;
  readonly #cells: number;
  #last: { readonly column: number; readonly places: Float64Array } | undefined;

  constructor(spec: StatsSpec, plan: ReductionPlan) {
    this.#spec = spec;
    this.#plan = plan;
    this.shape = resultShapeOf(spec);
    this.#cells = this.shape.reduce((a, b) => a * b, 1);
    for (const { name, kind } of reductionsOf(spec)) {
      if (kind === 'histogram') this.histograms.set(name, new Array<Histogram | null>(this.#cells).fill(null));
      else if (isExact(spec) || kind === 'quantile') this.values.set(name, new Array(this.#cells).fill(empty(kind)));
      else this.values.set(name, new Float64Array(this.#cells).fill(empty(kind)));
    }
  }

  /** Finishes a column of the pass for moments. @throws {LsioError} as {@link finishExact} */
  placeMoments(column: Column, state: Moments | ExactMoments[]): void {
    const options = this.#finishOptions(column);
    for (const reduction of reductionsOf(this.#spec)) {
      if (reduction.kind === 'histogram' || reduction.kind === 'quantile') continue;
      const values = Array.isArray(state)
        ? state.map((cell, i) => finishExact(cell, reduction, options, i, this.#integers))
        : finishMoments(state, reduction, options);
      this.place(column, reduction.name, values);
    }
  }

  /** Puts the values of a column's cells in their places. */
  place(column: Column, name: string, values: ArrayLike<ResultNumber>): void {
    const target = this.values.get(name)! as ResultNumber[];
    const places = this.#placesOf(column);
    for (let cell = 0; cell < places.length; cell++) target[places[cell]!] = values[cell]!;
  }

  placeHistogram(column: Column, name: string, values: readonly Histogram[]): void {
    const target = this.histograms.get(name)!;
    const places = this.#placesOf(column);
    for (let cell = 0; cell < places.length; cell++) target[places[cell]!] = values[cell]!;
  }

  /** Whether a cell has too few values for a result. */
  isMissing(column: number, cell: number, count: number): boolean {
    const { minCount, totals } = this.#finishOptions(this.#plan.columnAt(column));
    return count < minCount || (totals !== undefined && count < totals[cell]!);
  }

  get #integers(): 'signed' | 'unsigned' | undefined {
    const { packing } = this.#spec;
    const format = formatOf(this.#spec);
    if (!isInteger(format) || (packing !== null && (packing.scale !== 1 || packing.offset !== 0))) return undefined;
    return format.stored.startsWith('U') ? 'unsigned' : 'signed';
  }

  #finishOptions(column: Column): FinishOptions {
    const { ddof, minCount, packing, skipMissing } = this.#spec;
    const totals = skipMissing ? undefined : this.#totals(column);
    return { ddof, minCount, scale: packing?.scale ?? 1, offset: packing?.offset ?? 0, totals };
  }

  /** Elements of each cell. */
  #totals({ group, cells }: Column): number[] {
    const { groups, selection, kept, weights } = this.#spec;
    let others = 1;
    for (const [axis, selected] of selection.entries()) {
      if (kept[axis] || axis === groups?.axis) continue;
      others *= axis === weights?.axis ? weights.values.filter((weight) => weight !== 0).length : countOf(selected);
    }
    const sizes = (groups?.keys ?? [0]).map((_, key) =>
      groups === null ? 1 : groups.indexes.filter((index) => index === key).length,
    );
    const perGroup = cells / (group === undefined ? sizes.length : 1);
    return Array.from({ length: cells }, (_, cell) => others * sizes[group ?? Math.floor(cell / perGroup)]!);
  }

  /** The place of each cell of a column in the result. Its reductions are placed one after the other. */
  #placesOf(column: Column): Float64Array {
    if (this.#last?.column !== column.index) this.#last = { column: column.index, places: this.#findPlaces(column) };
    return this.#last.places;
  }

  #findPlaces({ group, positions, extents, cells }: Column): Float64Array {
    const places = new Float64Array(cells);
    let found = 1;
    let resultCells = 1;
    for (const [i, { kept, length, piecesAt }] of this.#plan.axes.entries()) {
      if (!kept) continue;
      resultCells *= length;
      const { pieces } = piecesAt(positions[i]!);
      const targets = pieces.flatMap(({ target, count }) => Array.from({ length: count }, (_, k) => target + k));
      assert(targets.length === extents[i], 'a column has a cell for each selected element');
      // From behind: what is found so far lies in front, and is still needed.
      for (let at = found - 1; at >= 0; at--) {
        const first = places[at]! * length;
        for (let k = targets.length - 1; k >= 0; k--) places[at * targets.length + k] = first + targets[k]!;
      }
      found *= targets.length;
    }
    for (let cell = cells - 1; cell >= 0; cell--) {
      places[cell] = places[cell % found]! + (group ?? Math.floor(cell / found)) * resultCells;
    }
    return places;
  }
}

function empty(kind: Reduction['kind']): number {
  return kind === 'count' || kind === 'sum' ? 0 : Number.NaN;
}
