import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';

/** What io_uring is made of; the numbers are the same on every architecture. */
export const IO_URING_SYSCALLS = { setup: 425, enter: 426, register: 427 } as const;

const SOURCE = path.join(import.meta.dirname, 'block-syscalls.c');
const LAUNCHER = path.resolve(import.meta.dirname, '../../node_modules/.cache/lsio/block-syscalls');

export type Launcher =
  | { readonly path: string; readonly skip?: never }
  | { readonly path?: never; readonly skip: string };

/**
 * The program that runs a command with system calls blocked, compiled when it is missing or older than its source:
 * `spawn(launcher.path, ['EPERM', '425', '--', command, ...args])`. Where it can't be had, `skip` says why.
 */
export function blockSyscallsLauncher(): Launcher {
  if (process.platform !== 'linux') return { skip: 'seccomp needs Linux' };
  if (!existsSync(LAUNCHER) || statSync(LAUNCHER).mtimeMs < statSync(SOURCE).mtimeMs) {
    mkdirSync(path.dirname(LAUNCHER), { recursive: true });
    // Test files run in parallel: each compiles to a name of its own, and the rename is atomic.
    const own = `${LAUNCHER}.${process.pid}`;
    const compiler = spawnSync('cc', ['-O1', '-Wall', '-Werror', '-o', own, SOURCE], { encoding: 'utf8' });
    if (compiler.error !== undefined) return { skip: 'no C compiler: apt-get install gcc libc6-dev' };
    if (compiler.status !== 0) throw new Error(`${SOURCE} does not compile: ${compiler.stderr}`);
    renameSync(own, LAUNCHER);
  }
  const trial = spawnSync(LAUNCHER, ['EPERM', String(IO_URING_SYSCALLS.setup), '--', 'true'], { encoding: 'utf8' });
  return trial.status === 0 ? { path: LAUNCHER } : { skip: `seccomp refused: ${trial.stderr.trim()}` };
}
