import { describe, expect, test } from 'vitest';
import type { Input } from '../../output/input.js';
import { all } from '../../read/read.testing.js';
import { begun } from './early.js';

function input(name: string): Input {
  return { name, key: name, range: undefined };
}

describe('begun()', () => {
  test('asks for the first inputs at once and gives all of them', async () => {
    const asked: string[] = [];
    async function* source() {
      for (const names of [[], ['a', 'b'], [], ['c']]) {
        asked.push(names.join());
        yield names.map(input);
      }
    }
    const inputs = begun(source());
    await new Promise(setImmediate);
    expect(asked).toEqual(['', 'a,b']);
    expect((await all(inputs)).flat().map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  test('gives nothing of nothing', async () => {
    async function* source(): AsyncGenerator<Input[]> {
      yield [];
    }
    expect(await all(begun(source()))).toEqual([]);
  });

  test('throws where the inputs are taken, and not before', async () => {
    async function* source(): AsyncGenerator<Input[]> {
      yield [];
      throw new Error('no such directory');
    }
    const inputs = begun(source());
    await new Promise(setImmediate);
    await expect(all(inputs)).rejects.toThrow('no such directory');
  });
});
