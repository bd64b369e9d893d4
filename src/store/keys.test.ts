import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPrefix, keyToPath } from './keys.js';

describe('keyToPath()', () => {
  test.each(['/a', '/a/b', '/zarr.json', '/c/0/0', '/.hidden', '/..a', '/a..', '/...', '/ä/😀', '/a b\n', '/-x', '/~'])(
    'takes %j',
    (key) => {
      expect(keyToPath('/root', key)).toBe(`/root${key}`);
      expect(keyToPath('/root', key.slice(1))).toBe(`/root${key}`);
      for (const bytes of [Buffer.from(key), Buffer.from(key.slice(1))]) {
        expect(Buffer.from(keyToPath('/root', bytes) as Uint8Array).toString()).toBe(`/root${key}`);
      }
    },
  );

  test.each([
    '',
    '/',
    './a',
    'a/../b',
    '//',
    '//a',
    '/a//b',
    '/a/',
    '/.',
    '/..',
    '/../a',
    '/a/../b',
    '/a/..',
    '/./a',
    '/a/.',
  ])('refuses %j', (key) => {
    expect(() => keyToPath('/root', key)).toThrow(expect.objectContaining({ kind: 'usage' }));
    expect(() => keyToPath('/root', Buffer.from(key))).toThrow(expect.objectContaining({ kind: 'usage' }));
  });

  test.each(['/a\0', '/\0', '/a\0/b', '/\ud800', '/a\udc00b', '/\udc00\ud800'])('refuses %j', (key) =>
    expect(() => keyToPath('/root', key)).toThrow(expect.objectContaining({ kind: 'usage' })),
  );

  test.each([undefined, null, 1, {}, [], Uint16Array.of(97)])('refuses %j, which is no text', (key) =>
    expect(() => keyToPath('/root', key as unknown as string)).toThrow(expect.objectContaining({ kind: 'usage' })),
  );

  test('never leads out of the root', () => {
    const part = fc.oneof(fc.constantFrom('', '.', '..', 'a', '...', '/', '\0'), fc.string());
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const key = `/${parts.join('/')}`;
        let path: string;
        try {
          path = keyToPath('/r/s', key) as string;
        } catch {
          return;
        }
        const { pathname } = new URL(`file://${encodeURI(path).replaceAll(/[?#]/g, '_')}`);
        expect(pathname.startsWith('/r/s/')).toBe(true);
      }),
    );
  });

  test('takes a key of a hundred thousand parts in linear time', () => {
    const key = '/a'.repeat(100_000);
    expect(keyToPath('', key)).toBe(key);
    expect(() => keyToPath('', `${key}/`)).toThrow();
  });
});

describe('checkPrefix()', () => {
  test.each(['/', '/a', '/a/', '/a/b', '/.', '/..', '/a/.', '/a/..b'])('takes %j', (prefix) => {
    expect(checkPrefix(prefix)).toBe(prefix);
    expect(checkPrefix(prefix.slice(1))).toBe(prefix);
  });

  test.each(['//', '/../', '../a', '/a/../b', '/./a', '/a\0'])('refuses %j', (prefix) =>
    expect(() => checkPrefix(prefix)).toThrow(expect.objectContaining({ kind: 'usage' })),
  );
});
