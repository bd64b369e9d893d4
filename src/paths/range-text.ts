import { LsioError } from '../errors.js';
import { type ByteRange, OFFSET_MAX } from '../range.js';

const EXAMPLES = '0-99 (the first 100 bytes), 100- (from byte 100 on) or -8 (the last 8)';
const MARK = '#bytes=';

/**
 * A range as HTTP writes it, without `bytes=`: `0-99` (both ends included), `100-` or `-8`. What it means in a file is
 * on {@link ByteRange}.
 *
 * @throws {LsioError} `usage` when it is malformed, reversed, or ends beyond byte 2^53-2.
 */
export function parseRangeText(text: string): ByteRange {
  const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(text) ?? [];
  if (first === '' && last === '') throw refused(text, 'is not a byte range');
  if (first === '') return { suffixLength: toBytes(BigInt(last), text) };
  const offset = BigInt(first);
  if (last === '') return { offset: toBytes(offset, text) };
  const end = BigInt(last) + 1n;
  if (end <= offset) throw refused(text, 'ends before it begins');
  toBytes(end, text);
  return { offset: Number(offset), length: Number(end - offset) };
}

/**
 * Splits `path#bytes=0-99,200-299`. Without `#bytes=` the whole argument is the path and `ranges` is undefined. A file
 * whose very name is the argument is to be preferred: the caller looks for it first.
 *
 * @throws {LsioError} `usage` when the path is empty or {@link parseRangeText} refuses a range.
 */
export function splitPathRanges(arg: string): { path: string; ranges: ByteRange[] | undefined } {
  const at = arg.lastIndexOf(MARK);
  if (at === -1) return { path: arg, ranges: undefined };
  if (at === 0) throw new LsioError('usage', `${JSON.stringify(arg)} names no file: write PATH${MARK}0-99`);
  return {
    path: arg.slice(0, at),
    ranges: arg
      .slice(at + MARK.length)
      .split(',')
      .map(parseRangeText),
  };
}

function toBytes(value: bigint, text: string): number {
  if (value > BigInt(OFFSET_MAX)) throw refused(text, 'goes beyond 2^53-1 bytes');
  return Number(value);
}

function refused(text: string, why: string): LsioError {
  return new LsioError('usage', `${JSON.stringify(text)} ${why}: write ${EXAMPLES}`);
}
