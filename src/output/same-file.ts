import { fstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { LsioError } from '../errors.js';
import { type ByteText, pathOf, textOf } from '../paths/byte-text.js';
import { STDOUT } from '../stdio.js';

type FileId = Pick<Stats, 'dev' | 'ino'>;

/** Whether a path leads to the file that `other` describes. */
export function isSameFile(name: ByteText, other: FileId): boolean {
  const stats = statsOf(name);
  return stats !== undefined && stats.dev === other.dev && stats.ino === other.ino;
}

/** Undefined where there is no such file, or it can't be asked: reading it will say what is wrong. */
export function statsOf(name: ByteText): Stats | undefined {
  try {
    return statSync(pathOf(name), { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

export function sameFileError(name: ByteText): LsioError {
  return new LsioError('usage', `${textOf(name)}: input and output are the same file`);
}

/** Where stdout is a file: says whether a path leads to it, under whatever name. */
export function stdoutFileTest(): ((name: ByteText) => boolean) | undefined {
  const stats = fstatSync(STDOUT);
  return stats.isFile() ? (name) => isSameFile(name, stats) : undefined;
}

/** Files by device and inode: a number takes less memory than a text. */
export class FileSet {
  readonly #inodes = new Map<number, Set<number>>();

  get size(): number {
    return this.#inodes.size;
  }

  add({ dev, ino }: FileId): void {
    const inodes = this.#inodes.get(dev);
    if (inodes === undefined) this.#inodes.set(dev, new Set([ino]));
    else inodes.add(ino);
  }

  /** Whether the path leads to one of them. */
  has(name: ByteText): boolean {
    const stats = statsOf(name);
    return stats !== undefined && this.#inodes.get(stats.dev)?.has(stats.ino) === true;
  }
}

/** Where an output directory lies, or will lie: what is below it must not be read while it is written. */
export class OutputPlace {
  /** The path without links, of which the last parts may not be there yet. */
  readonly #path: ByteText;
  readonly #directories = new Map<ByteText, boolean>();

  constructor(root: ByteText) {
    let there = root.replace(/(?<=.)\/+$/, '');
    const missing: ByteText[] = [];
    for (let stats = statsOf(there); stats === undefined; stats = statsOf(there)) {
      const slash = there.lastIndexOf('/');
      missing.unshift(there.slice(slash + 1));
      there = slash > 0 ? there.slice(0, slash) : slash === 0 ? '/' : '.';
    }
    this.#path = [realPath(there).replace(/^\/$/, ''), ...missing.filter((part) => part !== '.' && part !== '')].join(
      '/',
    );
  }

  /** The output directory's path below a directory, or '' where it is that; undefined where it isn't in it. */
  below(directory: ByteText): ByteText | undefined {
    for (let above = this.#path; ; above = above.slice(0, above.lastIndexOf('/'))) {
      const stats = statsOf(above === '' ? '/' : above);
      if (stats !== undefined && isSameFile(directory, stats)) return this.#path.slice(above.length + 1);
      if (above === '') return undefined;
    }
  }

  /** Whether a file is below the output directory. */
  holds(file: ByteText): boolean {
    const directory = file.slice(0, file.lastIndexOf('/') + 1) || '.';
    let held = this.#directories.get(directory);
    if (held === undefined) {
      held = `${statsOf(directory) === undefined ? '' : realPath(directory)}/`.startsWith(`${this.#path}/`);
      this.#directories.set(directory, held);
    }
    return held;
  }
}

/** The path itself where it can't be resolved: the working directory may be gone. */
export function realPath(name: ByteText): ByteText {
  try {
    return realpathSync.native(pathOf(name), 'latin1');
  } catch {
    return name;
  }
}
