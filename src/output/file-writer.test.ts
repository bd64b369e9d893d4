import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { isLsioError } from '../errors.js';
import { type AtCalls, loadAtCalls } from '../native/at.js';
import { FileWriter } from './file-writer.js';
import { DirectoryTree } from './tree.js';

/** Without O_DIRECTORY, which it has in it. */
const O_TMPFILE = 0o20000000;
const base = mkdtempSync(path.join(tmpdir(), 'lsio-file-writer-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(base, 'root-'));
});

function failing(code: string): () => never {
  return () => {
    throw Object.assign(new Error(code), { code, errno: -1 });
  };
}

function writerWith(change: Partial<AtCalls>, overwrite = false): FileWriter {
  const { linkUnnamed: _, ...calls } = loadAtCalls();
  return new FileWriter(new DirectoryTree(root, undefined, { ...calls, ...change }), {
    overwrite,
    skipExisting: false,
    writerId: 0,
  });
}

describe('FileWriter', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, at) => at % 251);

  test.skipIf(process.platform !== 'linux').each(['EPERM', 'EOPNOTSUPP', 'ENOSYS'])(
    'renames without replacing where files can not be linked: %s',
    (code) => {
      const writer = writerWith({ link: failing(code) });
      writer.write({ path: 'd/a', bytes, mode: 0o666 }, true);
      expect(readFileSync(path.join(root, 'd/a')).equals(bytes)).toBe(true);
      writeFileSync(path.join(root, 'd/b'), 'precious');
      expect(() => writer.write({ path: 'd/b', bytes, mode: 0o666 }, true)).toThrow('exists');
      expect(readFileSync(path.join(root, 'd/b'), 'utf8')).toBe('precious');
      expect(readdirSync(path.join(root, 'd')).sort()).toEqual(['a', 'b']);
    },
  );

  test.skipIf(process.platform !== 'linux')('does with names where the file system has no files without', () => {
    const { open, linkUnnamed } = loadAtCalls();
    const flagsOf: number[] = [];
    const writer = writerWith({
      linkUnnamed: linkUnnamed!,
      open(parent, name, flags, mode) {
        flagsOf.push(flags);
        return flags & O_TMPFILE ? failing('EOPNOTSUPP')() : open(parent, name, flags, mode);
      },
    });
    for (const name of ['a', 'b']) writer.write({ path: name, bytes, mode: 0o666 }, true);
    expect(flagsOf.filter((flags) => flags & O_TMPFILE)).toHaveLength(1);
    for (const name of ['a', 'b']) expect(readFileSync(path.join(root, name)).equals(bytes)).toBe(true);
    expect(readdirSync(root).sort()).toEqual(['a', 'b']);
  });

  test('gives up where neither is possible, and leaves nothing', () => {
    const writer = writerWith({ link: failing('EPERM'), renameNew: failing('EINVAL') });
    let error: unknown;
    try {
      writer.write({ path: 'a', bytes, mode: 0o666 }, true);
    } catch (thrown) {
      error = thrown;
    }
    expect(isLsioError(error, 'output')).toBe(true);
    expect(error).toMatchObject({ remedy: '--overwrite' });
    expect(readdirSync(root)).toEqual([]);
  });

  test('keeps few directories open, however many there are', () => {
    const opened: number[] = [];
    const { open } = loadAtCalls();
    const writer = writerWith({
      open(...args) {
        const fd = open(...args);
        opened.push(fd);
        return fd;
      },
    });
    for (let at = 0; at < 200; at++) writer.write({ path: `${at}/x/y/f`, bytes, mode: 0o666 }, true);
    expect(Math.max(...opened) - Math.min(...opened)).toBeLessThan(40);
    for (let at = 0; at < 200; at++) expect(readFileSync(path.join(root, `${at}/x/y/f`)).equals(bytes)).toBe(true);
  });

  test.skipIf(process.platform !== 'linux')('replaces no FIFO, however late it appears', () => {
    const writer = writerWith({}, true);
    execFileSync('mkfifo', [path.join(root, 'a')]);
    expect(() => writer.write({ path: 'a', bytes, mode: 0o666 }, true)).toThrow('is not a regular file');
    expect(readdirSync(root)).toEqual(['a']);
    expect(lstatSync(path.join(root, 'a')).isFIFO()).toBe(true);
  });

  test('replaces a file when told to, but no directory', () => {
    const writer = writerWith({}, true);
    writeFileSync(path.join(root, 'a'), 'old');
    writer.write({ path: 'a', bytes, mode: 0o666 }, true);
    expect(readFileSync(path.join(root, 'a')).equals(bytes)).toBe(true);
    mkdirSync(path.join(root, 'dir'));
    expect(() => writer.write({ path: 'dir', bytes, mode: 0o666 }, true)).toThrow(/dir: /);
    expect(readdirSync(root).sort()).toEqual(['a', 'dir']);
  });
});
