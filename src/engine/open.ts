import { availableParallelism } from 'node:os';
import { isLsioError, LsioError } from '../errors.js';
import type { SlabChoice, SlabMemory } from '../memory/slab-memory.js';
import { portableSlab } from '../memory/wasm-slab.js';
import { openDescriptors, readLimits } from '../native/limits.js';
import { QUEUE_DEPTH_MAX, WINDOW_BYTES } from '../plan/window.js';
import type { Ring, RingOptions } from '../uring/ring.js';
import type { Engine, EngineInfo, EngineName } from './engine.js';
import { LibuvRing } from './ring/libuv-ring.js';
import { RingEngine } from './ring/ring-engine.js';
import { StatRing } from './ring/stat-ring.js';
import { StatedSizes } from './ring/stated-sizes.js';

/** The memory that reads land in has this many pages. A ring's completion queue, 65,536 at most, has room for it, too. */
export const QUEUE_DEPTH_LIMIT = 16_384;
/** Below this depth a ring that memory limits have halved isn't worth having. */
const QUEUE_DEPTH_MIN = 8;
/** Memory that reads land in: untouched parts of it cost nothing. */
const SLAB_BYTES = 64 * 1024 * 1024;
/** Files that many reads share, open at a time. */
const SHARED_FILES_MAX = 256;
/** Each but the first is a thread with a heap of its own. */
export const RINGS_MAX = 64;
/** Beyond that the thread that describes the reads and takes what came becomes the limit. */
const RINGS_AUTO_MAX = 4;
/** Descriptors left to the rest of the process; and so many that it may open, where it holds more than these already. */
const FILES_SPARE = 64;
const FILES_SPARE_BESIDES = 24;

export interface EngineOptions {
  /**
   * `auto` takes io_uring where it works, else the portable engine.
   * @default 'auto'
   */
  readonly engine?: EngineName | 'auto';
  /**
   * Rings that share the work, 1 to 64: each but the first has a thread that enters the kernel for it, which is worth it
   * where a CPU is the limit and others are idle. `auto` begins with one, and starts another whenever this thread was busy
   * for most of the time that reads were in flight, up to the number of CPUs and 4. The portable engine always has one.
   * @default 1
   */
  readonly rings?: number | 'auto';
  /**
   * Reads in flight at most, of each ring, 1 to 16,384. Given explicitly it holds for reads of any size; the default is 256 with at
   * most 4 MiB in flight, and fewer where the limit of locked memory asks for it.
   */
  readonly queueDepth?: number;
  /**
   * Where reads land: in memory of WebAssembly, so that kernels work on it there, or in a mapping. On a thread that may be
   * terminated while it reads, WebAssembly's is not safe: ask for it where the engine is always closed first.
   * @default 'auto': WebAssembly's on the main thread, where it can be had
   */
  readonly slab?: SlabChoice;
}

/**
 * Opens an engine. This is the only place that chooses one; `info` says which it is and why.
 *
 * @throws {LsioError} `usage` for a depth out of range, `unavailable` when the engine that was asked for doesn't work.
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { engine = 'auto', queueDepth, rings = 1, slab = 'auto' } = options;
  if (queueDepth !== undefined) checkCount('queue depth', queueDepth, QUEUE_DEPTH_LIMIT);
  if (rings !== 'auto') checkCount('rings', rings, RINGS_MAX);
  const inAll = (queueDepth ?? 1) * (rings === 'auto' ? 1 : rings);
  if (inAll > QUEUE_DEPTH_LIMIT) {
    throw new LsioError(
      'usage',
      `${rings} rings of queue depth ${queueDepth} are more than ${QUEUE_DEPTH_LIMIT} reads in flight`,
    );
  }
  if (engine === 'node') return openNode('asked for', queueDepth);
  try {
    return await openUring(engine === 'uring' ? 'asked for' : 'io_uring works here', { queueDepth, rings, slab });
  } catch (error) {
    if (engine === 'uring' || !isLsioError(error, 'unavailable')) throw error;
    return openNode(error.message, queueDepth, error.remedy);
  }
}

function checkCount(what: string, count: number, max: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= max) return;
  throw new LsioError('usage', `${what} ${count} is not a whole number from 1 to ${max}`);
}

/** How many reads may be in flight, and how many files open for them. */
interface Sizes {
  readonly queueDepth: number;
  readonly sharedFiles: number;
  /** An explicit depth holds whatever the reads' size. */
  readonly windowBytes: number;
}

/**
 * @param held descriptors that the process has open. Those of a ring don't count against the limit, libuv's do.
 * @throws {LsioError} `unavailable` when so many reads would need more open files than are allowed.
 */
function sizesFor(queueDepth: number | undefined, held = 0): Sizes {
  const { openFiles } = readLimits();
  const filesMax = openFiles - Math.max(FILES_SPARE, held + FILES_SPARE_BESIDES);
  const wanted = queueDepth ?? QUEUE_DEPTH_MAX;
  const depth = Math.min(wanted, filesMax - 1);
  if (depth < 1 || (queueDepth !== undefined && depth < queueDepth)) {
    const needed = wanted + 1 + openFiles - filesMax;
    throw new LsioError('unavailable', `${openFiles} open files are allowed, queue depth ${wanted} needs ${needed}`, {
      code: 'EMFILE',
      remedy: depth < 1 ? `ulimit -n ${needed}` : `ulimit -n ${needed}, or --queue-depth ${depth}`,
    });
  }
  return {
    queueDepth: depth,
    sharedFiles: Math.min(SHARED_FILES_MAX, filesMax - depth),
    windowBytes: queueDepth === undefined ? WINDOW_BYTES : SLAB_BYTES,
  };
}

async function openUring(
  reason: string,
  { queueDepth, rings, slab }: { queueDepth: number | undefined; rings: number | 'auto'; slab: SlabChoice },
): Promise<Engine> {
  if (process.platform !== 'linux')
    throw new LsioError('unavailable', `io_uring is Linux's, this is ${process.platform}`);
  let sizes = sizesFor(queueDepth);
  for (;;) {
    try {
      return await openRings(reason, sizes, { rings, slab });
    } catch (error) {
      const tooLarge = isLsioError(error, 'unavailable') && error.code === 'ENOMEM';
      if (!tooLarge || queueDepth !== undefined || sizes.queueDepth <= QUEUE_DEPTH_MIN) throw error;
      const halved = Math.floor(sizes.queueDepth / 2);
      sizes = { ...sizes, queueDepth: halved };
      reason = `the limit of locked memory (ulimit -l) allows queue depth ${halved} only`;
    }
  }
}

/** The first ring is this thread's own; the others have a thread each. */
async function openRings(
  reason: string,
  sizes: Sizes,
  { rings: wanted, slab }: { readonly rings: number | 'auto'; readonly slab: SlabChoice },
): Promise<Engine> {
  // Loaded here, so that the portable engine needs neither koffi nor liburing.
  const [{ IoUring }, { openSlabMemory }, { verifyRing }, { proveWatch }] = await Promise.all([
    import('../uring/io-uring.js'),
    import('../memory/slab-memory.js'),
    import('../uring/probe.js'),
    import('../native/wake.js'),
  ]);
  await proveWatch();
  const memory = openSlabMemory(SLAB_BYTES, slab);
  const rings: Ring[] = [];
  try {
    const first = IoUring.create(ringOptions(sizes), memory);
    rings.push(first);
    verifyRing(first);
    if (wanted !== 'auto' && wanted > 1) {
      const started = await startThreads(sizes, memory, wanted - 1);
      rings.push(...started.rings);
      if (started.missing !== undefined) reason += `; ${rings.length} of ${wanted} rings: ${started.missing}`;
    }
    const facts = { ...info('uring', reason, sizes), rings: rings.length, flags: first.flags };
    return new RingEngine(rings, facts, {
      ...sizes,
      sizes: new StatedSizes(),
      ...(wanted === 'auto' && { ringsMax: ringsAuto(), addRing: () => anotherRing(sizes, memory) }),
      onShutdown: (drained) => memory.retire(drained),
    });
  } catch (error) {
    const drained = !(isLsioError(error) && error.code === 'ETIMEDOUT');
    for (const ring of rings) ring.shutdown(drained);
    memory.retire(drained);
    throw error;
  }
}

interface Started {
  readonly rings: readonly Ring[];
  /** Why there are fewer than asked for. */
  readonly missing: string | undefined;
}

/**
 * Starts rings with threads. Threads that can't be started are no error: fewer rings do the work. (A program that is
 * bundled may lack the thread's module, and Node's permission model may forbid threads.)
 *
 * @throws {LsioError} `unavailable` when a thread can't have a ring.
 */
async function startThreads(sizes: Sizes, memory: SlabMemory, count: number): Promise<Started> {
  const { ThreadUnavailableError } = await import('../threads/thread.js');
  const started = await Promise.allSettled(Array.from({ length: count }, () => startThread(sizes, memory)));
  const rings = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failures: unknown[] = started.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  const failure = failures.find((error) => !(error instanceof ThreadUnavailableError));
  if (failure === undefined) return { rings, missing: (failures[0] as Error | undefined)?.message };
  for (const ring of rings) ring.shutdown(true);
  throw failure;
}

async function startThread(sizes: Sizes, memory: SlabMemory): Promise<Ring> {
  const [{ IoUring }, { ThreadQueues }] = await Promise.all([
    import('../uring/io-uring.js'),
    import('../uring/thread-queues.js'),
  ]);
  const options = ringOptions(sizes);
  return new IoUring(await ThreadQueues.start(options, memory), memory, options);
}

/** Of `auto`: what can't be had isn't missed. */
async function anotherRing(sizes: Sizes, memory: SlabMemory): Promise<Ring | undefined> {
  try {
    return await startThread(sizes, memory);
  } catch (error) {
    if (isLsioError(error, 'unavailable')) return undefined;
    throw error;
  }
}

function ringsAuto(): number {
  return Math.min(availableParallelism(), RINGS_AUTO_MAX);
}

function openNode(reason: string, queueDepth: number | undefined, remedy?: string): Engine {
  const sizes = sizesFor(queueDepth, openDescriptors());
  const ring = new LibuvRing(ringOptions(sizes), portableSlab(SLAB_BYTES));
  const facts = { ...info('node', reason, sizes), remedy };
  return new RingEngine([ring], facts, { ...sizes, sizes: new StatedSizes() });
}

/** An engine that answers as one of this kind would read, from the sizes that the file system states. */
export function openStatEngine(info: EngineInfo): Engine {
  const sizes = sizesFor(info.queueDepth);
  const ring = new StatRing(ringOptions(sizes), portableSlab(SLAB_BYTES));
  return new RingEngine([ring], { ...info, rings: 1 }, { ...sizes, windowBytes: WINDOW_BYTES });
}

function ringOptions({ queueDepth, sharedFiles }: Sizes): RingOptions {
  return { entries: queueDepth, files: queueDepth + sharedFiles };
}

function info(engine: EngineName, reason: string, { queueDepth }: Sizes): EngineInfo {
  return { engine, reason, queueDepth, rings: 1, slabBytes: SLAB_BYTES, flags: [] };
}
