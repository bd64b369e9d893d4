import { sep } from 'node:path';
import { LsioError } from '../errors.js';

/** The key of a value in a store: `/a/b`. */
export type AbsolutePath = `/${string}`;

/**
 * One or more segments, each after a slash. None is empty, `.` or `..`, and none holds a NUL, at which the system would
 * cut the path off, or half of a surrogate pair, which would become another character.
 */
const KEY = /^(?:\/(?!\.{0,2}(?:\/|$))[^/\0\p{Surrogate}]+)+$/u;
/** The same of a prefix, which may end anywhere: `/`, `/a/`, `/a/.z`. */
const PREFIX = /^(?:\/(?!\.{0,2}\/)[^/\0\p{Surrogate}]*)+$/u;
/**
 * The path of a key below `root`, which ends without a slash.
 *
 * A key can't name anything outside of `root`, but symbolic links below `root` are followed wherever they lead, as every
 * program does with a path: `root` is where keys begin, not a wall against those who may write there.
 *
 * @throws {LsioError} `usage` for a key that is not `/a/b`.
 */
export function keyToPath(root: string, key: string): string {
  checkKey(key, KEY);
  return root + key;
}

/** @throws {LsioError} `usage` for a prefix with which no key can begin. */
export function checkPrefix(prefix: string): void {
  checkKey(prefix, PREFIX);
}

function checkKey(key: string, pattern: RegExp): void {
  if (typeof key !== 'string' || !pattern.test(key)) {
    throw new LsioError('usage', `${JSON.stringify(key)} is not a key: write /a/b, with no part empty, . or ..`);
  }
  // On Windows these would be further separators, drives and streams.
  if (sep === '\\' && /[\\:]/.test(key)) {
    throw new LsioError('usage', `${JSON.stringify(key)} is not a key: it has a \\ or a colon`);
  }
}
