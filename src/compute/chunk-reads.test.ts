import { expect, test } from 'vitest';
import type { Extent } from '../range.js';
import type { AbsolutePath } from '../store/keys.js';
import { planChunkReads, type StoredPiece } from './chunk-reads.js';

const KIB = 1024;

/** Pieces of files, in the order in which they are wanted. */
function pieces(...wanted: readonly (readonly [string, Extent?])[]): StoredPiece[] {
  return wanted.map(([key, range], turn) => ({
    ref: { index: turn, key: key as AbsolutePath, ...(range && { range }) },
    part: undefined,
    turn,
  }));
}

/** Each read, and the turns of its pieces. */
function plan(ordered: boolean, wanted: StoredPiece[]): unknown[] {
  return planChunkReads(wanted, ordered).map(({ key, range, pieces }) => [key, range, pieces.map(({ turn }) => turn)]);
}

test('planChunkReads() reads what lies side by side in a file at once, along with small gaps', () => {
  const a = { offset: 100, length: 50 };
  const b = { offset: 150, length: 10 };
  const c = { offset: 160 + 12 * KIB, length: 5 };
  const far = { offset: 166 + 24 * KIB, length: 5 };
  const wanted = pieces(['/x', a], ['/x', b], ['/x', c], ['/x', far], ['/y', { offset: 171 + 24 * KIB, length: 1 }]);
  const expected = [
    ['/x', { offset: 100, length: 65 + 12 * KIB }, [0, 1, 2]],
    ['/x', far, [3]],
    ['/y', { offset: 171 + 24 * KIB, length: 1 }, [4]],
  ];
  expect(plan(true, wanted)).toEqual(expected);
  expect(plan(false, wanted)).toEqual(expected);
});

test('planChunkReads() reads each file from its beginning, unless the order counts', () => {
  const at = (offset: number) => ({ offset, length: 10 });
  const wanted = pieces(['/x', at(20)], ['/y', at(10)], ['/x', at(10)], ['/y', at(20)], ['/z'], ['/x', at(0)]);
  expect(plan(false, wanted)).toEqual([
    ['/x', { offset: 0, length: 30 }, [5, 2, 0]],
    ['/y', { offset: 10, length: 20 }, [1, 3]],
    ['/z', undefined, [4]],
  ]);
  expect(plan(true, wanted).length).toBe(6);
});

test('planChunkReads() reads at most 1 MiB at once, but a longer piece as it is; overlapping ones alone', () => {
  const MIB = KIB * KIB;
  const wanted = pieces(
    ['/x', { offset: 0, length: MIB - 1 }],
    ['/x', { offset: MIB - 1, length: 1 }],
    ['/x', { offset: MIB, length: 2 * MIB }],
    ['/x', { offset: 3 * MIB, length: 1 }],
    ['/x', { offset: 3 * MIB, length: 2 }],
    ['/x'],
    ['/x'],
  );
  expect(plan(true, wanted)).toEqual([
    ['/x', { offset: 0, length: MIB }, [0, 1]],
    ['/x', { offset: MIB, length: 2 * MIB }, [2]],
    ['/x', { offset: 3 * MIB, length: 1 }, [3]],
    ['/x', { offset: 3 * MIB, length: 2 }, [4]],
    ['/x', undefined, [5]],
    ['/x', undefined, [6]],
  ]);
});
