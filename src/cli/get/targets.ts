import { type ByteText, byteTextOf, textOf } from '../../paths/byte-text.js';
import { exists } from '../../paths/lists.js';
import { splitPathRanges } from '../../paths/range-text.js';
import type { ByteRange } from '../../range.js';
import { isRemoteUrl, isUrl, shownAddress, splitKnown } from '../../store/locator.js';
import { named } from '../app/options.js';

/** What an argument or an entry of a list stands for. */
export interface InputTarget {
  readonly name: ByteText;
  /** The address of an object; undefined: a path. */
  readonly url?: string;
  /** None: the whole file; absent: the ranges of the command line. */
  readonly ranges?: readonly ByteRange[];
  readonly id?: string | number | undefined;
  /** It may be a directory to go through, or be left out; else it is a file whatever it is called. */
  readonly from: 'argument' | 'list' | 'request';
}

/** A path, or a URL as it is read. @throws {LsioError} `usage` for a malformed URL */
export function placeOf(name: ByteText): Pick<InputTarget, 'name' | 'url'> {
  if (!isUrl(name)) return { name };
  const url = textOf(name);
  const { root, key } = splitKnown(url);
  return isRemoteUrl(url) ? { name: byteTextOf(root + key), url } : { name: byteTextOf(`/${key}`) };
}

/** A file of that very name wins over `path#bytes=…`. */
export function targetOf(name: ByteText, from: InputTarget['from']): InputTarget {
  if (isUrl(name)) {
    // What follows a # can only be ranges: one of a key is %23.
    const { path, ranges } = named(shownAddress(textOf(name)), splitPathRanges)(textOf(name));
    return { ...placeOf(byteTextOf(path)), ...(ranges && { ranges }), from };
  }
  if (!name.includes('#') || exists(name)) return { name, from };
  const { path, ranges } = named(textOf(name), splitPathRanges)(name);
  return ranges === undefined ? { name, from } : { name: path, ranges, from };
}
