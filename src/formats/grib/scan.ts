import type { GribFault } from './fault.js';
import type { GribSource, ScanItem } from './source.js';
import { Speculation } from './speculation.js';
import { type GribMessage, type WalkSummary, walkMessages } from './walk.js';

export interface ScanOptions {
  /** Takes messages whose end mark is wrong. */
  readonly lenient?: boolean;
  /**
   * Parts of the file that are walked at once: hides the latency of its source.
   * @default one for 8 MiB: at most 16, or 64 where a read takes over a millisecond; 1 for a local file in the page cache
   */
  readonly chains?: number | undefined;
}

const CHAIN_BYTES_MIN = 1 << 23;
const CHAINS_MAX = 16;
const CHAINS_SLOW_MAX = 64;
const SLOW_MS = 1;
/** Reads that tell whether a file is cached. */
const PROBES = 8;
/** A cached read takes a tenth of this, one from a disk twice as long or more. */
const CACHED_MS_MAX = 0.03;
/** Finds that are handed over together. */
const BATCH_MAX = 256;

/** Finds all messages of a file, and hands them over in batches. Reads their headers only. */
export async function* scanGrib(
  source: GribSource,
  options: ScanOptions = {},
): AsyncGenerator<readonly ScanItem[], WalkSummary, undefined> {
  const { lenient = false } = options;
  const chains = options.chains ?? (await chainsFor(source));
  if (chains > 1) return yield* new Speculation(source, chains, lenient).run();
  let found: ScanItem[] = [];
  const steps = walkMessages(source.size, {
    lenient,
    onMessage: (message) => found.push({ message }),
    onFault: (fault) => found.push({ fault }),
  });
  let next = steps.next();
  while (!next.done) {
    const bytes = source.read(next.value);
    const isSlow = bytes instanceof Promise;
    next = steps.next(isSlow ? await bytes : bytes);
    if (found.length < (isSlow ? 1 : BATCH_MAX)) continue;
    yield found;
    found = [];
  }
  if (found.length > 0) yield found;
  return next.value;
}

/** How many chains pay: the first reads tell how slow the source is. */
async function chainsFor(source: GribSource): Promise<number> {
  const { size, read, readBeside } = source;
  const chains = Math.min(CHAINS_SLOW_MAX, Math.floor(size / CHAIN_BYTES_MIN));
  if (chains < 2) return 1;
  // The first read may open the file: the second one is the usual one.
  const first = read({ offset: 0, length: 16 });
  if (!(first instanceof Promise)) {
    return readBeside === undefined || isCached(source) ? 1 : Math.min(chains, CHAINS_MAX);
  }
  await first;
  const begin = performance.now();
  await read({ offset: Math.floor(size / 2), length: 16 });
  return performance.now() - begin > SLOW_MS ? chains : Math.min(chains, CHAINS_MAX);
}

/** Whether the headers of the first messages lie in the page cache. */
function isCached({ size, read }: GribSource): boolean {
  const steps = walkMessages(size, { onMessage: () => {}, onFault: () => {} });
  const times: number[] = [];
  let next = steps.next();
  while (!next.done && times.length < PROBES) {
    const begin = performance.now();
    const bytes = read(next.value) as Uint8Array;
    times.push(performance.now() - begin);
    next = steps.next(bytes);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)]! <= CACHED_MS_MAX;
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
    for (const item of next.value) {
      if ('message' in item) messages.push(item.message);
      else faults.push(item.fault);
    }
  }
}
