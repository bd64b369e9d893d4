import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leavesOf, MergeTree } from './merge-tree.js';

const bracket = (left: string, right: string): string => `(${left} ${right})`;

function treeOf(leaves: number, order: readonly number[]): MergeTree<string> {
  const tree = new MergeTree<string>(leaves, bracket);
  for (const leaf of order) tree.add(0, leaf, String(leaf));
  return tree;
}

describe('MergeTree', () => {
  test('add() brackets leaves by their index: in pairs, then pairs of pairs', () => {
    expect(treeOf(1, [0]).root()).toBe('0');
    expect(treeOf(4, [0, 1, 2, 3]).root()).toBe('((0 1) (2 3))');
    expect(treeOf(5, [0, 1, 2, 3, 4]).root()).toBe('(((0 1) (2 3)) 4)');
    expect(treeOf(7, [0, 1, 2, 3, 4, 5, 6]).root()).toBe('(((0 1) (2 3)) ((4 5) 6))');
  });

  test('root() is the same whatever the order of leaves, and whatever the shards', () => {
    const leaves = fc.integer({ min: 1, max: 40 });
    const property = fc.property(
      leaves,
      fc.integer({ min: 1, max: 9 }),
      fc.infiniteStream(fc.nat()),
      (count, shards, random) => {
        const order = Array.from({ length: count }, (_, leaf) => ({ leaf, key: random.next().value! }));
        const shuffled = [...order].sort((a, b) => a.key - b.key).map(({ leaf }) => leaf);
        const expected = treeOf(
          count,
          Array.from({ length: count }, (_, leaf) => leaf),
        ).root();
        expect(treeOf(count, shuffled).root()).toBe(expected);
        const merged = new MergeTree<string>(count, bracket);
        for (let k = 0; k < shards; k++) {
          const from = Math.floor((k * count) / shards);
          const to = Math.floor(((k + 1) * count) / shards);
          const nodes = treeOf(
            count,
            Array.from({ length: to - from }, (_, i) => from + i),
          ).nodes();
          // The nodes cover the range, one after the other, and are few.
          expect(nodes.flatMap((node) => Object.values(leavesOf(node, count))).join()).toMatch(
            new RegExp(`^(${from},.*)?$`),
          );
          expect(nodes.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(count + 1)));
          for (const { level, index, state } of nodes) merged.add(level, index, state);
        }
        expect(merged.root()).toBe(expected);
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  test('root() is undefined while a leaf is missing; rootOfPresent() merges what is there', () => {
    const tree = treeOf(5, [0, 1, 3, 4]);
    expect(tree.root()).toBeUndefined();
    expect(tree.rootOfPresent()).toBe('(((0 1) 3) 4)');
  });
});
