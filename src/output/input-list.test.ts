import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pathOf } from '../paths/byte-text.js';
import type { Input } from './input.js';
import { InputList, NameSet } from './input-list.js';

/** Each character another, with a prime period. */
const PATTERN = Buffer.from(Uint8Array.from({ length: 5000 }, (_, at) => at % 251)).toString('latin1');
const name = fc.tuple(fc.nat(4095), fc.nat(250)).map(([length, seed]) => PATTERN.slice(seed, seed + length));
const extra = fc.option(
  fc.record({ range: fc.record({ offset: fc.nat() }), id: fc.option(fc.nat(), { nil: undefined }) }),
  { nil: undefined },
);

test('InputList gives back what was added, in order, across chunks', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, extra), { minLength: 600, maxLength: 1200 }), (asked) => {
      const inputs: Input[] = asked.map(([name, more]) => ({ name, key: pathOf(name), ...more }));
      const list = new InputList();
      const numbers = inputs.map((input) => list.add(input));
      expect(list.length).toBe(inputs.length);
      const numbered = inputs.map((input, index) => ({ ...input, index }));
      expect(JSON.stringify([...list])).toBe(JSON.stringify(numbered));
      expect(numbers).toEqual(numbers.map((_, number) => number));
      for (const number of [0, 3, 599]) list.skip(number);
      expect(list).toMatchObject({ length: inputs.length - 3, skipped: 3 });
      const kept = numbered.filter(({ index }) => ![0, 3, 599].includes(index));
      expect(JSON.stringify([...list])).toBe(JSON.stringify(kept));
    }),
    { numRuns: 5 },
  );
});

test('NameSet finds exactly the names that came before', () => {
  const names = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 }), {
    maxLength: 3000,
    size: 'max',
  });
  fc.assert(
    fc.property(names, (names) => {
      const set = new NameSet((place) => names[place]!);
      const model = new Set<string>();
      names.forEach((name, place) => {
        expect(set.add(name, place)).toBe(!model.has(name));
        model.add(name);
      });
      expect(set.size).toBe(model.size);
    }),
    { numRuns: 5 },
  );
});
