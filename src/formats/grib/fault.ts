import { LsioError } from '../../errors.js';

/**
 * Why a message or a field can't be read:
 *
 * - `truncated`: the file ends inside the message.
 * - `length`: the total length is 0, too small, or over 2^53 − 1.
 * - `section`: a section's length or number is impossible.
 * - `end-mark`: `7777` is not where the length says.
 * - `too-many-points`: more grid points than the limit.
 * - `count`: the numbers of points, values and bitmap bits contradict one another.
 * - `bitmap`: the bitmap is missing, too short, predefined or has too many bits set.
 * - `groups`: group tables of complex packing contradict one another.
 * - `data-short`: the data section holds fewer bits than its header asks for.
 * - `aec`, `png`, `jpeg2000`: the compressed stream is damaged.
 * - `template`: a template that lsio does not read.
 * - `index`: an index does not belong to the file.
 */
export type GribFaultCode =
  | 'truncated'
  | 'length'
  | 'section'
  | 'end-mark'
  | 'too-many-points'
  | 'count'
  | 'bitmap'
  | 'groups'
  | 'data-short'
  | 'aec'
  | 'png'
  | 'jpeg2000'
  | 'template'
  | 'index';

/** A fault at a byte of the file. */
export interface GribFault {
  readonly offset: number;
  readonly code: GribFaultCode;
  readonly message: string;
}

/** An error whose `code` is a {@link GribFaultCode}. Offsets are bytes of the file where known. */
export function gribError(code: GribFaultCode, message: string, offset?: number, remedy?: string): LsioError {
  return new LsioError('format', message, { code, offset, remedy });
}

export function faultAt(offset: number, code: GribFaultCode, message: string): GribFault {
  return { offset, code, message };
}
