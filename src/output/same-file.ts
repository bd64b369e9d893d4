import { fstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { type ByteText, pathOf } from '../paths/byte-text.js';

const STDOUT = 1;

/** Whether a path leads to the file that `other` describes. */
export function isSameFile(name: ByteText, other: Stats): boolean {
  try {
    const stats = statSync(pathOf(name), { throwIfNoEntry: false });
    return stats !== undefined && stats.dev === other.dev && stats.ino === other.ino;
  } catch {
    return false; // reading it will say what is wrong
  }
}

/**
 * Where stdout is a file: says whether a path leads to it. A stat of each input would make cold small files wait for
 * one another, so only paths with the file's own last name are looked at.
 */
export function stdoutFileTest(): ((name: ByteText) => boolean) | undefined {
  const stats = fstatSync(STDOUT);
  if (!stats.isFile()) return undefined;
  let path: string;
  try {
    path = readlinkSync(`/proc/self/fd/${STDOUT}`, 'latin1');
  } catch {
    return undefined; // not Linux
  }
  const lastName = path.slice(path.lastIndexOf('/'));
  return (name) => `/${name}`.endsWith(lastName) && isSameFile(name, stats);
}
