/* Runs the sides of a cell in turn, by the machinery of `lsio bench` and `lsio compare-fio`. */
import { alignFor, startReader } from '../../dist/bench/bench.js';
import { refuseUnequalWork, sideResult } from '../../dist/bench/compare.js';
import { FioRunner } from '../../dist/bench/fio-runner.js';
import { interleave } from '../../dist/bench/interleave.js';
import { runWarnings } from '../../dist/bench/run-warnings.js';
import { lanesFor } from '../../dist/bench/summary.js';
import { LsioError } from '../../dist/errors.js';
import { makeWorkload } from '../../dist/workload/cases.js';
import { CommandRunner } from './command.js';
import { judgeRow } from './judge.js';
import { PointRunner } from './points.js';

/**
 * @typedef {import('../../src/bench/runner.js').Runner} Runner
 * @typedef {import('../../src/bench/result.js').SideResult} SideResult
 * @typedef {import('../../src/bench/warnings.js').Warning} Warning
 * @typedef {import('../../src/workload/workload.js').Workload} Workload
 * @typedef {import('../../src/workload/workload.js').WorkloadFile} WorkloadFile
 * @typedef {import('./table.js').Cell} Cell
 * @typedef {import('./table.js').Side} Side
 *
 * @typedef {object} Given
 * @property {string} dir
 * @property {readonly WorkloadFile[]} files
 * @property {string} version
 * @property {number} runs
 * @property {AbortSignal} signal
 * @property {(text: string) => void} onStep
 *
 * @typedef {{ name: string, passes: number, rings: number | 'auto' | null, threadPoolSize: number | null } & SideResult} MeasuredSide
 *
 * @typedef {object} MeasuredCell
 * @property {string} id
 * @property {string} dir
 * @property {Cell['case']} case
 * @property {Cell['cache']} cache
 * @property {'sorted' | 'random'} order
 * @property {boolean} direct What lsio's engines and fio do; Node's calls and commands read through the page cache.
 * @property {number} queueDepth Per ring.
 * @property {number} files
 * @property {number} operations
 * @property {number} bytes
 * @property {MeasuredSide[]} sides
 *
 * @typedef {object} Started
 * @property {string} name
 * @property {Runner} runner
 * @property {number | 'auto' | null} rings
 * @property {number | null} threadPoolSize
 * @property {() => Promise<unknown>} verify
 * @property {() => Pick<SideResult, 'commandLine' | 'version'>} about
 */

/** @param {Cell} cell @param {Given} given */
export async function measureCell(cell, given) {
  const { dir, files, runs, signal, onStep } = given;
  const { order = 'sorted', gapBytes, cache, queueDepth } = cell;
  /** @type {Warning[]} */
  const warnings = [];
  const work = makeWorkload(cell.case, files, { dir, order, gapBytes });
  const alignBytes = alignFor({ dir, direct: 'auto' }, work, cache, warnings);
  const depth = lanesFor(work, queueDepth);
  /** @type {Started[]} */
  const started = [];
  try {
    for (const [name, side] of Object.entries(cell.sides)) {
      signal.throwIfAborted();
      onStep(`${cell.id} ${name}, start`);
      started.push(await start(name, side, { cell, work, alignBytes, given }));
    }
    await refuseUnequalBytes(started.map(({ runner }) => runner));
    const runners = started.map(({ runner }) => runner);
    const measured = await interleave(runners, {
      ...{ files: work.files, bytes: work.bytes, cache, runs, warmups: 1, equalPasses: false, signal },
      passesMax: Math.min(...runners.map((one) => ('passesMax' in one ? Number(one.passesMax) : Infinity))),
      onRun: (name, run) => run >= 0 && onStep(`${cell.id} ${name}, run ${run + 1} of ${runs}`),
    });
    for (const { verify } of started) await verify();
    const direct = alignBytes !== undefined;
    for (const side of measured) {
      refuseUnequalWork(work, side);
      warnings.push(...runWarnings({ work, cache, direct, depth }, side));
    }
    const runsOf = new Map(measured.map((side, index) => [started[index]?.name ?? '', side.runs]));
    return {
      rows: cell.rows.map((row) => judgeRow(cell.id, row, runsOf)),
      measured: /** @type {MeasuredCell} */ ({
        ...{ id: cell.id, dir, case: cell.case, cache, order, direct, queueDepth: depth },
        ...{ files: work.files.length, operations: work.operations, bytes: work.bytes },
        sides: measured.flatMap((side, index) => sideOf(started[index], side)),
      }),
      warnings,
    };
  } finally {
    await Promise.allSettled(started.map(({ runner }) => runner.close()));
  }
}

/** @param {Started | undefined} started @param {import('../../src/bench/interleave.js').RunnerRuns} runs @returns {MeasuredSide[]} */
function sideOf(started, runs) {
  // The rows say that there is no figure, and the warnings why.
  if (started === undefined || !runs.runs.some(({ valid }) => valid)) return [];
  const { name, rings, threadPoolSize, about } = started;
  const { commandLine, version } = about();
  return [{ name, passes: runs.passes, rings, threadPoolSize, ...sideResult(runs, commandLine, version) }];
}

/**
 * @param {string} name @param {Side} side
 * @param {{ cell: Cell, work: Workload, alignBytes: number | undefined, given: Given }} context
 * @returns {Promise<Started>}
 */
async function start(name, side, { cell, work, alignBytes, given }) {
  const { dir, signal, version } = given;
  if ('command' in side) {
    const runner = new CommandRunner(name, side, { dir, work, signal });
    const about = () => ({ commandLine: runner.commandLine, version: '' });
    return { name, runner, rings: null, threadPoolSize: null, verify: async () => {}, about };
  }
  if ('points' in side) {
    const queueDepth = lanesFor(work, cell.queueDepth);
    const runner = await PointRunner.open(name, side.points, { work, queueDepth });
    const about = () => ({ commandLine: runner.commandLine, version });
    return { name, runner, rings: 1, threadPoolSize: null, verify: () => runner.verify(), about };
  }
  if ('fio' in side) {
    const queueDepth = lanesFor(work, cell.queueDepth);
    const runner = await FioRunner.create(
      work,
      { queueDepth, rings: 1, direct: alignBytes !== undefined, baseline: 'matched', latency: false },
      { name: `peers-${cell.id}`, signal },
    );
    const about = () => ({ commandLine: runner.commandLine, version: runner.version });
    return { name, runner, rings: 1, threadPoolSize: null, verify: async () => {}, about };
  }
  const { cache, queueDepth } = cell;
  const { runner, rings, threadPoolSize } = await startReader(
    side.reader,
    { work, cache, queueDepth, alignBytes },
    // At its defaults lsio chooses the order, too; one ring is for equal work.
    { rings: side.rings ?? 1, latency: false, readOrder: side.rings === 'auto' ? 'device' : 'given' },
  );
  const about = () => ({ commandLine: runner.facts.reason, version });
  return { name, runner, rings, threadPoolSize, verify: () => runner.verify('sample'), about };
}

/** Commands say only afterwards what they have got. @param {readonly Runner[]} runners */
async function refuseUnequalBytes(runners) {
  const counts = [];
  for (const one of runners) if (one instanceof CommandRunner) counts.push([one.name, await one.count()]);
  if (new Set(counts.map(([, bytes]) => bytes)).size <= 1) return;
  throw new LsioError('unavailable', `no ratio for unequal work: bytes got were ${counts.flat().join(' ')}`);
}
