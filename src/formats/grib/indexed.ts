import { gribError } from './fault.js';
import type { IndexEntry } from './index-read.js';
import { runSteps } from './reading.js';
import type { FieldSelection } from './select.js';
import type { GribSource } from './source.js';
import { type GribMessage, walkMessages } from './walk.js';

/** Messages that are looked at at once. */
const AT_ONCE = 64;

/**
 * The messages that an index names and whose lines may match. Each is walked where the index says it is: its magic,
 * edition, length, sections and end mark must be right.
 *
 * @returns the messages in the order of the file, and the bytes read.
 * @throws {LsioError} code `index` when the file does not confirm the index: it is stale.
 */
export async function indexedMessages(
  source: GribSource,
  entries: readonly IndexEntry[],
  selection: FieldSelection,
): Promise<{ messages: GribMessage[]; bytesRead: number }> {
  const wanted = entries.filter((entry) => mayMatch(entry, selection));
  const checked = wanted.length === 0 ? samplesOf(entries) : wanted;
  const messages: GribMessage[] = [];
  let bytesRead = 0;
  for (let from = 0; from < checked.length; from += AT_ONCE) {
    const part = await Promise.all(checked.slice(from, from + AT_ONCE).map((entry) => messageAt(source, entry)));
    for (const one of part) {
      bytesRead += one.bytesRead;
      if (wanted.length > 0) messages.push(one.message);
    }
  }
  return { messages, bytesRead };
}

/** Conditions on keys can't be decided from the lines: such fields are looked at. */
function mayMatch({ lines, message }: IndexEntry, { match = [], not = [], numbers }: FieldSelection): boolean {
  const isNumbered = numbers === undefined || [...numbers].some((number) => number.split('.')[0] === `${message}`);
  if (!isNumbered) return false;
  if (lines.length === 0) return true;
  return lines.some((line) => match.every((one) => one.test(line)) && !not.some((one) => one.test(line)));
}

function samplesOf(entries: readonly IndexEntry[]): IndexEntry[] {
  return [...new Set([entries[0]!, entries[entries.length >> 1]!, entries.at(-1)!])];
}

async function messageAt(
  source: GribSource,
  { offset, end, message: number }: IndexEntry,
): Promise<{ message: GribMessage; bytesRead: number }> {
  let found: GribMessage | undefined;
  let problem = 'no message begins there';
  const steps = walkMessages(source.size, {
    from: offset,
    until: offset + 1,
    onMessage: (message) => {
      found = message;
    },
    onFault: ({ message }) => {
      problem = message;
    },
  });
  const { bytesRead } = await runSteps(steps, source.read);
  if (found !== undefined && found.offset + found.length > end) problem = `the message is longer than the index says`;
  else if (found !== undefined) return { message: renumbered(found, number), bytesRead };
  throw gribError('index', `the index is stale: at byte ${offset}, ${problem}`, offset);
}

function renumbered(message: GribMessage, number: number): GribMessage {
  const { fields } = message;
  const name = (i: number) => (fields.length === 1 ? `${number}` : `${number}.${i + 1}`);
  return { ...message, fields: fields.map((field, i) => ({ ...field, number: name(i) })) };
}
