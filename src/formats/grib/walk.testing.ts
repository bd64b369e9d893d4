import type { GribFault } from './fault.js';
import type { GribField } from './field.js';
import { runStepsOver } from './reading.js';
import { type GribMessage, type WalkSummary, walkMessages } from './walk.js';

export interface Walked {
  readonly messages: GribMessage[];
  readonly fields: GribField[];
  readonly faults: GribFault[];
  readonly summary: WalkSummary;
}

/** Walks bytes in memory. */
export function walkBytes(bytes: Uint8Array, lenient = false): Walked {
  const messages: GribMessage[] = [];
  const faults: GribFault[] = [];
  const walk = walkMessages(bytes.length, {
    lenient,
    onMessage: (message) => messages.push(message),
    onFault: (fault) => faults.push(fault),
  });
  const summary = runStepsOver(walk, bytes);
  return { messages, fields: messages.flatMap(({ fields }) => fields), faults, summary };
}
