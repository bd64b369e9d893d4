import { ECANCELED } from '../errno.js';
import { LsioError, readError } from '../errors.js';
import { pastTheEnd } from '../range.js';
import { BUFFER_BYTES_MAX, type Engine, type Path } from './engine.js';
import { CHANGED, NOT_REGULAR, TOO_LARGE } from './slots.js';

/** A path as text for people: bytes that are not UTF-8 are replaced. */
function pathText(path: Path): string {
  return typeof path === 'string' ? path : Buffer.from(path).toString();
}

/**
 * What an errno of an engine means; `offset` is where in the file the read stopped, in bytes.
 *
 * @param engine It may know more of the failure than its errno says.
 */
export function failureOf(path: Path, offset: number, errno: number, engine?: Pick<Engine, 'failure'>): LsioError {
  const known = engine?.failure?.(errno);
  if (known !== undefined) return known;
  const text = pathText(path);
  if (errno === TOO_LARGE) {
    return new LsioError('too-large', `${text}: longer than ${BUFFER_BYTES_MAX} bytes`, { path: text, offset });
  }
  // A read is cancelled with its run, which reports nothing, or when its engine closes.
  if (errno === ECANCELED) return new LsioError('closed', 'the engine was closed');
  if (errno === CHANGED) return changedError(path, offset);
  if (errno === NOT_REGULAR) {
    return new LsioError('read', `${text}: not a regular file`, { path: text, offset });
  }
  return readError(text, offset, errno);
}

/** The range error of `range.ts`, with the path. */
export function pastTheEndOf(path: Path, offset: number, sizeBytes: number | undefined): LsioError {
  const text = pathText(path);
  return new LsioError('range', `${text}: ${pastTheEnd(offset, sizeBytes).message}`, { path: text, offset });
}

/** What the file system said about the file no longer holds. */
export function changedError(path: Path, offset: number): LsioError {
  const text = pathText(path);
  const message = `${text}: changed while it was read (at byte ${offset})`;
  return new LsioError('changed', message, { path: text, offset });
}

/** @throws {LsioError} `usage` for a path with a NUL, at which the system would cut it off. */
export function checkPath(path: Path): void {
  if (typeof path === 'string' ? path.includes('\0') : path.includes(0)) {
    throw new LsioError('usage', `${JSON.stringify(pathText(path))} is not a path: it has a NUL`);
  }
}
