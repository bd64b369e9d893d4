import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory, and those above it that are missing. The `recursive` of `node:fs` does the same, but never returns
 * for a directory below /proc, and reports ENOENT where the file system is read-only (EROFS).
 *
 * @param path its bytes where they are not UTF-8.
 * @param mode of each new directory, less the umask.
 * @returns whether it made any.
 */
export function makeDirectory(path: string | Buffer, mode = 0o777): boolean {
  try {
    mkdirSync(path, mode);
    return true;
  } catch (error) {
    if (isThere(path, error)) return false;
    const above = typeof path === 'string' ? dirname(path) : Buffer.from(dirname(path.toString('latin1')), 'latin1');
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above.length === path.length) throw error;
    makeDirectory(above, mode);
  }
  try {
    // The second time ENOENT means that this file system makes no directories.
    mkdirSync(path, mode);
  } catch (error) {
    // Another process may have made it.
    if (!isThere(path, error)) throw error;
  }
  return true;
}

function isThere(path: string | Buffer, error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST' && statSync(path).isDirectory();
}
