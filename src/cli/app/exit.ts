import { InvariantError } from '../../assert.js';
import { type ErrorKind, isOutOfMemory, LsioError, MEMORY_REMEDY } from '../../errors.js';
import type { ErrorReport } from '../../results/common.js';

/** The exit codes of every command. */
export const EXIT = {
  ok: 0,
  someFailed: 1,
  usage: 2,
  unavailable: 3,
  output: 4,
  changed: 5,
  threshold: 6,
  broken: 70,
  hungUp: 129,
  interrupted: 130,
  brokenPipe: 141,
  terminated: 143,
} as const;

/** What each means: the help and README say so. */
const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'everything was delivered',
  someFailed: 'some inputs failed, the rest was delivered',
  usage: 'the command line is wrong; nothing was read',
  unavailable: 'io_uring, liburing, fio or memory is missing, and nothing may stand in',
  output: 'the output failed: it exists, the disk is full, …',
  changed: 'an input changed while it was read',
  threshold: 'a --fail-if threshold was crossed',
  broken: 'a bug in lsio',
  hungUp: 'the terminal was closed (SIGHUP)',
  interrupted: 'Ctrl-C (SIGINT)',
  brokenPipe: 'the reader of stdout was closed',
  terminated: 'SIGTERM',
};

/** A line for each exit code, as the help shows them. */
export function exitCodesText(): string {
  return ['Exit codes:', ...exitCodes().map(([code, meaning]) => `${String(code).padStart(5)}  ${meaning}`)].join('\n');
}

export function exitCodes(): readonly (readonly [code: number, meaning: string])[] {
  return (Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) => [EXIT[name], EXIT_MEANINGS[name]] as const);
}

const EXIT_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  usage: EXIT.usage,
  read: EXIT.someFailed,
  range: EXIT.someFailed,
  'too-large': EXIT.someFailed,
  unavailable: EXIT.unavailable,
  output: EXIT.output,
  changed: EXIT.changed,
  closed: EXIT.broken,
  denied: EXIT.someFailed,
  format: EXIT.someFailed,
};

const REPORT = 'this is a bug in lsio: please report it, with the command line and what --log-level debug prints';
const MORE_FILES = 'ulimit -n 1024';

/** The signals that end a command in order, without temporary files left behind. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

const EXIT_OF_SIGNAL: Readonly<Record<StopSignal, number>> = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.hungUp,
};

/** A signal ended the command. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }
}

/** An error that ended a command. */
export interface Failure extends ErrorReport {
  readonly exitCode: number;
}

/** The exit code for an error, and what is told of it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof LsioError) return { ...reportOf(error), exitCode: exitCodeOf(error) };
  if (error instanceof Interrupted) {
    return { exitCode: EXIT_OF_SIGNAL[error.signal], kind: 'interrupted', code: error.signal, message: error.message };
  }
  const { code, message: text = '' } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (code === 'EMFILE')
    return { exitCode: EXIT.unavailable, kind: 'unavailable', code, message: text, remedy: MORE_FILES };
  if (isOutOfMemory(error)) {
    const message = `no memory: ${text}`;
    return { exitCode: EXIT.unavailable, kind: 'unavailable', code: 'ENOMEM', message, remedy: MEMORY_REMEDY };
  }
  const message = error instanceof InvariantError ? error.message : `unexpected error: ${error}`;
  return { exitCode: EXIT.broken, kind: 'internal', message, remedy: REPORT };
}

export function reportOf({ kind, code, message, remedy }: LsioError): ErrorReport {
  return { kind, code, message, remedy };
}

function exitCodeOf({ kind, code }: LsioError): number {
  return kind === 'output' && code === 'EPIPE' ? EXIT.brokenPipe : EXIT_OF_KIND[kind];
}
