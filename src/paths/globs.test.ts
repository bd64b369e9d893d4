import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { globSync } from 'tinyglobby';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { byteTextOf } from './byte-text.js';
import { excludesOf, globRegExp } from './globs.js';

let root = '';
const files: string[] = [];
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'lsio-globs-'));
  const names = ['a', 'b', 'ab', 'abc', '.a', 'a.b', 'a-b', '{a}', '[a]', 'é', ' ', '*'];
  for (const directory of ['', 'd/', 'd/a.d/', '.d/', 'd/.e/b/']) {
    mkdirSync(path.join(root, directory), { recursive: true });
    for (const name of names) {
      files.push(directory + name);
      writeFileSync(path.join(root, directory + name), '');
    }
  }
  files.sort();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('globRegExp()', () => {
  test('matches what tinyglobby finds in a tree', () => {
    const piece = fc.constantFrom('a', 'b', 'd', '.', '*', '?', '[ab]', '[!a]', '[a-c]', '{a,b*}', '{.d,d}', 'é', '-');
    const name = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('').replace(/\*+/g, '*'));
    const segment = fc.oneof({ weight: 4, arbitrary: name }, fc.constant('**'));
    const pattern = fc
      .array(segment, { minLength: 1, maxLength: 4 })
      .map((segments) => segments.join('/'))
      // tinyglobby takes . and .. for ways through the tree, and finds the file a by a/** (but not by */**).
      .filter((text) => !/(?:^|\/)\.{1,2}(?:\/|$)|\/\*\*$|\*\*\/\*\*/.test(text));
    fc.assert(
      fc.property(pattern, (glob) => {
        const found = globSync(glob, { cwd: root, dot: true, expandDirectories: false }).sort();
        const regExp = globRegExp(glob);
        expect(files.filter((file) => regExp.test(file))).toEqual(found);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['\\*', '*', 'a'],
    ['[]]', ']', 'a'],
    ['[^]a]', 'b', ']'],
    ['[a', '[a', 'a'],
    ['{a', '{a', 'a'],
    ['{a}', '{a}', 'a'],
    ['{a,{b,c}}x', 'cx', 'ax,'],
    ['[\\]-]', '-', '\\'],
    ['a+(b)|$^', 'a+(b)|$^', 'abb'],
    ['?', '\u{1f600}', '/'],
    ['a/**', 'a/.b/c', 'a'],
    ['**', 'a/b', ''],
    ['*', 'line\nbreak', 'a/b'],
  ])('%s matches %j, not %j', (glob, like, unlike) => {
    expect([globRegExp(glob).test(like), globRegExp(glob).test(unlike)]).toEqual([true, false]);
  });

  test('takes any text for a pattern', () => {
    const text = fc.string({
      unit: fc.constantFrom('[', ']', '{', '}', ',', '!', '^', '\\', '-', '*', '/', '&', '~', 'a'),
    });
    fc.assert(
      fc.property(text, (glob) => globRegExp(glob) instanceof RegExp),
      { examples: [['[[-*]'], ['[\\[-&]']] },
    );
  });
});

describe('excludesOf()', () => {
  test.each([
    ['*.o', 'd/e/x.o', true],
    ['*.o', 'd/.o', true],
    ['*.o', 'x.o/y', true],
    ['*.o', 'x.oo', false],
    ['d', 'd/e', true],
    ['d', '/d/e', true],
    ['d/', 'd', false],
    ['d/', 'x/d/e', true],
    ['d/e', 'd/e/f', true],
    ['d/e', './d/e', true],
    ['d/e', 'x/d/e', false],
    ['/e', 'd/e', false],
    ['**/e', 'x/d/e', true],
  ])('%s and the path %s: %s', (pattern, given, excluded) => {
    expect(excludesOf([pattern])?.path(given)).toBe(excluded);
  });

  test('bytes that are not UTF-8 are characters', () => {
    expect(excludesOf(['a?b'])?.path('a\xffb')).toBe(true);
    expect(excludesOf(['a?b'])?.path(byteTextOf('aéb'))).toBe(true);
    expect(excludesOf(['\xff*'])?.path('\xffb')).toBe(true);
  });

  test('refuses what is no pattern', () => {
    for (const pattern of ['', '/', './']) expect(() => excludesOf([pattern])).toThrow('--exclude');
    expect(excludesOf([])).toBeUndefined();
  });
});
