import { InvariantError } from '../../assert.js';
import { type ErrorKind, LsioError } from '../../errors.js';

/** The exit codes of every command. */
export const EXIT = {
  ok: 0,
  /** Some inputs failed, the rest was delivered. */
  someFailed: 1,
  usage: 2,
  /** io_uring, liburing or fio is missing, and nothing may stand in. */
  unavailable: 3,
  /** The place the bytes should go to failed. */
  output: 4,
  /** An input changed under the read. */
  changed: 5,
  /** A `--fail-if` threshold was crossed. */
  threshold: 6,
  /** A bug in lsio. */
  broken: 70,
  /** SIGHUP: the terminal was closed. */
  hungUp: 129,
  interrupted: 130,
  /** Nobody reads stdout any more. */
  brokenPipe: 141,
  terminated: 143,
} as const;

/** What the codes mean, for `--help` and README. */
export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.ok, 'everything was delivered'],
  [EXIT.someFailed, 'some inputs failed; the rest was delivered'],
  [EXIT.usage, 'wrong usage; nothing was read'],
  [EXIT.unavailable, 'io_uring, liburing or fio is missing and was required'],
  [EXIT.output, 'the output failed'],
  [EXIT.changed, 'an input changed while it was read'],
  [EXIT.threshold, 'a --fail-if threshold was crossed'],
  [EXIT.broken, 'a bug in lsio'],
  [EXIT.hungUp, 'ended by SIGHUP'],
  [EXIT.interrupted, 'ended by SIGINT (Ctrl-C)'],
  [EXIT.brokenPipe, 'nobody reads stdout any more'],
  [EXIT.terminated, 'ended by SIGTERM'],
];

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

/** What is told of an error, on stderr and in JSON. */
export interface ErrorReport {
  readonly kind: ErrorKind | 'interrupted' | 'internal';
  readonly code?: string | undefined;
  readonly message: string;
  readonly remedy?: string | undefined;
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
  const message = error instanceof InvariantError ? error.message : `unexpected error: ${error}`;
  return { exitCode: EXIT.broken, kind: 'internal', message, remedy: REPORT };
}

export function reportOf({ kind, code, message, remedy }: LsioError): ErrorReport {
  return { kind, code, message, remedy };
}

function exitCodeOf({ kind, code }: LsioError): number {
  return kind === 'output' && code === 'EPIPE' ? EXIT.brokenPipe : EXIT_OF_KIND[kind];
}
