import { describe, expect, test } from 'vitest';
import type { Workload } from '../workload/workload.js';
import type { ObservedRun } from './observed-run.js';
import { runWarnings } from './run-warnings.js';
import { dedupe } from './warnings.js';

const KI = 1024;
const work: Workload = {
  case: 'big-random',
  wholeFiles: false,
  files: [{ path: '/big', size: 1000 * KI }],
  fileOf: new Uint32Array(10),
  offsets: new Float64Array(10),
  lengths: new Float64Array(10).fill(4 * KI),
  operations: 10,
  bytes: 40 * KI,
};

function run(wallNs: number, part: Partial<ObservedRun> = {}): ObservedRun {
  return {
    sample: { wallNs, cpuUserNs: 0, cpuSystemNs: 0, operations: 10, bytes: 40 * KI, majorPageFaults: 0 },
    residentBytesBefore: 0,
    device: { reads: 10, merged: 0, bytes: 40 * KI, readMs: 1, busyMs: 1, queueMs: 1 },
    samples: [],
    stealNs: 0,
    valid: true,
    ...part,
  };
}

function warningsOf(runs: ObservedRun[], cache: 'cold' | 'warm' = 'cold') {
  const runner = { name: 'uring', run: async () => runs[0]!.sample, close: async () => {} };
  return runWarnings({ work, cache, direct: false, depth: 8 }, { runner, passes: 1, runs });
}

const NAME = 'big-random cold, depth 8';

describe('runWarnings()', () => {
  test('finds nothing in steady runs of some length', () => {
    expect(warningsOf([run(1e9), run(1.05e9), run(0.97e9), run(1e9)])).toEqual([]);
  });

  test('names a cold run that was warm, with what it found', () => {
    const warmed = run(1e9, { valid: false, residentBytesBefore: 800 * KI });
    expect(warningsOf([run(1e9), warmed])).toEqual([
      { kind: 'cold-was-warm', case: NAME, residentBytes: 800 * KI, bytes: 1000 * KI },
    ]);
  });

  test('names a warm run during which the device read', () => {
    const quiet = run(1e9, { device: { ...run(1).device!, bytes: 0 } });
    expect(warningsOf([quiet, run(1e9)], 'warm')).toMatchObject([{ kind: 'warm-read-device', deviceBytes: 40 * KI }]);
  });

  const slow = 2e9;
  test.each([
    ['steal', run(slow, { stealNs: 5e8 })],
    ['faults', run(slow, { sample: { ...run(slow).sample, majorPageFaults: 100 } })],
    ['device', run(slow, { device: { ...run(1).device!, bytes: 80 * KI } })],
    ['unknown', run(slow)],
  ] as const)('names an outlier, and %s as its cause', (cause, outlier) => {
    const share = expect.closeTo(0.5, 5);
    expect(warningsOf([run(1e9), run(1.01e9), outlier, run(0.99e9), run(1e9)])).toEqual([
      { kind: 'outlier', case: NAME, engine: 'uring', run: 3, share, cause },
    ]);
  });

  test('warns of runs that are too short for a clock of milliseconds', () => {
    expect(warningsOf([run(1e7), run(1e7)])).toEqual([{ kind: 'short-runs', case: NAME, wallNs: 1e7 }]);
  });
});

test('dedupe() keeps the latest of each kind and subject', () => {
  const outlier = { kind: 'outlier', case: 'big-random', engine: 'uring', run: 1, share: 0.5, cause: 'steal' } as const;
  const others = [
    { ...outlier, engine: 'sync' },
    { ...outlier, run: 2 },
  ];
  expect(dedupe([outlier, ...others, { ...outlier, share: 0.6 }])).toEqual([{ ...outlier, share: 0.6 }, ...others]);
});
