import { readdir, stat } from 'node:fs/promises';
import { readError } from '../../errors.js';

/** What lies directly below a directory. */
export interface Children {
  /** Device and inode: tells directories apart that are reached in several ways. */
  readonly id: string;
  /** Names of files; of directories with a slash at the end. In the order of their UTF-16 units. */
  readonly names: readonly string[];
}

/** What says that a directory is gone, or never was one. */
const GONE: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR'];

/**
 * What lies directly below a directory; links are followed.
 *
 * @returns undefined if there is no such directory.
 * @throws {LsioError} `read` for one that can't be read.
 */
export async function listChildren(directory: string): Promise<Children | undefined> {
  try {
    const [{ dev, ino }, entries] = await Promise.all([
      stat(directory, { bigint: true }),
      readdir(directory, { withFileTypes: true }),
    ]);
    const names: string[] = [];
    for (const entry of entries) {
      const kind = entry.isSymbolicLink() ? await stat(`${directory}/${entry.name}`).catch(() => undefined) : entry;
      if (kind?.isDirectory()) names.push(`${entry.name}/`);
      else if (kind?.isFile()) names.push(entry.name);
    }
    return { id: `${dev}:${ino}`, names: names.sort() };
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException;
    if (GONE.includes(code)) return undefined;
    throw errno === undefined ? error : readError(directory, 0, -errno);
  }
}
