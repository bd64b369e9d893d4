import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { LsioError } from '../errors.js';

const INSTALL = 'apt-get install fio';
/** What fio says last is why it failed; it can repeat itself for each of many files. */
const STDERR_CHARS_MAX = 16_384;
const KILL_AFTER_MS = 1000;

/** What is called `fio`: `LSIO_FIO` where it is set. */
export function fioPath(): string {
  const path = process.env.LSIO_FIO || 'fio';
  // It runs in another directory.
  return path.includes('/') ? resolve(path) : path;
}

interface FioOutput {
  readonly stdout: string;
  readonly stderr: string;
}

export interface SpawnOptions {
  readonly cwd?: string | undefined;
  /** Ends fio; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs fio to its end.
 *
 * @throws {LsioError} `unavailable` when it is missing, is killed or fails, with what it said last.
 */
export async function spawnFio(args: readonly string[], { cwd, signal }: SpawnOptions): Promise<FioOutput> {
  signal?.throwIfAborted();
  // A process group of its own: Ctrl-C is ours to pass on, and ends its jobs, too.
  const child = spawn(fioPath(), args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-STDERR_CHARS_MAX);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARS_MAX);
  });
  let killer: NodeJS.Timeout | undefined;
  function end(): void {
    endGroup(child, 'SIGTERM');
    killer ??= setTimeout(() => endGroup(child, 'SIGKILL'), KILL_AFTER_MS);
  }
  function endNow(): void {
    endGroup(child, 'SIGKILL');
  }
  signal?.addEventListener('abort', end);
  process.once('exit', endNow);
  try {
    const [code, killedBy] = await exitOf(child);
    signal?.throwIfAborted();
    if (code !== 0) throw failure(code, killedBy, `${stderr}\n${stdout}`);
    return { stdout, stderr };
  } finally {
    clearTimeout(killer);
    signal?.removeEventListener('abort', end);
    process.removeListener('exit', endNow);
  }
}

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It ended by itself.
  }
}

function exitOf(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((fulfil, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(notStarted(error)));
    child.once('close', (code, signal) => fulfil([code, signal]));
  });
}

function notStarted(error: NodeJS.ErrnoException): LsioError {
  const { code } = error;
  const message =
    code === 'ENOENT' ? `fio is not installed (no ${fioPath()})` : `fio can't be started: ${error.message}`;
  return new LsioError('unavailable', message, { code, remedy: INSTALL, cause: error });
}

function failure(code: number | null, signal: NodeJS.Signals | null, said: string): LsioError {
  const last = said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const how = signal === null ? `exit ${code}` : `killed by ${signal}`;
  const full = last.some((line) => line.includes('No space left on device'));
  return new LsioError('unavailable', `fio failed (${how}): ${last.at(-1) ?? 'it said nothing'}`, {
    code: full ? 'ENOSPC' : undefined,
    remedy: 'fio --version tells whether it works at all; its own message is above',
  });
}
