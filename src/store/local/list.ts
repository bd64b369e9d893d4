import type { Dirent } from 'node:fs';
import { lstat, opendir, stat } from 'node:fs/promises';
import { readError } from '../../errors.js';
import { type AbsolutePath, checkPrefix } from '../keys.js';

/** Names that are read from a directory in one go. */
const NAMES_AT_A_TIME = 1024;
/** What says that a directory is gone, or never was one. */
const GONE: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR'];

/** What bytes that aren't UTF-8 come as. */
const REPLACEMENT = '\ufffd';
const SURROGATE = /[\ud800-\udfff]/;

/** A directory that is being listed, and those that it was reached through. */
interface Place {
  readonly path: string;
  readonly key: string;
  /** Device and inode of it and of all above it: a link to one of them would lead round for ever. */
  readonly above: readonly string[];
}

/**
 * The keys below `root` that begin with `prefix`, in the order of their bytes. A directory's names are in memory while it
 * is listed, and nothing else is.
 *
 * Symbolic links are followed, except to a directory that they lie in. What vanishes meanwhile is left out; so are names
 * that aren't UTF-8, since no key can name them.
 *
 * @throws {LsioError} `usage` for a malformed prefix, `read` for a directory that can't be read.
 */
export async function* listKeys(root: string, prefix: string): AsyncGenerator<AbsolutePath, void, undefined> {
  checkPrefix(prefix);
  const slash = prefix.lastIndexOf('/');
  const key = prefix.slice(0, slash + 1);
  yield* listPlace({ path: root + key, key, above: [] }, prefix.slice(slash + 1));
}

async function* listPlace(place: Place, namePrefix: string): AsyncGenerator<AbsolutePath, void, undefined> {
  const here = await identify(place.path);
  if (here === undefined || place.above.includes(here)) return;
  const above = [...place.above, here];
  for (const name of await sortedNames(place.path, namePrefix)) {
    if (!name.endsWith('/')) yield `${place.key}${name}` as AbsolutePath;
    else yield* listPlace({ path: place.path + name, key: place.key + name, above }, '');
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

/** The names of values and, with a slash at the end, directories: so the keys below them come in order, too. */
async function sortedNames(path: string, prefix: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of await opendir(path, { bufferSize: NAMES_AT_A_TIME })) {
      if (!entry.name.startsWith(prefix)) continue;
      const kind = entry.isSymbolicLink() ? await kindBehind(path + entry.name) : entry;
      if (entry.name.includes(REPLACEMENT) && !(await exists(path + entry.name))) continue;
      if (kind?.isDirectory()) names.push(`${entry.name}/`);
      else if (kind?.isFile()) names.push(entry.name);
    }
  } catch (error) {
    orGone(path, error);
  }
  // JavaScript compares UTF-16, in which what takes two units comes before some that take one.
  return names.some((name) => SURROGATE.test(name)) ? names.sort(compareBytes) : names.sort();
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

function compareBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** @throws {LsioError} `read` unless the error says that there is nothing of that name. */
function orGone(path: string, error: unknown): undefined {
  const { code, errno } = error as NodeJS.ErrnoException;
  if (GONE.includes(code)) return undefined;
  throw errno === undefined ? error : readError(path, 0, -errno);
}
