import type { AnswerHead } from './message.js';

/** What a ranged GET asks for, in bytes. An empty range is never sent: servers disagree about what it means. */
export type Asked = { readonly offset: number; readonly length: number } | { readonly suffixLength: number };

/** What identifies one version of an object. */
export interface Version {
  readonly etag?: string | undefined;
  /** The text of Last-Modified: compared where there is no strong ETag. */
  readonly modified?: string | undefined;
  /** Of the whole object, in bytes. */
  readonly sizeBytes?: number | undefined;
}

/** The version that several reads of one object must agree on. The first answer sets it. */
export class Pin {
  version: Version;
  /** The ETag that every answer must have. */
  readonly ifMatch: string | undefined;

  constructor(ifMatch?: string) {
    this.ifMatch = ifMatch;
    this.version = { etag: ifMatch };
  }
}

/** What an answer to a ranged GET is worth. */
export type Verdict =
  /** The body is `length` bytes of the object from `offset` on. It may be shorter than what was asked for. */
  | { readonly kind: 'bytes'; readonly offset: number; readonly length: number; readonly version: Version }
  /** Nothing lies there: the range begins at or past the end. */
  | { readonly kind: 'past-the-end'; readonly sizeBytes: number | undefined }
  /** The object is another one than that of the first answer. */
  | { readonly kind: 'changed'; readonly was: Version; readonly now: Version }
  /** The server gave the whole object in place of a range of it. */
  | { readonly kind: 'range-ignored'; readonly lengthBytes: number | undefined }
  /** The answer contradicts the request or itself: none of its bytes may be used. */
  | { readonly kind: 'wrong'; readonly code: string; readonly what: string }
  /** An answer of another status. */
  | { readonly kind: 'status' };

/** The header that asks for it, such as `bytes=0-99`. */
export function rangeHeader(asked: Asked): string {
  if ('suffixLength' in asked) return `bytes=-${asked.suffixLength}`;
  return `bytes=${asked.offset}-${asked.offset + asked.length - 1}`;
}

/**
 * Judges an answer by its head alone, before a byte of its body is taken. Only a 206 whose Content-Range begins where
 * the request does, and whose length is consistent, is taken for bytes; `pinned` is the version of the first answer.
 */
export function judge(asked: Asked, pinned: Version, head: AnswerHead): Verdict {
  const { status } = head;
  if (status === 416) return { kind: 'past-the-end', sizeBytes: unsatisfiedSize(head.header('content-range')) };
  if (status === 412) return { kind: 'changed', was: pinned, now: versionOf(head, undefined) };
  if (status !== 206 && status !== 200) return { kind: 'status' };
  const encoding = head.header('content-encoding');
  if (encoding !== undefined && !/^(identity|aws-chunked)?$/i.test(encoding.trim())) {
    return { kind: 'wrong', code: 'HTTP_CONTENT_ENCODING', what: `content encoded as ${encoding}` };
  }
  const lengthBytes = wholeNumber(head.header('content-length'));
  return status === 200 ? judgeWhole(asked, pinned, head, lengthBytes) : judgePart(asked, pinned, head, lengthBytes);
}

/** A 200 is what was asked for only if it is no longer than that, and of a version: pages of portals have none. */
function judgeWhole(asked: Asked, pinned: Version, head: AnswerHead, lengthBytes: number | undefined): Verdict {
  const askedBytes = 'suffixLength' in asked ? asked.suffixLength : asked.length;
  const fromStart = 'suffixLength' in asked || asked.offset === 0;
  if (!fromStart || lengthBytes === undefined || lengthBytes > askedBytes || head.header('content-range')) {
    return { kind: 'range-ignored', lengthBytes };
  }
  const version = versionOf(head, lengthBytes);
  if (version.etag === undefined && version.modified === undefined) return { kind: 'range-ignored', lengthBytes };
  return sameVersion(pinned, version) ?? { kind: 'bytes', offset: 0, length: lengthBytes, version };
}

function judgePart(asked: Asked, pinned: Version, head: AnswerHead, lengthBytes: number | undefined): Verdict {
  const text = head.header('content-range');
  const range = contentRange(text);
  if (range === undefined) {
    const what = text === undefined ? 'no Content-Range' : `Content-Range ${JSON.stringify(text.slice(0, 80))}`;
    return { kind: 'wrong', code: 'HTTP_CONTENT_RANGE', what };
  }
  const { first, last, sizeBytes } = range;
  const wrong = (code: string, what: string): Verdict => ({ kind: 'wrong', code, what });
  const begin = 'suffixLength' in asked ? Math.max(0, sizeBytes - asked.suffixLength) : asked.offset;
  const end = 'suffixLength' in asked ? sizeBytes : Math.min(asked.offset + asked.length, sizeBytes);
  if (first !== begin || last >= end) {
    return wrong('HTTP_CONTENT_RANGE', `bytes ${first}-${last} of ${sizeBytes} in place of ${rangeHeader(asked)}`);
  }
  const length = last - first + 1;
  if (lengthBytes !== undefined && lengthBytes !== length) {
    return wrong('HTTP_CONTENT_LENGTH', `Content-Length ${lengthBytes} for a range of ${length} bytes`);
  }
  const version = versionOf(head, sizeBytes);
  return sameVersion(pinned, version) ?? { kind: 'bytes', offset: first, length, version };
}

/** A `changed` verdict, or undefined where nothing speaks against one version. */
function sameVersion(was: Version, now: Version): Verdict | undefined {
  const strong = isStrong(was.etag) && isStrong(now.etag);
  const same = strong
    ? was.etag === now.etag
    : (was.modified === undefined || now.modified === undefined || was.modified === now.modified) &&
      !(isStrong(was.etag) && now.etag === undefined);
  const sameSize = was.sizeBytes === undefined || was.sizeBytes === now.sizeBytes;
  return same && sameSize ? undefined : { kind: 'changed', was, now };
}

/** The version that an answer is of. */
export function versionOf(head: AnswerHead, sizeBytes: number | undefined): Version {
  return { etag: head.header('etag'), modified: head.header('last-modified'), sizeBytes };
}

/** A weak ETag stays the same where bytes differ. */
export function isStrong(etag: string | undefined): etag is string {
  return etag !== undefined && !etag.startsWith('W/');
}

/** `bytes 0-99/1000`, scanned by hand: it is read for each answer, and a regular expression takes four times as long. */
function contentRange(text: string | undefined): { first: number; last: number; sizeBytes: number } | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed.slice(0, 6).toLowerCase() !== 'bytes ') return undefined;
  const hyphen = trimmed.indexOf('-', 6);
  const slash = trimmed.indexOf('/', hyphen);
  if (hyphen < 0 || slash < 0) return undefined;
  const first = digits(trimmed, 6, hyphen);
  const last = digits(trimmed, hyphen + 1, slash);
  const sizeBytes = digits(trimmed, slash + 1, trimmed.length);
  // Not a number compares as false.
  return first <= last && last < sizeBytes ? { first, last, sizeBytes } : undefined;
}

/** The number that stands between two places of a text: 1 to 16 digits and nothing else, and exact; else not a number. */
function digits(text: string, begin: number, end: number): number {
  if (end <= begin || end - begin > 16) return Number.NaN;
  let value = 0;
  for (let at = begin; at < end; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** The size that a 416 names: `bytes *&#47;1000`. */
function unsatisfiedSize(text: string | undefined): number | undefined {
  return wholeNumber(/^bytes \*\/(\d+)$/i.exec(text?.trim() ?? '')?.[1]);
}

/** A header's number of bytes; undefined unless it is one, and exact. */
export function wholeNumber(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  const value = digits(trimmed, 0, trimmed.length);
  return Number.isNaN(value) ? undefined : value;
}
