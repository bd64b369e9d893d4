import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errnoText, LsioError } from '../errors.js';

const INSTALL = 'apt-get install fio';
/** What fio says last is why it failed; it can repeat itself for each of many files. */
const SAID_CHARS_MAX = 16_384;
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
  /** Where fio writes its output: a failure is explained from there, too. */
  readonly output?: string | undefined;
  /** Ends fio; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs fio to its end.
 *
 * @throws {LsioError} `unavailable` when it is missing, is killed or fails, with what it said last.
 */
export async function spawnFio(args: readonly string[], { cwd, signal, output }: SpawnOptions): Promise<FioOutput> {
  signal?.throwIfAborted();
  // A process group of its own: Ctrl-C is ours to pass on, and ends its jobs, too.
  const child = spawn(fioPath(), args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-SAID_CHARS_MAX);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-SAID_CHARS_MAX);
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
    const exit = await exitOf(child);
    signal?.throwIfAborted();
    if (exit[0] !== 0) throw await failure(exit, `${stdout}\n${stderr}`, output);
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

type Exit = readonly [code: number | null, signal: NodeJS.Signals | null];

function exitOf(child: ChildProcess): Promise<Exit> {
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

async function failure([code, signal]: Exit, said: string, output: string | undefined): Promise<LsioError> {
  const [notes, errno] = output === undefined ? ['', 0] : await notesIn(output);
  const lines = `${notes}\n${said}`.split('\n').filter((line) => line.trim() !== '');
  const [errnoName, text] = errno === 0 ? [] : errnoText(errno);
  const reason = lines.at(-1)?.trim() ?? text ?? 'it said nothing';
  const full = lines.some((line) => line.includes('No space left on device'));
  const how = signal === null ? `exit ${code}` : `killed by ${signal}`;
  return new LsioError('unavailable', `fio failed (${how}): ${reason}`, {
    code: full ? 'ENOSPC' : errnoName,
    remedy: 'see that its files are there and unchanged, and that it runs by hand',
  });
}

/** What fio noted in its output before its figures, and the errno among these. */
async function notesIn(output: string): Promise<[notes: string, errno: number]> {
  const text = await readFile(output, 'utf8').catch(() => '');
  const begin = text.search(/^\{/m);
  const [, errno = 0] = /"error" : (\d+)/.exec(text) ?? [];
  return [begin < 0 ? text : text.slice(0, begin), Number(errno)];
}
