import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

const CGROUPS = '/sys/fs/cgroup';

/** How many CPUs this process may use: those of its affinity, bounded by the quota of its control groups. */
export function usableCpus(root = CGROUPS, groups = readText('/proc/self/cgroup')): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(quota(root, groups))));
}

/** CPUs that control groups allow, of version 1 or 2; infinite where nothing limits them. */
function quota(root: string, groups: string | undefined): number {
  let least = Number.POSITIVE_INFINITY;
  for (const line of (groups ?? '').split('\n')) {
    const [, controllers, group] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || group === undefined) continue;
    const isSecond = controllers === '';
    if (!isSecond && !controllers.split(',').includes('cpu')) continue;
    // In a container the group's own path may not be there, but the root is its own.
    for (let at = group; ; at = path.dirname(at)) {
      const cpus = isSecond ? quotaV2(path.join(root, at)) : quotaV1(path.join(root, 'cpu', at));
      least = Math.min(least, cpus);
      if (at === '/') break;
    }
  }
  return least;
}

function quotaV2(directory: string): number {
  const [, allowed, period] = /^(\d+) (\d+)/.exec(readText(path.join(directory, 'cpu.max')) ?? '') ?? [];
  return allowed === undefined ? Number.POSITIVE_INFINITY : Number(allowed) / Number(period);
}

function quotaV1(directory: string): number {
  const allowed = Number(readText(path.join(directory, 'cpu.cfs_quota_us')) ?? -1);
  const period = Number(readText(path.join(directory, 'cpu.cfs_period_us')) ?? 0);
  return allowed > 0 && period > 0 ? allowed / period : Number.POSITIVE_INFINITY;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
