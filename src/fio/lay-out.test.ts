import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkDataSet, createDataSet } from '../workload/data-set.js';
import { layOutWithFio } from './lay-out.js';

const missing = spawnSync('fio', ['--version']).status === 0 ? '' : ' (skipped: no fio)';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'lsio-lay-out-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.skipIf(missing !== '')(`layOutWithFio()${missing}`, () => {
  test.each([
    { count: 7, sizeBytes: 5000, bigSizeBytes: 1_500_000 },
    { count: 3, sizeBytes: 2_500_001, bigSizeBytes: 0 },
    { count: 0, sizeBytes: 0, bigSizeBytes: 4096 },
    { count: 2, sizeBytes: 0, bigSizeBytes: 0 },
  ])('layOutWithFio() lays out %j, which then holds content that can be checked', async (shape) => {
    const dir = mkdtempSync(join(root, 'laid-'));
    const { manifest } = await createDataSet({ dir, ...shape, layOut: layOutWithFio });
    expect(manifest).toMatchObject({ ...shape, laidOutBy: 'fio' });
    expect((await checkDataSet({ dir })).damage).toEqual([]);
    expect(readdirSync(dir)).toHaveLength(shape.count + (shape.bigSizeBytes > 0 ? 1 : 0) + 1);
  });

  test('layOutWithFio() on a full disk says so, and leaves nothing', async (context) => {
    const small = join(root, 'small');
    mkdirSync(small);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'lsio-test', small]);
    if (mounted.status !== 0) context.skip('a small tmpfs needs the right to mount');
    try {
      const making = createDataSet({
        dir: join(small, 'set'),
        count: 9,
        sizeBytes: 99_999,
        bigSizeBytes: 0,
        layOut: layOutWithFio,
      });
      await expect(making).rejects.toMatchObject({ kind: 'output', code: 'ENOSPC' });
      expect(readdirSync(small)).toEqual([]);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});
