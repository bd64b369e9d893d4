import type { ChunkedArray } from '../formats/chunked-array.js';
import type { KernelChoice } from '../kernels/kernels.js';
import type { Counts } from './count-reducers.js';
import { edgesOf } from './histogram-edges.js';
import { MergeTree, type TreeNode } from './merge-tree.js';
import { countsOf, type MomentsState, mergeStates } from './moments-state.js';
import type { Pass } from './pass.js';
import type { Column, ReductionPlan } from './plan.js';
import { QuantileSearch } from './quantile.js';
import type { ReduceResult, ReduceSpec } from './reduce-segments.js';
import type { Reduction } from './reductions.js';
import { type Histogram, ResultTable } from './result-table.js';
import { checkSpec, chunkBytesOf, formatOf, isExact, planOf, reductionsOf, type StatsSpec } from './stats-spec.js';
import type { JobCounts, TaskRange } from './workers/claims.js';
import { errorOf } from './workers/plain-error.js';
import { type JobOptions, type JobOutcome, runJob } from './workers/run-job.js';

export interface StatsOptions extends JobOptions {
  /** The most memory for results, states and buffers, in bytes. @default 4 GiB */
  readonly memoryBytesMax?: number | undefined;
  readonly skipErrors?: boolean | undefined;
  readonly missingIsError?: boolean | undefined;
  readonly kernels?: KernelChoice | undefined;
  /** Is told several times a second, and at the end, what was done so far in this pass over the data. */
  readonly onProgress?: ((counts: JobCounts) => void) | undefined;
  /** Is told of each chunk that is left out, with `skipErrors`. */
  readonly onFailure?: ((error: Error) => void) | undefined;
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
  /** Threads that took part. */
  readonly workers: number;
}

export const STATS_MEMORY_BYTES_MAX = 4 * 1024 ** 3;

/**
 * Computes statistics of an array, in one pass over its chunks; one more for histograms, and as many more
 * for quantiles as their keys have 16-bit digits.
 *
 * @throws {LsioError} `usage` for what can't be computed, before anything is read; `too-large` for an integer sum beyond
 * 64 bits; as the store and the decoder, naming the chunk.
 */
export async function computeStats(
  array: ChunkedArray,
  spec: StatsSpec,
  options: StatsOptions = {},
): Promise<StatsResult> {
  checkSpec(spec, options.memoryBytesMax ?? STATS_MEMORY_BYTES_MAX);
  const run = new StatsRun(array, spec, options);
  await run.moments();
  await run.histograms();
  await run.quantiles();
  return { table: run.table, counts: run.counts, workers: run.workers };
}

/** Nodes of trees: what a shard hands over. */
export interface ShardNode extends TreeNode<MomentsState> {
  readonly column: number;
}

/** Reduces some of the leaves, for a partial file. @throws {LsioError} as {@link computeStats} */
export async function computeShard(
  array: ChunkedArray,
  spec: StatsSpec,
  range: TaskRange,
  options: StatsOptions = {},
): Promise<{ nodes: ShardNode[]; counts: StatsCounts; workers: number }> {
  checkSpec(spec, options.memoryBytesMax ?? STATS_MEMORY_BYTES_MAX);
  const run = new StatsRun(array, spec, options);
  const nodes: ShardNode[] = [];
  const plan = planOf(spec, 'moments');
  const trees = new Map<number, MergeTree<MomentsState>>();
  await run.pass(plan, { kind: 'moments', exact: isExact(spec) }, range, (leaf, column, state) => {
    treeOf(trees, column, mergeStates).add(0, leaf - column.firstLeaf, state as MomentsState);
  });
  for (const [column, tree] of trees) nodes.push(...tree.nodes().map((node) => ({ column, ...node })));
  return { nodes, counts: run.counts, workers: run.workers };
}

class StatsRun {
  readonly table: ResultTable;
  readonly counts: StatsCounts = { chunks: 0, chunksMissing: 0, chunksFailed: 0, bytesRead: 0, bytesDecoded: 0 };
  workers = 1;
  readonly #array: ChunkedArray;
  readonly #spec: StatsSpec;
  readonly #options: StatsOptions;
  readonly #reductions: readonly Reduction[];
  /** By column; kept only where another pass needs them. */
  readonly #states = new Map<number, MomentsState>();
  #passes = 0;

  constructor(array: ChunkedArray, spec: StatsSpec, options: StatsOptions) {
    this.#array = array;
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
    range: TaskRange,
    onLeaf: (leaf: number, column: Column, state: unknown) => void,
  ): Promise<void> {
    const { skipErrors, missingIsError, kernels, onProgress, onFailure } = this.#options;
    const { decoder, direct, workers, signal } = this.#options;
    const isFirst = this.#passes++ === 0;
    if (range.from >= range.to) return;
    const spec: ReduceSpec = {
      ...{ stats: this.#spec, pass, firstLeaf: range.from },
      ...{ skipErrors, missingIsError, kernels },
    };
    const outcome = await runJob<ReduceResult>({
      ...{ body: 'reduce', spec, array: this.#array, decoder, direct, workers, signal, onProgress },
      tasks: range.to - range.from,
      taskBytes: plan.chunksPerLeaf * chunkBytesOf(this.#spec),
      onResult: (result) => {
        if ('failed' in result) {
          if (isFirst) onFailure?.(errorOf(result.failed));
          return;
        }
        const { leaf, state } = result;
        onLeaf(leaf, plan.columnOfLeaf(leaf), state);
      },
    });
    this.#count(outcome, isFirst);
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

  #count(
    { chunks, chunksMissing, chunksFailed, bytesRead, bytesDecoded, workers }: JobOutcome,
    isFirst: boolean,
  ): void {
    this.counts.bytesRead += bytesRead;
    this.counts.bytesDecoded += bytesDecoded;
    this.workers = Math.max(this.workers, workers);
    if (isFirst) Object.assign(this.counts, { chunks, chunksMissing, chunksFailed });
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
