import { describe, expect, test } from 'vitest';
import type { DeviceCounters } from './device.js';
import { boundOf, deviceOverTime, deviceSummary } from './device-summary.js';
import type { ObservedRun } from './observed-run.js';

const MI = 2 ** 20;

function counters(part: Partial<DeviceCounters>): DeviceCounters {
  return { reads: 0, merged: 0, bytes: 0, readMs: 0, busyMs: 0, queueMs: 0, ...part };
}

function run(part: Partial<ObservedRun> & { cpus?: number; bytes?: number }): ObservedRun {
  const { cpus = 0.4, bytes = 100 * MI, ...rest } = part;
  return {
    sample: { wallNs: 1e9, cpuUserNs: cpus * 1e8, cpuSystemNs: cpus * 9e8, operations: 1000, bytes },
    residentBytesBefore: 0,
    device: counters({ reads: 900, merged: 100, bytes: 100 * MI, readMs: 45_000, busyMs: 950, queueMs: 60_000 }),
    samples: [],
    stealNs: 0,
    valid: true,
    ...rest,
  };
}

describe('deviceSummary()', () => {
  test('gives rates and averages over all runs', () => {
    expect(deviceSummary([run({}), run({})])).toEqual({
      bytesPerSecond: 100 * MI,
      readsPerSecond: 900,
      mergedShare: 0.1,
      awaitNs: 5e7,
      queueAverage: 60,
      utilisation: 0.95,
    });
  });

  test('is null without a device, and knows no await without reads', () => {
    expect(deviceSummary([run({ device: undefined })])).toBeNull();
    expect(deviceSummary([run({ device: counters({}) })])).toMatchObject({ awaitNs: null, mergedShare: 0 });
  });
});

test('deviceOverTime() gives what happened between two samples', () => {
  const samples = [0, 0.5e9, 1e9].map((atNs, index) => ({
    atNs,
    counters: counters({ bytes: index * index * MI, queueMs: index * 1000 }),
  }));
  expect(deviceOverTime([run({ samples: [] }), run({ samples })])).toEqual([
    { atNs: 0.5e9, queue: 2, bytesPerSecond: 2 * MI },
    { atNs: 1e9, queue: 2, bytesPerSecond: 6 * MI },
  ]);
});

describe('boundOf()', () => {
  const bound = (runs: ObservedRun[], queueDepth = 64, threads = 1) =>
    boundOf(runs, { device: deviceSummary(runs), queueDepth, threads, cold: true });

  test('names the device when its queue is as deep as was asked', () => {
    expect(bound([run({})])).toEqual({
      by: 'device',
      evidence: '0.40 CPUs busy, device queue 60.0 with up to 64 reads in flight, device busy 95 % of the time',
    });
  });

  test('names the CPU when its threads are busy and the queue is not full', () => {
    expect(bound([run({ cpus: 0.99 })], 256)?.by).toBe('cpu');
    expect(bound([run({ cpus: 0.99 })], 256, 2)?.by).toBe('application');
  });

  test('names neither device nor CPU when too little is in flight', () => {
    expect(bound([run({ device: { ...run({}).device!, busyMs: 800 } })], 128)?.by).toBe('application');
    const never = { ...run({}).device!, busyMs: 1000 };
    expect(bound([run({ device: never })], 256)?.by).toBe('application');
    expect(bound([run({ device: never })], 128)?.by).toBe('device');
  });

  test('a device that others keep busy is not what a run from the page cache waits for', () => {
    expect(bound([run({ bytes: 4000 * MI, cpus: 1 })])?.by).toBe('cpu');
  });

  test('says so when there is no device, and nothing without runs', () => {
    expect(bound([run({ device: undefined, cpus: 1 })])).toEqual({
      by: 'cpu',
      evidence: '1.00 CPUs busy, no device watched',
    });
    expect(bound([run({ device: undefined })])).toBeNull();
    expect(bound([])).toBeNull();
  });
});
