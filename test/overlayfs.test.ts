import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BenchResult } from '../src/bench/result.js';
import { named, noUring } from './helpers/engine-child.js';
import { notNobody } from './helpers/nobody.js';
import { documentOf, runLsio } from './helpers/run-lsio.js';

/* The root of a container is an overlayfs: the pages of its files belong to files of the layers below. */

const FILES = 200;
const FILE_BYTES = 8192;
/** The page cache belongs to everybody: another program may drop a page between two steps. */
const RETRY = { retry: 5 };

const directory = mkdtempSync(path.join(tmpdir(), 'lsio-overlay-'));
const merged = path.join(directory, 'merged');

function mountOverlay(): string | undefined {
  for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(path.join(directory, name));
  const layers = `lowerdir=${directory}/lower,upperdir=${directory}/upper,workdir=${directory}/work`;
  const { status, stderr, error } = spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, merged]);
  return status === 0 ? undefined : `mount -t overlay is refused: ${error?.message ?? stderr}`;
}

const skip = mountOverlay();
const files = path.join(merged, 'files');
beforeAll(() => {
  if (skip !== undefined) return;
  const sizes = ['--count', String(FILES), '--size', String(FILE_BYTES), '--big-size', '0'];
  expect(runLsio(['files', 'create', '--dir', files, '--with', 'lsio', ...sizes]).status).toBe(0);
});
afterAll(() => {
  spawnSync('umount', ['--lazy', merged]);
  rmSync(directory, { recursive: true, force: true });
});

function warm(): void {
  for (const name of readdirSync(files)) readFileSync(path.join(files, name));
}

describe('lsio on overlayfs', () => {
  test.skipIf(skip)(named('cache tells what is resident, and evicts it', skip), RETRY, () => {
    warm();
    const bytes = FILES * FILE_BYTES;
    const status = documentOf(runLsio(['cache', 'status', '--json', files])) as { residentBytes: number };
    expect(status.residentBytes).toBeGreaterThanOrEqual(bytes);
    const evicted = documentOf(runLsio(['cache', 'evict', '--json', files]));
    expect(evicted).toMatchObject({ residentBytes: 0, residentBytesBefore: status.residentBytes });
  });

  const noUser = skip ?? notNobody;
  test.skipIf(noUser)(named('cache does not answer for files of others', noUser), () => {
    for (const each of [directory, merged, files]) chmodSync(each, 0o755);
    const file = path.join(files, readdirSync(files)[0]!);
    chmodSync(file, 0o644);
    readFileSync(file);
    const { status, stderr } = runLsio(['cache', 'status', file], { asNobody: true });
    expect(status).toBe(1);
    expect(stderr).toContain(`${file}: what is cached of it is not told`);
  });

  test.skipIf(skip)(named('bench runs cold and warm, each proven', skip), RETRY, () => {
    const args = [
      '--engines',
      'node,sync',
      '--case',
      'whole-files',
      '--cache',
      'cold,warm',
      '--runs',
      '2',
      '--min-time',
      '20ms',
    ];
    const result = runLsio(['bench', '--files', files, ...args, '--json']);
    expect(result.status).toBe(0);
    const { cases, warnings } = documentOf(result) as unknown as BenchResult;
    const residents = (cache: string) =>
      cases
        .filter((entry) => entry.cache === cache)
        .flatMap(({ runs }) => runs.map(({ valid, residentBytesBefore }) => [valid, residentBytesBefore]));
    expect(residents('warm')).toEqual(Array(4).fill([true, FILES * FILE_BYTES]));
    expect(residents('cold')).toEqual(Array(4).fill([true, 0]));
    expect(warnings.map(({ kind }) => kind)).not.toContain('warm-was-cold');
  });

  const noRings = skip ?? noUring;
  test.skipIf(noRings)(named('get reads warm files through the page cache', noRings), RETRY, () => {
    warm();
    const get = () => documentOf(runLsio(['get', '-q', '-r', files, '--discard', '--json']));
    expect(get()).toMatchObject({ engine: 'uring', direct: 'off' });
    expect(runLsio(['cache', 'evict', files]).status).toBe(0);
    expect(get()).toMatchObject({ engine: 'uring', direct: 'mixed' });
  });
});
