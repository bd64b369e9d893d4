import { type Dirent, readdir, statSync } from 'node:fs';
import { normalize, relative, resolve } from 'node:path';
import { type GlobOptions, glob, isDynamicPattern } from 'tinyglobby';
import { errnoText, LsioError } from '../errors.js';
import { type ByteText, byteTextOf, exactText, pathOf, textOf } from './byte-text.js';
import type { Excludes } from './globs.js';

interface GlobNeeds {
  readonly excludes: Excludes | undefined;
  /** Is told of directories that can't be read; their contents are left out. */
  readonly onError: (directory: ByteText, error: LsioError) => void;
}

/**
 * The files that a pattern matches, by the byte order of their paths; undefined when it is no pattern. Names need not be
 * UTF-8. Those that begin with a dot match only a dot. Links to files count as files; links to directories are not
 * followed.
 */
export async function expandGlob(pattern: ByteText, needs: GlobNeeds): Promise<ByteText[] | undefined> {
  const text = exactText(pattern);
  if (!isDynamicPattern(positive(text))) return undefined;
  // tinyglobby misses what lies below its working directory where a pattern leads out of it first.
  const [way = ''] = /^(?:\/|(?:\.\.\/)*)/.exec(normalize(text)) ?? [];
  const found = await glob(positive(normalize(text).slice(way.length)), {
    cwd: resolve(way),
    expandDirectories: false,
    followSymbolicLinks: false,
    fs: { readdir: directoryReader(way === '/', needs) } as unknown as NonNullable<GlobOptions['fs']>,
  });
  const prefix = way === '' && text.startsWith('./') ? './' : way;
  const names = found.map((name) => byteTextOf(prefix + name));
  return names.filter((name) => needs.excludes?.path(name) !== true).sort();
}

/** To tinyglobby a leading ! says what not to find. */
function positive(pattern: string): string {
  return /^!(?!\()/.test(pattern) ? `\\${pattern}` : pattern;
}

type OnEntries = (error: Error | null, entries: GlobEntry[]) => void;

/** What tinyglobby wants to know of an entry of a directory. */
interface GlobEntry {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** `readdir` for tinyglobby: it keeps names that are not UTF-8, and leaves out directories that are excluded. */
function directoryReader(
  absolute: boolean,
  { excludes, onError }: GlobNeeds,
): (path: string, options: object, onEntries: OnEntries) => void {
  return (path, _, onEntries) => {
    // Relative paths stay valid when the name of the working directory is not UTF-8.
    const directory = byteTextOf(absolute ? path : relative('', path) || '.');
    readdir(pathOf(directory), { encoding: 'latin1', withFileTypes: true }, (error, entries = []) => {
      if (error !== null) {
        // A pattern may name a file, or nothing, where it takes a directory to be.
        if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') onError(directory, globError(directory, error));
        onEntries(null, []);
        return;
      }
      const prefix = directory.endsWith('/') ? directory : `${directory}/`;
      const kept = entries.filter(
        (entry) => !entry.isDirectory() || excludes?.path(`${prefix}${entry.name}/`) !== true,
      );
      onEntries(
        null,
        kept.map((entry) => globEntry(prefix, entry)),
      );
    });
  };
}

function globEntry(prefix: ByteText, entry: Dirent): GlobEntry {
  const isFile = entry.isFile() || (entry.isSymbolicLink() && leadsToFile(prefix + entry.name));
  return {
    name: exactText(entry.name),
    isFile: () => isFile,
    isDirectory: () => entry.isDirectory(),
    isSymbolicLink: () => false,
  };
}

function leadsToFile(name: ByteText): boolean {
  try {
    return statSync(pathOf(name), { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    return false;
  }
}

function globError(directory: ByteText, { errno = 0 }: NodeJS.ErrnoException): LsioError {
  const [code, text] = errnoText(-errno);
  const path = textOf(directory);
  return new LsioError('read', `${path}: ${text} (${code})`, { code, path });
}
