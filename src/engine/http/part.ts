import type { Asked, Verdict, Version } from './checks.js';
import type { AnswerHead, Landing } from './message.js';

/** Gives the memory that a range lands in: exactly `bytes` long. It is asked again only if
 * what failed is begun anew with another length. */
export type Land = (bytes: number, version: Version) => Uint8Array;

/** How far a range has been read. */
export interface Part {
  /** Where it begins in the object; -1 until an answer says so. */
  begin: number;
  done: number;
  into: Uint8Array | undefined;
  readonly land: Land;
}

/** Where the body of an answer goes. */
export function landingOf(asked: Asked, verdict: Verdict, head: AnswerHead, part: Part): Landing {
  if (verdict.kind !== 'bytes') {
    // An error's explanation is worth its bytes; nothing else is.
    return verdict.kind === 'status' && head.status >= 300 ? 'collect' : 'drop';
  }
  // Later answers fill what the first one's memory has left.
  const all = end(asked, verdict.offset, verdict.version) - verdict.offset;
  if (part.into === undefined || (part.done === 0 && part.into.length !== all)) {
    part.into = part.land(all, verdict.version);
  }
  // Mostly all of it comes at once: a view of its own costs as much as the rest of this.
  const isAll = part.done === 0 && verdict.length === all;
  return isAll ? part.into : part.into.subarray(part.done, part.done + verdict.length);
}

/** Where what was asked for ends, in bytes of the object. */
export function end(asked: Asked, begin: number, { sizeBytes = Number.POSITIVE_INFINITY }: Version): number {
  if ('suffixLength' in asked) return Math.min(begin + asked.suffixLength, sizeBytes);
  return Math.min(asked.offset + asked.length, sizeBytes);
}
