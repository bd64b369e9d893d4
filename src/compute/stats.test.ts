import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AxisRun, countOf, type Selection } from '../array/selection.js';
import { memoryArray, specOf } from './memory-array.testing.js';
import { MergeTree } from './merge-tree.js';
import { type MomentsState, mergeStates } from './moments-state.js';
import { ResultTable } from './result-table.js';
import { computeShard, computeStats } from './stats.js';
import { planOf, type StatsSpec } from './stats-spec.js';

const ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

interface Case {
  readonly dtype: keyof typeof ARRAYS;
  readonly shape: number[];
  readonly chunkShape: number[];
  readonly values: Float64Array;
  readonly selection: Selection;
  readonly kept: boolean[];
  readonly groupAxis: number | undefined;
  readonly weightAxis: number | undefined;
}

/** Along an axis: everything, a run with any step, or two runs, as longitudes that wrap have. */
function selectionArbitrary(length: number) {
  const whole = fc.constant<AxisRun[]>([{ start: 0, step: 1, count: length }]);
  const run = fc
    .tuple(fc.nat(length - 1), fc.nat(length - 1), fc.constantFrom(1, 1, 2, -1))
    .map(([a, b, step]): AxisRun[] => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const count = Math.floor((high - low) / Math.abs(step)) + 1;
      return [{ start: step > 0 ? low : high, step, count }];
    });
  const wrapped = fc.nat(length - 1).map((at): AxisRun[] => {
    const runs = [
      { start: at, step: 1, count: length - at },
      { start: 0, step: 1, count: at },
    ];
    return runs.filter(({ count }) => count > 0);
  });
  return fc.oneof(whole, whole, run, wrapped).map((runs) => ({ runs, drop: false }));
}

const cases: fc.Arbitrary<Case> = fc
  .array(fc.record({ length: fc.integer({ min: 1, max: 9 }), chunk: fc.integer({ min: 1, max: 10 }) }), {
    minLength: 1,
    maxLength: 3,
  })
  .chain((axes) => {
    const shape = axes.map(({ length }) => length);
    const elements = shape.reduce((a, b) => a * b, 1);
    const axis = fc.option(fc.nat(shape.length - 1), { nil: undefined });
    return fc.record({
      dtype: fc.constantFrom(...(Object.keys(ARRAYS) as (keyof typeof ARRAYS)[])),
      shape: fc.constant(shape),
      chunkShape: fc.constant(axes.map(({ chunk }) => chunk)),
      values: fc
        .array(fc.integer({ min: 0, max: 120 }), { minLength: elements, maxLength: elements })
        .map(Float64Array.from.bind(Float64Array)),
      selection: fc.tuple(...shape.map(selectionArbitrary)),
      kept: fc.tuple(...shape.map(() => fc.boolean())),
      groupAxis: axis,
      weightAxis: axis,
    });
  }) as fc.Arbitrary<Case>;

const MISSING = 7;

function build({ dtype, shape, chunkShape, values, selection, kept, groupAxis, weightAxis }: Case) {
  const isFloat = dtype.startsWith('float');
  // A share of what is missing: NaN in floats, 7 in integers.
  const typed = ARRAYS[dtype].from(
    values.map((x) => (isFloat && x === MISSING ? Number.NaN : isFloat ? x / 8 + 270 : x)),
  );
  const source = memoryArray({ shape, chunkShape, dtype, values: typed });
  const groupLength = groupAxis === undefined ? 0 : countOf(selection[groupAxis]!);
  const grouped = groupAxis !== undefined && !kept[groupAxis];
  const weighted = weightAxis !== undefined && !kept[weightAxis] && weightAxis !== groupAxis;
  const spec = specOf(source, {
    selection,
    kept,
    groups: grouped
      ? {
          axis: groupAxis,
          field: 'month',
          keys: [1, 2, 3].slice(0, Math.min(3, groupLength)),
          indexes: Array.from({ length: groupLength }, (_, i) => Math.min(i % 3, groupLength - 1)),
        }
      : null,
    weights: weighted
      ? {
          axis: weightAxis,
          text: 'w',
          values: Array.from({ length: countOf(selection[weightAxis]!) }, (_, i) => 1 + (i % 4) / 2),
        }
      : null,
    packing: isFloat ? null : { missing: [String(MISSING)], validMin: null, validMax: null, scale: 1, offset: 0 },
  });
  return { source, spec, typed };
}

/** The elements of each cell, by the definition. */
function cellsOf(spec: StatsSpec, typed: ArrayLike<number>): { x: number; w: number }[][] {
  const table = new ResultTable(spec, planOf(spec, 'moments'));
  const cells: { x: number; w: number }[][] = Array.from({ length: table.shape.reduce((a, b) => a * b, 1) }, () => []);
  const indexes = spec.selection.map(({ runs }) =>
    runs.flatMap(({ start, step, count }) => Array.from({ length: count }, (_, i) => start + i * step)),
  );
  const counts = indexes.map((all) => all.length);
  const total = counts.reduce((a, b) => a * b, 1);
  for (let n = 0; n < total; n++) {
    let rest = n;
    const at = new Array<number>(counts.length);
    for (let axis = counts.length - 1; axis >= 0; axis--) {
      at[axis] = rest % counts[axis]!;
      rest = Math.floor(rest / counts[axis]!);
    }
    const flat = at.reduce((all, i, axis) => all * spec.shape[axis]! + indexes[axis]![i]!, 0);
    let cell = spec.groups === null ? 0 : spec.groups.indexes[at[spec.groups.axis]!]!;
    for (const [axis, kept] of spec.kept.entries()) if (kept) cell = cell * counts[axis]! + at[axis]!;
    const x = typed[flat]!;
    const w = spec.weights === null ? 1 : spec.weights.values[at[spec.weights.axis]!]!;
    if (!Number.isNaN(x) && !(spec.packing !== null && x === MISSING)) cells[cell]!.push({ x, w });
  }
  return cells;
}

function near(found: unknown, expected: number): void {
  if (Number.isNaN(expected)) expect(found).toBeNaN();
  else expect(Math.abs(Number(found) - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
}

describe('computeStats()', () => {
  test('gives what the definition gives, for any dtype, chunks, selection, axes, groups and weights', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (input) => {
        const { source, spec, typed } = build(input);
        const { table } = await computeStats(source.array, spec);
        const cells = cellsOf(spec, typed);
        for (const [i, all] of cells.entries()) {
          const get = (name: string): unknown => table.values.get(name)![i];
          const weight = all.reduce((sum, { w }) => sum + w, 0);
          const mean = all.reduce((sum, { x, w }) => sum + x * w, 0) / weight;
          const variance = all.reduce((sum, { x, w }) => sum + w * (x - mean) ** 2, 0) / weight;
          expect(get('count')).toBe(all.length);
          expect(get('min')).toBe(all.length === 0 ? Number.NaN : Math.min(...all.map(({ x }) => x)));
          expect(get('max')).toBe(all.length === 0 ? Number.NaN : Math.max(...all.map(({ x }) => x)));
          near(get('mean'), mean);
          near(get('var'), variance);
          near(get('std'), Math.sqrt(variance));
          near(
            get('sum'),
            all.reduce((sum, { x, w }) => sum + x * w, 0),
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  test('plain JavaScript kernels and any number of shards give the same bits', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 1, max: 7 }), async (input, shards) => {
        const { source, spec } = build(input);
        const whole = await computeStats(source.array, spec);
        const js = await computeStats(source.array, spec, { kernels: 'js' });
        expect([...js.table.values]).toEqual([...whole.table.values]);
        const plan = planOf(spec, 'moments');
        const merged = new ResultTable(spec, plan);
        const trees = new Map<number, MergeTree<MomentsState>>();
        // The last shard first.
        for (let k = shards - 1; k >= 0; k--) {
          const range = {
            from: Math.floor((k * plan.leaves) / shards),
            to: Math.floor(((k + 1) * plan.leaves) / shards),
          };
          const { nodes } = await computeShard(source.array, spec, range);
          for (const { column, level, index, state } of nodes) {
            const tree = trees.get(column) ?? new MergeTree<MomentsState>(plan.columnAt(column).leaves, mergeStates);
            trees.set(column, tree);
            tree.add(level, index, state);
          }
        }
        for (const [column, tree] of trees) merged.placeMoments(plan.columnAt(column), tree.root()!);
        expect([...merged.values]).toEqual([...whole.table.values]);
      }),
      { numRuns: 120 },
    );
  });

  test('infinities, overflow and values far from 0', async () => {
    const of = async (...values: number[]) => {
      const source = memoryArray({
        shape: [values.length],
        chunkShape: [2],
        dtype: 'float64',
        values: Float64Array.from(values),
      });
      const { table } = await computeStats(source.array, specOf(source));
      return Object.fromEntries([...table.values].map(([name, [value]]) => [name, value]));
    };
    const infinity = Number.POSITIVE_INFINITY;
    expect(await of(3, infinity, 1)).toMatchObject({
      mean: infinity,
      std: Number.NaN,
      min: 1,
      max: infinity,
      count: 3,
    });
    expect(await of(infinity, 1, -infinity)).toMatchObject({ mean: Number.NaN, std: Number.NaN, sum: Number.NaN });
    expect(await of(1e300, -1e300, 3)).toMatchObject({ std: infinity, min: -1e300, max: 1e300 });
    expect(await of(Number.NaN, Number.NaN)).toMatchObject({ mean: Number.NaN, min: Number.NaN, sum: 0, count: 0 });
    const { std } = await of(1e8, 1e8 + 1, 1e8 + 2, 1e8 + 3);
    expect(std).toBe(Math.sqrt(1.25));
  });

  test('--exact gives the same bits for any chunking', async () => {
    const values = Float32Array.from({ length: 720 }, (_, i) => 280 + Math.sin(i) * 30 + (i % 7 === 0 ? 1e-5 : 0));
    const results = new Set<string>();
    for (const chunkShape of [[720], [100], [7], [1]]) {
      const source = memoryArray({ shape: [720], chunkShape, dtype: 'float32', values });
      const { table } = await computeStats(source.array, specOf(source, { exact: true }));
      results.add(JSON.stringify([...table.values].map(([, all]) => [...all])));
    }
    expect(results.size).toBe(1);
  });

  test('quantiles and histograms are those of sorting and counting', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.constantFrom(0, 0.05, 0.5, 0.95, 1), async (input, q) => {
        const {
          source,
          spec: all,
          typed,
        } = build({ ...input, kept: input.kept.map(() => false), weightAxis: undefined });
        const spec = {
          ...all,
          reductions: ['count', `q${q}`, 'median', 'hist:5'].filter((name, i, names) => names.indexOf(name) === i),
        };
        const { table } = await computeStats(source.array, spec);
        for (const [i, cell] of cellsOf(spec, typed).entries()) {
          const sorted = cell.map(({ x }) => x).sort((a, b) => a - b);
          near(table.values.get(`q${q}`)![i], quantile(sorted, q));
          near(table.values.get('median')![i], quantile(sorted, 0.5));
          const { edges, counts } = table.histograms.get('hist:5')![i]!;
          expect(counts.reduce((a, b) => a + b, 0)).toBe(sorted.length);
          for (const [bin, count] of counts.entries()) {
            const isLast = bin === counts.length - 1;
            const inside = sorted.filter(
              (x) => x >= edges[bin]! && (x < edges[bin + 1]! || (isLast && x === edges[bin + 1]!)),
            );
            expect(count).toBe(inside.length);
          }
        }
      }),
      { numRuns: 120 },
    );
  });
});

function quantile(sorted: readonly number[], q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = q * (sorted.length - 1);
  const [a, b] = [sorted[Math.floor(at)]!, sorted[Math.min(sorted.length - 1, Math.ceil(at))]!];
  return a + (b - a) * (at - Math.floor(at));
}
