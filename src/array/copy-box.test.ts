import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyBox } from './copy-box.js';

interface AxisCase {
  readonly count: number;
  readonly step: number;
  /** Elements before and after, on both sides. */
  readonly margins: readonly [number, number, number, number];
}

const axis = fc.record({
  count: fc.integer({ min: 1, max: 20 }),
  step: fc.constantFrom(1, 1, 1, 2, -1, -3),
  margins: fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4), fc.nat(4)),
});

function strides(shape: readonly number[], itemBytes: number): number[] {
  return shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, itemBytes));
}

test('copyBox() copies each element of a box to its place, and nothing else', () => {
  const input = fc.record({
    axes: fc.array(axis, { minLength: 1, maxLength: 4 }),
    itemBytes: fc.constantFrom(1, 2, 3, 4, 8, 16),
    shift: fc.nat(3),
    cut: fc.nat(5),
  });
  fc.assert(
    fc.property(
      input,
      ({ axes, itemBytes, shift, cut }: { axes: AxisCase[]; itemBytes: number; shift: number; cut: number }) => {
        const spans = axes.map(({ count, step }) => (count - 1) * Math.abs(step) + 1);
        const shape = axes.map(({ margins: [before, after] }, i) => before + spans[i]! + after);
        const targetShape = axes.map(({ count, margins: [, , before, after] }) => before + count + after);
        const box = {
          source: axes.map(({ step, margins: [before] }, i) => (step > 0 ? before : before + spans[i]! - 1)),
          step: axes.map(({ step }) => step),
          count: axes.map(({ count }) => count),
          target: axes.map(({ margins: [, , before] }) => before),
        };
        const whole = new Uint8Array(shape.reduce((a, b) => a * b, itemBytes) + shift).subarray(shift);
        for (let i = 0; i < whole.length; i++) whole[i] = (i * 7) % 251;
        const expected = new Uint8Array(targetShape.reduce((a, b) => a * b, itemBytes)).fill(255);
        const target = expected.slice();
        const [from, to] = [strides(shape, itemBytes), strides(targetShape, itemBytes)];
        const elements = box.count.reduce((a, b) => a * b, 1);
        let first = whole.length;
        for (let element = 0; element < elements; element++) {
          let [rest, read, write] = [element, 0, 0];
          for (let i = axes.length - 1; i >= 0; i--) {
            const at = rest % box.count[i]!;
            rest = Math.floor(rest / box.count[i]!);
            read += (box.source[i]! + at * box.step[i]!) * from[i]!;
            write += (box.target[i]! + at) * to[i]!;
          }
          first = Math.min(first, read);
          expected.set(whole.subarray(read, read + itemBytes), write);
        }
        // A part of the source is enough, if it holds what is copied.
        const offset = Math.min(first, cut);
        copyBox(
          { bytes: whole.subarray(offset), shape, offset },
          { bytes: target, shape: targetShape },
          box,
          itemBytes,
        );
        expect(Buffer.compare(target, expected)).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});
