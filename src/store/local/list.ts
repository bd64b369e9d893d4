import type { Dirent } from 'node:fs';
import { lstat, opendir, realpath, stat } from 'node:fs/promises';
import { readError } from '../../errors.js';
import { compareKeys } from '../keys.js';

/** Names that are read from a directory in one go. */
const NAMES_AT_A_TIME = 1024;
/** What says that a directory is gone, or never was one. */
const GONE: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR'];

/** What bytes that aren't UTF-8 come as. */
const REPLACEMENT = '\ufffd';
const SURROGATE = /[\ud800-\udfff]/;

/** What one listing knows of where it has been. */
interface Listing {
  /** Directories are not entered, but given with a slash at the end. */
  readonly isFlat: boolean;
  /** The real path of the directory that the listing begins at, with a slash at its end. */
  readonly base: string;
  /** What names in that directory begin with. */
  readonly namePrefix: string;
  /** Device and inode of each directory that was listed. */
  readonly listed: Set<string>;
}

/**
 * The keys below `root` that begin with `prefix`, in the order of their bytes. A directory's names are in memory while it
 * is listed, and nothing else is.
 *
 * Symbolic links are followed, but each directory is listed once: under its own path if that is part of the listing, else
 * under the first link to it. What vanishes meanwhile is left out; so are names that aren't UTF-8, which `list` can't give
 * as text.
 *
 * @param isFlat Directories are given with a slash at their end, in place of what is below them.
 * @param prefix As {@link checkPrefix} returns it.
 * @throws {LsioError} `read` for a directory that can't be read.
 */
export async function* listKeys(root: string, prefix: string, isFlat = false): AsyncGenerator<string, void, undefined> {
  const slash = prefix.lastIndexOf('/');
  const key = prefix.slice(0, slash + 1);
  const base = await realPath(root + key);
  if (base === undefined) return;
  const listing = { isFlat, base, namePrefix: prefix.slice(slash + 1), listed: new Set<string>() };
  yield* listDirectory(root + key, key, listing.namePrefix, listing);
}

async function* listDirectory(
  path: string,
  key: string,
  namePrefix: string,
  listing: Listing,
): AsyncGenerator<string, void, undefined> {
  const here = await identify(path);
  if (here === undefined || listing.listed.has(here)) return;
  listing.listed.add(here);
  for (const name of await sortedNames(path, namePrefix, listing)) {
    if (listing.isFlat || !name.endsWith('/')) yield key + name;
    else yield* listDirectory(path + name, key + name, '', listing);
  }
}

/** Device and inode of a directory; undefined when there is none. */
async function identify(path: string): Promise<string | undefined> {
  try {
    const stats = await stat(path, { bigint: true });
    return `${stats.dev}:${stats.ino}`;
  } catch (error) {
    return orGone(path, error);
  }
}

/** The path without links, and with a slash at its end; undefined when there is nothing. */
async function realPath(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path);
    return real.endsWith('/') ? real : `${real}/`;
  } catch (error) {
    return orGone(path, error);
  }
}

/** Whether a link leads to a directory that is listed under its own path. */
async function isListedItself(path: string, { base, namePrefix }: Listing): Promise<boolean> {
  const real = await realPath(path);
  return real?.startsWith(base + namePrefix) ?? true;
}

/** The names of values and, with a slash at the end, directories: so the keys below them come in order, too. */
async function sortedNames(path: string, prefix: string, listing: Listing): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of await opendir(path, { bufferSize: NAMES_AT_A_TIME })) {
      if (!entry.name.startsWith(prefix)) continue;
      const isLink = entry.isSymbolicLink();
      const kind = isLink ? await kindBehind(path + entry.name) : entry;
      if (entry.name.includes(REPLACEMENT) && !(await exists(path + entry.name))) continue;
      if (kind?.isDirectory()) {
        if (!isLink || listing.isFlat || !(await isListedItself(path + entry.name, listing)))
          names.push(`${entry.name}/`);
      } else if (kind?.isFile()) names.push(entry.name);
    }
  } catch (error) {
    orGone(path, error);
  }
  // JavaScript compares UTF-16, in which what takes two units comes before some that take one.
  return names.some((name) => SURROGATE.test(name)) ? names.sort(compareKeys) : names.sort();
}

/** What a link leads to; undefined when that is nothing. */
async function kindBehind(path: string): Promise<Pick<Dirent, 'isDirectory' | 'isFile'> | undefined> {
  return stat(path).catch(() => undefined);
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** @throws {LsioError} `read` unless the error says that there is nothing of that name. */
function orGone(path: string, error: unknown): undefined {
  const { code, errno } = error as NodeJS.ErrnoException;
  if (GONE.includes(code)) return undefined;
  throw errno === undefined ? error : readError(path, 0, -errno);
}
