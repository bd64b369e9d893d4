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
  /** Where to begin, and the number of the first message there. @default 0 and 1 */
  readonly from?: number;
  readonly firstNumber?: number;
  /** Called for each message, in the order of the file. */
  readonly onMessage: (message: GribMessage) => void;
  readonly onFault: (fault: GribFault) => void;
}

export interface WalkSummary {
  readonly messages: number;
  /** Bytes in no message: padding, bulletin headers, faulty messages. */
  readonly skippedBytes: number;
  readonly bytesRead: number;
}

/**
 * Finds the messages of a file of `size` bytes. After a fault the search goes on four bytes after the faulty message's
 * start, so that a wrong length hides no other message.
 */
export function* walkMessages(size: number, options: WalkOptions): ReadSteps<WalkSummary> {
  const { lenient = false, from = 0, firstNumber = 1, onMessage, onFault } = options;
  const window = new Window(size);
  let number = firstNumber;
  let skippedBytes = 0;
  let wastedSections = 0;
  let at = from;
  let messageEnd = from;
  let shared: GribField | undefined;
  while (at < size) {
    const start = yield* nextStart(window, at);
    if (start === undefined) break;
    const edition = (yield* window.need(start, 8))[7];
    if (edition !== 1 && edition !== 2) {
      at = start + 4;
      continue;
    }
    const message = { window, offset: start, number, lenient };
    const result: MessageResult = yield* edition === 1 ? gribOneMessage(message) : gribTwoMessage(message, shared);
    if ('fault' in result) {
      onFault(result.fault);
      wastedSections += result.sections + 1;
      at = start + 4;
      if (wastedSections <= WASTED_SECTIONS_MAX) continue;
      onFault(faultAt(at, 'section', 'too many faulty messages: the rest of the file is not searched'));
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
    messages: number - firstNumber,
    skippedBytes: skippedBytes + size - messageEnd,
    bytesRead: window.bytesRead,
  };
}

/** The next `GRIB` at or after `at`. The usual case, a message right here, needs no search. */
function* nextStart(window: Window, at: number): ReadSteps<number | undefined> {
  // The end mark of the message before is near: one read serves both.
  const head = yield* window.need(at, 8);
  if (head.length === 8 && u16(head, 0) * 65536 + u16(head, 2) === MAGIC) return at;
  return yield* window.find(at);
}
