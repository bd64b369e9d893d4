import { realpathSync } from 'node:fs';
import * as os from 'node:os';
import { describeDevice, deviceOf, readText } from './device.js';

/** What a result was measured on: enough to judge it by, and to repeat it. */
export interface Environment {
  readonly date: string;
  readonly lsio: string;
  readonly node: string;
  readonly koffi: string | null;
  readonly liburing: string | null;
  readonly fio: string | null;
  /** The set-up flags of the ring; empty without io_uring. */
  readonly ringFlags: readonly string[];
  readonly kernel: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly virtualisation: string | null;
  readonly governor: string | null;
  readonly loadAverage: number;
  readonly dir: string;
  readonly fileSystem: string | null;
  readonly mountOptions: string | null;
  readonly device: Readonly<Record<string, string>> | null;
}

export function describeEnvironment(dir: string, version: string): Environment {
  const [cpu] = os.cpus();
  const mount = mountOf(dir);
  const device = deviceOf(dir);
  return {
    date: new Date().toISOString(),
    lsio: version,
    node: process.versions.node,
    kernel: `${os.type()} ${os.release()}`,
    cpu: cpu?.model.trim() ?? 'unknown',
    cpus: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    virtualisation: virtualisation(),
    governor: readText('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor') ?? null,
    loadAverage: os.loadavg()[0] ?? 0,
    dir,
    fileSystem: mount?.type ?? null,
    mountOptions: mount?.options ?? null,
    device: device === undefined ? null : describeDevice(device),
  };
}

/** The file system that a path lies on: the longest mount point that begins it, the last one mounted there. */
export function mountOf(path: string): { readonly type: string; readonly options: string } | undefined {
  const mounts = readText('/proc/self/mounts');
  if (mounts === undefined) return undefined;
  let real: string;
  try {
    real = realpathSync(path);
  } catch {
    return undefined;
  }
  let best: { point: string; type: string; options: string } | undefined;
  for (const line of mounts.split('\n')) {
    const [, escaped = '', type = '', options = ''] = line.split(' ');
    const point = escaped.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const within = real === point || real.startsWith(point === '/' ? '/' : `${point}/`);
    if (within && point.length >= (best?.point.length ?? 0)) best = { point, type, options };
  }
  return best;
}

function virtualisation(): string | null {
  if (readText('/proc/cpuinfo')?.includes(' hypervisor') !== true) return null;
  return readText('/sys/class/dmi/id/product_name') || 'a hypervisor';
}
