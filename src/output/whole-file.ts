import { existsSync, statSync } from 'node:fs';
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
 * @throws {LsioError} `output` where it exists and may not be replaced, and where its directory is not there.
 */
export function checkWholeFile(file: string, overwrite: boolean): void {
  if (existsSync(file) && !overwrite) throw existsError(file);
  const directory = path.dirname(file);
  try {
    if (statSync(directory).isDirectory()) return;
  } catch (error) {
    throw outputError(directory, error);
  }
  throw new LsioError('output', `${directory}: not a directory`, { code: 'ENOTDIR', path: directory });
}

/**
 * Writes a file that appears under its name only when it is whole.
 *
 * @throws {LsioError} `output`
 */
export function writeWholeFile(file: string, parts: Iterable<Uint8Array | string>, overwrite: boolean): number {
  checkWholeFile(file, overwrite);
  const tree = new DirectoryTree(byteTextOf(path.dirname(file)));
  const writer = new FileWriter(tree, { overwrite, skipExisting: false, writerId: 0 });
  const name = byteTextOf(path.basename(file));
  let written = 0;
  try {
    for (const part of parts) {
      const bytes = typeof part === 'string' ? Buffer.from(part) : part;
      for (let at = 0; at < bytes.length; at += PART_BYTES) {
        writer.write({ path: name, bytes: bytes.subarray(at, at + PART_BYTES), mode: FILE_MODE }, false);
      }
      written += bytes.length;
    }
    writer.write({ path: name, bytes: new Uint8Array(0), mode: FILE_MODE }, true);
  } catch (error) {
    writer.clear();
    throw error;
  }
  return written;
}
