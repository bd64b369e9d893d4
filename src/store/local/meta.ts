import { stat } from 'node:fs/promises';
import type { Path } from '../../engine/engine.js';
import { LsioError, readError } from '../../errors.js';
import { isAbsent, type ObjectMeta } from '../store.js';

/** What a file system tells of a file. */
export interface FileMeta extends Omit<ObjectMeta, 'key'> {
  /** Inode, time of the last change and size. */
  readonly etag: string;
}

/** Undefined: there is no such file. @throws {LsioError} `read` */
export async function metaOf(path: Path): Promise<FileMeta | undefined> {
  const stats = await stat(typeof path === 'string' ? path : Buffer.from(path), { bigint: true }).catch((error) => {
    if (isAbsent(error)) return undefined;
    throw statError(textOf(path), error);
  });
  if (!stats?.isFile()) return undefined;
  const etag = [stats.ino, stats.mtimeNs, stats.size].map((part) => part.toString(16)).join('-');
  return { size: Number(stats.size), modified: stats.mtime, etag };
}

/**
 * Reads a file that must have an etag before and after. Undefined: there is no such file.
 *
 * @throws {LsioError} `changed`
 */
export async function readMatching<T>(path: Path, etag: string, read: () => Promise<T>): Promise<T | undefined> {
  const before = await metaOf(path);
  if (before === undefined) return undefined;
  if (before.etag !== etag) throw changed(path, etag, before);
  const value = await read();
  const after = await metaOf(path);
  if (after?.etag !== etag) throw changed(path, etag, after);
  return value;
}

function changed(path: Path, etag: string, now: FileMeta | undefined): LsioError {
  const text = textOf(path);
  return new LsioError('changed', `${text}: changed (ETag ${etag} → ${now?.etag ?? 'none'})`, { path: text });
}

export function statError(path: string, error: NodeJS.ErrnoException): unknown {
  return error.errno === undefined ? error : readError(path, 0, -error.errno);
}

function textOf(path: Path): string {
  return Buffer.from(path).toString();
}
