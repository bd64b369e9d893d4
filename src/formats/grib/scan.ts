import type { GribFault } from './fault.js';
import type { GribSource, ScanItem } from './source.js';
import { Speculation } from './speculation.js';
import { type GribMessage, type WalkSummary, walkMessages } from './walk.js';

export interface ScanOptions {
  /** Takes messages whose end mark is wrong. */
  readonly lenient?: boolean;
  /**
   * Parts of the file that are walked at once: hides the latency of slow sources.
   * @default 1 for a source that answers within a millisecond, else one for 8 MiB, at most 64
   */
  readonly chains?: number | undefined;
}

const CHAIN_BYTES_MIN = 1 << 23;
const CHAINS_MAX = 64;
const SLOW_MS = 1;

/** Finds all messages of a file. Reads their headers only. */
export async function* scanGrib(
  source: GribSource,
  options: ScanOptions = {},
): AsyncGenerator<ScanItem, WalkSummary, undefined> {
  const chains = options.chains ?? (await chainsFor(source));
  if (chains > 1) return yield* new Speculation(source, chains, options.lenient ?? false).run();
  const found: ScanItem[] = [];
  const steps = walkMessages(source.size, {
    ...(options.lenient === undefined ? {} : { lenient: options.lenient }),
    onMessage: (message) => found.push({ message }),
    onFault: (fault) => found.push({ fault }),
  });
  let next = steps.next();
  while (!next.done) {
    const bytes = source.read(next.value);
    next = steps.next(bytes instanceof Promise ? await bytes : bytes);
    yield* found.splice(0);
  }
  yield* found;
  return next.value;
}

/** How many chains pay: a first read tells how slow the source is. */
async function chainsFor({ size, read }: GribSource): Promise<number> {
  const chains = Math.min(CHAINS_MAX, Math.floor(size / CHAIN_BYTES_MIN));
  if (chains < 2) return 1;
  // The first read may open the file: the second one is the usual one.
  await read({ offset: 0, length: 16 });
  const begin = performance.now();
  await read({ offset: Math.floor(size / 2), length: 16 });
  return performance.now() - begin > SLOW_MS ? chains : 1;
}

/** All messages of a small file or of bytes in memory. */
export async function scanAll(
  source: GribSource,
  options: ScanOptions = {},
): Promise<{ messages: GribMessage[]; faults: GribFault[]; summary: WalkSummary }> {
  const messages: GribMessage[] = [];
  const faults: GribFault[] = [];
  const scan = scanGrib(source, options);
  for (;;) {
    const next = await scan.next();
    if (next.done) return { messages, faults, summary: next.value };
    if ('message' in next.value) messages.push(next.value.message);
    else faults.push(next.value.fault);
  }
}
