import { closeSync, constants, fstatSync, type Stats } from 'node:fs';
import { LsioError, outputError } from '../errors.js';
import { type AtCalls, loadAtCalls } from '../native/at.js';
import { AT_FDCWD } from '../native/libc.js';
import { type ByteText, pathOf, textOf } from '../paths/byte-text.js';
import { makeDirectory } from '../paths/make-directory.js';

/** Descriptors held besides that of the root. */
const OPEN_MAX = 16;
/** A descriptor that leads to a directory, and needs no right to read it (Linux). */
const O_PATH = process.platform === 'linux' ? 0o10000000 : 0;
const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;
const NEW_DIRECTORY_MODE = 0o777;

/**
 * The directories below an output directory, each opened by the descriptor of the one above it. So nothing is written
 * outside, also when a link takes the place of a directory meanwhile.
 */
export class DirectoryTree {
  readonly calls: AtCalls;
  /** The descriptor of the output directory. */
  readonly root: number;
  readonly #name: ByteText;
  /** Open directories by their paths, each with a slash at its end; the oldest first. */
  readonly #open = new Map<ByteText, number>();

  /** @param root its descriptor, where it is open; else it is made, if need be, and opened. */
  constructor(name: ByteText, root?: number, calls = loadAtCalls()) {
    this.#name = name.endsWith('/') ? name : `${name}/`;
    this.calls = calls;
    this.root = root ?? this.#openRoot();
  }

  /**
   * The descriptor of a directory, which is made where it isn't there. It may be closed by the next call.
   *
   * @param path '' or a relative path with a slash at its end.
   * @param modeOf The permission bits of a directory that is made, minus the umask.
   * @throws {LsioError} `output`, for links as well.
   */
  open(path: ByteText, modeOf?: (path: ByteText) => number): number {
    if (path === '') return this.root;
    const found = this.#open.get(path);
    if (found !== undefined) return found;
    const slash = path.lastIndexOf('/', path.length - 2) + 1;
    const fd = this.#openChild(this.open(path.slice(0, slash), modeOf), path, path.slice(slash, -1), modeOf);
    if (this.#open.size >= OPEN_MAX) this.#closeOldest();
    this.#open.set(path, fd);
    return fd;
  }

  /**
   * Refuses to replace a device, FIFO or socket: a rename would put a file in its place, `/dev/null` for one.
   *
   * @param path below the root.
   * @throws {LsioError} `output`
   */
  refuseSpecial(directory: number, path: ByteText): void {
    const stats = this.#statsOf(directory, path.slice(path.lastIndexOf('/') + 1));
    if (stats !== undefined && isSpecial(stats)) throw specialError(this.text(path));
  }

  /** The path of a file below the root, for messages. */
  text(path: ByteText): string {
    return textOf(this.#name + path);
  }

  #openRoot(): number {
    try {
      makeDirectory(pathOf(this.#name));
      return this.calls.open(AT_FDCWD, this.#name, DIRECTORY | O_PATH);
    } catch (error) {
      throw outputError(textOf(this.#name), error);
    }
  }

  #openChild(parent: number, path: ByteText, name: ByteText, modeOf?: (path: ByteText) => number): number {
    const flags = DIRECTORY | O_PATH | constants.O_NOFOLLOW;
    for (let tries = 0; ; tries++) {
      try {
        if (tries > 0) this.#make(parent, name, modeOf?.(path) ?? NEW_DIRECTORY_MODE);
        return this.calls.open(parent, name, flags);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' && tries === 0) continue;
        if (code === 'ENOTDIR' || code === 'ELOOP') throw this.#noDirectory(parent, path, name);
        throw outputError(this.text(path.slice(0, -1)), error);
      }
    }
  }

  #make(parent: number, name: ByteText, mode: number): void {
    try {
      this.calls.mkdir(parent, name, mode);
    } catch (error) {
      // Another thread, or another process, has made it.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }

  #noDirectory(parent: number, path: ByteText, name: ByteText): LsioError {
    return noDirectoryError(this.text(path.slice(0, -1)), this.#isLink(parent, name));
  }

  #isLink(parent: number, name: ByteText): boolean {
    return this.#statsOf(parent, name)?.isSymbolicLink() ?? false;
  }

  /** Of the entry itself; undefined where there is none. Without O_PATH nothing but a file or directory is opened. */
  #statsOf(parent: number, name: ByteText): Stats | undefined {
    try {
      const fd = this.calls.open(parent, name, O_PATH | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        return fstatSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch {
      return undefined;
    }
  }

  #closeOldest(): void {
    for (const [path, fd] of this.#open) {
      this.#open.delete(path);
      closeSync(fd);
      return;
    }
  }
}

/** Whether it is neither a file nor a directory nor a link. */
export function isSpecial(stats: Stats): boolean {
  return !stats.isFile() && !stats.isDirectory() && !stats.isSymbolicLink();
}

export function specialError(path: string): LsioError {
  return new LsioError('output', `${path}: is not a regular file, and is not replaced`, { path });
}

/** The error for what stands in the way of an output: a link could lead anywhere, so none is followed. */
export function noDirectoryError(path: string, isLink: boolean): LsioError {
  const what = isLink ? 'a link, and links are not followed' : 'not a directory';
  return new LsioError('output', `${path}: is ${what}`, { code: 'ENOTDIR', path });
}
