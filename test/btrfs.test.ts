import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { BenchResult } from '../src/bench/result.js';
import { named } from './helpers/engine-child.js';
import { documentOf, runLsio } from './helpers/run-lsio.js';

/* statx(2) does not tell the alignment of btrfs, and its files have a device number of their own. */

const directory = mkdtempSync(path.join(tmpdir(), 'lsio-btrfs-'));
const mounted = path.join(directory, 'mounted');
const image = path.join(directory, 'image');
let device = '';

function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr.trim()}`);
  return stdout.trim();
}

/** Why there is no btrfs to be mounted here. */
function mount(): string | undefined {
  try {
    mkdirSync(mounted);
    run('truncate', '-s', '200M', image);
    run('mkfs.btrfs', '-q', image);
    device = run('losetup', '--find', '--show', image);
    run('mount', device, mounted);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const skip = mount();
afterAll(() => {
  spawnSync('umount', ['--lazy', mounted]);
  if (device !== '') spawnSync('losetup', ['--detach', device]);
  rmSync(directory, { recursive: true, force: true });
});

describe('lsio on btrfs', () => {
  test.skipIf(skip)(named('doctor knows its device and that it reads directly', skip), () => {
    const { directories } = documentOf(runLsio(['doctor', '--json', mounted])) as { directories: object[] };
    expect(directories).toMatchObject([
      { path: mounted, fileSystem: 'btrfs', device: path.basename(device), direct: { offsetBytes: 4096 } },
    ]);
  });

  test.skipIf(skip)(named('bench reads directly, and sees the device', skip), () => {
    const files = path.join(mounted, 'files');
    const shape = ['--count', '20', '--size', '64Ki', '--big-size', '0', '--with', 'lsio'];
    expect(runLsio(['files', 'create', '--dir', files, ...shape]).status).toBe(0);
    const args = ['--engines', 'node', '--case', 'whole-files', '--cache', 'cold', '--runs', '1', '--min-time', '1ms'];
    const result = documentOf(runLsio(['bench', files, ...args, '--json'])) as unknown as BenchResult;
    expect(result).toMatchObject({
      environment: { device: { name: path.basename(device) } },
      cases: [{ direct: true, runs: [{ valid: true }] }],
    });
    expect(result.cases[0]!.runs[0]!.deviceBytes).toBeGreaterThanOrEqual(20 * 64 * 1024);
    expect(result.warnings.map(({ kind }) => kind)).not.toEqual(expect.arrayContaining(['no-direct', 'no-device']));
  });
});
