import { describe, expect, test } from 'vitest';
import { LsioError } from '../errors.js';
import { memoryArray, specOf } from './memory-array.testing.js';
import { mergePartials, type Partial, parsePartial, partialText } from './partial.js';
import { leavesOfShard } from './shard.js';
import { computeShard, computeStats } from './stats.js';
import { planOf, type StatsSpec } from './stats-spec.js';

const source = memoryArray({
  shape: [64, 5],
  chunkShape: [1, 5],
  dtype: 'int32',
  values: Int32Array.from({ length: 320 }, (_, i) => (i * 7919) % 100_003),
});
const maps = specOf(source, { kept: [false, true] });

async function shard(spec: StatsSpec, index: number, count: number): Promise<Partial> {
  const leaves = leavesOfShard({ index, count }, planOf(spec, 'moments').leaves);
  const { nodes, counts } = await computeShard(source.array, spec, leaves);
  return { spec, leaves, nodes, counts, about: { shard: { index, count } } };
}

/** Through the text of files. */
async function files(spec: StatsSpec, count: number, wanted: readonly number[]): Promise<Map<string, Partial>> {
  const all = new Map<string, Partial>();
  for (const index of wanted)
    all.set(`${index}`, parsePartial(`${index}`, partialText(await shard(spec, index, count))));
  return all;
}

describe('mergePartials()', () => {
  test.each([
    ['maps', maps],
    ['exact integers', specOf(source)],
  ])('of %s gives the bits of one run, for any number of shards and with one of them twice', async (_, spec) => {
    const { table, counts } = await computeStats(source.array, spec);
    for (const count of [1, 2, 5, 16, 64]) {
      const order = Array.from({ length: count }, (_, i) => count - 1 - i);
      const all = await files(spec, count, order);
      all.set('again', all.get('0')!);
      const merged = mergePartials(all, false);
      expect([...merged.table.values]).toEqual([...table.values]);
      expect(merged).toMatchObject({ missing: [], share: 1, counts });
    }
  });

  test('names what is missing, and says how much is there', async () => {
    const merged = mergePartials(await files(maps, 4, [0, 1, 3]), true);
    expect(merged.missing).toEqual([{ from: 8, to: 12 }]);
    expect(merged.share).toBe(0.75);
    expect([...merged.table.values.get('count')!]).toEqual([48, 48, 48, 48, 48]);
  });

  test('refuses parts that overlap, and parts of other statistics', async () => {
    const [two, three] = [await files(maps, 2, [0, 1]), await files(maps, 3, [1])];
    expect(() => mergePartials(new Map([...two, ['x', three.get('1')!]]), false)).toThrow(/overlap/);
    const other = await files({ ...maps, ddof: 1 }, 2, [1]);
    expect(() => mergePartials(new Map([['0', two.get('0')!], ...other]), false)).toThrow(/different statistics/);
  });
});

test('parsePartial() refuses every file that was changed, and says which', async () => {
  const text = partialText(await shard(maps, 1, 4));
  const whole = JSON.parse(text);
  const [node] = whole.nodes;
  const damaged: Record<string, unknown>[] = [
    { ...whole, leaves: { from: 4, to: 9 } },
    { ...whole, leaves: { from: -1, to: 8 } },
    { ...whole, nodes: [] },
    { ...whole, nodes: [node, node] },
    { ...whole, nodes: [{ ...node, column: 7 }] },
    { ...whole, nodes: [{ ...node, level: 60 }] },
    { ...whole, nodes: [{ ...node, index: 0.5 }] },
    { ...whole, nodes: [{ ...node, moments: node.moments.slice(8) }] },
    { ...whole, nodes: [{ ...node, moments: undefined, exact: [{}] }] },
    { ...whole, nodes: 5 },
    { ...whole, spec: { ...whole.spec, ddof: 1 } },
    { ...whole, spec: null },
  ];
  expect(parsePartial('ok', text).leaves).toEqual({ from: 4, to: 8 });
  for (const json of damaged) {
    const parse = () => parsePartial('part.json', JSON.stringify(json));
    expect(parse).toThrow(LsioError);
    expect(parse).toThrow(/part\.json: damaged/);
  }
});
