import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { named, noUring } from './helpers/engine-child.js';
import { runLsio, runScript } from './helpers/run-lsio.js';

/* Places where no directory can be made: the error names the cause, and nothing hangs. */

const skip = runScript('unshare -m true').status === 0 ? undefined : 'unshare -m is refused';

let directory = '';
let files = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-ro-'));
  files = path.join(directory, 'files');
  mkdirSync(path.join(directory, 'ro'));
  expect(runLsio(['files', 'create', '--dir', files, ...SMALL]).status).toBe(0);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const SMALL = ['--count', '2', '--size', '4k', '--big-size', '0', '--with', 'lsio'];

/** Runs lsio with a read-only file system at `directory`/ro. */
function onReadOnly(args: readonly string[], env: Record<string, string> = {}) {
  const mount = `mount -t tmpfs -o ro none '${directory}/ro' && exec "$@"`;
  const { status, stderr } = runLsio(args, { env, under: ['unshare', '-m', 'sh', '-c', mount, 'sh'] });
  return { status, stderr };
}

test.skipIf(skip)(named('without /proc the limit of open files is the true one', skip), () => {
  const hide = 'ulimit -n 777 && mount -t tmpfs none /proc && exec "$@"';
  const { status, stdout } = runLsio(['doctor', files], { under: ['unshare', '-m', 'sh', '-c', hide, 'sh'] });
  expect(status).toBe(0);
  expect(stdout.toString()).toContain('open files 777,');
});

describe('where no directory can be made', () => {
  test.skipIf(process.platform !== 'linux')('files create --dir /proc/x fails at once', () => {
    const { status, stderr } = runLsio(['files', 'create', '--dir', '/proc/x', ...SMALL]);
    expect({ status, stderr }).toEqual({ status: 4, stderr: 'lsio: /proc/x: no such file or directory (ENOENT)\n' });
  });

  test.skipIf(skip).each(['x', 'x/y/z'])(named('files create says that it is read-only: %s', skip), (name) => {
    const { status, stderr } = onReadOnly(['files', 'create', '--dir', `${directory}/ro/${name}`, ...SMALL]);
    expect({ status, stderr }).toEqual({
      status: 4,
      stderr: `lsio: ${directory}/ro/x: read-only file system (EROFS)\n`,
    });
  });

  const noRings = skip ?? noUring;
  test.skipIf(noRings)(named('compare-fio says that its temporary directory is read-only', noRings), () => {
    const args = ['compare-fio', '--files', files, '--case', 'whole-files', '--cache', 'warm', '--runs', '1'];
    const { status, stderr } = onReadOnly(args, { TMPDIR: `${directory}/ro` });
    expect(status).toBe(4);
    expect(stderr).toMatch(/^lsio: .*\/ro\/lsio-compare-fio-\d+: read-only file system \(EROFS\)\n {2}→ set TMPDIR /);
  });
});
