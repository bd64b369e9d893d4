import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDataSet } from './data-set.js';
import { listFiles } from './list-files.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lsio-list-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function namesBelow(): Promise<string[]> {
  return (await listFiles(dir)).files.map(({ path }) => path.slice(dir.length + 1));
}

describe('listFiles()', () => {
  test('listFiles() lists as `find -type f | LC_ALL=C sort` does, with sizes', async () => {
    mkdirSync(join(dir, 'a', 'deep', 'er'), { recursive: true });
    mkdirSync(join(dir, 'empty'));
    const names = [
      'b',
      'a-b',
      'a/x',
      'a/deep/er/y',
      'B',
      'é',
      'z',
      '~',
      '.hidden',
      'a/deep.z',
      '😀',
      '\uFFFD',
      'f10',
      'f2',
    ];
    for (const [index, name] of names.entries()) writeFileSync(join(dir, name), new Uint8Array(index));
    const found = execFileSync('sh', ['-c', 'find . -type f | LC_ALL=C sort'], { cwd: dir, encoding: 'utf8' });
    expect(await namesBelow()).toEqual(
      found
        .trim()
        .split('\n')
        .map((name) => name.slice(2)),
    );
    const { files, skipped } = await listFiles(dir);
    expect(files.find(({ path }) => path.endsWith('/f10'))?.size).toBe(12);
    expect(skipped).toEqual([]);
  });

  test('listFiles() leaves out links, FIFOs, directories and the notes of lsio', async () => {
    await createDataSet({ dir, count: 2, sizeBytes: 10, bigSizeBytes: 20 });
    symlinkSync('f0', join(dir, 'link'));
    symlinkSync('.', join(dir, 'loop'));
    execFileSync('mkfifo', [join(dir, 'fifo')]);
    mkdirSync(join(dir, '.lsio-making-1'));
    writeFileSync(join(dir, '.lsio-making-2.json'), '{}');
    expect(await namesBelow()).toEqual(['big', 'f0', 'f1']);
  });

  test('listFiles() skips a name that is not UTF-8, and says so', async () => {
    writeFileSync(join(dir, 'fine\nname'), 'x');
    writeFileSync(Buffer.concat([Buffer.from(`${dir}/bad`), Buffer.from([0xff, 0xfe])]), 'x');
    const { files, skipped } = await listFiles(`${dir}/`);
    expect(files).toEqual([{ path: `${dir}/fine\nname`, size: 1 }]);
    expect(skipped).toEqual([{ path: `${dir}/bad\uFFFD\uFFFD`, reason: 'its name is not UTF-8' }]);
  });

  test('listFiles() lists directories nested a thousand deep', async () => {
    let deep = dir;
    for (let level = 0; level < 1000; level++) deep += '/d';
    mkdirSync(deep, { recursive: true });
    writeFileSync(`${deep}/f`, 'x');
    expect(await namesBelow()).toEqual([`${'d/'.repeat(1000)}f`]);
  });

  test('listFiles() of an absent or empty directory names the command that makes files', async () => {
    const remedy = `lsio files create --dir ${dir}`;
    await expect(listFiles(dir)).rejects.toMatchObject({ kind: 'usage', message: `${dir}: holds no files`, remedy });
    const absent = join(dir, 'absent');
    const error = { kind: 'usage', code: 'ENOENT', remedy: `lsio files create --dir ${absent}` };
    await expect(listFiles(absent)).rejects.toMatchObject(error);
  });

  test('listFiles() of a file says that it is no directory', async () => {
    writeFileSync(join(dir, 'file'), 'x');
    const message = `${join(dir, 'file')}: is not a directory`;
    await expect(listFiles(join(dir, 'file'))).rejects.toMatchObject({ kind: 'usage', message });
  });

  test('listFiles() ends when it is aborted', async () => {
    await expect(listFiles(dir, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });
});
