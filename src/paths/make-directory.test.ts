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
  test('makes it with those above it, and leaves what is there', () => {
    const deep = path.join(root, 'a/b/c');
    expect(makeDirectory(deep, 0o700)).toBe(true);
    expect(statSync(deep).isDirectory()).toBe(true);
    expect(statSync(path.join(root, 'a')).mode & 0o777).toBe(0o700);
    expect(makeDirectory(deep)).toBe(false);
    expect(makeDirectory(`${deep}/`)).toBe(false);
    expect(makeDirectory('/')).toBe(false);
    symlinkSync(deep, path.join(root, 'link'));
    expect(makeDirectory(path.join(root, 'link'))).toBe(false);
  });

  test('takes a path as bytes', () => {
    const deep = Buffer.from(path.join(root, 'a\xff/b'), 'latin1');
    expect(makeDirectory(deep)).toBe(true);
    expect(statSync(deep).isDirectory()).toBe(true);
  });

  test('says which error it was', () => {
    writeFileSync(path.join(root, 'file'), '');
    expect(() => makeDirectory(path.join(root, 'file'))).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    expect(() => makeDirectory(path.join(root, 'file/below'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
    symlinkSync('nowhere/else', path.join(root, 'dangling'));
    expect(() => makeDirectory(path.join(root, 'dangling'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    if (process.getuid?.() === 0) return;
    chmodSync(root, 0o555);
    expect(() => makeDirectory(path.join(root, 'no'))).toThrow(expect.objectContaining({ code: 'EACCES' }));
  });

  // The `recursive` of node:fs never returns from this.
  test.skipIf(!existsSync('/proc/self'))('gives up below /proc', () => {
    expect(() => makeDirectory('/proc/x')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(() => makeDirectory('/proc/x/y/z')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});
