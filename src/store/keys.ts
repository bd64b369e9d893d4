import { sep } from 'node:path';
import type { Path } from '../engine/engine.js';
import { LsioError } from '../errors.js';
import { shown } from '../printable.js';

/** A key as zarrita types it. */
export type AbsolutePath = `/${string}`;

/** The key of a value in a store: `/a/b` or `a/b`; its bytes where they are not UTF-8. */
export type Key = string | Uint8Array;

/**
 * Segments with a slash between them; the first slash may be left out. None is empty, `.` or `..`, or holds a NUL, at
 * which the system would cut the path off, or half of a surrogate pair, which would become another character.
 */
const KEY = /^\/?(?!\.{0,2}(?:\/|$))[^/\0\p{Surrogate}]+(?:\/(?!\.{0,2}(?:\/|$))[^/\0\p{Surrogate}]+)*$/u;
/** The same of a prefix, which may end anywhere: `/`, `/a/`, `/a/.z`. */
const PREFIX = /^(?:\/(?!\.{0,2}\/)[^/\0\p{Surrogate}]*)+$/u;

/**
 * Before the name of an object as its service knows it, which need not be a key: S3 has `a//b`, too. No key can begin with
 * half of a surrogate pair.
 */
const EXACT_MARK = '\udfff';

/** The key of an object by its exact name, for stores of other machines. @internal */
export function exactKey(object: string): string {
  return EXACT_MARK + object;
}

/** The exact name in a key that {@link exactKey} made; undefined for any other key. */
export function exactObject(key: string): string | undefined {
  return key.startsWith(EXACT_MARK) ? key.slice(EXACT_MARK.length) : undefined;
}

/** Sorts keys by their UTF-8 bytes, as listings are: surrogates make the order of UTF-16 another one. */
export function compareKeys(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

const [SLASH, DOT] = [0x2f, 0x2e];

/**
 * The path of a key below `root`, which ends without a slash.
 *
 * A key can't name anything outside of `root`. Symbolic links below `root` are followed wherever they lead, as every
 * program does: `root` is where keys begin, not a wall against those who may write there.
 *
 * @throws {LsioError} `usage` for a key that is malformed.
 */
export function keyToPath(root: string, key: Key): Path {
  if (typeof key === 'string') {
    checkKey(key, KEY);
    return key.startsWith('/') ? root + key : `${root}/${key}`;
  }
  checkBytes(key);
  return Buffer.concat([Buffer.from(key[0] === SLASH ? root : `${root}/`), key]);
}

/**
 * A prefix with its first slash.
 *
 * @throws {LsioError} `usage` for a prefix with which no key can begin.
 */
export function checkPrefix(prefix: string): string {
  const absolute = typeof prefix === 'string' && !prefix.startsWith('/') ? `/${prefix}` : prefix;
  checkKey(absolute, PREFIX);
  return absolute;
}

function checkKey(key: string, pattern: RegExp): void {
  if (typeof key !== 'string' || !pattern.test(key)) throw malformed(key);
  // On Windows these would be further separators, drives and streams.
  if (sep === '\\' && /[\\:]/.test(key)) {
    throw new LsioError('usage', `${JSON.stringify(key)} is not a key: it has a \\ or a colon`);
  }
}

function checkBytes(key: Uint8Array): void {
  if (!(key instanceof Uint8Array) || sep === '\\') throw malformed(key);
  for (let begin = key[0] === SLASH ? 1 : 0; begin <= key.length; ) {
    const slash = key.indexOf(SLASH, begin);
    const end = slash < 0 ? key.length : slash;
    const isDots = end - begin <= 2 && key.subarray(begin, end).every((byte) => byte === DOT);
    if (isDots || key.subarray(begin, end).includes(0)) throw malformed(key);
    begin = end + 1;
  }
}

function malformed(key: unknown): LsioError {
  const text = key instanceof Uint8Array ? Buffer.from(key).toString() : key;
  return new LsioError('usage', `${shown(text)} is not a key: write /a/b, with no part empty, . or ..`);
}
