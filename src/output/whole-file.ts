import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { LsioError, outputError } from '../errors.js';
import { byteTextOf } from '../paths/byte-text.js';
import { existsError, FILE_MODE, FileWriter } from './file-writer.js';
import { DirectoryTree } from './tree.js';

/** Written at once. */
const PART_BYTES = 8 * 1024 * 1024;

/**
 * Refuses a file that can't become an output, before anything is read for it.
 *
 * @throws {LsioError} `output` where it exists and may not be replaced, where it is a device, a pipe, a directory or a
 * link to one, and where its directory is not there.
 */
export function checkWholeFile(file: string, overwrite: boolean): void {
  const stats = statsOf(file);
  if (stats !== undefined && !overwrite) throw existsError(file);
  if (stats !== undefined && !isReplaceable(file, stats)) {
    // A rename would put a file in the place of a device, such as /dev/null, or of the link /dev/stdout.
    throw new LsioError('output', `${file}: not a regular file, it is not replaced`, {
      path: file,
      remedy: `write to stdout: --format NAME > ${file}`,
    });
  }
  const directory = path.dirname(file);
  try {
    if (statSync(directory).isDirectory()) return;
  } catch (error) {
    throw outputError(directory, error);
  }
  throw new LsioError('output', `${directory}: not a directory`, { code: 'ENOTDIR', path: directory });
}

function isReplaceable(file: string, stats: Stats): boolean {
  if (!stats.isSymbolicLink()) return stats.isFile();
  try {
    if (readlinkSync(file).startsWith('/proc/')) return false;
    return statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
  } catch {
    return true; // a circle of links, or to where nobody may go: such a link leads to no device in use
  }
}

/** Undefined where nothing can be said: its directory's error tells why. */
function statsOf(file: string): Stats | undefined {
  try {
    return lstatSync(file);
  } catch {
    return undefined;
  }
}

/** Writes a file that appears under its name only when it is whole. */
export class WholeFileWriter {
  readonly #writer: FileWriter;
  readonly #name: string;
  written = 0;

  /** @throws {LsioError} `output` as {@link checkWholeFile}. */
  constructor(file: string, overwrite: boolean) {
    checkWholeFile(file, overwrite);
    const tree = new DirectoryTree(byteTextOf(path.dirname(file)));
    this.#writer = new FileWriter(tree, { overwrite, skipExisting: false, writerId: 0 });
    this.#name = byteTextOf(path.basename(file));
  }

  /** @throws {LsioError} `output` */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      this.#writer.write({ path: this.#name, bytes: bytes.subarray(at, at + PART_BYTES), mode: FILE_MODE }, false);
    }
    this.written += bytes.length;
  }

  /** Gives the file its name. @throws {LsioError} `output` */
  end(): void {
    this.#writer.write({ path: this.#name, bytes: new Uint8Array(0), mode: FILE_MODE }, true);
  }

  /** Leaves nothing behind. */
  discard(): void {
    this.#writer.clear();
  }
}

/**
 * Writes a file that appears under its name only when it is whole.
 *
 * @throws {LsioError} `output`
 */
export function writeWholeFile(file: string, parts: Iterable<Uint8Array | string>, overwrite: boolean): number {
  const writer = new WholeFileWriter(file, overwrite);
  try {
    for (const part of parts) writer.write(typeof part === 'string' ? Buffer.from(part) : part);
    writer.end();
  } catch (error) {
    writer.discard();
    throw error;
  }
  return writer.written;
}
