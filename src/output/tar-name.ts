import { LsioError } from '../errors.js';
import { type ByteText, textOf } from '../paths/byte-text.js';

/** A part of a path that isn't a name. */
const EMPTY_OR_DOTS = /(^|\/)\.{0,2}(\/|$)/;

/**
 * The name that a file gets below a directory or in an archive, by tar's rule: a leading `/` and every `.` are stripped. Of a
 * URL the path is kept.
 *
 * @throws {LsioError} `usage` for `..`.
 */
export function tarName(name: ByteText): ByteText {
  const relative = name.startsWith('/') ? name.slice(1) : withoutHost(name);
  // Nearly always; and names come by the million.
  if (!EMPTY_OR_DOTS.test(relative)) return relative;
  const parts = withoutHost(name)
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  if (!parts.includes('..')) return parts.join('/');
  throw new LsioError('usage', `${textOf(name)}: .. in a name could lead out of the output directory`);
}

/** The path of a URL; any other name as it is. */
function withoutHost(name: ByteText): ByteText {
  return name.includes('://') ? name.replace(/^[a-z][a-z0-9+.-]+:\/\/[^/]*\//i, '') : name;
}
