import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { named, ROOT } from './helpers/engine-child.js';

const hasPrlimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;
const skip = hasPrlimit ? undefined : 'prlimit is missing: apt-get install util-linux';

/** Its own limit of address space is set to what it has and so much more; then a thread is asked for. */
const PROGRAM = `
  import { execFileSync } from 'node:child_process';
  import { readFileSync } from 'node:fs';
  import { Thread } from '${path.join(ROOT, 'dist/threads/thread.js')}';
  const [, kilobytes] = /^VmSize:\\s+(\\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  const bytes = (Number(kilobytes) + MORE_MIB * 1024) * 1024;
  execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + bytes]);
  const entry = () => new URL('data:text/javascript,');
  try {
    await Thread.start({ entry, name: 'test', data: null });
  } catch (error) {
    console.log(error.kind + ': ' + error.message);
  }`;

test.skipIf(skip !== undefined).each([
  { moreMib: 60, why: 'unavailable: the test thread: ulimit -v leaves it no address space\n' },
  { moreMib: 4000, why: 'unavailable: the test thread ended before it was ready\n' },
])(named('Thread.start() with $moreMib MiB of address space left', skip), ({ moreMib, why }) => {
  const program = PROGRAM.replace('MORE_MIB', String(moreMib));
  const args = ['--input-type=module', '-e', program];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
  expect({ status, signal, stdout, stderr }).toEqual({ status: 0, signal: null, stdout: why, stderr: '' });
});
