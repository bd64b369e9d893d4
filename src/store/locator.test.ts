import { expect, test } from 'vitest';
import { isUrl, parseLocator } from './locator.js';

test.each([
  ['file:///tmp/a%20b', { scheme: 'file', path: '/tmp/a b' }],
  ['s3://bucket/a/b%23c', { scheme: 's3', bucket: 'bucket', key: 'a/b#c' }],
  ['s3://bucket', { scheme: 's3', bucket: 'bucket', key: '' }],
  ['gs://bucket/', { scheme: 'gs', bucket: 'bucket', key: '' }],
  ['az://acc/cont/x/y', { scheme: 'az', account: 'acc', container: 'cont', key: 'x/y' }],
  ['abfs://cont@acc.dfs.core.windows.net/x', { scheme: 'az', account: 'acc', container: 'cont', key: 'x' }],
])('parseLocator(%s)', (text, expected) => {
  expect(parseLocator(text)).toEqual(expected);
});

test('parseLocator() keeps the query of a web address', () => {
  const locator = parseLocator('https://example.org/a?sig=1');
  expect(locator).toMatchObject({ scheme: 'http' });
});

test.each([
  's3://',
  's3:bucket/key',
  's3://b/a#b',
  'az://acc',
  'abfs://cont/x',
  'ftp://h/x',
  'file://host/x',
  's3://b/%zz',
  'http://',
])('parseLocator(%s) is refused', (text) => {
  expect(() => parseLocator(text)).toThrow(expect.objectContaining({ kind: 'usage' }));
});

test('a refused address shows no secret', () => {
  expect(() => parseLocator('ftp://user:planted-secret@host/x?token=planted-secret')).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining('planted-secret') }),
  );
});

test('isUrl() takes no path for an address', () => {
  expect(['a.bin', '/a', 'c:\\x', 'a:b', './s3:/x'].some(isUrl)).toBe(false);
  expect(['s3://b/k', 'HTTPS://h/'].every(isUrl)).toBe(true);
});
