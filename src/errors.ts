import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/**
 * What went wrong, from the caller's point of view:
 *
 * - `usage`: the request itself is malformed; nothing was read.
 * - `read`: a file could not be opened or read; `path`, `offset` and `code` (`ENOENT`, `EIO` …) say which and why.
 * - `range`: the range begins at or past the end of the file.
 * - `too-large`: a whole file was asked for in one piece and does not fit in one; ask for ranges of it.
 * - `unavailable`: io_uring, liburing, koffi or fio is missing or blocked; `remedy` says what mends it.
 * - `output`: the place the bytes should go to failed.
 * - `changed`: the input changed under the read.
 * - `closed`: the engine or store was closed.
 * - `denied`: the server refused the credentials, or wants some; `status` says which.
 * - `format`: the bytes are not what their format says: damaged, hostile, or of a kind that is not supported.
 */
export type ErrorKind =
  | 'usage'
  | 'read'
  | 'range'
  | 'too-large'
  | 'unavailable'
  | 'output'
  | 'changed'
  | 'closed'
  | 'denied'
  | 'format';

export interface ErrorDetails {
  /** The system's name of the error, such as `ENOENT`. */
  readonly code?: string | undefined;
  /** The file concerned, as text for people: bytes that are not UTF-8 are replaced. */
  readonly path?: string | undefined;
  /** Where in the file, in bytes. */
  readonly offset?: number | undefined;
  /** The next action: a command or a setting that mends it. */
  readonly remedy?: string | undefined;
  /** The status of an HTTP answer, such as 503. */
  readonly status?: number | undefined;
  /** What the server calls the request; its operators ask for it. */
  readonly requestId?: string | undefined;
  /** How often it was tried, the first time included. */
  readonly attempts?: number | undefined;
  readonly cause?: unknown;
}

/** Every expected failure of lsio. Narrow it with {@link isLsioError}. */
export class LsioError extends Error {
  override readonly name = 'LsioError';
  readonly kind: ErrorKind;
  readonly code: string | undefined;
  readonly path: string | undefined;
  readonly offset: number | undefined;
  readonly remedy: string | undefined;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly attempts: number | undefined;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.code = details.code;
    this.path = details.path;
    this.offset = details.offset;
    this.remedy = details.remedy;
    this.status = details.status;
    this.requestId = details.requestId;
    this.attempts = details.attempts;
  }
}

/** True for an error of lsio, of the given kind if one is given. */
export function isLsioError(error: unknown, kind?: ErrorKind): error is LsioError {
  return error instanceof LsioError && (kind === undefined || error.kind === kind);
}

/** What mends a lack of memory, or of addresses. */
export const MEMORY_REMEDY = 'give it more memory; `ulimit -v` limits its addresses: 1.5 GB serve';

/** V8's, of an array or of WebAssembly that it has no memory for. */
export function isOutOfMemory(error: unknown): error is RangeError {
  return error instanceof RangeError && /allocation failed|could not allocate|out of memory/i.test(error.message);
}

const { EBADMSG, EDQUOT, ESTALE } = constants.errno;
/** Of Linux, and not among Node's constants. */
const EUCLEAN = 117;
/** What storage answers and libuv has no text for. */
const OF_STORAGE = new Map<number, [code: string, text: string]>([
  [EBADMSG, ['EBADMSG', 'bad message: the data do not match their checksum']],
  [EDQUOT, ['EDQUOT', 'disk quota exceeded']],
  [ESTALE, ['ESTALE', 'stale file handle']],
  [EUCLEAN, ['EUCLEAN', 'the file system is damaged']],
]);

/** The name and the text of a positive errno, such as `['ENOENT', 'no such file or directory']`. */
export function errnoText(errno: number): [code: string, text: string] {
  return getSystemErrorMap().get(-errno) ?? OF_STORAGE.get(errno) ?? [`errno ${errno}`, 'unknown error'];
}

/** Only opening a file, or finding it, fails like this: no byte of it has a part in it. */
const OF_OPENING = new Set('EACCES ELOOP EMFILE ENAMETOOLONG ENFILE ENODEV ENOENT ENOTDIR ENXIO EPERM'.split(' '));

/** A `read` error from a positive errno: `PATH: text (CODE at byte OFFSET)`, or without the offset where none matters. */
export function readError(path: string, offset: number, errno: number): LsioError {
  const [code, text] = errnoText(errno);
  const where = OF_OPENING.has(code) ? code : `${code} at byte ${offset}`;
  return new LsioError('read', `${path}: ${text} (${where})`, { code, path, offset });
}

/**
 * The failure of a system call, as `node:fs` reports it, worded as `PATH: text (CODE)`. Any other error comes back
 * unchanged, so that it can be thrown as it is.
 *
 * @param path what the call was about, as text for people.
 */
export function systemError(kind: ErrorKind, path: string, error: unknown, details: ErrorDetails = {}): unknown {
  const { errno } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof errno !== 'number' || error instanceof LsioError) return error;
  const [code, text] = errnoText(-errno);
  return new LsioError(kind, `${path}: ${text} (${code})`, { code, path, cause: error, ...details });
}

/** {@link systemError} for a place where bytes should go to. */
export function outputError(path: string, error: unknown): unknown {
  return systemError('output', path, error);
}
