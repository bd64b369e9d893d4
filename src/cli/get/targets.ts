import { type ByteText, byteTextOf, textOf } from '../../paths/byte-text.js';
import { exists } from '../../paths/lists.js';
import { splitPathRanges } from '../../paths/range-text.js';
import type { ByteRange } from '../../range.js';
import { isRemoteUrl, isUrl, shownAddress, splitKnown } from '../../store/locator.js';
import { named } from '../app/options.js';

/**
 * What an argument or an entry of a list stands for. There may be millions: all are written as one literal with all of
 * these, for copies of objects and objects of several shapes cost microseconds each.
 */
export interface InputTarget {
  readonly name: ByteText;
  /** The address of an object; undefined: a path. */
  readonly url: string | undefined;
  /** None: the whole file; undefined: the ranges of the command line. */
  readonly ranges: readonly ByteRange[] | undefined;
  readonly id: string | number | undefined;
  /** It may be a directory to go through, or be left out; else it is a file whatever it is called. */
  readonly from: 'argument' | 'list' | 'request';
}

/** Without `path#bytes=…`: a path, or a URL. @throws {LsioError} `usage` for a malformed URL */
export function targetAt(
  name: ByteText,
  from: InputTarget['from'],
  ranges: InputTarget['ranges'],
  id: InputTarget['id'],
): InputTarget {
  if (!isUrl(name)) return { name, url: undefined, ranges, id, from };
  const url = textOf(name);
  const { root, key } = splitKnown(url);
  return isRemoteUrl(url)
    ? { name: byteTextOf(root + key), url, ranges, id, from }
    : { name: byteTextOf(`/${key}`), url: undefined, ranges, id, from };
}

/** A file of that very name wins over `path#bytes=…`. @throws {LsioError} `usage` */
export function targetOf(name: ByteText, from: InputTarget['from']): InputTarget {
  if (isUrl(name)) {
    // What follows a # can only be ranges: one of a key is %23.
    const { path, ranges } = named(shownAddress(textOf(name)), splitPathRanges)(textOf(name));
    return targetAt(byteTextOf(path), from, ranges, undefined);
  }
  if (!name.includes('#') || exists(name)) return targetAt(name, from, undefined, undefined);
  const { path, ranges } = named(textOf(name), splitPathRanges)(name);
  return targetAt(ranges === undefined ? name : path, from, ranges, undefined);
}
