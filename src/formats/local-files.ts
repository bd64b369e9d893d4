import { stat } from 'node:fs/promises';
import path from 'node:path';
import { LsioError } from '../errors.js';
import { type ByteText, byteTextOf, exactText, textOf } from '../paths/byte-text.js';
import { expandGlob } from '../paths/expand-glob.js';
import { walk } from '../paths/walk.js';
import { keyBelow } from './local-source.js';
import type { Candidate } from './open-grib-files.js';

/** Files, and a directory that all of them lie below. */
export interface LocalFiles {
  /** Absolute. */
  readonly root: string;
  readonly candidates: readonly Candidate[];
}

/**
 * The files that paths name: files, directories with all below them, patterns.
 *
 * @throws {LsioError} `read` for a path where nothing lies, and for a directory that can't be read.
 */
export async function localFiles(paths: readonly string[]): Promise<LocalFiles> {
  // A file that two paths name is read once.
  const found = [...new Map((await Promise.all(paths.map(filesOf))).flat().map((one) => [one.file, one])).values()];
  const root = commonDirectory(found.map(({ file }) => path.dirname(file)));
  return { root, candidates: found.map(({ file, ...rest }) => ({ key: keyBelow(root, file), ...rest })) };
}

interface Found {
  /** Absolute. */
  readonly file: string;
  readonly name: string;
  readonly isNamed: boolean;
}

async function filesOf(given: string): Promise<Found[]> {
  const stats = await stat(given).catch(() => undefined);
  if (stats?.isDirectory()) return below(given);
  if (stats !== undefined) return [{ file: path.resolve(given), name: given, isNamed: true }];
  const matches = await expandGlob(byteTextOf(given), { excludes: undefined, onError: (_, error) => fail(error) });
  if (matches === undefined || matches.length === 0) {
    const what = matches === undefined ? 'no such file or directory' : 'no file matches';
    throw new LsioError('read', `${given}: ${what}`, { code: 'ENOENT', path: given });
  }
  return matches.map(foundAt);
}

async function below(directory: string): Promise<Found[]> {
  const found: Found[] = [];
  for await (const names of walk(byteTextOf(directory), (_, error) => fail(error))) {
    for (const name of names) found.push(foundAt(name));
  }
  return found;
}

function foundAt(name: ByteText): Found {
  return { file: path.resolve(exactText(name)), name: textOf(name), isNamed: false };
}

function fail(error: LsioError): never {
  throw error;
}

/** The deepest directory around all of them; all are absolute. */
function commonDirectory(directories: readonly string[]): string {
  const [first = '/', ...others] = directories.map((directory) => directory.split('/'));
  if (typeof first === 'string') return '/';
  let depth = first.length;
  for (const other of others) {
    let same = 0;
    while (same < depth && first[same] === other[same]) same++;
    depth = same;
  }
  return first.slice(0, depth).join('/') || '/';
}
