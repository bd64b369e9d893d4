import { type Dirent, type Stats, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isLsioError, LsioError, systemError } from '../errors.js';
import { type ByteText, pathOf, textOf } from './byte-text.js';

/** Marks at the end of an entry that no name holds, chosen so that entries sort as the paths below them do. */
const DIRECTORY = '/';
/** A link or a block device: what it leads to has to be asked. */
const OTHER = '\0';
/** Files given at a time. */
const FILES_MAX = 1024;

/** Says whether something is left out, by its path below the root. */
type IsExcluded = (path: ByteText, isDirectory: boolean) => boolean;

export interface WalkOptions {
  /** What it leaves out isn't gone through either. */
  readonly isExcluded?: IsExcluded | undefined;
  /** The order is free: each directory by its inodes, which is about how files lie on the device. */
  readonly anyOrder?: boolean | undefined;
}

/** A directory that is being gone through. */
interface Level {
  /** What stands before its entries' names. */
  readonly prefix: ByteText;
  readonly entries: readonly string[];
  next: number;
}

/**
 * The files below a directory, some at a time, by the byte order of their paths, which is that of
 * `find | LC_ALL=C sort`. What an entry is comes from the directory, so that no file needs a stat. Links to files count
 * as files; links to directories are not followed, so that no file comes twice and no circle is entered. Block devices
 * are left out: nobody who copies a directory wants the disk that it names.
 *
 * @param onError Is told of directories that can't be read; their contents are left out. Of block devices as well.
 */
export async function* walk(
  root: ByteText,
  onError: (name: ByteText, error: LsioError) => void,
  { isExcluded, anyOrder = false }: WalkOptions = {},
): AsyncGenerator<ByteText[]> {
  const levels: Level[] = [];
  const below = root.endsWith('/') ? root.length : root.length + 1;
  await enter(root, true);
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    yield takeFiles(level, (file) => isExcluded?.(file.slice(below), false) !== true, onError);
    const entry = level.entries[level.next];
    if (entry === undefined) levels.pop();
    else if (entry.endsWith(DIRECTORY)) {
      level.next++;
      const directory = level.prefix + entry;
      if (isExcluded?.(directory.slice(below, -1), true) !== true) await enter(directory);
    }
  }

  /** @param isRoot It is read by another thread: the caller may be busy, and nothing is being read yet. */
  async function enter(directory: ByteText, isRoot = false): Promise<void> {
    const prefix = directory.endsWith('/') ? directory : `${directory}/`;
    try {
      levels.push({ prefix, entries: await entriesOf(directory, anyOrder, isRoot), next: 0 });
    } catch (error) {
      const name = directory.replace(/(?<=.)\/$/, '');
      onError(name, walkError(name, error));
    }
  }
}

/** The entries up to the next directory, or some of them, that are wanted. */
function takeFiles(
  level: Level,
  isWanted: (file: ByteText) => boolean,
  onError: (name: ByteText, error: LsioError) => void,
): ByteText[] {
  const files: ByteText[] = [];
  for (; level.next < level.entries.length && files.length < FILES_MAX; level.next++) {
    const entry = level.entries[level.next]!;
    if (entry.endsWith(DIRECTORY)) break;
    const isOther = entry.endsWith(OTHER);
    const name = level.prefix + (isOther ? entry.slice(0, -1) : entry);
    if (!isWanted(name)) continue;
    const stats = isOther ? statsOf(name) : undefined;
    if (stats?.isBlockDevice()) onError(name, blockDeviceError(name));
    else if (!stats?.isDirectory()) files.push(name);
  }
  return files;
}

function blockDeviceError(name: ByteText): LsioError {
  const path = textOf(name);
  return new LsioError('read', `${path}: a block device, left out: give its own path to read it`, { path });
}

/** @throws what is no failure of a system call. */
function walkError(directory: ByteText, error: unknown): LsioError {
  const known = systemError('read', textOf(directory), error);
  if (isLsioError(known)) return known;
  throw known;
}

/** Whether the path leads to a directory, through links. */
export function isDirectory(name: ByteText): boolean {
  return statsOf(name)?.isDirectory() ?? false;
}

function statsOf(name: ByteText): Stats | undefined {
  try {
    return statSync(pathOf(name), { throwIfNoEntry: false });
  } catch {
    return undefined; // reading it will say what is wrong
  }
}

async function entriesOf(directory: ByteText, anyOrder: boolean, aside: boolean): Promise<string[]> {
  const placed = anyOrder ? await entriesByPlace(directory, aside) : undefined;
  if (placed !== undefined) return placed;
  const options = { encoding: 'latin1', withFileTypes: true } as const;
  const entries = await readdir(pathOf(directory), options);
  return entries.map(marked).sort();
}

function marked(entry: Dirent): string {
  if (entry.isDirectory()) return entry.name + DIRECTORY;
  return entry.isSymbolicLink() || entry.isBlockDevice() ? entry.name + OTHER : entry.name;
}

/** Undefined where the system doesn't tell inodes and types with the names. */
async function entriesByPlace(directory: ByteText, aside: boolean): Promise<string[] | undefined> {
  const [{ canReadDirectories, ENTRY, readDirectory, readDirectoryAside }, { orderBy }] = await Promise.all([
    import('../native/directory.js'),
    import('../plan/order.js'),
  ]);
  if (!canReadDirectories()) return undefined;
  try {
    const path = pathOf(directory);
    const { names, types, inodes } = aside ? await readDirectoryAside(path) : readDirectory(path);
    if (types.includes(ENTRY.unknown)) return undefined;
    const entries: string[] = [];
    const marks = new Map<number, string>([
      [ENTRY.directory, DIRECTORY],
      [ENTRY.link, OTHER],
      [ENTRY.block, OTHER],
    ]);
    for (const index of orderBy(new Float64Array(inodes))) {
      entries.push(names[index]! + (marks.get(types[index]!) ?? ''));
    }
    return entries;
  } catch (error) {
    // By node:fs it goes without koffi; what is wrong with the directory it says as ever.
    if (isLsioError(error)) return undefined;
    throw error;
  }
}
