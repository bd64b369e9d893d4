import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeDirectory } from './make-directory.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'lsio-mkdir-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('makeDirectory()', () => {
  test('makes it with those above it, and leaves what is there', async () => {
    const deep = path.join(root, 'a/b/c');
    expect(await makeDirectory(deep, 0o700)).toBe(true);
    expect(statSync(deep).isDirectory()).toBe(true);
    expect(statSync(path.join(root, 'a')).mode & 0o777).toBe(0o700);
    expect(await makeDirectory(deep)).toBe(false);
    expect(await makeDirectory(`${deep}/`)).toBe(false);
    expect(await makeDirectory('/')).toBe(false);
    symlinkSync(deep, path.join(root, 'link'));
    expect(await makeDirectory(path.join(root, 'link'))).toBe(false);
  });

  test('makes it once when asked twice at a time', async () => {
    const deep = path.join(root, 'x/y/z');
    await Promise.all([makeDirectory(deep), makeDirectory(deep), makeDirectory(path.join(root, 'x/y'))]);
    expect(statSync(deep).isDirectory()).toBe(true);
  });

  test('says which error it was', async () => {
    writeFileSync(path.join(root, 'file'), '');
    await expect(makeDirectory(path.join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeDirectory(path.join(root, 'file/below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    symlinkSync('nowhere/else', path.join(root, 'dangling'));
    await expect(makeDirectory(path.join(root, 'dangling'))).rejects.toMatchObject({ code: 'ENOENT' });
    if (process.getuid?.() === 0) return;
    chmodSync(root, 0o555);
    await expect(makeDirectory(path.join(root, 'no'))).rejects.toMatchObject({ code: 'EACCES' });
  });

  // The `recursive` of node:fs never returns from this.
  test.skipIf(!existsSync('/proc/self'))('gives up below /proc', async () => {
    await expect(makeDirectory('/proc/x')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(makeDirectory('/proc/x/y/z')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
