import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LsioError } from '../errors.js';
import { canReadDirectories } from '../native/directory.js';
import { isDirectory, type WalkOptions, walk } from './walk.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'lsio-walk-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function names(
  from: string,
  options: WalkOptions = {},
): Promise<{ files: string[]; errors: [string, LsioError][] }> {
  const files: string[] = [];
  const errors: [string, LsioError][] = [];
  for await (const batch of walk(from, (name, error) => errors.push([name, error]), options)) files.push(...batch);
  return { files, errors };
}

function make(...files: readonly string[]): void {
  for (const file of files) {
    const full = Buffer.from(`${root}/${file}`, 'latin1');
    mkdirSync(full.subarray(0, full.lastIndexOf('/')), { recursive: true });
    writeFileSync(full, '');
  }
}

describe('walk()', () => {
  test('gives files in the byte order of their paths, as find and sort do', async () => {
    // Between a/ and a.txt only the slash decides; bytes above 0x7f are not UTF-8.
    make('a/x', 'a.txt', 'a-b/c', 'a0', 'A', 'b/\xff\xfe', 'b/\xc3\xbc', 'b/z', 'c/d/e/f');
    const sorted = execFileSync('sh', ['-c', 'find "$0" -type f | LC_ALL=C sort', root], { encoding: 'latin1' });
    expect((await names(root)).files).toEqual(sorted.trimEnd().split('\n'));
    expect((await names(`${root}/`)).files).toEqual(sorted.trimEnd().split('\n'));
  });

  test('follows links to files and none to directories', async () => {
    make('d/f', 'g');
    symlinkSync('../g', `${root}/d/to-file`);
    symlinkSync('..', `${root}/d/to-directory`);
    symlinkSync('nowhere', `${root}/d/to-nothing`);
    expect((await names(root)).files).toEqual(
      ['d/f', 'd/to-file', 'd/to-nothing', 'g'].map((name) => `${root}/${name}`),
    );
  });

  test('gives the same files in any order, each directory by its inodes where they are told', async () => {
    make(
      'a/x',
      'a.txt',
      'a-b/c',
      'a0',
      'b/\xff\xfe',
      'b/z',
      'c/d/e/f',
      ...Array.from({ length: 300 }, (_, i) => `m/${i}`),
    );
    symlinkSync('../a0', `${root}/b/to-file`);
    symlinkSync('..', `${root}/b/to-directory`);
    const { files } = await names(root, { anyOrder: true });
    expect([...files].sort()).toEqual([...(await names(root)).files].sort());
    if (!canReadDirectories()) return;
    const inodes = files.filter((file) => file.includes('/m/')).map((file) => statSync(file).ino);
    expect(inodes).toEqual([...inodes].sort((a, b) => a - b));
    const errors = (await names(`${root}/nosuch`, { anyOrder: true })).errors;
    expect(errors.map(([, { code }]) => code)).toEqual(['ENOENT']);
  });

  test('reports a directory that is gone, and goes on', async () => {
    make('a/f', 'b/f');
    const walking = walk(root, () => {});
    await walking.next();
    const errors: string[] = [];
    const again = walk(root, (name, error) => errors.push(`${name} ${error.code}`));
    const files: string[] = [];
    for await (const batch of again) {
      files.push(...batch);
      rmSync(`${root}/b`, { recursive: true, force: true });
    }
    expect(files).toEqual([`${root}/a/f`]);
    expect(errors).toEqual([`${root}/b ENOENT`]);
  });

  test('reports a path that is none', async () => {
    const { files, errors } = await names(`${root}/nosuch`);
    expect(files).toEqual([]);
    expect(errors.map(([name, { kind, code }]) => [name, kind, code])).toEqual([[`${root}/nosuch`, 'read', 'ENOENT']]);
  });
});

describe('isDirectory()', () => {
  test('follows links, and takes what is not there for none', () => {
    make('f');
    symlinkSync(root, `${root}/link`);
    expect([root, `${root}/link`, `${root}/f`, `${root}/f/x`, `${root}/nosuch`].map(isDirectory)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
