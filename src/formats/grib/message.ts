import type { GribFault } from './fault.js';
import type { GribField } from './field.js';
import type { Window } from './reading.js';

/** What a parser of one message answers: the message's end and fields, or what is wrong with it. */
export type MessageResult =
  | { readonly end: number; readonly fields: readonly GribField[]; readonly sections: number }
  | { readonly fault: GribFault; readonly sections: number };

/** What the parser of one message is given. */
export interface MessageStart {
  readonly window: Window;
  readonly offset: number;
  /** Number of the message in the file, from 1. */
  readonly number: number;
  readonly lenient: boolean;
  /** The source ends with a field, at or before the end of its message. */
  readonly isPrefix?: boolean;
}
