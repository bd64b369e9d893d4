import { createHash } from 'node:crypto';
import type { DType } from '../array/dtype.js';
import { countExactly } from '../array/grid.js';
import type { Packing } from '../array/packing.js';
import { countOf, type Selection } from '../array/selection.js';
import { LsioError } from '../errors.js';
import { formatBytes } from '../units.js';
import { type ElementFormat, elementFormat, isInteger, storedBytes } from './elements.js';
import type { GroupField } from './groups.js';
import { MOMENTS_BYTES_PER_CELL } from './moments.js';
import { ReductionPlan } from './plan.js';
import { parseReductions, type Reduction } from './reductions.js';

/**
 * Statistics that are asked for, with all that decides their bits: plain JSON, so that shards and merges can be told
 * apart, and a merge needs no array. Numbers of the data's own type are text.
 */
export interface StatsSpec {
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly dims: readonly string[];
  readonly dtype: DType;
  readonly selection: Selection;
  /** Whether each axis is in the result. */
  readonly kept: readonly boolean[];
  readonly groups: GroupSpec | null;
  readonly weights: { readonly axis: number; readonly text: string; readonly values: readonly number[] } | null;
  readonly reductions: readonly string[];
  readonly exact: boolean;
  readonly ddof: number;
  /** Cells with fewer values are NaN. */
  readonly minCount: number;
  /** Missing values are left out; otherwise one makes its cell NaN. */
  readonly skipMissing: boolean;
  readonly packing: PackingSpec | null;
}

export interface GroupSpec {
  readonly axis: number;
  readonly field: GroupField;
  readonly keys: readonly (number | string)[];
  /** For each selected time step the index of its key. */
  readonly indexes: readonly number[];
}

export interface PackingSpec {
  readonly missing: readonly string[];
  readonly validMin: string | null;
  readonly validMax: string | null;
  readonly scale: number;
  readonly offset: number;
}

/** The version of the tree of merges and of the states: another one gives other bits. */
const PLAN_VERSION = 1;

export function planHash(spec: StatsSpec): string {
  const text = JSON.stringify([PLAN_VERSION, spec]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

export function packingSpec(packing: Packing | undefined): PackingSpec | null {
  if (packing === undefined) return null;
  const { missing, validMin, validMax, scale, offset } = packing;
  const [low = null, high = null] = [validMin, validMax].map((value) => (value === undefined ? null : String(value)));
  return { missing: missing.map(String), validMin: low, validMax: high, scale, offset };
}

/** @throws {LsioError} `usage` for a dtype that is no number. */
export function formatOf({ dtype, packing }: StatsSpec): ElementFormat {
  const isWide = dtype.itemBytes === 8 && dtype.kind !== 'float';
  const number = (text: string): number | bigint => (isWide ? BigInt(text) : Number(text));
  return elementFormat(
    dtype,
    packing === null
      ? undefined
      : {
          missing: packing.missing.map(number),
          validMin: packing.validMin === null ? undefined : number(packing.validMin),
          validMax: packing.validMax === null ? undefined : number(packing.validMax),
          scale: packing.scale,
          offset: packing.offset,
        },
  );
}

export function reductionsOf({ reductions }: StatsSpec): Reduction[] {
  return parseReductions(reductions);
}

/** Whether each column has one cell a group: then its sums may be exact, and it may have quantiles. */
export function isWhole({ kept, selection }: StatsSpec): boolean {
  return kept.every((keep, axis) => !keep || countOf(selection[axis]!) === 1);
}

/**
 * Whether sums are kept as integers: of whole results of integers they always are, along some axes where float64 may round
 * them, and with weights never.
 */
export function isExact(spec: StatsSpec): boolean {
  if (spec.exact) return true;
  return spec.weights === null && isInteger(formatOf(spec)) && (isWhole(spec) || mayRound(spec));
}

/** Whether float64 may round sums or extremes of a cell's integers: a sum of differences of two of them reaches 2^53. */
function mayRound(spec: StatsSpec): boolean {
  const { selection, kept } = spec;
  const bits = 8 * storedBytes(formatOf(spec));
  const perCell = countExactly(selection.map((axis, i) => (kept[i] ? 1 : countOf(axis))));
  return bits === 64 || perCell << BigInt(bits + 1) > 1n << 53n;
}

/** Of an object with its big integers, about. */
const EXACT_BYTES_PER_CELL = 200;
/** Data of one leaf, about: less is not worth its state. Fixed, because the tree's shape follows from it. */
const LEAF_BYTES = { moments: 2 ** 20, histogram: 2 ** 23, digits: 2 ** 26 } as const;
/** Leaves of a column that has cells: few, because each has a state of all cells. */
const COLUMN_LEAVES = 16;
const LARGE_COLUMN_LEAVES = 4;
const LARGE_COLUMN_CELLS = 2 ** 18;

export function planOf(spec: StatsSpec, pass: keyof typeof LEAF_BYTES): ReductionPlan {
  const { chunkShape, dims, selection, kept, groups, weights } = spec;
  const cells = cellsOfChunk(spec);
  const chunkBytes = chunkBytesOf(spec);
  const columnLeaves = cells > LARGE_COLUMN_CELLS ? LARGE_COLUMN_LEAVES : COLUMN_LEAVES;
  return new ReductionPlan({
    chunkShape,
    dims,
    selection,
    kept,
    groups:
      groups === null
        ? undefined
        : { axis: groups.axis, groups: { ...groups, indexes: Int32Array.from(groups.indexes) } },
    weights: weights === null ? undefined : { axis: weights.axis, values: Float64Array.from(weights.values) },
    chunksPerLeaf: (chunks) =>
      powerOfTwo(isWhole(spec) ? LEAF_BYTES[pass] / Math.max(1, chunkBytes) : chunks / columnLeaves),
  });
}

/** Bytes of a decoded chunk. */
export function chunkBytesOf(spec: StatsSpec): number {
  return spec.chunkShape.reduce((a, b) => a * b, storedBytes(formatOf(spec)));
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, atLeast))));
}

/** Cells that the elements of one chunk may go to. */
function cellsOfChunk({ chunkShape, selection, kept, groups }: StatsSpec): number {
  const extents = chunkShape.map((length, axis) => (kept[axis] ? Math.min(length, countOf(selection[axis]!)) : 1));
  return extents.reduce((a, b) => a * b, 1) * (groups?.keys.length ?? 1);
}

/** The shape of each result: the groups first, then the axes that are kept. */
export function resultShapeOf({ selection, kept, groups }: StatsSpec): number[] {
  const lengths = selection.filter(({ drop }, axis) => kept[axis] && !drop).map(countOf);
  return groups === null ? lengths : [groups.keys.length, ...lengths];
}

export function resultDimsOf({ selection, dims, kept, groups }: StatsSpec): string[] {
  const names = dims.filter((_, axis) => kept[axis] && !selection[axis]!.drop);
  return groups === null ? names : [groups.field, ...names];
}

/**
 * Refuses what can't be computed, before anything is read.
 *
 * @throws {LsioError} `usage`
 */
export function checkSpec(spec: StatsSpec, memoryBytesMax: number): void {
  const format = formatOf(spec);
  const reductions = reductionsOf(spec);
  const counting = reductions.find(({ kind }) => kind === 'quantile' || kind === 'histogram');
  if (counting !== undefined && !isWhole(spec)) {
    throw new LsioError('usage', `${counting.name} is computed of whole results and groups only, not along some axes`);
  }
  if (counting !== undefined && spec.weights !== null) {
    throw new LsioError('usage', `${counting.name} has no weights: leave out --weights, or ${counting.name}`);
  }
  if (spec.exact && (!isWhole(spec) || spec.weights !== null)) {
    throw new LsioError('usage', '--exact is for whole results and groups without weights');
  }
  if (spec.weights !== null && spec.ddof !== 0) throw new LsioError('usage', '--ddof has no meaning with --weights');
  const cells = countExactly(resultShapeOf(spec));
  const elementBytes = BigInt(storedBytes(format));
  // Four buffers of a chunk at the most, and states of a column on every level of its tree.
  const chunk = countExactly(spec.chunkShape) * (2n * elementBytes + 12n);
  const stateBytes = isExact(spec) ? EXACT_BYTES_PER_CELL : MOMENTS_BYTES_PER_CELL;
  const states = BigInt(cellsOfChunk(spec)) * BigInt(56 + 6 * stateBytes);
  const needed = cells * BigInt(8 * reductions.length) + chunk + states;
  if (needed > BigInt(memoryBytesMax)) {
    const text = `the statistics take ${formatBytes(Number(needed))} of memory, ${formatBytes(memoryBytesMax)} are allowed`;
    throw new LsioError('usage', text, { remedy: 'select less, keep fewer axes, or allow more: --max-memory' });
  }
}
