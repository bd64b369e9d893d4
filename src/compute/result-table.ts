import { type DType, plainDType } from '../array/dtype.js';
import { countOf } from '../array/selection.js';
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
  const isWide = Array.isArray(values) && values.some((value) => typeof value === 'bigint');
  if (!isWide || values.some(Number.isNaN)) return Float64Array.from(values as ArrayLike<ResultNumber>, Number);
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
    for (const [cell, place] of this.#places(column)) target[place] = values[cell]!;
  }

  placeHistogram(column: Column, name: string, values: readonly Histogram[]): void {
    const target = this.histograms.get(name)!;
    for (const [cell, place] of this.#places(column)) target[place] = values[cell]!;
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

  /** Where each cell of a column goes. */
  *#places({ group, positions, extents, cells }: Column): Generator<readonly [cell: number, place: number]> {
    const { axes } = this.#plan;
    const groupCells = extents.reduce((a, b) => a * b, 1);
    const resultCells = axes.reduce((product, { kept, length }) => product * (kept ? length : 1), 1);
    const targets = axes.map(({ kept, piecesAt }, axis) => {
      if (!kept) return [0];
      const { pieces } = piecesAt(positions[axis]!);
      return pieces.flatMap(({ target, count }) => Array.from({ length: count }, (_, i) => target + i));
    });
    for (let cell = 0; cell < cells; cell++) {
      let rest = cell % groupCells;
      let place = 0;
      let stride = 1;
      for (let axis = axes.length - 1; axis >= 0; axis--) {
        if (!axes[axis]!.kept) continue;
        place += targets[axis]![rest % extents[axis]!]! * stride;
        rest = Math.floor(rest / extents[axis]!);
        stride *= axes[axis]!.length;
      }
      yield [cell, place + (group ?? Math.floor(cell / groupCells)) * resultCells];
    }
  }
}

function empty(kind: Reduction['kind']): number {
  return kind === 'count' || kind === 'sum' ? 0 : Number.NaN;
}
