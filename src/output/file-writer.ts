import { closeSync, constants, ftruncateSync, writeSync } from 'node:fs';
import { LsioError, outputError } from '../errors.js';
import type { ByteText } from '../paths/byte-text.js';
import { Holes } from './holes.js';
import type { DirectoryTree } from './tree.js';

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** A file without a name in a directory (Linux; O_TMPFILE is these two). */
const CREATE_UNNAMED = constants.O_WRONLY | 0o20000000 | constants.O_DIRECTORY;
/** How kernels and file systems say that they have no unnamed files. */
const NO_UNNAMED = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EISDIR', 'EINVAL', 'ENOENT']);
/** How they say that a file can't have two names. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);
/** How they say that a rename can't be told not to replace. */
const NO_RENAME_NEW = new Set(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);
/** The permission bits of a file that says none, minus the umask. */
export const FILE_MODE = 0o666;

/** A file that hasn't got its name yet. */
interface UnnamedFile {
  fd: number | undefined;
  /** Its path below the root; absent: it has no name at all. */
  readonly temporary?: ByteText;
  /** Where the source has holes, if it has. */
  readonly holes: Holes | undefined;
  writtenBytes: number;
}

/** The whole of a file, or its next part. */
export interface FilePart {
  /** Below the root. */
  readonly path: ByteText;
  readonly bytes: Uint8Array;
  /** The permission bits that the file is made with, minus the umask. */
  readonly mode: number;
  /** What it is made from, where that has holes. */
  readonly sparse?: { readonly name: ByteText; readonly offset: number } | undefined;
}

export interface FileWriterOptions {
  /** Files replace what is there. */
  readonly overwrite: boolean;
  /** What is there stays, and the file is forgotten. */
  readonly skipExisting: boolean;
  /** No other writer of the process has the same: temporary names are made of it. */
  readonly writerId: number;
}

/**
 * Writes files that appear under their names only when they are whole, and that replace nothing unless told to. Until
 * then they have no name, where the system has such files: those cost a quarter less time than a rename, and vanish
 * however the process ends. Elsewhere, and where files may be replaced, they have a temporary name beside the final one.
 *
 * By synchronous calls: the bytes go to the page cache, and a trip through the thread pool for each call takes several
 * times as long as the calls do. Paths are relative to the tree. Errors are `output`.
 */
export class FileWriter {
  readonly #tree: DirectoryTree;
  readonly #overwrite: boolean;
  readonly #skipExisting: boolean;
  readonly #temporaryPrefix: string;
  #unnamed: boolean;
  readonly #begun = new Map<ByteText, UnnamedFile>();
  #count = 0;

  constructor(tree: DirectoryTree, { overwrite, skipExisting, writerId }: FileWriterOptions) {
    this.#tree = tree;
    this.#overwrite = overwrite;
    this.#skipExisting = skipExisting;
    this.#unnamed = !overwrite && tree.calls.linkUnnamed !== undefined;
    this.#temporaryPrefix = `.lsio-${process.pid}-${writerId}-`;
  }

  /** Whether a part of the file was written, and more is to come. */
  hasBegun(path: ByteText): boolean {
    return this.#begun.has(path);
  }

  /**
   * Writes the whole of a file, or its next part.
   *
   * @throws {LsioError} `output`
   */
  write(part: FilePart, last: boolean): void {
    const { path, bytes } = part;
    let file = this.#begun.get(path);
    try {
      file ??= this.#create(part);
      append(file, bytes);
      if (last) {
        this.#finish(file, path);
        this.#begun.delete(path);
      } else this.#begun.set(path, file);
    } catch (error) {
      this.#begun.delete(path);
      if (file !== undefined) this.#discard(file);
      if (this.#skipExisting && (error as NodeJS.ErrnoException).code === 'EEXIST') return;
      throw this.#explained(error, path);
    }
  }

  /** Forgets the parts of a file. */
  drop(path: ByteText): void {
    const file = this.#begun.get(path);
    this.#begun.delete(path);
    if (file !== undefined) this.#discard(file);
  }

  /** Forgets all files that aren't whole. */
  clear(): void {
    for (const path of [...this.#begun.keys()]) this.drop(path);
  }

  #create({ path, mode, sparse }: FilePart): UnnamedFile {
    const directory = directoryOf(path);
    const { fd, temporary } = this.#open(directory, mode);
    const holes = sparse && Holes.of(sparse.name, sparse.offset, this.#tree.calls);
    return { fd, ...(temporary !== undefined && { temporary }), holes, writtenBytes: 0 };
  }

  #open(directory: ByteText, mode: number): { fd: number; temporary?: ByteText } {
    const { calls } = this.#tree;
    const directoryFd = this.#tree.open(directory);
    if (this.#unnamed) {
      try {
        return { fd: calls.open(directoryFd, '.', CREATE_UNNAMED, mode) };
      } catch (error) {
        if (!NO_UNNAMED.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
        this.#unnamed = false;
      }
    }
    const name = `${this.#temporaryPrefix}${this.#count++}.tmp`;
    return { temporary: directory + name, fd: calls.open(directoryFd, name, CREATE, mode) };
  }

  #finish(file: UnnamedFile, path: ByteText): void {
    const { calls } = this.#tree;
    const directory = directoryOf(path);
    const directoryFd = this.#tree.open(directory);
    const name = path.slice(directory.length);
    // A hole at the end has not made the file any longer.
    if (file.holes !== undefined) ftruncateSync(file.fd!, file.writtenBytes);
    if (file.temporary === undefined) calls.linkUnnamed!(file.fd!, directoryFd, name);
    file.holes?.close();
    const fd = file.fd!;
    file.fd = undefined;
    closeSync(fd);
    if (file.temporary === undefined) return;
    const temporary = file.temporary.slice(directory.length);
    if (this.#overwrite) {
      this.#tree.refuseSpecial(directoryFd, path);
      calls.rename(directoryFd, temporary, name);
    } else this.#moveNew(directoryFd, temporary, name);
  }

  /** Gives a file its final name, which must be free. */
  #moveNew(directory: number, temporary: ByteText, name: ByteText): void {
    const { calls } = this.#tree;
    try {
      calls.link(directory, temporary, name);
    } catch (error) {
      if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '') || calls.renameNew === undefined) throw error;
      return this.#renameNew(directory, temporary, name);
    }
    calls.unlink(directory, temporary);
  }

  /** For file systems without hard links, such as vfat. */
  #renameNew(directory: number, temporary: ByteText, name: ByteText): void {
    try {
      this.#tree.calls.renameNew!(directory, temporary, name);
    } catch (error) {
      if (!NO_RENAME_NEW.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      const why = 'the file system can neither link a file nor rename it without replacing another';
      throw new LsioError('output', `${this.#tree.text(name)}: ${why}`, { remedy: '--overwrite', cause: error });
    }
  }

  #discard({ fd, temporary, holes }: UnnamedFile): void {
    holes?.close();
    if (fd !== undefined) closeSync(fd);
    if (temporary === undefined) return;
    try {
      const directory = directoryOf(temporary);
      this.#tree.calls.unlink(this.#tree.open(directory), temporary.slice(directory.length));
    } catch {
      // It is gone already.
    }
  }

  #explained(error: unknown, path: ByteText): unknown {
    const name = this.#tree.text(path);
    return (error as NodeJS.ErrnoException).code === 'EEXIST' ? existsError(name) : outputError(name, error);
  }
}

/** Where there is a hole in the source, nothing is written. */
function append(file: UnnamedFile, bytes: Uint8Array): void {
  for (const { begin, end } of file.holes?.dataIn(file.writtenBytes, bytes) ?? [{ begin: 0, end: bytes.length }]) {
    const position = file.holes === undefined ? null : file.writtenBytes;
    for (let at = begin; at < end; ) {
      at += writeSync(file.fd!, bytes, at, end - at, position === null ? null : position + at);
    }
  }
  file.writtenBytes += bytes.length;
}

export function existsError(path: string): LsioError {
  return new LsioError('output', `${path}: exists`, { code: 'EEXIST', path, remedy: '--overwrite replaces it' });
}

function directoryOf(path: ByteText): ByteText {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
