import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoredChunk } from './chunk-reader.js';
import { Turns } from './turns.js';

function chunkAt(index: number, bytes: Uint8Array | undefined): StoredChunk {
  return { index, ref: { index }, bytes };
}

test('Turns hands over in order whatever comes first, from leased memory, which it gives back', () => {
  const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 });
  fc.assert(
    fc.property(order, fc.boolean(), (turns, ordered) => {
      const used: [number, number | undefined][] = [];
      let leases = 0;
      const queue = new Turns(ordered, ({ index, bytes }) => used.push([index, bytes?.[0]]));
      for (const turn of turns) {
        // The memory is used again as soon as the offer returns, unless it was leased.
        const lent = Uint8Array.of(turn);
        const lease = () => {
          leases++;
          const bytes = lent.slice();
          return { bytes, release: () => leases--, [Symbol.dispose]() {} };
        };
        if (turn % 3 === 0) queue.offer(turn, chunkAt(turn, undefined));
        else queue.offer(turn, chunkAt(turn, lent), lease);
        lent.fill(99);
      }
      expect(leases).toBe(0);
      const expected = ordered ? [...turns].sort((a, b) => a - b) : turns;
      expect(used).toEqual(expected.map((turn) => [turn, turn % 3 === 0 ? undefined : turn]));
    }),
  );
});

test('Turns gives leased memory back when nobody wants it any more', () => {
  let leases = 0;
  const lease = () => {
    leases++;
    return { bytes: new Uint8Array(1), release: () => leases--, [Symbol.dispose]() {} };
  };
  const queue = new Turns(true, ({ index }) => {
    if (index === 1) throw new Error('enough');
  });
  queue.offer(1, chunkAt(1, new Uint8Array(1)), lease);
  queue.offer(3, chunkAt(3, new Uint8Array(1)), lease);
  expect(leases).toBe(2);
  expect(() => queue.offer(0, chunkAt(0, undefined))).toThrow('enough');
  queue.close();
  expect(leases).toBe(0);
});
