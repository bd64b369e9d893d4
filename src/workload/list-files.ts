import { lstatSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { LsioError, systemError } from '../errors.js';
import { type ByteText, byteTextOf, pathOf, textOf } from '../paths/byte-text.js';
import { walk } from '../paths/walk.js';
import { createCommand } from './cases.js';
import { MAKING_PREFIX, MANIFEST_NAME } from './manifest.js';
import type { WorkloadFile } from './workload.js';

/** Something below a directory that can't be read by the benchmark. */
export interface Skipped {
  /** As text for people: bytes that are not UTF-8 are replaced. */
  readonly path: string;
  readonly reason: string;
}

export interface Listing {
  /** The regular files, in the order of the bytes of their paths, as `LC_ALL=C sort` puts them. */
  readonly files: WorkloadFile[];
  readonly skipped: Skipped[];
}

/**
 * The regular files in a directory and all directories below it. Symbolic links are not followed; lsio's own notes are
 * left out. What can't be listed or named is `skipped`, with the reason.
 *
 * @throws {LsioError} `usage` when `dir` is absent, empty or no directory, naming the command that makes files; `read`
 * when it can't be listed.
 */
export async function listFiles(dir: string, signal?: AbortSignal): Promise<Listing> {
  await checkDirectory(dir);
  const files: WorkloadFile[] = [];
  const skipped: Skipped[] = [];
  const root = byteTextOf(dir);
  function onError(directory: ByteText, error: LsioError): void {
    if (directory === root) throw error;
    skipped.push({ path: textOf(directory), reason: error.message.slice(textOf(directory).length + 2) });
  }
  const isExcluded = (path: ByteText, isDirectory: boolean) => !isDirectory && isNote(path);
  for await (const names of walk(root, onError, { isExcluded })) {
    signal?.throwIfAborted();
    for (const name of names) {
      const size = fileBytes(name);
      if (size === undefined) continue;
      const path = textOf(name);
      if (byteTextOf(path) === name) files.push({ path, size });
      else skipped.push({ path, reason: 'its name is not UTF-8' });
    }
  }
  if (files.length > 0) return { files, skipped };
  throw new LsioError('usage', `${dir}: holds no files`, { path: dir, remedy: createCommand(dir) });
}

async function checkDirectory(dir: string): Promise<void> {
  try {
    if ((await stat(dir)).isDirectory()) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw systemError('read', dir, error);
    throw systemError('usage', dir, error, { remedy: createCommand(dir) });
  }
  throw new LsioError('usage', `${dir}: is not a directory`, { path: dir });
}

function isNote(path: ByteText): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name === MANIFEST_NAME || name.startsWith(MAKING_PREFIX);
}

/** undefined for anything but a regular file, and for a file that has gone. */
function fileBytes(name: ByteText): number | undefined {
  // The type in the directory entry would do, but not for the size; and one synchronous call costs a tenth of a promise.
  const stats = lstatSync(pathOf(name), { throwIfNoEntry: false });
  return stats?.isFile() ? stats.size : undefined;
}
