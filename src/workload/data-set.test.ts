import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isLsioError } from '../errors.js';
import { checkDataSet, createDataSet, removeDataSet } from './data-set.js';
import { MAKING_PREFIX, MANIFEST_NAME, type Manifest, readManifest } from './manifest.js';
import { fileSeed, findMismatch } from './pattern.js';

const SHAPE = { count: 12, sizeBytes: 5000, bigSizeBytes: 3_000_000 };
const BYTES = 12 * 5000 + 3_000_000;
const NAMES = ['big', ...Array.from({ length: 12 }, (_, index) => `f${index}`)].sort();
const rootless = process.getuid?.() === 0 ? 'skipped: root may do everything' : undefined;

let root: string;
let dir: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lsio-data-set-'));
  dir = join(root, 'deep', 'set');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function namesIn(directory: string): string[] {
  return readdirSync(directory).sort();
}

function data(directory: string): string[] {
  return namesIn(directory).filter((name) => name !== MANIFEST_NAME);
}

function isAsMade(directory: string, { seed }: Manifest): boolean {
  return data(directory).every((name) => {
    const bytes = readFileSync(join(directory, name));
    return findMismatch(bytes, { seed: fileSeed(seed, name), offset: 0 }) === -1;
  });
}

describe('createDataSet()', () => {
  test('createDataSet() makes files by the names, sizes and content of its manifest', async () => {
    const progress: number[] = [];
    const result = await createDataSet({ dir, ...SHAPE, onProgress: ({ doneBytes }) => progress.push(doneBytes) });
    expect(result).toMatchObject({ made: 13, kept: 0, bytes: BYTES });
    expect(data(dir)).toEqual(NAMES);
    expect(statSync(join(dir, 'big')).size).toBe(3_000_000);
    const manifest = readManifest(dir);
    expect(manifest).toMatchObject({ ...SHAPE, laidOutBy: 'lsio', complete: true, madeDirectory: true });
    expect(result.manifest).toEqual(manifest);
    expect(isAsMade(dir, manifest!)).toBe(true);
    expect(progress.at(-1)).toBe(BYTES);
    expect([...progress].sort((a, b) => a - b)).toEqual(progress);
  });

  test('createDataSet() leaves finished files alone and makes those that are missing', async () => {
    await createDataSet({ dir, ...SHAPE });
    const before = statSync(join(dir, 'f1'), { bigint: true });
    rmSync(join(dir, 'f3'));
    rmSync(join(dir, 'big'));
    expect(await createDataSet({ dir, ...SHAPE })).toMatchObject({ made: 2, kept: 11 });
    expect(statSync(join(dir, 'f1'), { bigint: true }).mtimeNs).toBe(before.mtimeNs);
    expect((await checkDataSet({ dir })).damage).toEqual([]);
    expect(await createDataSet({ dir, ...SHAPE })).toMatchObject({ made: 0, kept: 13 });
  });

  test('createDataSet() leaves a whole set that somebody else made, and does not claim it', async () => {
    mkdirSync(dir, { recursive: true });
    for (const name of ['f0', 'f1']) writeFileSync(join(dir, name), 'abc');
    const result = await createDataSet({ dir, count: 2, sizeBytes: 3, bigSizeBytes: 0 });
    expect(result).toEqual({ manifest: undefined, made: 0, kept: 2, bytes: 6 });
    expect(namesIn(dir)).toEqual(['f0', 'f1']);
    await expect(removeDataSet({ dir })).rejects.toMatchObject({ kind: 'usage' });
  });

  test.each<[string, () => void]>([
    ['a file by a name of the set', () => writeFileSync(join(dir, 'f3'), 'mine')],
    ['one of the right size', () => writeFileSync(join(dir, 'f3'), new Uint8Array(5000))],
    ['a directory', () => mkdirSync(join(dir, 'f3'))],
    ['a symbolic link', () => symlinkSync('/etc/passwd', join(dir, 'f3'))],
  ])('createDataSet() refuses a directory with %s that it did not make', async (_, prepare) => {
    mkdirSync(dir, { recursive: true });
    prepare();
    await expect(createDataSet({ dir, ...SHAPE })).rejects.toMatchObject({ kind: 'usage', path: join(dir, 'f3') });
    expect(namesIn(dir)).toEqual(['f3']);
  });

  test('createDataSet() refuses to replace a file of its set that has another size now', async () => {
    await createDataSet({ dir, ...SHAPE });
    writeFileSync(join(dir, 'f3'), 'mine');
    await expect(createDataSet({ dir, ...SHAPE })).rejects.toMatchObject({ kind: 'usage', path: join(dir, 'f3') });
    expect(readFileSync(join(dir, 'f3'), 'utf8')).toBe('mine');
  });

  test('createDataSet() refuses a directory that holds another set', async () => {
    await createDataSet({ dir, ...SHAPE });
    const error = { kind: 'usage', remedy: expect.stringContaining(`lsio files rm --dir '${dir}'`) };
    await expect(createDataSet({ dir, ...SHAPE, count: 13 })).rejects.toMatchObject(error);
    await expect(createDataSet({ dir, ...SHAPE, sizeBytes: 1 })).rejects.toMatchObject(error);
    expect(data(dir)).toEqual(NAMES);
  });

  test('createDataSet() stopped half-way leaves whole files only, and goes on where it was', async () => {
    const abort = new AbortController();
    const interrupted = createDataSet({
      dir,
      ...SHAPE,
      signal: abort.signal,
      onProgress: ({ doneBytes }) => doneBytes > 30_000 && abort.abort(new Error('enough')),
    });
    await expect(interrupted).rejects.toThrow('enough');
    const there = data(dir);
    expect(there.length).toBeGreaterThan(0);
    expect(there.length).toBeLessThan(13);
    expect(there.every((name) => NAMES.includes(name))).toBe(true);
    const manifest = readManifest(dir)!;
    expect(manifest.complete).toBe(false);
    expect(isAsMade(dir, manifest)).toBe(true);
    expect(await createDataSet({ dir, ...SHAPE })).toMatchObject({ kept: there.length });
    expect((await checkDataSet({ dir })).damage).toEqual([]);
  });

  test('createDataSet() clears away what a process that is gone left, and respects one that is not', async () => {
    const gone = Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }));
    mkdirSync(join(dir, `${MAKING_PREFIX}${gone}`), { recursive: true });
    writeFileSync(join(dir, `${MAKING_PREFIX}${gone}`, 'f0'), 'half');
    await createDataSet({ dir, ...SHAPE });
    expect(data(dir)).toEqual(NAMES);
    rmSync(join(dir, 'f0'));
    mkdirSync(join(dir, `${MAKING_PREFIX}${process.ppid}`));
    const message = expect.stringContaining(`process ${process.ppid} is making files`);
    await expect(createDataSet({ dir, ...SHAPE })).rejects.toMatchObject({ kind: 'usage', message });
  });

  test('createDataSet() puts its content into files that another lays out, in place', async () => {
    const inodes: number[] = [];
    const result = await createDataSet({
      dir,
      ...SHAPE,
      layOut: async (into, { count, sizeBytes, bigSizeBytes }) => {
        expect(readdirSync(into)).toEqual([]);
        for (let index = 0; index < count; index++) writeFileSync(join(into, `f${index}`), new Uint8Array(sizeBytes));
        writeFileSync(join(into, 'big'), new Uint8Array(bigSizeBytes));
        inodes.push(...NAMES.map((name) => statSync(join(into, name)).ino));
      },
    });
    expect(result.manifest?.laidOutBy).toBe('fio');
    expect(NAMES.map((name) => statSync(join(dir, name)).ino)).toEqual(inodes);
    expect((await checkDataSet({ dir })).damage).toEqual([]);
  });

  test('createDataSet() whose layout fails leaves nothing behind', async () => {
    const layOut = () => Promise.reject(new Error('fio went away'));
    await expect(createDataSet({ dir, ...SHAPE, layOut })).rejects.toThrow('fio went away');
    expect(existsSync(dir)).toBe(false);
  });

  test('createDataSet() on a full disk says how much is needed, and leaves whole files only', async (context) => {
    const small = join(root, 'small');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'lsio-test', small], { stdio: 'ignore' });
    } catch {
      context.skip('a small tmpfs needs the right to mount');
    }
    try {
      const making = createDataSet({ dir: join(small, 'set'), count: 100, sizeBytes: 10_000, bigSizeBytes: 0 });
      const error = await making.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ kind: 'output', code: 'ENOSPC', remedy: expect.stringContaining('free 977 KiB') });
      const manifest = readManifest(join(small, 'set'));
      if (manifest !== undefined) expect(isAsMade(join(small, 'set'), manifest)).toBe(true);
      const sizes = data(join(small, 'set')).map((name) => statSync(join(small, 'set', name)).size);
      expect(sizes.length).toBeGreaterThan(0);
      expect(new Set(sizes)).toEqual(new Set([10_000]));
    } finally {
      execFileSync('umount', [small]);
    }
  });

  test.skipIf(rootless)(`createDataSet() without the right to write says so ${rootless ?? ''}`, async () => {
    mkdirSync(join(root, 'locked'), { mode: 0o500 });
    const error = { kind: 'output', code: 'EACCES' };
    await expect(createDataSet({ dir: join(root, 'locked', 'set'), ...SHAPE })).rejects.toMatchObject(error);
  });

  test('createDataSet() under a path that is a file says so', async () => {
    writeFileSync(join(root, 'file'), '');
    const message = expect.stringContaining('not a directory (ENOTDIR)');
    const made = createDataSet({ dir: join(root, 'file', 'set'), ...SHAPE });
    await expect(made).rejects.toMatchObject({ kind: 'output', message });
  });

  test.each([[{ count: -1 }], [{ sizeBytes: 1.5 }], [{ bigSizeBytes: Number.NaN }], [{ count: 1e9 }]])(
    'createDataSet() refuses %j before it makes anything',
    async (wrong) => {
      await expect(createDataSet({ dir, ...SHAPE, ...wrong })).rejects.toMatchObject({ kind: 'usage' });
      expect(existsSync(dir)).toBe(false);
    },
  );

  test('createDataSet() makes empty sets and empty files', async () => {
    expect(await createDataSet({ dir, count: 2, sizeBytes: 0, bigSizeBytes: 0 })).toMatchObject({ made: 2, bytes: 0 });
    expect((await checkDataSet({ dir })).damage).toEqual([]);
    expect(await removeDataSet({ dir })).toEqual({ removed: 2, bytes: 0, left: [] });
    expect(existsSync(dir)).toBe(false);
    expect(await createDataSet({ dir, count: 0, sizeBytes: 0, bigSizeBytes: 0 })).toMatchObject({ made: 0, kept: 0 });
  });
});

describe('checkDataSet()', () => {
  test('checkDataSet() names every damaged file and its first wrong byte', async () => {
    await createDataSet({ dir, ...SHAPE });
    const bytes = readFileSync(join(dir, 'big'));
    bytes[2_500_001]! ^= 1;
    writeFileSync(join(dir, 'big'), bytes);
    truncateSync(join(dir, 'f1'), 4999);
    appendFileSync(join(dir, 'f2'), 'x');
    rmSync(join(dir, 'f3'));
    writeFileSync(join(dir, 'f4'), readFileSync(join(dir, 'f5')));
    const { damage, files, bytes: total } = await checkDataSet({ dir });
    expect([files, total]).toEqual([13, BYTES]);
    expect([...damage].sort((a, b) => a.path.localeCompare(b.path))).toEqual([
      { path: join(dir, 'big'), offset: 2_500_001, reason: 'byte 2500001 is wrong' },
      { path: join(dir, 'f1'), reason: 'has 4999 bytes instead of 5000' },
      { path: join(dir, 'f2'), reason: 'has 5001 bytes instead of 5000' },
      { path: join(dir, 'f3'), reason: 'no such file or directory (ENOENT)' },
      { path: join(dir, 'f4'), offset: 0, reason: 'byte 0 is wrong' },
    ]);
  });

  test('checkDataSet() where lsio made nothing names the command that makes files', async () => {
    const error = { kind: 'usage', remedy: `lsio files create --dir '${dir}'` };
    await expect(checkDataSet({ dir })).rejects.toMatchObject(error);
  });

  test.each(['', '{', 'null', '[]', '{"schema":"lsio.data-set/1"}', '{"schema":"x","count":1}', 'ÿ'])(
    'checkDataSet() refuses the manifest %j without a stack trace',
    async (json) => {
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, MANIFEST_NAME), json);
      await expect(checkDataSet({ dir })).rejects.toSatisfy((error) => isLsioError(error, 'read'));
    },
  );

  test('checkDataSet() ends when it is aborted', async () => {
    await createDataSet({ dir, ...SHAPE });
    await expect(checkDataSet({ dir, signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  });
});

describe('removeDataSet()', () => {
  test('removeDataSet() removes what was made, damaged or not, and the directory', async () => {
    await createDataSet({ dir, ...SHAPE });
    const bytes = readFileSync(join(dir, 'f1'));
    bytes[0]! ^= 1;
    writeFileSync(join(dir, 'f1'), bytes);
    rmSync(join(dir, 'f2'));
    expect(await removeDataSet({ dir })).toEqual({ removed: 12, bytes: BYTES - 5000, left: [] });
    expect(existsSync(dir)).toBe(false);
  });

  test('removeDataSet() leaves what is not its own', async () => {
    await createDataSet({ dir, ...SHAPE });
    writeFileSync(join(dir, 'mine'), 'x');
    writeFileSync(join(dir, 'f12'), 'x');
    writeFileSync(join(dir, 'f1'), 'another size');
    writeFileSync(join(dir, 'f2'), new Uint8Array(5000));
    rmSync(join(dir, 'f3'));
    symlinkSync(join(dir, 'mine'), join(dir, 'f3'));
    const { removed, left } = await removeDataSet({ dir });
    expect([removed, left]).toEqual([10, ['f1', 'f2', 'f3'].map((name) => join(dir, name))]);
    expect(namesIn(dir)).toEqual(['f1', 'f12', 'f2', 'f3', 'mine']);
  });

  test('removeDataSet() keeps a directory that was there before', async () => {
    mkdirSync(dir, { recursive: true });
    await createDataSet({ dir, ...SHAPE });
    await removeDataSet({ dir });
    expect(namesIn(dir)).toEqual([]);
  });
});
