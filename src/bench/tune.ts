import { openEngine } from '../engine/open.js';
import { isLsioError, type LsioError } from '../errors.js';
import { formatBytes } from '../units.js';
import type { CaseName, Workload } from '../workload/workload.js';
import { alignFor } from './bench.js';
import type { CacheState } from './cache.js';
import { ChildRunner } from './child-runner.js';
import { describeEnvironment, type Environment } from './environment.js';
import { interleave, prepareFiles, type RunnerRuns } from './interleave.js';
import { kneeOf, type Recommendation, recommendationsOf } from './knee.js';
import { machineWarnings, runWarnings } from './run-warnings.js';
import type { Runner } from './runner.js';
import type { MeasureSettings } from './settings.js';
import { pointOf, type TunePoint } from './tune-point.js';
import { dedupe, type Warning } from './warnings.js';

/** The number of reads is chosen so that a run takes about so long. */
const RUN_SECONDS = 0.5;
const READS_MIN = 256;
/** Twenty bytes each, in every process. */
const READS_MAX = 262_144;
/** For cases that read files in order. All points must read the same files. */
const FILE_READS_DEFAULT = 20_000;
/** The pilot run has so many reads at depth 1, and 0.1 s of that rate for each read in flight at greater depth. */
const PILOT_READS = 200;
const PILOT_SECONDS = 0.1;
const PILOT_READS_MAX = 16_384;
/** Processes that are alive at a time; each takes some 50 MB. */
const PROCESSES_MAX = 64;
/** libuv's default: a recommendation for the portable engine must hold for it. */
const THREAD_POOL_SIZE = Number(process.env.UV_THREADPOOL_SIZE) || 4;

/** What `lsio tune` sweeps. */
export interface TuneOptions
  extends Pick<MeasureSettings, 'dir' | 'version' | 'commandLine' | 'warnings' | 'direct' | 'runs'> {
  readonly engine: 'auto' | 'uring' | 'node';
  readonly case: CaseName;
  readonly cache: CacheState;
  /** undefined: the case has no blocks to choose the size of. */
  readonly blockSizesBytes: readonly (number | undefined)[];
  readonly rings: readonly number[];
  /** Of each ring. */
  readonly queueDepths: readonly number[];
  /** Operations of each run; undefined: so many as take about half a second. */
  readonly reads: number | undefined;
  /** Makes the work of `reads` operations. */
  readonly workFor: (blockBytes: number | undefined, reads: number | undefined) => Workload;
  readonly signal?: MeasureSettings['signal'];
  readonly onStep?: MeasureSettings['onStep'];
}

export interface TuneResult {
  readonly schema: 'lsio.tune/1';
  /** The command that measured this. */
  readonly commandLine?: string;
  readonly environment: Environment;
  readonly case: CaseName;
  readonly cache: CacheState;
  /** Read with O_DIRECT. */
  readonly direct: boolean;
  readonly engine: 'uring' | 'node';
  readonly engineReason: string;
  readonly points: readonly TunePoint[];
  readonly recommendations: readonly Recommendation[];
  readonly warnings: readonly Warning[];
  /** It was stopped before its end. */
  readonly interrupted: boolean;
}

/**
 * Measures every depth with every number of rings and block size. An abort ends it between two runs: the result then
 * holds what is complete.
 *
 * @throws {LsioError} `unavailable` when the engine works at none of the depths.
 */
export async function runTune(options: TuneOptions): Promise<TuneResult> {
  const { blockSizesBytes, queueDepths, runs, signal } = options;
  const environment = describeEnvironment(options.dir, options.version, null);
  const warnings = [...options.warnings, ...machineWarnings(environment)];
  const { engine, reason } = await chooseEngine(options.engine, warnings);
  // The portable engine has one.
  const rings = engine === 'node' ? [1] : options.rings;
  const alignBytes = alignFor(options, options.workFor(blockSizesBytes[0], 1), options.cache, warnings);
  const points: TunePoint[] = [];
  const refusals: LsioError[] = [];
  const total = blockSizesBytes.length * rings.length * queueDepths.length * (runs + 1);
  let done = 0;
  let interrupted = false;
  try {
    for (const blockBytes of blockSizesBytes) {
      const sweep: Sweep = { ...options, blockBytes, reader: `${engine}-raw`, alignBytes, warnings, refusals };
      options.onStep?.({ text: `${nameOf(options, blockBytes)}, trial`, done, total });
      const readsAt = await readsFor(sweep);
      for (const count of rings) {
        const onRun = (text: string) => options.onStep?.({ text, done: done++, total });
        const measured = await measureDepths(sweep, { rings: count, readsAt, onRun });
        const knee = kneeOf(measured);
        points.push(...measured.map((point) => ({ ...point, knee: point === knee })));
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
    interrupted = true;
  }
  if (points.length === 0 && !interrupted && refusals[0] !== undefined) throw refusals[0];
  return {
    schema: 'lsio.tune/1',
    commandLine: options.commandLine,
    environment,
    case: options.case,
    cache: options.cache,
    direct: alignBytes !== undefined,
    engine,
    engineReason: reason,
    points,
    recommendations: recommendationsOf(points),
    warnings: dedupe(warnings),
    interrupted,
  };
}

/** One block size, at all depths. */
interface Sweep extends TuneOptions {
  readonly blockBytes: number | undefined;
  readonly reader: 'uring-raw' | 'node-raw';
  readonly alignBytes: number | undefined;
  readonly warnings: Warning[];
  /** Why depths were left out. */
  readonly refusals: LsioError[];
}

async function chooseEngine(asked: TuneOptions['engine'], warnings: Warning[]) {
  const probe = await openEngine({ engine: asked });
  const { reason, remedy } = probe.info;
  const engine = probe.info.engine as 'uring' | 'node';
  await probe.close();
  if (engine !== asked && engine === 'node') {
    warnings.push({ kind: 'engine-unavailable', engine: 'uring', reason, remedy });
  }
  return { engine, reason };
}

/** The number of reads of a run, by the depth of all rings together. */
type ReadsAt = (depth: number) => number | undefined;

/** Estimate = min(depth × rate at depth 1, best rate seen). */
async function readsFor(sweep: Sweep): Promise<ReadsAt> {
  const { case: name, reads, queueDepths, blockBytes = 1, workFor, alignBytes, cache } = sweep;
  if (reads !== undefined) return () => reads;
  if (name !== 'big-random') return () => FILE_READS_DEFAULT;
  const [file] = workFor(sweep.blockBytes, 1).files;
  // Without O_DIRECT, a block that is read twice comes from the page cache.
  const readsMax = cache === 'cold' && alignBytes === undefined ? Math.floor(file!.size / blockBytes) : READS_MAX;
  const one = await pilotRate(sweep, 1, Math.min(PILOT_READS, readsMax));
  let top = one;
  for (const deepest of [...queueDepths].sort((a, b) => b - a)) {
    const many = clamp(one * PILOT_SECONDS * deepest, PILOT_READS, Math.min(PILOT_READS_MAX, readsMax));
    try {
      top = Math.max(one, await pilotRate(sweep, deepest, many));
      break;
    } catch (error) {
      // Left out, and said so, when its turn comes.
      if (!isLsioError(error, 'unavailable')) throw error;
    }
  }
  return (depth) => clamp(RUN_SECONDS * Math.min(depth * one, top), READS_MIN, Math.min(READS_MAX, readsMax));
}

/** Reads per second, by a short run after another one that warms up the code. */
async function pilotRate(sweep: Sweep, queueDepth: number, reads: number): Promise<number> {
  const work = sweep.workFor(sweep.blockBytes, Math.max(1, reads));
  const runner = await startReader(sweep, work, { rings: 1, queueDepth });
  try {
    prepareFiles(work.files, sweep.cache);
    await runner.run(1);
    prepareFiles(work.files, sweep.cache);
    const { operations, wallNs } = await runner.run(1);
    return operations / (wallNs / 1e9);
  } finally {
    await Promise.allSettled([runner.close()]);
  }
}

interface Depths {
  readonly rings: number;
  readonly readsAt: ReadsAt;
  readonly onRun: (text: string) => void;
}

/** Measures all depths, interleaved in groups of at most {@link PROCESSES_MAX}. */
async function measureDepths(sweep: Sweep, depths: Depths): Promise<TunePoint[]> {
  const together = Math.max(1, Math.floor(PROCESSES_MAX / depths.rings));
  const points: TunePoint[] = [];
  for (let begin = 0; begin < sweep.queueDepths.length; begin += together) {
    points.push(...(await measureTogether(sweep, sweep.queueDepths.slice(begin, begin + together), depths)));
  }
  return points;
}

async function measureTogether(sweep: Sweep, queueDepths: readonly number[], depths: Depths): Promise<TunePoint[]> {
  const { cache, signal, runs, warnings } = sweep;
  const name = `${nameOf(sweep, sweep.blockBytes)}, ${depths.rings} ${depths.rings === 1 ? 'ring' : 'rings'}`;
  const started: { runner: ChildRunner; queueDepth: number; work: Workload }[] = [];
  try {
    for (const queueDepth of queueDepths) {
      signal?.throwIfAborted();
      const work = sweep.workFor(sweep.blockBytes, depths.readsAt(queueDepth * depths.rings));
      try {
        const runner = await startReader(sweep, work, { rings: depths.rings, queueDepth });
        started.push({ runner, queueDepth, work });
      } catch (error) {
        // Limits of open files or of locked memory may allow lesser depths.
        if (!isLsioError(error, 'unavailable')) throw error;
        sweep.refusals.push(error);
        const engine = `${sweep.reader.replace('-raw', '')} at queue depth ${queueDepth}`;
        warnings.push({ kind: 'engine-unavailable', engine, reason: error.message, remedy: error.remedy });
      }
    }
    const [first] = started;
    if (first === undefined) return [];
    const runners = started.map(
      ({ runner, queueDepth }): Runner => ({
        name: `depth ${queueDepth}`,
        run: (passes) => runner.run(passes),
        close: () => runner.close(),
      }),
    );
    const measured = await interleave(runners, {
      files: first.work.files,
      bytes: first.work.bytes,
      // The reads of a point are as many as it takes.
      ...(cache === 'cold' && { passesMax: 1 }),
      cache,
      runs,
      warmups: 1,
      equalPasses: false,
      signal,
      onRun: (depth, run) => depths.onRun(`${name}, ${depth}, ${run < 0 ? 'warm-up' : `run ${run + 1} of ${runs}`}`),
    });
    // The deepest is the one most likely to mix reads up.
    await started.at(-1)!.runner.verify('sample');
    return started.map(({ work, queueDepth }, index) => {
      warnings.push(...cacheDoubts(sweep, work, measured[index]!));
      const setting = { blockBytes: sweep.blockBytes ?? null, rings: depths.rings, queueDepth };
      return pointOf(setting, work, measured[index]!);
    });
  } finally {
    // One that was stopped in the middle of a run says so here.
    await Promise.allSettled(started.map(({ runner }) => runner.close()));
  }
}

function startReader(
  { reader, alignBytes, signal }: Sweep,
  work: Workload,
  { rings, queueDepth }: { readonly rings: number; readonly queueDepth: number },
): Promise<ChildRunner> {
  return ChildRunner.start(
    { reader, work, queueDepth, rings, alignBytes, latency: true, readOrder: 'given' },
    THREAD_POOL_SIZE,
    signal,
  );
}

/** Warnings that concern all points. Differences of single runs show in the intervals. */
function cacheDoubts({ cache, alignBytes }: Sweep, work: Workload, measured: RunnerRuns): Warning[] {
  const kinds: readonly Warning['kind'][] = ['cold-was-warm', 'warm-was-cold', 'residency-unknown', 'warm-read-device'];
  return runWarnings({ work, cache, direct: alignBytes !== undefined, depth: 0 }, measured).filter(({ kind }) =>
    kinds.includes(kind),
  );
}

/** The work, as the progress shows it. */
function nameOf({ case: name, cache }: TuneOptions, blockBytes: number | undefined): string {
  return [name, ...(blockBytes === undefined ? [] : [formatBytes(blockBytes)]), cache].join(' ');
}

function clamp(value: number, min: number, max: number): number {
  return Math.max(1, Math.min(max, Math.max(min, Math.round(value))));
}
