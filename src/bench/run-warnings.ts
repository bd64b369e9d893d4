import { median } from 'simple-statistics';
import type { Workload } from '../workload/workload.js';
import type { CacheState } from './cache.js';
import { readDeviceCounters } from './device.js';
import type { Environment } from './environment.js';
import type { RunnerRuns } from './interleave.js';
import { type ObservedRun, speedOf } from './observed-run.js';
import type { OutlierCause, Warning } from './warnings.js';

/** An outlier is this far from the median, and five median deviations. */
const OUTLIER_SHARE = 0.15;
const OUTLIER_DEVIATIONS = 5;
/** From these shares on, something counts as the cause of an outlier. */
const STEAL_SHARE = 0.05;
const DEVICE_MORE_SHARE = 0.1;
const MAJOR_FAULTS = 10;
/** A warm run may touch the device for this share of its bytes: directories, inodes. */
const WARM_DEVICE_SHARE = 0.01;
const COLD_DEVICE_SHARE = 0.5;
/** fio's clock ticks in milliseconds: 1 % of this. */
const RUN_NS_MIN = 1e8;

/** Warnings about the machine, before the first run. */
export function machineWarnings({ loadAverage, cpus, device, dir, fileSystem }: Environment): Warning[] {
  return [
    ...(loadAverage > cpus ? [{ kind: 'busy-machine', loadAverage, cpus } as const] : []),
    ...(device !== null && readDeviceCounters(device.name ?? '') === undefined
      ? [{ kind: 'device-unwatched', device: device.name ?? '?' } as const]
      : []),
    ...(device === null
      ? [{ kind: 'no-device', dir, fileSystem: fileSystem ?? 'an unknown file system' } as const]
      : []),
  ];
}

/** Warnings about the runs of one runner. */
export function runWarnings({ work, cache, direct, depth }: RunConditions, measured: RunnerRuns): Warning[] {
  const name = `${work.case} ${cache}, depth ${depth}`;
  return [
    ...cacheWarnings(name, work, cache, measured),
    ...(cache === 'warm' && !direct ? warmWarnings(name, measured) : []),
    ...(cache === 'cold' ? coldWarnings(name, measured) : []),
    ...outliers(name, measured),
    ...shortRuns(name, measured),
  ];
}

interface RunConditions {
  readonly work: Workload;
  readonly cache: CacheState;
  readonly direct: boolean;
  /** Of each ring. */
  readonly depth: number;
}

function cacheWarnings(name: string, work: Workload, cache: CacheState, { runs }: RunnerRuns): Warning[] {
  const bytes = work.files.reduce((sum, file) => sum + file.size, 0);
  return runs.flatMap(({ valid, residentBytesBefore }): Warning[] => {
    if (residentBytesBefore === undefined) return [{ kind: 'residency-unknown', case: name }];
    if (valid) return [];
    const kind = cache === 'cold' ? 'cold-was-warm' : 'warm-was-cold';
    return [{ kind, case: name, residentBytes: residentBytesBefore, bytes }];
  });
}

/** The device read during a warm run: others used it, or pages were dropped. */
function warmWarnings(name: string, { runs }: RunnerRuns): Warning[] {
  return runs.flatMap(({ valid, device, sample: { bytes } }): Warning[] => {
    if (!valid || device === undefined || device.bytes <= bytes * WARM_DEVICE_SHARE) return [];
    return [{ kind: 'warm-read-device', case: name, deviceBytes: device.bytes, bytes }];
  });
}

/** The device read less than half of a cold run. Random blocks may repeat, but not so often. */
function coldWarnings(name: string, { runs }: RunnerRuns): Warning[] {
  return runs.flatMap(({ valid, device, sample: { bytes } }): Warning[] => {
    if (!valid || device === undefined || device.bytes >= bytes * COLD_DEVICE_SHARE) return [];
    return [{ kind: 'cold-read-little', case: name, deviceBytes: device.bytes, bytes }];
  });
}

function outliers(name: string, { runner, runs }: RunnerRuns): Warning[] {
  const valid = runs.filter((run) => run.valid);
  if (valid.length < 3) return [];
  const middle = median(valid.map(speedOf));
  const deviation = median(valid.map((run) => Math.abs(speedOf(run) - middle)));
  return runs.flatMap((run, index): Warning[] => {
    const distance = Math.abs(speedOf(run) - middle);
    if (!run.valid || distance <= OUTLIER_SHARE * middle || distance <= OUTLIER_DEVIATIONS * deviation) return [];
    const share = speedOf(run) / middle;
    return [{ kind: 'outlier', case: name, engine: runner.name, run: index + 1, share, cause: causeOf(run, valid) }];
  });
}

function causeOf({ sample, stealNs = 0, device }: ObservedRun, others: readonly ObservedRun[]): OutlierCause {
  if (stealNs > sample.wallNs * STEAL_SHARE) return 'steal';
  if ((sample.majorPageFaults ?? 0) > MAJOR_FAULTS) return 'faults';
  const usualBytes = median(others.map((run) => run.device?.bytes ?? 0));
  if (device !== undefined && device.bytes > usualBytes + sample.bytes * DEVICE_MORE_SHARE) return 'device';
  return 'unknown';
}

function shortRuns(name: string, { runs }: RunnerRuns): Warning[] {
  const wallNs = runs.length === 0 ? Number.POSITIVE_INFINITY : median(runs.map(({ sample }) => sample.wallNs));
  return wallNs < RUN_NS_MIN ? [{ kind: 'short-runs', case: name, wallNs }] : [];
}
