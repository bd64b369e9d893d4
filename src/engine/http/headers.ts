import { LsioError } from '../../errors.js';
import type { HttpRequest } from './message.js';

/** Names that need no check. */
const OWN = new Set(['range', 'accept-encoding', 'if-match', 'authorization']);

/** What a value may not have. Beyond Latin-1 only half of a character would be sent, and half of U+010A is a line end. */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Before a request is sent by either transport: undici would refuse it, too, and never send another one over that pool.
 *
 * @throws {LsioError} `usage` for a header that would be two lines
 */
export function checkHeaders({ headers }: HttpRequest): void {
  for (const name in headers) {
    const isName = OWN.has(name) || /^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name);
    if (isName && !NO_VALUE.test(headers[name]!)) continue;
    throw new LsioError('usage', `header ${JSON.stringify(name)} is malformed`);
  }
}
