import type { ErrorKind } from '../errors.js';

/**
 * @asType integer
 * @minimum 0
 */
export type Count = number;

/**
 * @asType integer
 * @minimum 1
 */
export type PositiveCount = number;

/** @minimum 0 */
export type Amount = number;

/** What is told of an error, on stderr and in JSON. */
export interface ErrorReport {
  readonly kind: ErrorKind | 'interrupted' | 'internal';
  /** The system's name of the error, or of the signal. */
  readonly code?: string | undefined;
  readonly message: string;
  /** What mends it. */
  readonly remedy?: string | undefined;
}

/** A command that failed as a whole. */
export interface Failed {
  readonly error: ErrorReport;
  /**
   * @asType integer
   * @minimum 1
   * @maximum 255
   */
  readonly exitCode: number;
}

/** A document of a command that may have failed: before it had a result, or with as much of it as there is. */
export type Outcome<Schema extends string, Result> =
  | ({ readonly schema: Schema } & Result & Partial<Failed>)
  | ({ readonly schema: Schema } & Partial<Result> & Failed);
