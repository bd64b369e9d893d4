import type { Extent } from '../../range.js';
import type { GribFault } from './fault.js';
import type { ReadSteps } from './reading.js';
import type { GribSource, ScanItem } from './source.js';
import { type WalkSummary, walkMessages } from './walk.js';

/** What a walk found, in the order of the file: faults stand at the start of their message. */
type Found = { readonly at: number } & ScanItem;

/** Most chains begin inside a message, of some hundred KiB in usual files: few requests must find its end. */
const SEARCH_BYTES = 1 << 18;
/** Reads up to this length share a chain's memory. */
const ROOM_BYTES = 4096;

interface Chain {
  readonly from: number;
  readonly found: readonly Found[];
  /** Where it went on looking, at or past the next chain's start. */
  readonly end: number;
  readonly bytesRead: number;
}

/**
 * Walks several parts of a file at once. Each chain begins by searching, so it may begin inside a message that holds
 * bytes like a message. A chain's finds count only from where the chain before it really ended: false starts cost time,
 * never correctness.
 */
export class Speculation {
  readonly #source: GribSource;
  readonly #chains: number;
  readonly #lenient: boolean;
  /** No one waits for what chains find. */
  #isOver = false;

  constructor(source: GribSource, chains: number, lenient: boolean) {
    this.#source = source;
    this.#chains = chains;
    this.#lenient = lenient;
  }

  /** Hands over what each chain found. */
  async *run(): AsyncGenerator<readonly ScanItem[], WalkSummary, undefined> {
    const { size } = this.#source;
    const starts = Array.from({ length: this.#chains }, (_, i) => Math.floor((size / this.#chains) * i));
    const chains = starts.map((from, i) => this.#walk(from, starts[i + 1] ?? size));
    // All are awaited in turn: until then a failure must not count as unhandled.
    for (const chain of chains) chain.catch(() => undefined);
    try {
      return yield* this.#stitch(chains, starts);
    } finally {
      this.#isOver = true;
      // The file may be closed then: no read of it may be under way.
      await Promise.allSettled(chains);
    }
  }

  /** Puts together what the chains found, in the order of the file. */
  async *#stitch(
    chains: readonly Promise<Chain>[],
    starts: readonly number[],
  ): AsyncGenerator<readonly ScanItem[], WalkSummary, undefined> {
    const { size } = this.#source;
    let at = 0;
    let bytesRead = 0;
    const messages = new Numbering();
    for (const [i, pending] of chains.entries()) {
      const chain = await pending;
      bytesRead += chain.bytesRead;
      const until = starts[i + 1] ?? size;
      while (at < until) {
        const rest = reachable(chain, at);
        // What the chain found does not follow from here: walk on until it does.
        const part = rest ?? (await this.#walk(at, nextStart(chain, at) ?? until));
        if (rest === undefined) bytesRead += part.bytesRead;
        if (part.found.length > 0) yield part.found.map((item) => messages.number(item));
        at = part.end;
      }
    }
    return { messages: messages.count, end: at, skippedBytes: size - messages.bytes, bytesRead };
  }

  async #walk(from: number, until: number): Promise<Chain> {
    const found: Found[] = [];
    const steps = walkMessages(this.#source.size, {
      lenient: this.#lenient,
      from,
      until,
      searchBytes: SEARCH_BYTES,
      onMessage: (message) => found.push({ at: message.offset, message }),
      onFault: (fault: GribFault, at: number) => found.push({ at, fault }),
    });
    const { end, bytesRead } = (await this.#run(steps)) ?? { end: from, bytesRead: 0 };
    return { from, found, end, bytesRead };
  }

  /** Undefined if it was given up. */
  async #run(steps: ReadSteps<WalkSummary>): Promise<WalkSummary | undefined> {
    const { read, readBeside } = this.#source;
    if (readBeside !== undefined) return this.#runBeside(steps, readBeside);
    let next = steps.next();
    while (!next.done && !this.#isOver) {
      const bytes = read(next.value);
      next = steps.next(bytes instanceof Promise ? await bytes : bytes);
    }
    return next.done ? next.value : undefined;
  }

  #runBeside(
    steps: ReadSteps<WalkSummary>,
    readBeside: NonNullable<GribSource['readBeside']>,
  ): Promise<WalkSummary | undefined> {
    // A walk is done with the bytes of a header when it reads the next one.
    const shared = new Uint8Array(ROOM_BYTES);
    let room = shared;
    return new Promise((resolve, reject) => {
      const onNext = (next: IteratorResult<Extent, WalkSummary>) => {
        if (next.done || this.#isOver) return resolve(next.done ? next.value : undefined);
        const { length } = next.value;
        room = length <= ROOM_BYTES ? shared : new Uint8Array(length);
        readBeside(next.value, room, onRead);
      };
      const onRead = (error: unknown, count: number) => {
        try {
          if (error !== null) reject(error);
          else onNext(steps.next(room.subarray(0, count)));
        } catch (failure) {
          reject(failure);
        }
      };
      onNext(steps.next());
    });
  }
}

/** The part of a chain that a walk from `at` would find, too; `undefined` where the chain was inside a message then. */
function reachable(chain: Chain, at: number): Chain | undefined {
  let looking = chain.from;
  for (const [i, item] of chain.found.entries()) {
    if (item.at >= at) return looking <= at ? { ...chain, found: chain.found.slice(i) } : undefined;
    looking = 'message' in item ? item.message.offset + item.message.length : item.at + 4;
  }
  return looking <= at ? { ...chain, found: [], end: Math.max(chain.end, at) } : undefined;
}

/** Where the chain looked for a message after `at`. */
function nextStart(chain: Chain, at: number): number | undefined {
  for (const item of chain.found) {
    const end = 'message' in item ? item.message.offset + item.message.length : item.at + 4;
    if (end > at) return end;
  }
  return undefined;
}

/** Gives messages their numbers in the file: each chain counted from 1. */
class Numbering {
  count = 0;
  bytes = 0;

  number(item: Found): ScanItem {
    if ('fault' in item) return { fault: item.fault };
    this.count++;
    const { message } = item;
    this.bytes += message.length;
    // The chain's own objects, which nobody else has seen.
    for (const field of message.fields) {
      const part = field.number.indexOf('.');
      (field as { number: string }).number = part < 0 ? `${this.count}` : `${this.count}${field.number.slice(part)}`;
    }
    return { message };
  }
}
