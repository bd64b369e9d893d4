import { LsioError } from '../../errors.js';
import { type ByteText, byteTextOf, textOf } from '../../paths/byte-text.js';
import { type ByteRange, checkRange } from '../../range.js';

/** What a line of `--requests` asks for. */
export interface ListedRequest {
  readonly name: ByteText;
  /** Whether `name` is that of "url". */
  readonly isUrl: boolean;
  /** One; or none: the whole file. */
  readonly ranges: readonly ByteRange[];
  /** Comes back with the result. */
  readonly id: string | number | undefined;
}

const FORMS =
  '{"path", "offset", "length"}, {"path", "suffixLength"} or {"path"}, with "url" in place of "path", with an "id" or without';
const KEYS: ReadonlySet<string> = new Set(['path', 'url', 'offset', 'length', 'suffixLength', 'id']);
/** A double keeps this many digits of any decimal number. */
const EXACT_DIGITS = 15;

/**
 * Takes a line of `--requests`, one JSON object.
 *
 * @throws {LsioError} `usage` when it isn't such a request.
 */
export function parseRequest(line: ByteText): ListedRequest {
  const object = objectOf(line);
  for (const key in object) if (!KEYS.has(key)) throw refused(`${JSON.stringify(key)} is not known: write ${FORMS}`);
  const { path, url, id } = object;
  if (path !== undefined && url !== undefined) throw refused('has both "path" and "url"');
  const [key, place] = url === undefined ? (['path', path] as const) : (['url', url] as const);
  if (typeof place !== 'string') throw refused(`"${key}" ${place === undefined ? 'is missing' : 'is not a text'}`);
  if (place === '' || place.includes('\0')) throw refused(`"${key}" ${place === '' ? 'is empty' : 'has a NUL'}`);
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number') {
    throw refused('"id" is neither a text nor a number');
  }
  checkNumbers(line);
  return { name: bytesOf(place), isUrl: url !== undefined, ranges: rangesOf(object), id };
}

function objectOf(line: ByteText): Record<string, unknown> {
  const text = textOf(line);
  if (text.includes('\ufffd') && Buffer.from(text).toString('latin1') !== line) throw refused('is not UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refused(`is not JSON: write ${FORMS}`, error);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw refused(`is not a JSON object: write ${FORMS}`);
}

function rangesOf({ offset, length, suffixLength }: Record<string, unknown>): ByteRange[] {
  for (const [key, value] of [
    ['offset', offset],
    ['length', length],
    ['suffixLength', suffixLength],
  ] as const) {
    if (value !== undefined && typeof value !== 'number') throw refused(`"${key}" is not a number`);
  }
  if (suffixLength !== undefined && (offset !== undefined || length !== undefined)) {
    throw refused('has both "suffixLength" and "offset" or "length"');
  }
  if ((offset === undefined) !== (length === undefined)) {
    throw refused(`"${offset === undefined ? 'offset' : 'length'}" is missing`);
  }
  if (suffixLength === undefined && offset === undefined) return [];
  const range = (suffixLength === undefined ? { offset, length } : { suffixLength }) as ByteRange;
  checkRange(range);
  return [range];
}

/** Refuses numbers that JSON.parse has rounded: something else than what was asked for would be read. */
function checkNumbers(line: ByteText): void {
  if (!/[\d.]{16}|\d[eE]/.test(line)) return;
  for (const [, number] of line.matchAll(/"(?:[^"\\]|\\.)*"|(-?\d[\d.eE+-]*)/gs)) {
    if (number !== undefined && !isKept(number)) {
      throw refused(`the number ${number.slice(0, 40)} is beyond 2^53-1 or has more digits than can be kept`);
    }
  }
}

function isKept(number: string): boolean {
  if (/^-?\d+$/.test(number)) return Number.isSafeInteger(Number(number));
  const digits = number
    .replace(/[eE].*/, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '');
  return digits.length <= EXACT_DIGITS && Number.isFinite(Number(number));
}

/** Lone surrogates that stand for bytes are taken as those, see {@link byteTextOf}. */
function bytesOf(path: string): ByteText {
  if (/[\ud800-\udc7f\udd00-\udfff]/u.test(path)) throw refused('"path" has half a character');
  return byteTextOf(path);
}

function refused(why: string, cause?: unknown): LsioError {
  return new LsioError('usage', why, { cause });
}
