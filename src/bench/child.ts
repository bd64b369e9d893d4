import { performance } from 'node:perf_hooks';
import { BUFFER_BYTES_MAX } from '../engine/engine.js';
import { openEngine } from '../engine/open.js';
import { type ErrorKind, isLsioError, LsioError } from '../errors.js';
import type { Coalesce } from '../plan/coalesce.js';
import type { ReadOrder } from '../store/local/device-order.js';
import { splitLong } from '../workload/operations.js';
import { sampleOf, verifier } from '../workload/verify.js';
import type { Workload } from '../workload/workload.js';
import { EngineReader } from './engine-reader.js';
import { LatencyHistogram } from './latency.js';
import { ManyReader } from './many-reader.js';
import { nodeReader } from './node-readers.js';
import { isEngineReader, type Reader, type ReaderName } from './reader.js';
import type { Sample } from './runner.js';
import { storeReader } from './store-reader.js';

/*
 * A process of its own for each reader: it has its own thread pool, heap and warmed-up code, and its CPU time is that of
 * its reads alone. The parent sends one request at a time and gets one reply to each.
 */

/** What a process is to read, and how. */
export interface ChildSetup {
  readonly reader: ReaderName;
  readonly work: Workload;
  /** Of each ring. */
  readonly queueDepth: number;
  /** Rings that share the work; of io_uring only. */
  readonly rings: number | 'auto';
  readonly alignBytes: number | undefined;
  readonly latency: boolean;
  /** How our engines merge operations; absent: not at all. */
  readonly coalesce?: Coalesce | undefined;
  /** The longest read of our engines, in bytes. */
  readonly readBytesMax?: number | undefined;
  /** In which order an engine of ours may read. */
  readonly readOrder: ReadOrder;
}

export type ChildRequest =
  | { readonly kind: 'setup'; readonly setup: ChildSetup }
  | { readonly kind: 'run'; readonly passes: number }
  | { readonly kind: 'verify'; readonly how: 'all' | 'sample' }
  | { readonly kind: 'close' };

export interface ReaderFacts {
  readonly engine: string;
  readonly reason: string;
}

export type ChildReply =
  | { readonly kind: 'ready'; readonly facts: ReaderFacts }
  | { readonly kind: 'sample'; readonly sample: Sample }
  | { readonly kind: 'verified'; readonly operations: number }
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'failed';
      readonly errorKind: ErrorKind | undefined;
      readonly message: string;
      readonly remedy?: string;
    };

let setup: ChildSetup | undefined;
let reader: Reader | undefined;
/** The work, in parts that the engine can read. */
let reads: Workload | undefined;

async function openReader({ reader: name, queueDepth, rings, ...options }: ChildSetup): Promise<Reader> {
  if (name === 'store') return storeReader(queueDepth);
  if (!isEngineReader(name)) return nodeReader(name, queueDepth);
  const engine = await openEngine({ engine: name.startsWith('uring') ? 'uring' : 'node', queueDepth, rings });
  return name.endsWith('-raw') ? new EngineReader(engine, options) : new ManyReader(engine, options);
}

async function answer(request: ChildRequest): Promise<ChildReply> {
  if (request.kind === 'setup') {
    setup = request.setup;
    reader = await openReader(setup);
    reads = isRaw(setup) ? splitLong(setup.work, setup.readBytesMax ?? BUFFER_BYTES_MAX) : setup.work;
    return { kind: 'ready', facts: { engine: reader.engine, reason: reader.reason } };
  }
  if (setup === undefined || reader === undefined || reads === undefined)
    throw new LsioError('usage', 'the process is set up first');
  switch (request.kind) {
    case 'run':
      return { kind: 'sample', sample: await timedRun(reader, reads, setup, request.passes) };
    case 'verify': {
      // Bytes are compared part by part: no part is longer than one read.
      const parts = isEngineReader(setup.reader) ? splitLong(reads, BUFFER_BYTES_MAX) : reads;
      const work = request.how === 'all' ? parts : sampleOf(parts);
      const check = verifier(work);
      const { operations } = await reader.read(work, 1, { check });
      return { kind: 'verified', operations };
    }
    case 'close':
      await reader.close();
      return { kind: 'closed' };
  }
}

/** The engine alone takes no operation that is longer than one read. */
function isRaw({ reader: name }: ChildSetup): boolean {
  return isEngineReader(name) && name.endsWith('-raw');
}

async function timedRun(by: Reader, reads: Workload, { work, latency }: ChildSetup, passes: number): Promise<Sample> {
  const histogram = latency ? new LatencyHistogram() : undefined;
  await by.prepare?.(reads);
  const before = process.resourceUsage();
  const beganMs = performance.now();
  const {
    operations,
    bytes,
    reads: issued,
    bytesRead,
    readOrder,
  } = await by.read(reads, passes, { latency: histogram });
  const wallNs = (performance.now() - beganMs) * 1e6;
  const after = process.resourceUsage();
  const grown = (name: keyof NodeJS.ResourceUsage) => after[name] - before[name];
  return {
    wallNs,
    cpuUserNs: grown('userCPUTime') * 1000,
    cpuSystemNs: grown('systemCPUTime') * 1000,
    // An operation is one file or block, in however many reads.
    operations: operations - (reads.operations - work.operations) * passes,
    bytes,
    reads: issued,
    bytesRead,
    readOrder,
    contextSwitches: grown('voluntaryContextSwitches') + grown('involuntaryContextSwitches'),
    pageFaults: grown('minorPageFault') + grown('majorPageFault'),
    majorPageFaults: grown('majorPageFault'),
    latencyCounts: histogram?.counts,
  };
}

process.on('message', (request: ChildRequest) => {
  answer(request).then(
    (reply) => process.send?.(reply, () => reply.kind === 'closed' && process.disconnect()),
    (error: unknown) => {
      const known = isLsioError(error) ? error : undefined;
      const remedy = known?.remedy === undefined ? {} : { remedy: known.remedy };
      process.send?.({ kind: 'failed', errorKind: known?.kind, message: (error as Error).message, ...remedy });
    },
  );
});
// The parent has ended.
process.on('disconnect', () => process.exit());
