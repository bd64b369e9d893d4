import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openSource } from '../formats/open-source.js';
import { readArray } from './read.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'lsio-refs-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('openSource() of references', () => {
  const zarray = {
    zarr_format: 2,
    shape: [4],
    chunks: [2],
    dtype: '|u1',
    fill_value: 9,
    filters: null,
    compressor: null,
    order: 'C',
  };

  async function read(name: string, allowOutside = false): Promise<number[]> {
    await using source = await openSource(path.join(scratch, name), { allowOutside });
    return [...(await readArray(source.arrays[0]!.array!)).bytes];
  }

  mkdirSync(path.join(scratch, 'in'));
  writeFileSync(path.join(scratch, 'out.bin'), Uint8Array.of(1, 2, 3));
  writeFileSync(path.join(scratch, 'in/in.bin'), Uint8Array.of(4, 5, 6));
  function put(name: string, refs: object): void {
    writeFileSync(
      path.join(scratch, name),
      JSON.stringify({ '.zgroup': { zarr_format: 2 }, 'a/.zarray': zarray, ...refs }),
    );
  }

  test('a chunk without an entry is the fill value', async () => {
    put('in/a.json', { 'a/0': ['in.bin', 1, 2] });
    expect(await read('in/a.json')).toEqual([5, 6, 9, 9]);
  });

  test('files outside are read only where that is allowed', async () => {
    put('in/b.json', { 'a/0': ['../out.bin', 0, 2] });
    await expect(read('in/b.json')).rejects.toMatchObject({ kind: 'format', remedy: '--allow-outside' });
    expect(await read('in/b.json', true)).toEqual([1, 2, 9, 9]);
  });

  test('an answer that is too short is an error, not zeros', async () => {
    put('in/c.json', { 'a/0': ['in.bin', 2, 2] });
    await expect(read('in/c.json')).rejects.toMatchObject({ kind: 'format' });
    put('in/d.json', { 'a/0': ['in.bin', 50, 2] });
    await expect(read('in/d.json')).rejects.toMatchObject({ kind: 'format', offset: 50 });
  });

  test('a file that is not there is an error, not the fill value', async () => {
    put('in/e.json', { 'a/0': ['gone.bin', 0, 2] });
    await expect(read('in/e.json')).rejects.toMatchObject({ kind: 'read', code: 'ENOENT' });
  });
});
