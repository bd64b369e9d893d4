import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeWorkload } from './cases.js';
import { createDataSet } from './data-set.js';
import { listFiles } from './list-files.js';
import { sampleOf, verifier } from './verify.js';
import type { Workload } from './workload.js';

let root: string;
let works: Record<'made by lsio' | 'foreign', Workload>;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'lsio-verify-'));
  const [made, foreign] = [join(root, 'made'), join(root, 'foreign')];
  await createDataSet({ dir: made, count: 5, sizeBytes: 50_000, bigSizeBytes: 0 });
  mkdirSync(foreign);
  for (let index = 0; index < 5; index++) {
    writeFileSync(
      join(foreign, `g${index}`),
      Uint8Array.from({ length: 50_000 }, (_, at) => (at + index * 13) % 251),
    );
  }
  writeFileSync(join(foreign, 'none'), '');
  async function work(dir: string): Promise<Workload> {
    return makeWorkload('file-gaps', (await listFiles(dir)).files, { dir });
  }
  works = { 'made by lsio': await work(made), foreign: await work(foreign) };
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function bytesOf(work: Workload, operation: number): Uint8Array {
  const offset = work.offsets[operation]!;
  const content = readFileSync(work.files[work.fileOf[operation]!]!.path);
  return new Uint8Array(content.subarray(offset, offset + work.lengths[operation]!));
}

describe.each(['made by lsio', 'foreign'] as const)('verifier() of files %s', (kind) => {
  test('verifier() accepts the bytes of every operation', () => {
    const work = works[kind];
    const check = verifier(work);
    for (let operation = 0; operation < work.operations; operation++) check(operation, bytesOf(work, operation));
    expect(work.operations).toBe(10);
  });

  test('verifier() names the file and the offset of the first wrong byte', () => {
    const work = works[kind];
    const check = verifier(work);
    const bytes = bytesOf(work, 3);
    bytes[777]! ^= 64;
    bytes[900]! ^= 1;
    const path = work.files[1]!.path;
    expect(() => check(3, bytes)).toThrow(expect.objectContaining({ kind: 'read', path, offset: 36_864 + 777 }));
    expect(() => check(3, bytesOf(work, 1))).toThrow(expect.objectContaining({ kind: 'read', path, offset: 36_864 }));
  });

  test('verifier() notices bytes that are missing or too many', () => {
    const work = works[kind];
    const check = verifier(work);
    const bytes = bytesOf(work, 0);
    const message = expect.stringContaining('byte 4000: 4000 bytes came instead of 4096');
    expect(() => check(0, bytes.subarray(0, 4000))).toThrow(expect.objectContaining({ message, offset: 4000 }));
    expect(() => check(0, new Uint8Array([...bytes, 0]))).toThrow('4097 bytes came instead of 4096');
  });
});

describe('verifier()', () => {
  test('verifier() checks against the pattern, not against what a damaged file holds now', async () => {
    const dir = join(root, 'damaged');
    await createDataSet({ dir, count: 1, sizeBytes: 5000, bigSizeBytes: 0 });
    const work = makeWorkload('whole-files', (await listFiles(dir)).files, { dir });
    writeFileSync(join(dir, 'f0'), new Uint8Array(5000));
    expect(() => verifier(work)(0, new Uint8Array(5000))).toThrow('byte 0: not what lsio wrote');
  });

  test('verifier() takes a file that only has a name of the set for a foreign one', async () => {
    const dir = join(root, 'replaced');
    await createDataSet({ dir, count: 2, sizeBytes: 5000, bigSizeBytes: 0 });
    writeFileSync(join(dir, 'f0'), 'mine');
    const work = makeWorkload('whole-files', (await listFiles(dir)).files, { dir });
    verifier(work)(0, Buffer.from('mine'));
    expect(() => verifier(work)(0, Buffer.from('mixe'))).toThrow('byte 2: not what node:fs reads');
  });

  test('verifier() says it when a foreign file is gone or shorter now', () => {
    const path = join(root, 'going');
    writeFileSync(path, 'abcdef');
    const work = makeWorkload('whole-files', [{ path, size: 6 }], { dir: root });
    const check = verifier(work);
    check(0, Buffer.from('abcdef'));
    writeFileSync(path, 'abc');
    expect(() => check(0, Buffer.from('abcdef'))).toThrow('byte 3: not what node:fs reads');
    rmSync(path);
    expect(() => check(0, Buffer.from('abcdef'))).toThrow(expect.objectContaining({ kind: 'read', code: 'ENOENT' }));
  });
});

describe('sampleOf()', () => {
  test('sampleOf() is the whole of a small work and an even part of a large one', () => {
    const files = Array.from({ length: 5000 }, (_, index) => ({ path: `f${index}`, size: index + 1 }));
    const small = makeWorkload('whole-files', files.slice(0, 1000), { dir: 'd' });
    expect(sampleOf(small)).toBe(small);
    const sample = sampleOf(makeWorkload('whole-files', files, { dir: 'd' }));
    expect(sample.operations).toBe(1000);
    expect([sample.lengths[0], sample.lengths[999]]).toEqual([1, 5000]);
    expect(new Set(sample.lengths).size).toBe(1000);
    expect(sample.files[500]).toBe(files[sample.lengths[500]! - 1]);
  });
});
