import { readFileSync } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LsioError, systemError } from '../errors.js';

/** The list of the files that lsio made. Neither it nor names with {@link MAKING_PREFIX} are data. */
export const MANIFEST_NAME = '.lsio-files.json';
export const MAKING_PREFIX = '.lsio-making-';
export const DEFAULT_DIR = '/tmp/fio';
export const BIG_NAME = 'big';
/** No file system likes more names in one directory. */
export const COUNT_MAX = 10_000_000;
const SCHEMA = 'lsio.data-set/1';

/** What a data set holds. */
export interface DataSetShape {
  /** The number of small files: `f0`, `f1` … */
  readonly count: number;
  readonly sizeBytes: number;
  /** Of the file `big`; 0: there is none. */
  readonly bigSizeBytes: number;
}

export const DEFAULT_SHAPE: DataSetShape = { count: 1000, sizeBytes: 256 * 1024, bigSizeBytes: 1024 ** 3 };

/** What was made in a directory. */
export interface Manifest extends DataSetShape {
  readonly schema: typeof SCHEMA;
  /** Who laid the files out; the content is lsio's either way. */
  readonly laidOutBy: 'lsio' | 'fio';
  readonly seed: number;
  /** False while files are being made. */
  readonly complete: boolean;
  /** lsio made the directory, too. */
  readonly madeDirectory: boolean;
}

/** A file of a data set. */
export interface DataFile {
  readonly name: string;
  readonly sizeBytes: number;
}

/** The files of a data set, in the order in which they are made. */
export function dataFiles({ count, sizeBytes, bigSizeBytes }: DataSetShape): DataFile[] {
  const files = Array.from({ length: count }, (_, index) => ({ name: `f${index}`, sizeBytes }));
  return bigSizeBytes === 0 ? files : [...files, { name: BIG_NAME, sizeBytes: bigSizeBytes }];
}

/** The bytes of all of them. */
export function bytesOf(files: readonly DataFile[]): number {
  return files.reduce((bytes, file) => bytes + file.sizeBytes, 0);
}

export function newManifest(manifest: Omit<Manifest, 'schema'>): Manifest {
  return { schema: SCHEMA, ...manifest };
}

/**
 * What lsio made in `dir`; undefined when it made nothing there. Synchronous: it is one small file.
 *
 * @throws {LsioError} `read` when the manifest can't be read or isn't one.
 */
export function readManifest(dir: string): Manifest | undefined {
  const path = join(dir, MANIFEST_NAME);
  let json: string;
  try {
    json = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw systemError('read', path, error);
  }
  const manifest = parse(json);
  if (manifest !== undefined) return manifest;
  const remedy = `rm '${path}' if it isn't yours`;
  throw new LsioError('read', `${path}: is not a list of files that lsio made`, { path, remedy });
}

function parse(json: string): Manifest | undefined {
  try {
    const value = JSON.parse(json) as Partial<Manifest> | null;
    const numbers = [value?.count, value?.sizeBytes, value?.bigSizeBytes, value?.seed];
    const counted = numbers.every((number) => Number.isSafeInteger(number) && number! >= 0);
    const valid = value?.schema === SCHEMA && counted && value.count! <= COUNT_MAX;
    return valid ? (value as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the manifest as a whole. */
export async function writeManifest(dir: string, manifest: Manifest): Promise<void> {
  const temporary = join(dir, `${MAKING_PREFIX}${process.pid}.json`);
  try {
    await writeFile(temporary, `${JSON.stringify(manifest, undefined, 2)}\n`);
    await rename(temporary, join(dir, MANIFEST_NAME));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Removes unfinished files of processes that have ended.
 *
 * @throws {LsioError} `usage` when one is making files there now.
 */
export async function removeLeftovers(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!name.startsWith(MAKING_PREFIX)) continue;
    const pid = Number.parseInt(name.slice(MAKING_PREFIX.length), 10);
    if (pid !== process.pid && isAlive(pid)) {
      throw new LsioError('usage', `${dir}: process ${pid} is making files there`, { path: dir });
    }
    await rm(join(dir, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
