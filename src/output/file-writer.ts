import { closeSync, constants, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { type LinkFile, loadLinkFile } from '../native/link.js';
import { type ByteText, pathOf } from '../paths/byte-text.js';

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** A file without a name in a directory (Linux; O_TMPFILE is these two). */
const CREATE_UNNAMED = constants.O_WRONLY | 0o20000000 | constants.O_DIRECTORY;
/** How kernels and file systems say that they have no unnamed files. */
const NO_UNNAMED = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EISDIR', 'EINVAL', 'ENOENT']);
const FILE_MODE = 0o666;

/** A file that hasn't got its name yet. */
interface OpenFile {
  fd: number | undefined;
  /** Absent: it has no name at all. */
  readonly temporary?: string | Buffer;
}

export interface FileWriterOptions {
  /** Files replace what is there. */
  readonly overwrite: boolean;
  /** No other writer of the process has the same: temporary names are made of it. */
  readonly writerId: number;
}

/**
 * Writes files that appear under their names only when they are whole. Until then they have no name, where the system
 * has such files: those cost a quarter less time than a rename, and vanish however the process ends. Elsewhere, and where
 * files may be replaced, which linkat(2) doesn't do, they have a temporary name beside the final one.
 *
 * By synchronous calls: the bytes go to the page cache, and a trip through the thread pool for each call takes several
 * times as long as the calls do. Errors are those of `node:fs`.
 */
export class FileWriter {
  readonly #linkFile: LinkFile | undefined;
  readonly #temporaryPrefix: string;
  #unnamed: boolean;
  readonly #begun = new Map<ByteText, OpenFile>();
  #count = 0;

  constructor({ overwrite, writerId }: FileWriterOptions) {
    // Links replace nothing.
    this.#linkFile = overwrite ? undefined : linkFileIfAny();
    this.#unnamed = this.#linkFile !== undefined;
    this.#temporaryPrefix = `.lsio-${process.pid}-${writerId}-`;
  }

  /** Whether a part of the file was written, and more is to come. */
  hasBegun(path: ByteText): boolean {
    return this.#begun.has(path);
  }

  /** Writes the whole of a file, or its next part. */
  write(path: ByteText, bytes: Uint8Array, last: boolean): void {
    const file = this.#begun.get(path) ?? this.#create(path);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file.fd!, bytes, at);
      if (last) {
        this.#begun.delete(path);
        this.#finish(file, path);
      } else this.#begun.set(path, file);
    } catch (error) {
      this.#begun.delete(path);
      discard(file);
      throw error;
    }
  }

  /** Forgets the parts of a file. */
  drop(path: ByteText): void {
    const file = this.#begun.get(path);
    this.#begun.delete(path);
    if (file !== undefined) discard(file);
  }

  /** Forgets all files that aren't whole. */
  clear(): void {
    for (const path of [...this.#begun.keys()]) this.drop(path);
  }

  #create(path: ByteText): OpenFile {
    const directory = path.slice(0, path.lastIndexOf('/') + 1);
    if (this.#unnamed) {
      try {
        return { fd: openSync(pathOf(directory), CREATE_UNNAMED, FILE_MODE) };
      } catch (error) {
        if (!NO_UNNAMED.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
        this.#unnamed = false;
      }
    }
    const temporary = pathOf(`${directory}${this.#temporaryPrefix}${this.#count++}.tmp`);
    return { temporary, fd: openSync(temporary, CREATE, FILE_MODE) };
  }

  #finish(file: OpenFile, path: ByteText): void {
    if (file.temporary === undefined) this.#linkFile!(file.fd!, pathOf(path));
    const fd = file.fd!;
    file.fd = undefined;
    closeSync(fd);
    if (file.temporary !== undefined) renameSync(file.temporary, pathOf(path));
  }
}

function discard({ fd, temporary }: OpenFile): void {
  if (fd !== undefined) closeSync(fd);
  if (temporary !== undefined) rmSync(temporary, { force: true });
}

/** Unnamed files are a matter of speed: they can be done without. */
function linkFileIfAny(): LinkFile | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return loadLinkFile();
  } catch {
    return undefined;
  }
}
