import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory, and those above it that are missing. The `recursive` of `node:fs` does the same, but never returns
 * for a directory below /proc, and reports ENOENT where the file system is read-only (EROFS).
 *
 * @param mode of each new directory, less the umask.
 * @returns whether it made any.
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<boolean> {
  try {
    await mkdir(path, mode);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return false;
    const above = dirname(path);
    if (code !== 'ENOENT' || above === path) throw error;
    await makeDirectory(above, mode);
    // The second time ENOENT means that this file system makes no directories.
    await mkdir(path, mode).catch(async (again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw again;
    });
    return true;
  }
}
