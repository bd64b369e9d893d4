import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { named, noUring, PERMISSION } from './helpers/engine-child.js';
import { type RunOptions, runLsio, runScript } from './helpers/run-lsio.js';

/** More than a thousand: a second thread writes, too. */
const FILES = 1500;
const noStrace = spawnSync('strace', ['-V']).status === 0 ? undefined : 'no strace: apt-get install strace';
const noNamespace =
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/proc']).status === 0
    ? undefined
    : 'no mount namespaces here: only root may make them';

let directory = '';
let out = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-writers-'));
  mkdirSync(path.join(directory, 'src'));
  for (let file = 0; file < FILES; file++) {
    const bytes = Uint8Array.from({ length: (file * 37) % 9000 }, (_, at) => (at + file) % 251);
    writeFileSync(path.join(directory, `src/${file}`), bytes);
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
beforeEach(() => {
  out = mkdtempSync(path.join(directory, 'out-'));
});

/** Gets the files in one way or another, and compares. */
function expectAllWritten(options: RunOptions = {}, args: readonly string[] = []): void {
  const { status, stderr } = runLsio(['get', '-q', '-r', 'src', '-o', out, ...args], { cwd: directory, ...options });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { stdout } = runScript(`diff -r src ${out}/src && find ${out} -type f | wc -l`, { cwd: directory });
  expect(stdout.toString()).toBe(`${FILES}\n`);
}

function straced(...args: readonly string[]): { under: readonly string[]; log: string } {
  const log = path.join(directory, `${path.basename(out)}.strace`);
  return { under: ['strace', '-f', '-o', log, ...args], log };
}

describe('lsio get -o of many files', () => {
  test.skipIf(noStrace !== undefined)(named('writes with two threads, files without a name', noStrace), () => {
    const { under, log } = straced('-e', 'trace=linkat,rename');
    expectAllWritten({ under });
    const calls = readFileSync(log, 'utf8');
    expect(new Set(calls.match(/^\d+(?= +linkat)/gm)).size).toBe(2);
    expect(calls).not.toContain('rename(');
  });

  test.skipIf(noStrace !== undefined)(named('goes by /proc where descriptors can not be linked', noStrace), () => {
    const { under, log } = straced('-e', 'trace=linkat', '-e', 'inject=linkat:error=ENOENT:when=1');
    expectAllWritten({ under });
    expect(readFileSync(log, 'utf8')).toMatch(/INJECTED[\s\S]*linkat\(AT_FDCWD, "\/proc\/self\/fd\/\d+"/);
  });

  test.skipIf(noNamespace !== undefined)(named('works where /proc is not mounted', noNamespace), () => {
    const script = 'mount -t tmpfs none /proc && exec "$@"';
    expectAllWritten({ under: ['unshare', '-m', 'bash', '-c', script, '--'] });
  });

  test('works without koffi', () => {
    const hook = path.join(directory, 'no-koffi.cjs');
    writeFileSync(
      hook,
      `const Module = require('node:module');
       const load = Module._load;
       Module._load = (name, ...rest) => {
         if (name === 'koffi') throw new Error('taken away by the test');
         return load(name, ...rest);
       };`,
    );
    const env = { NODE_OPTIONS: `--require ${hook}` };
    expectAllWritten({ env }, ['--engine', 'node']);
    expect(runLsio(['get', '--engine', 'uring', 'src/1'], { cwd: directory, env }).stderr).toContain('by the test');
  });

  test('does without the second thread where Node may start none', () => {
    const permissions = [PERMISSION, '--allow-fs-read=*', '--allow-fs-write=*', '--allow-addons'];
    expectAllWritten({ env: { NODE_OPTIONS: `${permissions.join(' ')} --no-warnings` } });
  });

  test('replaces, and leaves no temporary file', () => {
    expectAllWritten();
    writeFileSync(path.join(out, 'src/7'), 'old');
    expectAllWritten({}, ['--overwrite']);
  });

  test('reports what can not be written, whichever thread meets it', () => {
    const { status, stderr } = runScript(`ulimit -f 8; lsio get -q -r src -o ${out}`, { cwd: directory });
    expect({ status, stderr }).toEqual({
      status: 4,
      stderr: expect.stringMatching(/^lsio: .*file too large \(EFBIG\)\n$/),
    });
    expect(runScript(`find ${out} -type f "(" -name ".lsio*" -o -size +8k ")"`).stdout.toString()).toBe('');
  });

  test.skipIf((noStrace ?? noUring) !== undefined)(
    named('does without the second thread where it can not be started', noStrace ?? noUring),
    () => {
      const hook = path.join(directory, 'no-thread.cjs');
      writeFileSync(hook, `if (!require('node:worker_threads').isMainThread) throw new Error('by the test');`);
      const { under, log } = straced('-e', 'trace=linkat');
      expectAllWritten({ under, env: { NODE_OPTIONS: `--require ${hook}` } });
      expect(new Set(readFileSync(log, 'utf8').match(/^\d+(?= +linkat)/gm)).size).toBe(1);
    },
  );
});
