import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canReadDirectories, ENTRY, readDirectory, readDirectoryAside } from './directory.js';

let directory = '';

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-directory-'));
  mkdirSync(path.join(directory, 'below'));
  symlinkSync('below', path.join(directory, 'link'));
  for (const name of ['.', '..', '...', '.hidden', '..two', 'new\nline', 'ö'].slice(2)) {
    writeFileSync(path.join(directory, name), name);
  }
  writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff, 0xfe])]), '');
  for (let index = 0; index < 5000; index++) writeFileSync(path.join(directory, 'below', `a-file-${index}`), '');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.skipIf(!canReadDirectories())('readDirectoryAside()', () => {
  test('gives what readDirectory() does', async () => {
    for (const root of [directory, path.join(directory, 'below'), '/']) {
      expect(await readDirectoryAside(root)).toEqual(readDirectory(root));
    }
  });

  test('says what is wrong with a path', async () => {
    const missing = readDirectoryAside(path.join(directory, 'missing'));
    await expect(missing).rejects.toMatchObject({ kind: 'read', code: 'ENOENT' });
    await expect(readDirectoryAside(path.join(directory, '...'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test('leaves no descriptor open', async () => {
    const before = readdirSync('/proc/self/fd').length;
    for (let round = 0; round < 20; round++) await readDirectoryAside(directory);
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});

describe.skipIf(!canReadDirectories())('readDirectory()', () => {
  test('gives every name, its type and its inode, as node:fs does', () => {
    for (const root of [directory, path.join(directory, 'below'), '/proc/self', '/']) {
      const { names, types, inodes } = readDirectory(root);
      const expected = readdirSync(root, { encoding: 'latin1', withFileTypes: true });
      expect(new Set(names)).toEqual(new Set(expected.map((entry) => entry.name)));
      for (const entry of root.startsWith(directory) ? expected : []) {
        const at = names.indexOf(entry.name);
        const full = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(entry.name, 'latin1')]);
        expect(inodes[at]).toBe(lstatSync(full).ino);
        const type = entry.isDirectory() ? ENTRY.directory : entry.isSymbolicLink() ? ENTRY.link : ENTRY.file;
        expect([ENTRY.unknown, type]).toContain(types[at]);
      }
    }
  });

  test('says what is wrong with a path', () => {
    expect(() => readDirectory(path.join(directory, 'missing'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(() => readDirectory(path.join(directory, '...'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
  });

  test('leaves no descriptor open', () => {
    const before = readdirSync('/proc/self/fd').length;
    for (let round = 0; round < 20; round++) readDirectory(directory);
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});
