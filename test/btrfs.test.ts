import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { named, noUring, ROOT } from './helpers/engine-child.js';

const directory = mkdtempSync(path.join(tmpdir(), 'lsio-btrfs-'));
const mountPoint = path.join(directory, 'mount');
const SIZES = [1, 511, 4096, 5000, 100_000, 3_000_001];

/** Mounts a btrfs; or why that can't be had. Its statx(2) says nothing of O_DIRECT, which it has. */
function mountBtrfs(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root may mount';
  const image = path.join(directory, 'image');
  writeFileSync(image, '');
  truncateSync(image, 200 * 2 ** 20);
  mkdirSync(mountPoint);
  const made = spawnSync('mkfs.btrfs', ['-q', image]);
  if (made.status !== 0) return 'no mkfs.btrfs: apt-get install btrfs-progs';
  const mounted = spawnSync('mount', ['-o', 'loop', image, mountPoint], { encoding: 'utf8' });
  return mounted.status === 0 ? undefined : `mount: ${mounted.stderr.trim()}`;
}

const skip = mountBtrfs();
afterAll(() => {
  if (skip === undefined) spawnSync('umount', [mountPoint]);
  rmSync(directory, { recursive: true });
});

function lsio(args: readonly string[]) {
  return spawnSync(process.execPath, [path.join(ROOT, 'bin/lsio.js'), ...args], { maxBuffer: 2 ** 26 });
}

describe.skipIf(skip !== undefined)(named('btrfs', skip), () => {
  test('lsio doctor says that it reads directly', () => {
    writeFileSync(path.join(mountPoint, 'file'), Buffer.alloc(5000, 1));
    const { directories } = JSON.parse(lsio(['doctor', '--json', mountPoint]).stdout.toString());
    expect(directories[0].direct).toEqual({ memoryBytes: 4096, offsetBytes: 4096 });
  });

  describe.each([
    ['uring', noUring],
    ['node', undefined],
  ])('lsio get --direct on, engine %s', (engine, why) => {
    test.skipIf(why !== undefined)(named('reads past the page cache, and the right bytes', why), () => {
      for (const size of SIZES) {
        const file = path.join(mountPoint, `${engine}-${size}`);
        const bytes = Buffer.from(Array.from({ length: size }, (_, at) => (at + size) % 251));
        writeFileSync(file, bytes);
        const { status, stdout } = lsio(['get', '-q', '--engine', engine, '--direct', 'on', file]);
        expect(status).toBe(0);
        expect(stdout.equals(bytes)).toBe(true);
        const told = lsio(['get', '-q', '--json', '--discard', '--engine', engine, '--direct', 'on', file]).stdout;
        expect(told.toString()).toContain('"direct":"on"');
      }
    });
  });
});
