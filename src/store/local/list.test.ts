import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { all } from '../../read/read.testing.js';
import { checkPrefix } from '../keys.js';
import { listKeys } from './list.js';

const base = mkdtempSync(path.join(tmpdir(), 'lsio-list-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let trees = 0;

/** A new directory with files of these names, and those above them. */
function tree(names: readonly string[]): string {
  const root = path.join(base, String(trees++));
  mkdirSync(root);
  for (const name of names) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), '');
  }
  return root;
}

function list(root: string, prefix = '/'): Promise<string[]> {
  return all(listKeys(root, checkPrefix(prefix)));
}

test('listKeys() gives keys in the order of their bytes, across directories', async () => {
  const root = tree(['a/x', 'a.b', 'a0', 'a/b/c', 'a-b', 'B', 'ä', '\uffee', '😀', 'z/😀', 'z/\uffee']);
  mkdirSync(path.join(root, 'empty/below'), { recursive: true });
  expect(await list(root)).toEqual([
    '/B',
    '/a-b',
    '/a.b',
    '/a/b/c',
    '/a/x',
    '/a0',
    '/z/\uffee',
    '/z/😀',
    '/ä',
    '/\uffee',
    '/😀',
  ]);
});

test('listKeys() gives the keys that begin with the prefix, for any tree and prefix', async () => {
  const name = fc.string({
    unit: fc.constantFrom('a', 'b', '.', '-', '0', 'ä', '😀', '\uffee'),
    minLength: 1,
    maxLength: 3,
  });
  const key = fc.array(
    name.filter((name) => !/^\.{1,2}$/.test(name)),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(key, { maxLength: 12 }), fc.nat(), fc.nat(8), async (keys, which, length) => {
      const taken = new Set<string>();
      for (const parts of keys) {
        const names = parts.map((_, at) => parts.slice(0, at + 1).join('/'));
        // What is a file can't be a directory as well.
        if (names.slice(0, -1).some((name) => taken.has(name))) continue;
        if ([...taken].some((name) => name.startsWith(`${names.at(-1)}/`))) continue;
        taken.add(names.at(-1)!);
      }
      const all = [...taken].map((name) => `/${name}`);
      const prefix = [...(all[which % (all.length || 1)] ?? '/b')].slice(0, length).join('') || '/';
      const expected = all.filter((key) => key.startsWith(prefix));
      expected.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
      expect(await list(tree([...taken]), prefix)).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test('listKeys() follows links, except in circles, and leaves out what is no file', async () => {
  const root = tree(['real/deep/file', 'file']);
  symlinkSync('real', path.join(root, 'link'));
  symlinkSync('file', path.join(root, 'same'));
  symlinkSync('nothing', path.join(root, 'dangling'));
  symlinkSync('loop', path.join(root, 'loop'));
  symlinkSync('..', path.join(root, 'real/deep/up'));
  symlinkSync('../..', path.join(root, 'real/deep/top'));
  execFileSync('mkfifo', [path.join(root, 'fifo')]);
  expect(await list(root)).toEqual(['/file', '/real/deep/file', '/same']);
  // Here the directory above is reached by a link only.
  expect(await list(root, '/link/')).toEqual(['/link/deep/file', '/link/deep/top/file', '/link/deep/top/same']);
  expect(await list(root, '/l')).toEqual(['/link/deep/file']);
});

test('listKeys() lists each directory once, however they link to one another', async () => {
  const names = Array.from({ length: 9 }, (_, at) => `d${at}`);
  const root = tree(names.map((name) => `${name}/file`));
  const outside = tree(['deep/file']);
  for (const from of names) {
    for (const to of names) if (from !== to) symlinkSync(`../${to}`, path.join(root, from, to));
    symlinkSync(outside, path.join(root, from, 'outside'));
    symlinkSync(path.join(outside, 'deep'), path.join(root, from, 'z'));
  }
  expect(await list(root)).toEqual([
    '/d0/file',
    '/d0/outside/deep/file',
    ...names.slice(1).map((name) => `/${name}/file`),
  ]);
  // Below one of them the others are outside.
  expect(await list(root, '/d8/')).toHaveLength(10);
});

test('listKeys() leaves out names that are not UTF-8', async () => {
  const root = tree(['a', '\ufffd-right']);
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x62, 0xff])]), '');
  expect(await list(root)).toEqual(['/a', '/\ufffd-right']);
});

test('listKeys() gives nothing below what is no directory, and fails where it may not look', async () => {
  const root = tree(['a']);
  expect(await list(root, '/missing/')).toEqual([]);
  expect(await list(root, '/a/')).toEqual([]);
  expect(await list(root, '/b')).toEqual([]);
  await expect(list(root, `/${'x'.repeat(300)}/`)).rejects.toMatchObject({ kind: 'read', code: 'ENAMETOOLONG' });
});

test('listKeys() gives 5,000 names of one directory', async () => {
  const names = Array.from({ length: 5000 }, (_, at) => String(at));
  expect(await list(tree(names))).toEqual(names.map((name) => `/${name}`).sort());
});
