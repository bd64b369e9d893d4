import { LsioError } from '../errors.js';
import type { ChunkDecoder, ChunkedArray } from '../formats/chunked-array.js';
import type { KernelChoice } from '../kernels/kernels.js';
import type { Signal } from '../read/abort.js';
import type { DirectChoice } from '../store/local/direct.js';
import type { Counts } from './count-reducers.js';
import { countOfExact, type ExactMoments, mergeExact } from './exact-moments.js';
import { MergeTree, type TreeNode } from './merge-tree.js';
import { fieldOf, type Moments, mergeMoments } from './moments.js';
import type { Pass } from './pass.js';
import type { Column, ReductionPlan } from './plan.js';
import { QuantileSearch } from './quantile.js';
import { type ChunkOutcome, type LeafRange, reduceSegments } from './reduce-segments.js';
import type { Reduction } from './reductions.js';
import { type Histogram, ResultTable } from './result-table.js';
import { checkSpec, formatOf, isExact, planOf, reductionsOf, type StatsSpec } from './stats-spec.js';

export interface StatsOptions {
  /** The most memory for results, states and buffers, in bytes. @default 4 GiB */
  readonly memoryBytesMax?: number | undefined;
  readonly skipErrors?: boolean | undefined;
  readonly missingIsError?: boolean | undefined;
  readonly kernels?: KernelChoice | undefined;
  /** Whether chunks are read past the page cache. @default 'auto' */
  readonly direct?: DirectChoice | undefined;
  readonly signal?: Signal | undefined;
  /** Is called after each chunk. */
  readonly onChunk?: ((outcome: ChunkOutcome) => void) | undefined;
}

/** What was read, besides the results. */
export interface StatsCounts {
  chunks: number;
  chunksMissing: number;
  chunksFailed: number;
  bytesRead: number;
  bytesDecoded: number;
}

export interface StatsResult {
  readonly table: ResultTable;
  readonly counts: StatsCounts;
}

export const STATS_MEMORY_BYTES_MAX = 4 * 1024 ** 3;

/** State of a column in the pass for moments. */
export type MomentsState = Moments | ExactMoments[];

/** Merges states of the pass for moments. */
export function mergeStates(left: MomentsState, right: MomentsState): MomentsState {
  if (!Array.isArray(left)) return mergeMoments(left, right as Moments);
  return left.map((cell, i) => mergeExact(cell, (right as ExactMoments[])[i]!));
}

/**
 * Computes statistics of an array on this thread, in one pass over its chunks; one more for histograms, and as many more
 * for quantiles as their keys have 16-bit digits.
 *
 * @throws {LsioError} `usage` for what can't be computed, before anything is read; `too-large` for an integer sum beyond
 * 64 bits; as the store and the decoder, naming the chunk.
 */
export async function computeStats(
  array: ChunkedArray,
  decoder: ChunkDecoder,
  spec: StatsSpec,
  options: StatsOptions = {},
): Promise<StatsResult> {
  checkSpec(spec, options.memoryBytesMax ?? STATS_MEMORY_BYTES_MAX);
  const run = new StatsRun(array, decoder, spec, options);
  await run.moments();
  await run.histograms();
  await run.quantiles();
  return { table: run.table, counts: run.counts };
}

/** Nodes of trees: what a shard hands over. */
export interface ShardNode extends TreeNode<MomentsState> {
  readonly column: number;
}

/** Reduces some of the leaves, for a partial file. @throws {LsioError} as {@link computeStats} */
export async function computeShard(
  array: ChunkedArray,
  decoder: ChunkDecoder,
  spec: StatsSpec,
  range: LeafRange,
  options: StatsOptions = {},
): Promise<{ nodes: ShardNode[]; counts: StatsCounts }> {
  checkSpec(spec, options.memoryBytesMax ?? STATS_MEMORY_BYTES_MAX);
  const run = new StatsRun(array, decoder, spec, options);
  const nodes: ShardNode[] = [];
  const plan = planOf(spec, 'moments');
  const trees = new Map<number, MergeTree<MomentsState>>();
  await run.pass(plan, { kind: 'moments', exact: isExact(spec) }, range, (leaf, column, state) => {
    treeOf(trees, column, mergeStates).add(0, leaf - column.firstLeaf, state as MomentsState);
  });
  for (const [column, tree] of trees) nodes.push(...tree.nodes().map((node) => ({ column, ...node })));
  return { nodes, counts: run.counts };
}

class StatsRun {
  readonly table: ResultTable;
  readonly counts: StatsCounts = { chunks: 0, chunksMissing: 0, chunksFailed: 0, bytesRead: 0, bytesDecoded: 0 };
  readonly #array: ChunkedArray;
  readonly #decoder: ChunkDecoder;
  readonly #spec: StatsSpec;
  readonly #options: StatsOptions;
  readonly #reductions: readonly Reduction[];
  /** By column; kept only where another pass needs them. */
  readonly #states = new Map<number, MomentsState>();
  #passes = 0;

  constructor(array: ChunkedArray, decoder: ChunkDecoder, spec: StatsSpec, options: StatsOptions) {
    this.#array = array;
    this.#decoder = decoder;
    this.#spec = spec;
    this.#options = options;
    this.#reductions = reductionsOf(spec);
    this.table = new ResultTable(spec, planOf(spec, 'moments'));
  }

  async moments(): Promise<void> {
    const plan = planOf(this.#spec, 'moments');
    const keepsStates = this.#reductions.some(({ kind }) => kind === 'quantile' || kind === 'histogram');
    await this.#columns(plan, { kind: 'moments', exact: isExact(this.#spec) }, mergeStates, (column, state) => {
      this.table.placeMoments(column, state);
      if (keepsStates) this.#states.set(column.index, state);
    });
  }

  async histograms(): Promise<void> {
    for (const reduction of this.#reductions) {
      if (reduction.kind !== 'histogram') continue;
      const { bins, name } = reduction;
      const plan = planOf(this.#spec, 'histogram');
      if (plan.leaves === 0) return;
      const edges = allColumns(plan, (column) => edgesOf(this.#states.get(column.index)!, column.cells, bins, name));
      const { scale = 1, offset = 0 } = this.#spec.packing ?? {};
      await this.#columns(plan, { kind: 'histogram', bins, edges }, mergeCounts, (column, counts) => {
        const all = edges[column.index]!;
        const histograms = Array.from({ length: column.cells }, (_, cell): Histogram => {
          const own = [...all.subarray(cell * (bins + 1), (cell + 1) * (bins + 1))].map(
            (edge) => edge * scale + offset,
          );
          const counted = [...counts.subarray(cell * bins, (cell + 1) * bins)];
          return scale < 0 ? { edges: own.reverse(), counts: counted.reverse() } : { edges: own, counts: counted };
        });
        this.table.placeHistogram(column, name, histograms);
      });
    }
  }

  async quantiles(): Promise<void> {
    const wanted = this.#reductions.filter((reduction) => reduction.kind === 'quantile');
    if (wanted.length === 0) return;
    const plan = planOf(this.#spec, 'digits');
    if (plan.leaves === 0) return;
    const { scale = 1, offset = 0 } = this.#spec.packing ?? {};
    const { stored } = formatOf(this.#spec);
    const type = stored === 'F16' ? 'F32' : stored;
    // A negative scale turns the order round.
    const quantiles = wanted.map(({ q }) => (scale < 0 ? 1 - q : q));
    const searches = allColumns(plan, (column) =>
      countsOf(this.#states.get(column.index)!).map((count) => new QuantileSearch(type, quantiles, count)),
    );
    for (;;) {
      const shift = searches.flat().find((search) => search.shift !== undefined)?.shift;
      if (shift === undefined) break;
      const prefixes = searches.map((cells) =>
        cells.map((search) => (search.shift === undefined ? [] : search.prefixes)),
      );
      await this.#columns(plan, { kind: 'digits', shift, prefixes }, mergeCounts, (column, counts) => {
        let table = 0;
        for (const [cell, search] of searches[column.index]!.entries()) {
          const tables = prefixes[column.index]![cell]!.map(() => counts.subarray(table++ * 65536, table * 65536));
          if (tables.length > 0) search.advance(tables);
        }
      });
    }
    for (const [index, cells] of searches.entries()) {
      const results = cells.map((search) => search.results());
      for (const [i, { name }] of wanted.entries()) {
        const values = results.map((all) => all[i]! * scale + offset);
        this.table.place(plan.columnAt(index), name, this.#withMissing(index, values));
      }
    }
  }

  /** Runs a pass over some leaves. */
  async pass(
    plan: ReductionPlan,
    pass: Pass,
    range: LeafRange,
    onLeaf: (leaf: number, column: Column, state: unknown) => void,
  ): Promise<void> {
    const { skipErrors, missingIsError, kernels, direct, signal, onChunk } = this.#options;
    const isFirst = this.#passes++ === 0;
    const source = { array: this.#array, decoder: this.#decoder, format: formatOf(this.#spec) };
    if (range.from >= range.to) return;
    const ranges = [range];
    const count = (outcome: ChunkOutcome): void => {
      this.#count(outcome, isFirst);
      onChunk?.(outcome);
    };
    const work = { plan, pass, onLeaf, onChunk: count, skipErrors, missingIsError, kernels, direct, signal };
    await reduceSegments(source, work, () => ranges.shift());
  }

  /** Runs a pass over everything, and hands over each column when its tree is whole. */
  async #columns<S>(
    plan: ReductionPlan,
    pass: Pass,
    merge: (left: S, right: S) => S,
    onColumn: (column: Column, state: S) => void,
  ): Promise<void> {
    const trees = new Map<number, MergeTree<S>>();
    await this.pass(plan, pass, { from: 0, to: plan.leaves }, (leaf, column, state) => {
      const tree = treeOf(trees, column, merge);
      tree.add(0, leaf - column.firstLeaf, state as S);
      const root = tree.root();
      if (root === undefined) return;
      trees.delete(column.index);
      onColumn(column, root);
    });
  }

  #count({ bytesRead, bytesDecoded, missing, failed }: ChunkOutcome, isFirst: boolean): void {
    this.counts.bytesRead += bytesRead;
    this.counts.bytesDecoded += bytesDecoded;
    if (!isFirst) return;
    this.counts.chunks++;
    if (missing) this.counts.chunksMissing++;
    if (failed !== undefined) this.counts.chunksFailed++;
  }

  /** Cells with too few values have no quantiles. */
  #withMissing(column: number, values: number[]): number[] {
    const counts = countsOf(this.#states.get(column)!);
    return values.map((value, cell) => (this.table.isMissing(column, cell, counts[cell]!) ? Number.NaN : value));
  }
}

function treeOf<S>(trees: Map<number, MergeTree<S>>, column: Column, merge: (left: S, right: S) => S): MergeTree<S> {
  const tree = trees.get(column.index) ?? new MergeTree<S>(column.leaves, merge);
  trees.set(column.index, tree);
  return tree;
}

function allColumns<T>(plan: ReductionPlan, of: (column: Column) => T): T[] {
  return Array.from({ length: plan.columns }, (_, index) => of(plan.columnAt(index)));
}

function mergeCounts(left: Counts, right: Counts): Counts {
  for (let i = 0; i < left.length; i++) left[i]! += right[i]!;
  return left;
}

function countsOf(state: MomentsState): number[] {
  return Array.isArray(state) ? state.map(countOfExact) : [...fieldOf(state, 'count')];
}

/** Edges of equal bins from the minimum to the maximum of each cell, as numpy makes them. */
function edgesOf(state: MomentsState, cells: number, bins: number, name: string): Float64Array {
  const edges = new Float64Array(cells * (bins + 1));
  for (let cell = 0; cell < cells; cell++) {
    let [low, high] = extremesOf(state, cell);
    if (low === undefined || high === undefined) [low, high] = [0, 1];
    if (!Number.isFinite(low) || !Number.isFinite(high)) {
      throw new LsioError('usage', `${name}: the data goes from ${low} to ${high}: bins need finite ends`);
    }
    if (low === high) [low, high] = [low - 0.5, high + 0.5];
    const step = (high - low) / bins;
    const own = edges.subarray(cell * (bins + 1), (cell + 1) * (bins + 1));
    for (let i = 0; i <= bins; i++) own[i] = low + i * step;
    own[bins] = high;
  }
  return edges;
}

function extremesOf(state: MomentsState, cell: number): [number | undefined, number | undefined] {
  if (!Array.isArray(state)) {
    if (fieldOf(state, 'count')[cell] === 0) return [undefined, undefined];
    return [fieldOf(state, 'min')[cell], fieldOf(state, 'max')[cell]];
  }
  const { min, max } = state[cell]!;
  return [min === undefined ? undefined : Number(min), max === undefined ? undefined : Number(max)];
}
