import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { blockSyscallsLauncher, IO_URING_SYSCALLS } from './helpers/block-syscalls.js';

const launcher = blockSyscallsLauncher();
const skipped = launcher.skip === undefined ? '' : ` (skipped: ${launcher.skip})`;

/** Prints the errno of io_uring_setup without parameters. */
const SETUP = `
  const koffi = require('koffi');
  const syscall = koffi.load('libc.so.6').func('long syscall(long number, unsigned int entries, void *parameters)');
  console.log(syscall(${IO_URING_SYSCALLS.setup}, 1, null), koffi.errno());`;

function run(...args: string[]) {
  const root = path.resolve(import.meta.dirname, '..');
  return spawnSync(launcher.path ?? '', args, { encoding: 'utf8', cwd: root });
}

describe.skipIf(launcher.skip !== undefined)(`block-syscalls${skipped}`, () => {
  test.each(['EPERM', 'ENOSYS'] as const)('makes io_uring_setup fail with %s', (error) => {
    const { stdout, stderr } = run(error, '425', '426', '427', '--', process.execPath, '-e', SETUP);
    expect(stderr).toBe('');
    expect(stdout).toBe(`-1 ${constants.errno[error]}\n`);
  });

  test('passes on the exit status of the command', () => {
    expect(run('EPERM', '425', '--', 'sh', '-c', 'exit 7').status).toBe(7);
  });

  test.each([
    { args: [] },
    { args: ['EPERM'] },
    { args: ['EPERM', '425'] },
    { args: ['EPERM', '--', 'true'] },
    { args: ['EIO', '425', '--', 'true'] },
  ])('refuses $args', ({ args }) => {
    const { status, stderr } = run(...args);
    expect(status).toBe(125);
    expect(stderr).toMatch(/^usage: /);
  });
});
