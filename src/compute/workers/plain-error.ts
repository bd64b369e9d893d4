import { InvariantError } from '../../assert.js';
import { type ErrorDetails, type ErrorKind, isLsioError, LsioError } from '../../errors.js';

/** An error between threads. */
export interface PlainError {
  /** Undefined for a bug. */
  readonly kind: ErrorKind | undefined;
  readonly message: string;
  readonly stack: string | undefined;
  readonly details: ErrorDetails;
}

export function plainError(error: unknown): PlainError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (!isLsioError(error)) return { kind: undefined, message, stack, details: {} };
  const { kind, code, path, offset, remedy, status, requestId, attempts } = error;
  return { kind, message, stack, details: { code, path, offset, remedy, status, requestId, attempts } };
}

export function errorOf({ kind, message, stack, details }: PlainError): Error {
  if (kind !== undefined) return new LsioError(kind, message, details);
  const error = new InvariantError(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
