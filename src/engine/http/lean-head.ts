import type { AnswerHead } from './message.js';

/** The longest head that is taken, in bytes. */
export const HEAD_BYTES_MAX = 16 * 1024;

/** The answer is HTTP, or not, but not the one dialect that the lean transport speaks. */
export class DialectError extends Error {
  override readonly name = 'DialectError';
}

const [TAB, LF, CR, SPACE, COLON, ZERO, NINE, DELETE] = [0x09, 0x0a, 0x0d, 0x20, 0x3a, 0x30, 0x39, 0x7f];
const LOWER_CASE = 0x20;
const VERSION = Buffer.from('HTTP/1.1 ');
const STATUS_BYTES = VERSION.length + 3;
const NO_BODY = new Set([204, 304]);

/** By byte: whether a header's name may have it. */
const IS_TOKEN = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** The headers that every answer is judged by, those of one length side by side. */
const KNOWN = [
  'etag',
  'connection',
  'content-range',
  'last-modified',
  'content-length',
  'content-encoding',
  'transfer-encoding',
];
const [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] = [1, 4, 6] as const;
const KNOWN_BYTES = KNOWN.map((name) => Buffer.from(name));
/** By the length of a name: the first of {@link KNOWN} that has it; -1: none has. */
const KNOWN_BY_LENGTH = Array.from({ length: 18 }, (_, length) => KNOWN.findIndex((name) => name.length === length));
/** Of those in the head that is being read: which, and where its value begins and ends. */
const FOUND_MAX = 64;
const foundHeaders = new Int32Array(3 * FOUND_MAX);

/** A head, and how its body is framed. */
export class LeanHead implements AnswerHead {
  readonly status: number;
  /** Where its body begins among the bytes that it was read from. */
  readonly endBytes: number;
  /** Of the body, in bytes. */
  readonly lengthBytes: number;
  /** The server closes the connection after the body. */
  readonly isLast: boolean;
  readonly #text: string;
  readonly #known: readonly (string | undefined)[];

  constructor(status: number, text: string, known: readonly (string | undefined)[], isHeadRequest: boolean) {
    this.status = status;
    this.endBytes = text.length;
    this.#text = text;
    this.#known = known;
    if (known[TRANSFER_ENCODING] !== undefined) throw new DialectError('a coded transfer');
    const connection = known[CONNECTION];
    this.isLast = connection !== undefined && connection !== 'keep-alive' && /\bclose\b/i.test(connection);
    const length = known[CONTENT_LENGTH];
    if (NO_BODY.has(status) || isHeadRequest) this.lengthBytes = 0;
    else if (length === undefined || !/^\d{1,15}$/.test(length)) throw new DialectError('no single Content-Length');
    else this.lengthBytes = Number(length);
  }

  header(name: string): string | undefined {
    const known = KNOWN.indexOf(name);
    return known < 0 ? valuesOf(this.#text, name) : this.#known[known];
  }
}

/**
 * Reads the head of an answer: HTTP/1.1, a final status, lines as RFC 9112 has them (no folding, no space before the colon,
 * no bare line ends, no control characters), exactly one Content-Length, no coded transfer. One pass over the bytes: it is done for each answer.
 *
 * @param bytes what came, of which the first `count` count
 * @returns undefined as long as the head has not ended
 * @throws {DialectError} for anything else
 */
export function parseHead(bytes: Buffer, isHeadRequest: boolean, count = bytes.length): LeanHead | undefined {
  let at = statusLineEnd(bytes, count);
  let found = 0;
  while (at >= 0 && at < count && bytes[at] !== CR) {
    const begin = at;
    while (at < count && IS_TOKEN[bytes[at]!] === 1) at++;
    if (at === count) return undefined;
    if (bytes[at] !== COLON || at === begin) throw new DialectError('malformed header lines');
    const known = knownName(bytes, begin, at);
    const valueBegin = at + 1;
    at = lineEnd(bytes, valueBegin, count);
    if (known < 0) continue;
    if (found === FOUND_MAX) throw new DialectError('too many lines of one name');
    foundHeaders[3 * found] = known;
    foundHeaders[3 * found + 1] = valueBegin;
    foundHeaders[3 * found + 2] = at - 2;
    found++;
  }
  if (at < 0 || at + 1 >= count) return undefined;
  if (bytes[at + 1] !== LF) throw new DialectError('malformed header lines');
  const text = bytes.toString('latin1', 0, at + 2);
  const values: (string | undefined)[] = [undefined, undefined, undefined, undefined, undefined, undefined, undefined];
  for (let i = 0; i < found; i++) {
    const known = foundHeaders[3 * i]!;
    const value = trimmed(text, foundHeaders[3 * i + 1]!, foundHeaders[3 * i + 2]!);
    values[known] = values[known] === undefined ? value : `${values[known]}, ${value}`;
  }
  const status = 100 * digitAt(bytes, 9) + 10 * digitAt(bytes, 10) + digitAt(bytes, 11);
  return new LeanHead(status, text, values, isHeadRequest);
}

function digitAt(bytes: Buffer, at: number): number {
  return bytes[at]! - ZERO;
}

/** Where the status line ends; -1: it has not ended. */
function statusLineEnd(bytes: Buffer, count: number): number {
  const seen = Math.min(count, STATUS_BYTES);
  for (let at = 0; at < seen; at++) {
    const byte = bytes[at]!;
    const isSo = at < VERSION.length ? byte === VERSION[at] : byte >= ZERO && byte <= NINE;
    if (!isSo) throw new DialectError('no status line of HTTP/1.1');
  }
  if (count <= STATUS_BYTES) return -1;
  const first = digitAt(bytes, VERSION.length);
  const next = bytes[STATUS_BYTES];
  if (first < 2 || first > 5 || (next !== SPACE && next !== CR)) throw new DialectError('no final status of HTTP/1.1');
  return lineEnd(bytes, STATUS_BYTES, count);
}

/** Where the line ends that goes on at `at`; -1: it has not ended. */
function lineEnd(bytes: Buffer, from: number, count: number): number {
  for (let at = from; at < count; at++) {
    const byte = bytes[at]!;
    if ((byte >= SPACE && byte !== DELETE) || byte === TAB) continue;
    if (byte === CR) {
      if (at + 1 === count) return -1;
      if (bytes[at + 1] === LF) return at + 2;
    }
    throw new DialectError('malformed header lines');
  }
  return -1;
}

/** Which of {@link KNOWN} stands there, in letters of either case; -1: none. */
function knownName(bytes: Buffer, begin: number, end: number): number {
  const length = end - begin;
  for (let known = KNOWN_BY_LENGTH[length] ?? -1; known >= 0 && known < KNOWN.length; known++) {
    const name = KNOWN_BYTES[known]!;
    if (name.length !== length) return -1;
    let at = 0;
    while (at < length && (bytes[begin + at]! | LOWER_CASE) === name[at]) at++;
    if (at === length) return known;
  }
  return -1;
}

/** A part of a text, without the spaces and tabs around it. */
function trimmed(text: string, from: number, to: number): string {
  let begin = from;
  let end = to;
  while (begin < end && isSpace(text.charCodeAt(begin))) begin++;
  while (begin < end && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(begin, end);
}

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** The values of a header, joined by commas. */
function valuesOf(text: string, name: string): string | undefined {
  const found: string[] = [];
  for (const line of text.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0 && line.slice(0, colon).toLowerCase() === name) found.push(trimmed(line, colon + 1, line.length));
  }
  return found.length === 0 ? undefined : found.join(', ');
}
