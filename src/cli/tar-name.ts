import { LsioError } from '../errors.js';
import { type ByteText, textOf } from './byte-text.js';

/**
 * The name that a file gets below a directory or in an archive, by tar's rule: a leading `/` and every `.` are stripped.
 *
 * @throws {LsioError} `usage` for `..`.
 */
export function tarName(name: ByteText): ByteText {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (!parts.includes('..')) return parts.join('/');
  throw new LsioError('usage', `${textOf(name)}: .. in a name could lead out of the output directory`);
}
