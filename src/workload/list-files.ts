import { type Dirent, lstatSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { errnoText, LsioError, systemError } from '../errors.js';
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

interface Entry {
  readonly path: Buffer;
  readonly size: number;
}

const SLASH = Buffer.from('/');

/**
 * The regular files in a directory and all directories below it. Symbolic links are not followed; lsio's own notes are
 * left out. What can't be listed or named is `skipped`, with the reason.
 *
 * @throws {LsioError} `usage` when `dir` is absent, empty or no directory, naming the command that makes files; `read`
 * when it can't be listed.
 */
export async function listFiles(dir: string, signal?: AbortSignal): Promise<Listing> {
  await checkDirectory(dir);
  const entries: Entry[] = [];
  const skipped: Skipped[] = [];
  // An explicit stack: the depth of a tree is its owner's choice, that of ours is limited.
  const pending = [Buffer.from(dir)];
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    signal?.throwIfAborted();
    try {
      for (const child of await readdir(below, { withFileTypes: true, encoding: 'buffer' })) {
        const path = Buffer.concat([below, below.at(-1) === SLASH[0] ? Buffer.alloc(0) : SLASH, child.name]);
        if (child.isDirectory()) pending.push(path);
        else if (!isNote(child)) addFile(path, entries);
      }
    } catch (error) {
      const { errno } = error as NodeJS.ErrnoException;
      const path = below.toString();
      if (errno === undefined || path === dir) throw systemError('read', path, error);
      skipped.push({ path, reason: errnoText(-errno)[1] });
    }
  }
  return { files: nameAll(entries, skipped, dir), skipped };
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

function isNote(child: Dirent<Buffer>): boolean {
  const name = child.name.toString();
  return name === MANIFEST_NAME || name.startsWith(MAKING_PREFIX);
}

function addFile(path: Buffer, entries: Entry[]): void {
  // The type in the directory entry would do, but not for the size; and one synchronous call costs a tenth of a promise.
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isFile()) entries.push({ path, size: stats.size });
}

function nameAll(entries: Entry[], skipped: Skipped[], dir: string): WorkloadFile[] {
  entries.sort((left, right) => left.path.compare(right.path));
  const files: WorkloadFile[] = [];
  for (const { path, size } of entries) {
    const name = path.toString();
    if (Buffer.from(name).equals(path)) files.push({ path: name, size });
    else skipped.push({ path: name, reason: 'its name is not UTF-8' });
  }
  if (files.length > 0) return files;
  throw new LsioError('usage', `${dir}: holds no files`, { path: dir, remedy: createCommand(dir) });
}
