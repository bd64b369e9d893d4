import { chunksAlong } from '../array/grid.js';
import { countOf, type Selection } from '../array/selection.js';
import { assert } from '../assert.js';
import type { Groups } from './groups.js';

/** Elements of one chunk along one axis: `count` of them, from `source` on in the chunk. */
export interface Piece {
  readonly source: number;
  readonly step: number;
  readonly count: number;
  /** The index of the first one among all selected along the axis. */
  readonly target: number;
  /** The same among those selected in this chunk. */
  readonly local: number;
}

export interface AxisPlan {
  readonly name: string;
  /** The axis is in the result; otherwise elements along it are put together. */
  readonly kept: boolean;
  /** Elements selected. */
  readonly length: number;
  /** Chunks touched along it. */
  readonly positions: number;
  piecesAt(position: number): { readonly chunk: number; readonly pieces: readonly Piece[] };
  /** The group of each selected element; of the axis that is grouped. */
  readonly groups?: Int32Array;
  /** The weight of each selected element; of the axis that has weights. */
  readonly weights?: Float64Array;
}

/** A chunk, and what is reduced of it. */
export interface PlannedChunk {
  /** Its place in the array's grid. */
  readonly chunk: readonly number[];
  /** Along each axis. */
  readonly pieces: readonly (readonly Piece[])[];
}

/** The chunks above one another: those that give the same cells of the result. */
export interface Column {
  readonly index: number;
  /** The only group of its chunks; undefined where a column holds all groups, or there are none. */
  readonly group: number | undefined;
  /** Its position along each kept axis; 0 for the others. */
  readonly positions: readonly number[];
  /** Cells along each axis: 1 where it is reduced. */
  readonly extents: readonly number[];
  /** Groups × the product of the extents: groups vary slowest. */
  readonly cells: number;
  /** The leaves of its tree, and the first one's number among all. */
  readonly leaves: number;
  readonly firstLeaf: number;
}

export interface PlanOptions {
  readonly chunkShape: readonly number[];
  readonly dims: readonly string[];
  readonly selection: Selection;
  /** Whether each axis is in the result. */
  readonly kept: readonly boolean[];
  readonly groups?: { readonly axis: number; readonly groups: Groups } | undefined;
  readonly weights?: { readonly axis: number; readonly values: Float64Array } | undefined;
  /** Chunks of a column that one leaf takes, in their order: given the number of chunks in the longest column. */
  readonly chunksPerLeaf: (chunks: number) => number;
}

/**
 * What is reduced in which order. It follows from the array's metadata, the selection and the reductions alone: every
 * worker and every shard makes the same one. Leaves are numbered column by column.
 */
export class ReductionPlan {
  readonly axes: readonly AxisPlan[];
  readonly groups: Groups | undefined;
  readonly columns: number;
  readonly leaves: number;
  readonly chunks: number;
  readonly chunksPerLeaf: number;
  readonly #groupAxis: number;
  /** For each group the positions along the grouped axis; undefined where a chunk may hold several groups. */
  readonly #groupPositions: readonly (readonly number[])[] | undefined;
  readonly #keptColumns: number;
  /** The first leaf of each group's columns; one entry more than there are groups. */
  readonly #groupLeaves: readonly number[];
  /** The column of the last leaf that was asked for: the next one is most often its neighbour. */
  #last: Column | undefined;

  constructor(options: PlanOptions) {
    this.axes = options.selection.map((_, axis) => planAxis(options, axis));
    this.groups = options.groups?.groups;
    this.#groupAxis = options.groups?.axis ?? -1;
    this.#groupPositions = this.#positionsByGroup();
    this.#keptColumns = product(this.axes.map(({ kept, positions }) => (kept ? positions : 1)));
    const sets = this.#groupPositions?.length ?? 1;
    const chunks = Array.from({ length: sets }, (_, set) => product(this.#reducedCounts(set)));
    this.chunksPerLeaf = options.chunksPerLeaf(Math.max(0, ...chunks));
    assert(this.chunksPerLeaf >= 1, 'a leaf has a chunk');
    const leaves = chunks.map((count) => this.#keptColumns * Math.ceil(count / this.chunksPerLeaf));
    this.#groupLeaves = [0, ...leaves].map((_, i) => leaves.slice(0, i).reduce((a, b) => a + b, 0));
    this.columns = sets * this.#keptColumns;
    this.leaves = this.#groupLeaves.at(-1)!;
    this.chunks = this.#keptColumns * chunks.reduce((a, b) => a + b, 0);
  }

  columnAt(index: number): Column {
    const set = Math.floor(index / this.#keptColumns);
    const within = index % this.#keptColumns;
    const positions = mixedRadix(
      within,
      this.axes.map((axis) => (axis.kept ? axis.positions : 1)),
    );
    const extents = this.axes.map((axis, i) => {
      if (!axis.kept) return 1;
      return axis.piecesAt(positions[i]!).pieces.reduce((sum, { count }) => sum + count, 0);
    });
    const leaves = Math.ceil(product(this.#reducedCounts(set)) / this.chunksPerLeaf);
    const split = this.#groupPositions !== undefined;
    return {
      index,
      group: split ? set : undefined,
      positions,
      extents,
      cells: product(extents) * (split ? 1 : (this.groups?.keys.length ?? 1)),
      leaves,
      firstLeaf: this.#groupLeaves[set]! + within * leaves,
    };
  }

  columnOfLeaf(leaf: number): Column {
    const last = this.#last;
    if (last !== undefined && leaf >= last.firstLeaf && leaf < last.firstLeaf + last.leaves) return last;
    let set = 0;
    while (this.#groupLeaves[set + 1]! <= leaf) set++;
    const perColumn = (this.#groupLeaves[set + 1]! - this.#groupLeaves[set]!) / this.#keptColumns;
    this.#last = this.columnAt(set * this.#keptColumns + Math.floor((leaf - this.#groupLeaves[set]!) / perColumn));
    return this.#last;
  }

  /** The chunks of a leaf, as positions along each axis. */
  *chunksOf(column: Column, leaf: number): Generator<readonly number[]> {
    const set = Math.floor(column.index / this.#keptColumns);
    const counts = this.#reducedCounts(set);
    const from = (leaf - column.firstLeaf) * this.chunksPerLeaf;
    const to = Math.min(product(counts), from + this.chunksPerLeaf);
    for (let index = from; index < to; index++) {
      const reduced = mixedRadix(index, counts);
      yield this.axes.map((axis, i) => {
        if (axis.kept) return column.positions[i]!;
        return i === this.#groupAxis ? (this.#groupPositions?.[set]?.[reduced[i]!] ?? reduced[i]!) : reduced[i]!;
      });
    }
  }

  /** What is reduced of a chunk. */
  chunkAt(positions: readonly number[]): PlannedChunk {
    const along = this.axes.map((axis, i) => axis.piecesAt(positions[i]!));
    return { chunk: along.map(({ chunk }) => chunk), pieces: along.map(({ pieces }) => pieces) };
  }

  /** Positions of a column along each axis: 1 where it is kept. */
  #reducedCounts(set: number): number[] {
    return this.axes.map((axis, i) => {
      if (axis.kept) return 1;
      return i === this.#groupAxis ? (this.#groupPositions?.[set]?.length ?? axis.positions) : axis.positions;
    });
  }

  /** Where every chunk along the grouped axis belongs to one group, each group is read for itself. */
  #positionsByGroup(): number[][] | undefined {
    const axis = this.axes[this.#groupAxis];
    if (axis?.groups === undefined || this.groups === undefined) return undefined;
    const positions: number[][] = this.groups.keys.map(() => []);
    for (let position = 0; position < axis.positions; position++) {
      const found = new Set<number>();
      for (const { target, count } of axis.piecesAt(position).pieces) {
        for (let i = target; i < target + count; i++) found.add(axis.groups[i]!);
      }
      if (found.size > 1) return undefined;
      for (const group of found) positions[group]!.push(position);
    }
    return positions;
  }
}

function planAxis({ chunkShape, dims, selection, kept, groups, weights }: PlanOptions, axis: number): AxisPlan {
  const selected = selection[axis]!;
  const chunks = chunksAlong(selected, chunkShape[axis]!);
  let last: { position: number; value: ReturnType<AxisPlan['piecesAt']> } | undefined;
  return {
    name: dims[axis]!,
    kept: kept[axis]!,
    length: countOf(selected),
    positions: chunks.count,
    piecesAt(position) {
      if (last?.position === position) return last.value;
      const { chunk, pieces: plain } = chunks.at(position);
      let local = 0;
      const pieces = plain.map(({ source, step, count, target }) => {
        const piece = { source, step, count, target, local };
        local += count;
        return piece;
      });
      last = { position, value: { chunk, pieces } };
      return last.value;
    },
    ...(groups?.axis === axis ? { groups: groups.groups.indexes } : {}),
    ...(weights?.axis === axis ? { weights: weights.values } : {}),
  };
}

function product(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a * b, 1);
}

/** The digits of an index, the last of which varies fastest. */
function mixedRadix(index: number, radices: readonly number[]): number[] {
  const digits = new Array<number>(radices.length);
  let rest = index;
  for (let i = radices.length - 1; i >= 0; i--) {
    digits[i] = rest % radices[i]!;
    rest = Math.floor(rest / radices[i]!);
  }
  return digits;
}
