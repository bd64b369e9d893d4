import { expect, test, vi } from 'vitest';
import type { JsonValue } from '../../array/exact-json.js';
import { MetadataParser } from './metadata-parser.js';
import { parseV3 } from './v3-metadata.js';

function arrayOf(fields: object): JsonValue {
  return {
    zarr_format: 3,
    node_type: 'array',
    shape: [4],
    data_type: 'float32',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [2] } },
    chunk_key_encoding: { name: 'default' },
    fill_value: 1,
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    ...fields,
  };
}

test('MetadataParser gives what the parser does, and parses what is equal but for its attributes once', () => {
  const parse = vi.fn(parseV3);
  const parser = new MetadataParser(parse);
  const all = [
    arrayOf({ attributes: { a: 1 } }),
    arrayOf({ attributes: { a: 2 } }),
    arrayOf({}),
    arrayOf({ shape: [5] }),
    // Neither of these may be taken for the other.
    arrayOf({ fill_value: Number.NaN }),
    arrayOf({ fill_value: Number.POSITIVE_INFINITY }),
    arrayOf({ data_type: 'uint64', fill_value: 2n ** 64n - 1n }),
    arrayOf({ data_type: 'uint64', fill_value: 2n ** 64n - 2n }),
  ];
  for (const [i, json] of all.entries()) expect(parser.parse(`p${i}`, json)).toEqual(parseV3(`p${i}`, json));
  expect(parse).toHaveBeenCalledTimes(6);
});

test('MetadataParser refuses attributes that are none, of arrays that it knows, too, and what is nested too deeply', () => {
  const parser = new MetadataParser(parseV3);
  parser.parse('first', arrayOf({}));
  expect(() => parser.parse('second', arrayOf({ attributes: [] }))).toThrow('second: attributes: a list');
  let deep: JsonValue = 1;
  for (let depth = 0; depth < 600; depth++) deep = [deep];
  expect(() => parser.parse('third', arrayOf({ attributes: { deep } }))).toThrow('third: nested more than 500 deep');
  expect(() => parser.parse('fourth', arrayOf({ shape: deep }))).toThrow('fourth: nested more than 500 deep');
});
