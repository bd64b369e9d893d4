import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fifo, InOrder } from './fifo.js';

describe('Fifo', () => {
  test('shift() gives what an array would, whatever was pushed and shifted', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant('shift'), fc.nat()), { maxLength: 200 }), (steps) => {
        const queue = new Fifo<number>();
        const array: number[] = [];
        for (const step of steps) {
          if (typeof step === 'number') {
            queue.push(step);
            array.push(step);
          } else expect(queue.shift()).toBe(array.shift());
          expect(queue.length).toBe(array.length);
          expect(Array.from({ length: array.length + 1 }, (_, index) => queue.at(index))).toEqual([
            ...array,
            undefined,
          ]);
        }
      }),
    );
  });

  test('replace() changes one entry', () => {
    const queue = new Fifo<string>();
    for (const value of ['a', 'b', 'c']) queue.push(value);
    queue.shift();
    queue.replace(1, 'd');
    expect([queue.shift(), queue.shift(), queue.shift()]).toEqual(['b', 'd', undefined]);
  });
});

describe('InOrder', () => {
  test('pending is the first that is not finished, whatever finishes and leaves', () => {
    const steps = fc.array(fc.oneof(fc.constant('push'), fc.constant('shift'), fc.nat(10)), { maxLength: 100 });
    fc.assert(
      fc.property(steps, (steps) => {
        const queue = new InOrder<{ finished: boolean }>();
        const array: { finished: boolean }[] = [];
        for (const step of steps) {
          if (step === 'push') {
            const entry = { finished: false };
            queue.push(entry);
            array.push(entry);
          } else if (step === 'shift') expect(queue.shift()).toBe(array.shift());
          else if (array[step] !== undefined) {
            array[step].finished = true;
            queue.advance();
          }
          expect(queue.first).toBe(array[0]);
          expect(queue.pending).toBe(array.find((entry) => !entry.finished));
        }
      }),
    );
  });
});
