import type { AnswerHead } from './message.js';

/** The longest head that is taken, in bytes. */
export const HEAD_BYTES_MAX = 16 * 1024;

/** The answer is HTTP, or not, but not the one dialect that the lean transport speaks. */
export class DialectError extends Error {
  override readonly name = 'DialectError';
}

/** A head, and how its body is framed. */
export interface LeanHead extends AnswerHead {
  /** Of the body, in bytes. */
  readonly lengthBytes: number;
  /** The server closes the connection after the body. */
  readonly isLast: boolean;
}

const STATUS_LINE = /^HTTP\/1\.1 ([2-5]\d\d)(?: [^\r\n\0]*)?\r\n/;
/** Header lines of RFC 9112: no folding, no space before the colon, no bare line ends. */
const HEADER_LINES = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*\r\n)*\r\n$/;
const NO_BODY = new Set([204, 304]);

/**
 * Reads the head of an answer, up to and with its empty line: HTTP/1.1, a final status, exactly one Content-Length, no
 * coded transfer.
 *
 * @param text the head, a character a byte
 * @throws {DialectError} for anything else
 */
export function parseHead(text: string, isHeadRequest: boolean): LeanHead {
  const line = STATUS_LINE.exec(text);
  if (line === null) throw new DialectError('no status line of HTTP/1.1');
  const status = Number(line[1]);
  const lines = text.slice(line[0].length);
  if (!HEADER_LINES.test(lines)) throw new DialectError('malformed header lines');
  // One search a header: most answers have ten and three are looked at.
  const searched = `\r\n${lines.toLowerCase()}`;
  const header = (name: string) => headerValue(searched, lines, name);
  if (header('transfer-encoding') !== undefined) throw new DialectError('a coded transfer');
  const isLast = /\bclose\b/i.test(header('connection') ?? '');
  if (NO_BODY.has(status) || isHeadRequest) return { status, header, lengthBytes: 0, isLast };
  const length = header('content-length');
  if (length === undefined || !/^\d{1,15}$/.test(length)) throw new DialectError('no single Content-Length');
  return { status, header, lengthBytes: Number(length), isLast };
}

/** A header's values, joined by commas. `searched` is `lines` in lower case behind a line end. */
function headerValue(searched: string, lines: string, name: string): string | undefined {
  const needle = `\r\n${name}:`;
  let value: string | undefined;
  for (let at = searched.indexOf(needle); at >= 0; at = searched.indexOf(needle, at + needle.length)) {
    const begin = at + needle.length - 2;
    const found = lines.slice(begin, lines.indexOf('\r\n', begin)).trim();
    value = value === undefined ? found : `${value}, ${found}`;
  }
  return value;
}
