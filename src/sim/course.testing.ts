import { constants } from 'node:os';
import { type Answer, type Ask, ListSource, pattern } from '../engine/conformance-kit.js';
import { type SharedFile, TO_END } from '../engine/engine.js';
import { MapDisk, type SimFile } from './disk.js';
import { openSim, type SimEngine } from './engine.js';
import type { SimFaults } from './faults.js';
import { FAILURES } from './kernel.js';
import { Random } from './random.js';

/*
 * Courses of events in a simulation, and what may come of them. Checks are plain comparisons: a million courses are run.
 */

const { ECANCELED, EIO, ENOENT } = constants.errno;
const KI = 1024;
const SLAB_BYTES = 512 * KI;
/** Of all courses, one after the other, in which no ring is lost. */
const MEMORY = new Uint8Array(SLAB_BYTES);
const SIZES = [0, 1, 511, 512, 513, 5000, 8191, 8192, 8193, 40_000, 100_000];

/** Files of every size and fault, by path; the last path leads nowhere. */
const PATHS = [
  ...SIZES.map((_, number) => `/sim/${number}`),
  '/sim/whole',
  '/fuse/lies-0',
  '/fuse/lies-10',
  '/sim/absent',
];
export const FILES = new Map<string, SimFile>([
  ...SIZES.map((size, number): [string, SimFile] => [
    `/sim/${number}`,
    { bytes: pattern(number, size), noDirect: number % 4 === 1, ...(size > 9000 && { badFrom: 30_208 }) },
  ]),
  ['/sim/whole', { bytes: pattern(99, 60_000) }],
  ['/fuse/lies-0', { bytes: pattern(50, 20_000), statedBytes: 0 }],
  ['/fuse/lies-10', { bytes: pattern(51, 20_000), statedBytes: 10 }],
]);

export interface SimRead {
  readonly path: string;
  readonly shared: boolean;
  readonly offset: number;
  readonly length: number;
}

export function someRead(random: Random): SimRead {
  const size = () => random.below(random.pick([1, 9000, 110_000]));
  return {
    path: random.pick(PATHS),
    shared: random.chance(0.5),
    offset: size(),
    length: random.chance(0.3) ? TO_END : size(),
  };
}

/** Throws unless `condition` holds. */
export function check(condition: boolean, message: () => string): void {
  if (!condition) throw new Error(message());
}

/** What may come of a read, whatever happens to rings. `mayFail` are the errors that are possible besides those of its file. */
export function checkOutcome(answer: Answer, read: SimRead, mayFail: readonly number[]): void {
  const { path, offset, length } = read;
  const what = () => `${length} bytes at ${offset} of ${path}: errno ${answer.errno}, ${answer.bytes.length} bytes`;
  const file = FILES.get(path);
  const { bytes, badFrom = Number.POSITIVE_INFINITY } = file ?? { bytes: Buffer.alloc(0) };
  const end = length === TO_END ? Number.POSITIVE_INFINITY : offset + length;
  const from = Math.min(offset, bytes.length);
  const wanted = Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.max(0, Math.min(end, bytes.length) - from));
  const came = answer.bytes;
  // Whatever came before an error is right, too.
  check(came.length <= wanted.length && came.equals(wanted.subarray(0, came.length)), () => `wrong bytes, ${what()}`);
  if (mayFail.includes(answer.errno)) return;
  if (file === undefined) return check(answer.errno === ENOENT, what);
  // A read that touches what can't be read fails there, and a read to the end always does.
  if (length !== 0 && badFrom < end && (offset < bytes.length || offset >= badFrom)) {
    check(answer.errno === EIO && came.length <= Math.max(0, badFrom - offset), what);
  } else check(answer.errno === 0 && came.length === wanted.length, what);
}

/** How many reads were compared, by all courses. */
export const counted = { reads: 0 };

/** Reads of two runs, of which the first may be cancelled at any step. */
export async function course(
  seed: number,
  faults: Partial<SimFaults>,
  rings: readonly Partial<SimFaults>[],
): Promise<void> {
  const random = new Random(seed ^ 0x5bd1e995);
  const sim = openSim({
    seed,
    disk: new MapDisk(FILES),
    faults,
    rings,
    queueDepth: random.pick([1, 2, 7]),
    sharedFiles: random.pick([1, 2, 5]),
    windowBytes: random.pick([1, 20 * KI, SLAB_BYTES]),
    // What lost rings had in hand is never leased again: enough must be left. They still write to it, too.
    ...(rings.some(({ lostAt }) => lostAt !== undefined) ? { slabBytes: 4 * SLAB_BYTES } : { memory: MEMORY }),
  });
  const { engine, slab } = sim;
  const directAlignBytes = random.pick([0, 512]);
  const cancelAfter = random.chance(0.3) ? random.below(30) : -1;
  const shared = new Map<string, SharedFile>();
  const reads = Array.from({ length: random.below(60) }, () => someRead(random));
  const asks = reads.map(({ path, shared: isShared, offset, length }): Ask => {
    if (!isShared) return { path, offset, length };
    if (!shared.has(path)) shared.set(path, engine.share(path, { directAlignBytes }));
    return { file: shared.get(path)!, offset, length };
  });
  const half = Math.ceil(asks.length / 2);
  let deliveries = 0;
  const first = new ListSource(asks.slice(0, half), () => {
    if (deliveries++ === cancelAfter) run.cancel();
  });
  const second = new ListSource(asks.slice(half));
  const run = engine.run(first, { directAlignBytes });
  const otherRun = engine.run(second, { directAlignBytes });
  await Promise.all([run.finished, otherRun.finished]);
  const mayFail = (faults.failing ?? 0) > 0 ? FAILURES : [];
  const mayBeCancelled = cancelAfter >= 0 ? [...mayFail, ECANCELED] : mayFail;
  for (const [index, answer] of first.answers.entries()) {
    if (index < first.described) checkOutcome(answer!, reads[index]!, mayBeCancelled);
    else check(answer === undefined, () => `read ${index} was never described, and answered`);
  }
  for (const [index, answer] of second.answers.entries()) checkOutcome(answer!, reads[half + index]!, mayFail);
  counted.reads += asks.length;
  if (!sim.kernels.some((kernel) => kernel.lost)) check(slab.leasedBytes === 0, () => 'memory is leased at the end');
  for (const file of shared.values()) file.close();
  await engine.close();
  checkNothingLeft(sim);
}

/** Closes the engine at any moment. */
export async function closing(seed: number, faults: Partial<SimFaults>): Promise<void> {
  const random = new Random(seed ^ 0x1234567);
  const sim = openSim({ seed, disk: new MapDisk(FILES), faults: { ...faults, delayMsMax: 50 }, rings: [{}, {}] });
  const reads = Array.from({ length: 50 }, () => ({ ...someRead(random), shared: false }));
  const source = new ListSource(reads.map(({ path, offset, length }) => ({ path, offset, length })));
  const run = sim.engine.run(source);
  let failure: unknown;
  const finished = run.finished.catch((error) => {
    failure = error;
  });
  await sim.clock.sleep(random.below(40));
  const closedAtMs = sim.clock.now();
  await sim.engine.close();
  check(sim.clock.now() - closedAtMs < 2500, () => 'closing took longer than 2.5 s');
  await finished;
  const kind = (failure as { kind?: string } | undefined)?.kind;
  check(failure === undefined || kind === 'closed', () => `it failed: ${failure}`);
  const mayFail = [ECANCELED, ...((faults.failing ?? 0) > 0 ? FAILURES : [])];
  for (const [index, answer] of source.answers.entries()) {
    if (answer !== undefined) checkOutcome(answer, reads[index]!, mayFail);
  }
  counted.reads += reads.length;
  checkNothingLeft(sim);
}

function checkNothingLeft({ kernels }: SimEngine): void {
  for (const kernel of kernels) {
    check(kernel.closed, () => 'a ring is left open');
    if (kernel.lost || kernel.hangs) continue;
    check(kernel.inFlight.length === 0 && kernel.openFiles === 0, () => 'operations or files are left');
  }
}

/** A bit of everything that may go wrong without a read failing for it. */
export const ROUGH: Partial<SimFaults> = {
  delayMsMax: 5,
  interrupted: 0.1,
  again: 0.1,
  short: 0.4,
  partial: 0.2,
  refused: 0.1,
  late: 0.2,
};

/** The course that a seed stands for: rings, lost or not, and faults. */
export function anyCourse(seed: number): Promise<void> {
  if (seed % 4 === 3) return closing(seed, seed % 8 === 3 ? { ...ROUGH, stuck: 0.05 } : ROUGH);
  const faults = seed % 3 === 0 ? { ...ROUGH, failing: 0.03 } : ROUGH;
  const lostAt = 1 + (seed % 40);
  if (seed % 4 === 0)
    return course(seed, faults, seed % 8 === 0 ? [{}, { lostAt }, {}] : [{ lostAt }, {}, { lostAt: lostAt + 7 }]);
  return course(
    seed,
    faults,
    Array.from({ length: 1 + (seed % 3) }, () => ({})),
  );
}
