import { describe, expect, test } from 'vitest';
import type { Engine, SharedFile } from '../engine/engine.js';
import { SharedFiles } from './backend.js';
import { Item } from './item.js';
import { GROUP_MAX, MergedRead, Merger, SPARSE_GROUP_MAX, type Task } from './merge.js';

const PATH = '/data/values';
const LENGTH = 4096;
/** Far beyond what a gap may have. */
const APART = 64 * 1024;

function mergerFor(coalesce: 'auto' | { gapBytesMax: number; readBytesMax: number }): Merger<object> {
  const share = (path: string): SharedFile => ({ path, close: () => {} });
  const files = new SharedFiles({ share } as unknown as Engine);
  const options = {
    readBytesMax: 8 * 1024 ** 2,
    alignBytesFor: () => 0,
    merging: undefined,
    inHand: () => ({ inHand: 0, hasMore: true }),
  };
  return new Merger({ coalesce, files, ...options });
}

/** Gathers ranges of one file until a group is full. Returns how many it took, and the reads that they came to. */
function group(merger: Merger<object>, distance: number): { taken: number; tasks: readonly Task<object>[] } {
  let taken = 0;
  while (merger.takes(LENGTH) && taken < 10_000) {
    // From the end of the file to its beginning: the order has to be found.
    const offset = (10_000 - taken) * distance;
    merger.add(new Item({ index: taken++, request: {}, path: PATH }, offset, LENGTH));
  }
  return { taken, tasks: merger.end() };
}

describe('Merger', () => {
  test('reads what lies far apart for itself, in ascending order, and gathers less from then on', () => {
    const merger = mergerFor('auto');
    const { taken, tasks } = group(merger, APART);
    expect(taken).toBe(GROUP_MAX);
    expect(tasks).toHaveLength(GROUP_MAX);
    expect(tasks.every((task) => task instanceof Item && task.file?.path === PATH)).toBe(true);
    expect(tasks.map(({ offset }) => offset)).toEqual([...tasks.map(({ offset }) => offset)].sort((a, b) => a - b));
    expect(group(merger, APART)).toMatchObject({ taken: SPARSE_GROUP_MAX });
  });

  test('tries a large group again, each time after twice as many ranges', () => {
    const merger = mergerFor('auto');
    const between: number[] = [];
    for (let small = 0, groups = 0; groups < 2000; groups++) {
      if (group(merger, APART).taken === SPARSE_GROUP_MAX) small += SPARSE_GROUP_MAX;
      else {
        between.push(small);
        small = 0;
      }
    }
    expect(between.slice(0, 7)).toEqual([0, 1024, 2048, 4096, 8192, 16_384, 16_384]);
  });

  test('gathers large groups again once a small one is worth merging', () => {
    const merger = mergerFor('auto');
    group(merger, APART);
    const { taken, tasks } = group(merger, LENGTH);
    expect([taken, tasks.length]).toEqual([SPARSE_GROUP_MAX, 1]);
    expect(tasks[0]).toBeInstanceOf(MergedRead);
    expect(group(merger, LENGTH)).toMatchObject({ taken: GROUP_MAX });
  });

  test('merges neighbours, and leaves the others of the group alone', () => {
    const merger = mergerFor('auto');
    const offsets = [9 * APART, 0, 5 * APART + LENGTH, 5 * APART, 2 * APART];
    offsets.forEach((offset, index) => {
      merger.add(new Item({ index, request: {}, path: PATH }, offset, LENGTH));
    });
    const tasks = merger.end();
    expect(tasks.map(({ offset, length }) => [offset / APART, length / LENGTH])).toEqual([
      ...[0, 2].map((at) => [at, 1]),
      [5, 2],
      [9, 1],
    ]);
    expect(tasks.map((task) => task instanceof MergedRead)).toEqual([false, false, true, false]);
  });

  test('gathers as much as ever where the gap was chosen', () => {
    const merger = mergerFor({ gapBytesMax: LENGTH, readBytesMax: 1024 ** 2 });
    group(merger, APART);
    expect(group(merger, APART)).toMatchObject({ taken: GROUP_MAX });
  });
});
