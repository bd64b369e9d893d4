import { TO_END } from '../../engine/engine.js';
import { LsioError } from '../../errors.js';
import { isBoolean, isSignal, isText, oneOf } from '../check.js';
import type { GetRangeOptions } from '../store.js';
import { tooSmall } from './point-reads.js';

const isDirect = oneOf('auto', 'on', 'off');
/** Numbers are checked where they are used: the error can say what is allowed. */
const anything = () => true;
export const OPEN_OPTIONS = {
  engine: oneOf('auto', 'uring', 'node'),
  rings: anything,
  queueDepth: anything,
  slab: oneOf('auto', 'webassembly', 'mapped'),
  direct: isDirect,
};
export const HEAD_OPTIONS = { signal: isSignal };
export const LIST_OPTIONS = { signal: isSignal, delimiter: oneOf('/') };
export const GET_OPTIONS = { signal: isSignal, ifMatch: isText };
export const GET_RANGE_OPTIONS = { ...GET_OPTIONS, into: (value: unknown) => value instanceof Uint8Array };
export const GET_MANY_OPTIONS = {
  signal: isSignal,
  ordered: isBoolean,
  readOrder: oneOf('device', 'given'),
  direct: isDirect,
  coalesce: anything,
  readBytesMax: anything,
  maxInFlight: anything,
};

/** Whether the options are those of many reads in a row, which need no further check. */
export function isIntoAlone(options: GetRangeOptions): boolean {
  if (typeof options !== 'object' || options === null) return false;
  for (const name in options) if (name !== 'into') return false;
  return options.into instanceof Uint8Array;
}

/**
 * @param length what is to be read, in bytes, or TO_END
 * @throws {LsioError} `usage`
 */
export function checkInto(length: number, into: Uint8Array): void {
  if (length === TO_END) throw new LsioError('usage', 'a range that is read into memory says its length');
  if (into.length < length) throw tooSmall(length, into);
}
