import type { Extent } from '../../range.js';
import { faultAt, type GribFault } from './fault.js';
import type { GribField } from './field.js';
import type { MessageResult } from './message.js';
import { gribOneMessage } from './message1.js';
import { gribTwoMessage } from './message2.js';
import { u16 } from './octets.js';
import { type ReadSteps, Window } from './reading.js';

/** A hostile file can make each of its bytes start a long walk. This many sections in faulty messages end the scan. */
const WASTED_SECTIONS_MAX = 100_000;
const MAGIC = 0x47524942;

/** A whole message: its place and its fields. */
export interface GribMessage extends Extent {
  readonly edition: 1 | 2;
  readonly fields: readonly GribField[];
}

export interface WalkOptions {
  /** Takes messages whose end mark is wrong. */
  readonly lenient?: boolean;
  /** Where to begin. @default 0 */
  readonly from?: number;
  /** Messages that begin here or later are left to others. @default the end of the file */
  readonly until?: number;
  /** Bytes that a search for a message reads at a time. @default little at first, then more and more */
  readonly searchBytes?: number;
  /** Called for each message, in the order of the file. */
  readonly onMessage: (message: GribMessage) => void;
  /** `at` is the start of the faulty message, before which the fault itself can't lie. */
  readonly onFault: (fault: GribFault, at: number) => void;
}

export interface WalkSummary {
  readonly messages: number;
  /** Where the walk ended: the first byte that belongs to no message found, or the end of the file. */
  readonly end: number;
  /** Bytes in no message: padding, bulletin headers, faulty messages. */
  readonly skippedBytes: number;
  readonly bytesRead: number;
}

/**
 * Finds the messages of a file of `size` bytes. After a fault the search goes on four bytes after the faulty message's
 * start, so that a wrong length hides no other message.
 */
export function* walkMessages(size: number, options: WalkOptions): ReadSteps<WalkSummary> {
  const { lenient = false, from = 0, until = size, searchBytes, onMessage, onFault } = options;
  const window = new Window(size, searchBytes);
  let number = 1;
  let skippedBytes = 0;
  let wastedSections = 0;
  let at = from;
  let messageEnd = from;
  let shared: GribField | undefined;
  while (at < until) {
    const start: number | undefined = startsHere(window, at) ? at : yield* nextStart(window, at, until);
    if (start === undefined) {
      at = until;
      break;
    }
    const edition = (window.held(start, 8) ?? (yield* window.need(start, 8)))[7];
    if (edition !== 1 && edition !== 2) {
      at = start + 4;
      continue;
    }
    const message = { window, offset: start, number, lenient };
    const result: MessageResult = yield* edition === 1 ? gribOneMessage(message) : gribTwoMessage(message, shared);
    if ('fault' in result) {
      onFault(result.fault, start);
      wastedSections += result.sections + 1;
      at = start + 4;
      if (wastedSections <= WASTED_SECTIONS_MAX) continue;
      onFault(faultAt(at, 'section', 'too many faulty messages: the rest of the file is not searched'), start);
      at = size;
      break;
    }
    skippedBytes += start - messageEnd;
    shared = result.fields.at(-1);
    onMessage({ offset: start, length: result.end - start, edition, fields: result.fields });
    number++;
    at = result.end;
    messageEnd = result.end;
  }
  return {
    messages: number - 1,
    end: at,
    skippedBytes: skippedBytes + Math.max(at - messageEnd, 0),
    bytesRead: window.bytesRead,
  };
}

/** Whether a message begins at a place in the window. The usual case: the end mark before it was read along with it. */
function startsHere(window: Window, at: number): boolean {
  const head = window.held(at, 8);
  return head !== undefined && isMagic(head);
}

/** The next `GRIB` at or after `at`. */
function* nextStart(window: Window, at: number, until: number): ReadSteps<number | undefined> {
  if (isMagic(yield* window.need(at, 8))) return at;
  return yield* window.find(at, until);
}

function isMagic(head: Uint8Array): boolean {
  return head.length === 8 && u16(head, 0) * 65536 + u16(head, 2) === MAGIC;
}
