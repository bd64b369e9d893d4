import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { expectValid } from './documents.js';
import { NOBODY, publicProgram } from './nobody.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
export const LSIO = path.join(ROOT, 'bin/lsio.js');
/** Only a hang reaches it. */
const LIMIT_MS = 100_000;

if (!existsSync(path.join(ROOT, 'dist'))) throw new Error('dist is not there: npm run build');

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly input?: string | Uint8Array;
  /** The command that runs lsio, with its arguments before. */
  readonly under?: readonly string[];
  /** Run as a user without rights. */
  readonly asNobody?: boolean;
  /** Taken for hanging after this time. */
  readonly limitMs?: number;
}

export interface RunResult {
  /** As a shell would say it: 128 and the number of the signal, if one ended it. */
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const SIGNALS: Record<string, number> = { SIGHUP: 129, SIGINT: 130, SIGKILL: 137, SIGTERM: 143 };

/** Runs the built binary to its end. */
export function runLsio(args: readonly string[], options: RunOptions = {}): RunResult {
  const { cwd, env, input, under = [], asNobody = false, limitMs = LIMIT_MS } = options;
  const { node, lsio } = asNobody ? publicProgram() : { node: process.execPath, lsio: LSIO };
  const [command = '', ...rest] = [...under, node, lsio, ...args];
  const { status, signal, stdout, stderr, error } = spawnSync(command, rest, {
    cwd,
    env: { ...process.env, ...env },
    input,
    maxBuffer: 2 ** 30,
    timeout: limitMs,
    ...(asNobody && { uid: NOBODY, gid: NOBODY }),
  });
  if (error !== undefined) throw error;
  return { status: status ?? SIGNALS[signal ?? ''] ?? -1, stdout, stderr: stderr.toString() };
}

/** As {@link runLsio}, while this process goes on: it may be the server of the run. */
export async function runLsioBeside(
  args: readonly string[],
  { input = '', ...options }: Pick<RunOptions, 'cwd' | 'env' | 'input'>,
): Promise<RunResult> {
  const child = startLsio(args, options);
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout!.on('data', (bytes) => stdout.push(bytes));
  child.stderr!.on('data', (bytes) => stderr.push(bytes));
  child.stdin!.end(input);
  const status = await statusOf(child);
  return { status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}

/** Runs a script of bash in which `lsio` is the built binary: for pipes, redirections and bytes that are not UTF-8. */
export function runScript(script: string, options: RunOptions = {}): RunResult {
  const { cwd, env, input } = options;
  const prelude = `lsio() { "${process.execPath}" "${LSIO}" "$@"; }\n`;
  const { status, stdout, stderr, error } = spawnSync('bash', ['-c', prelude + script], {
    cwd,
    env: { ...process.env, ...env },
    input,
    maxBuffer: 2 ** 30,
    timeout: LIMIT_MS,
  });
  if (error !== undefined) throw error;
  return { status: status ?? -1, stdout, stderr: stderr.toString() };
}

/** Starts the built binary, with pipes to its stdin, stdout and stderr. */
export function startLsio(args: readonly string[], { cwd, env }: RunOptions = {}): ChildProcess {
  return spawn(process.execPath, [LSIO, ...args], { cwd, env: { ...process.env, ...env } });
}

/** The exit status, as {@link RunResult} has it. */
export function statusOf(child: ChildProcess): Promise<number> {
  return new Promise((fulfil) => {
    child.once('close', (status, signal) => fulfil(status ?? SIGNALS[signal ?? ''] ?? -1));
  });
}

/** The JSON document on stdout, which must be all that is there and keep to the schema that it names, or to this one. */
export function documentOf({ stdout }: { readonly stdout: Buffer }, name?: string): Record<string, unknown> {
  const document = JSON.parse(stdout.toString());
  expectValid(document);
  if (name !== undefined) expect(document.schema).toBe(`${name}/1`);
  return document;
}
