import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { violations } from './helpers/json-schema.js';

const DIRECTORY = path.resolve(import.meta.dirname, '../schemas');

describe('violations()', () => {
  const schema = {
    type: 'object',
    properties: { n: { type: ['integer', 'null'], minimum: 1, maximum: 3 }, s: { enum: ['a', 'b'] }, c: { const: 1 } },
    required: ['n'],
    additionalProperties: false,
  };

  test.each([
    [{ n: 1, s: 'a', c: 1 }, []],
    [{ n: null }, []],
    [{ n: 0 }, ['$.n is less than 1']],
    [{ n: 4 }, ['$.n is more than 3']],
    [{ n: 1.5 }, ['$.n is number, not integer,null']],
    [{ n: 1, s: 'c' }, ['$.s is c, none of a,b']],
    [{ n: 1, c: 2 }, ['$.c is not 1']],
    [{}, ['$ has no n']],
    [{ n: 1, other: 1 }, ['$ has other']],
    [[], ['$ is array, not object']],
  ])('finds what is wrong with %j', (value, found) => {
    expect(violations(schema, value)).toEqual(found);
  });

  test('follows references, items and alternatives', () => {
    const nested = {
      $defs: { word: { type: 'string' } },
      anyOf: [{ type: 'integer' }, { type: 'array', items: { $ref: '#/$defs/word' } }],
    };
    expect(violations(nested, ['a', 'b'])).toEqual([]);
    expect(violations(nested, 1)).toEqual([]);
    expect(violations(nested, ['a', 2])).toEqual(['$ is array, not integer', '$[1] is integer, not string']);
  });

  test('refuses a keyword that it would pass over', () => {
    expect(() => violations({ pattern: 'x' }, 'y')).toThrow('unknown keyword pattern');
  });
});

describe('schemas', () => {
  test.each(readdirSync(DIRECTORY))('%s says which document it is for, and refuses an empty one', (name) => {
    const schema = JSON.parse(readFileSync(path.join(DIRECTORY, name), 'utf8'));
    expect(name).toBe(`${schema.$id.replace(/\/1$/, '')}.json`);
    expect(violations(schema, {})).not.toEqual([]);
    expect(violations(schema, { schema: schema.$id, error: { kind: 'usage', message: '' }, exitCode: 2 })).toEqual([]);
  });
});
