import { type Dirent, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { type ByteText, pathOf } from './byte-text.js';

/** Marks at the end of an entry that no name holds, chosen so that entries sort as the paths below them do. */
const DIRECTORY = '/';
const LINK = '\0';

/** A directory that is being gone through. */
interface Level {
  /** What stands before its entries' names. */
  readonly prefix: ByteText;
  readonly entries: readonly string[];
  next: number;
}

/**
 * The files below a directory, by the byte order of their paths, which is that of `find | LC_ALL=C sort`. What an entry
 * is comes from the directory, so that no file needs a stat. Links to files count as files; links to directories are not
 * followed, so that no file comes twice and no circle is entered.
 *
 * @param onError Is told of directories that can't be read; their contents are left out.
 */
export async function* walk(
  root: ByteText,
  onError: (directory: ByteText, error: unknown) => void,
): AsyncGenerator<ByteText> {
  const levels: Level[] = [];
  await enter(root);
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const entry = level.entries[level.next++];
    if (entry === undefined) levels.pop();
    else if (entry.endsWith(DIRECTORY)) await enter(level.prefix + entry);
    else if (!entry.endsWith(LINK)) yield level.prefix + entry;
    else {
      const name = level.prefix + entry.slice(0, -1);
      if (!isDirectory(name)) yield name;
    }
  }

  async function enter(directory: ByteText): Promise<void> {
    const prefix = directory.endsWith('/') ? directory : `${directory}/`;
    try {
      levels.push({ prefix, entries: await sortedEntries(directory), next: 0 });
    } catch (error) {
      onError(directory, error);
    }
  }
}

/** Whether the path leads to a directory, through links. */
export function isDirectory(name: ByteText): boolean {
  try {
    return statSync(pathOf(name) as string | Buffer, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false; // reading it will say what is wrong
  }
}

async function sortedEntries(directory: ByteText): Promise<string[]> {
  const options = { encoding: 'latin1', withFileTypes: true } as const;
  const entries = await readdir(pathOf(directory) as string | Buffer, options);
  return entries.map(marked).sort();
}

function marked(entry: Dirent): string {
  if (entry.isDirectory()) return entry.name + DIRECTORY;
  return entry.isSymbolicLink() ? entry.name + LINK : entry.name;
}
