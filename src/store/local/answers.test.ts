import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { EngineInfo } from '../../engine/engine.js';
import { all } from '../../read/read.testing.js';
import { readPlainly } from '../../uring/plain-read.js';
import { listChildren } from './children.js';
import { listKeys } from './list.js';
import { metaOf, readMatching } from './meta.js';
import { recipeOf } from './recipe.js';

/* What the file system may answer to a listing, a stat and an ordinary read. */

const root = mkdtempSync(path.join(tmpdir(), 'lsio-answers-'));
afterAll(() => rmSync(root, { recursive: true }));
const file = path.join(root, 'file');
const bytes = Buffer.from(Array.from({ length: 1000 }, (_, at) => (at * 7) % 251));
writeFileSync(file, bytes);
mkdirSync(path.join(root, 'directory'));
symlinkSync('nowhere', path.join(root, 'dangling'));
symlinkSync('directory', path.join(root, 'link'));
symlinkSync('file', path.join(root, 'to-file'));
execFileSync('mkfifo', [path.join(root, 'fifo')]);
/** Longer than a name may be; with a NUL in it. */
const [LONG, NUL] = [`${root}/${'x'.repeat(300)}`, `${root}/\0`];

test('listChildren() gives files and directories, through links, and nothing that is neither', async () => {
  const { id, names } = (await listChildren(root))!;
  expect(names).toEqual(['directory/', 'file', 'link/', 'to-file']);
  expect(id).toMatch(/^\d+:\d+$/);
});

test.each(['none', 'file', 'file/below'])('listChildren() and listKeys() find nothing in %s', async (name) => {
  expect(await listChildren(path.join(root, name))).toBeUndefined();
  expect(await all(listKeys(root, `/${name}/`))).toEqual([]);
});

test("listChildren(), listKeys() and metaOf() fail by the system's name, or as node:fs does", async () => {
  const named = { kind: 'read', code: 'ENAMETOOLONG' };
  await expect(listChildren(LONG)).rejects.toMatchObject(named);
  await expect(all(listKeys(`${LONG}/`, '/'))).rejects.toMatchObject(named);
  await expect(metaOf(LONG)).rejects.toMatchObject(named);
  const invalid = { code: 'ERR_INVALID_ARG_VALUE' };
  await expect(listChildren(NUL)).rejects.toMatchObject(invalid);
  await expect(all(listKeys(NUL, '/'))).rejects.toMatchObject(invalid);
  await expect(metaOf(NUL)).rejects.toMatchObject(invalid);
});

test('metaOf() tells of files only', async () => {
  expect(await metaOf(Buffer.from(file))).toMatchObject({ size: 1000, etag: expect.stringMatching(/^[0-9a-f]+-/) });
  for (const name of ['directory', 'fifo', 'none', 'dangling'])
    expect(await metaOf(path.join(root, name))).toBeUndefined();
});

test('readMatching() gives what was read only of a file that stayed the same', async () => {
  const changing = path.join(root, 'changing');
  writeFileSync(changing, 'one');
  const { etag } = (await metaOf(changing))!;
  expect(await readMatching(changing, etag, async () => 'read')).toBe('read');
  const during = readMatching(changing, etag, async () => writeFileSync(changing, 'longer'));
  await expect(during).rejects.toMatchObject({ kind: 'changed', message: expect.stringContaining(etag) });
  await expect(readMatching(changing, etag, async () => 'read')).rejects.toMatchObject({ kind: 'changed' });
  const now = (await metaOf(changing))!.etag;
  const gone = readMatching(changing, now, async () => rmSync(changing));
  await expect(gone).rejects.toMatchObject({ message: expect.stringContaining('→ none') });
  expect(await readMatching(changing, now, async () => 'read')).toBeUndefined();
});

test('recipeOf() says how another thread opens the same files, and nothing that was not said', () => {
  const info = (engine: string) => ({ engine }) as EngineInfo;
  expect(recipeOf('', info('node'), {})).toEqual({ root: '/', options: { engine: 'node' } });
  const options = { direct: 'on', queueDepth: 7 } as const;
  expect(recipeOf('/a', info('uring'), options)).toEqual({ root: '/a', options: { engine: 'uring', ...options } });
});

test('readPlainly() gives bytes, or the errno of open or read', async () => {
  const memory = new Uint8Array(100);
  const read = (name: string | Uint8Array) =>
    new Promise((resolve) => readPlainly(name, memory, { offset: 990, at: 5, length: 50 }, resolve));
  for (const name of [file, Buffer.from(file)]) {
    memory.fill(0);
    expect(await read(name)).toBe(10);
    expect(bytes.subarray(990).equals(memory.subarray(5, 15))).toBe(true);
    expect(memory.subarray(15).every((byte) => byte === 0)).toBe(true);
  }
  expect(await read(path.join(root, 'none'))).toBe(-constants.errno.ENOENT);
  expect(await read(path.join(root, 'directory'))).toBe(-constants.errno.EISDIR);
});
