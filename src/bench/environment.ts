import * as os from 'node:os';
import { isLsioError } from '../errors.js';
import { loadKoffi } from '../native/library.js';
import { loadLiburing } from '../native/liburing.js';
import type { Amount, PositiveCount } from '../results/common.js';
import { KernelQueues } from '../uring/kernel-queues.js';
import { describeDevice, deviceOf, readText } from './device.js';
import { mountOf } from './mount.js';

/** Where a result was measured: enough to judge and to repeat it. */
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
  readonly cpus: PositiveCount;
  readonly memoryBytes: PositiveCount;
  readonly virtualisation: string | null;
  readonly governor: string | null;
  /** Whether memory may be in huge pages: `always`, `madvise` or `never`; lsio asks for them. */
  readonly hugePages: string | null;
  readonly loadAverage: Amount;
  readonly dir: string;
  readonly fileSystem: string | null;
  readonly mountOptions: string | null;
  readonly device: Readonly<Record<string, string>> | null;
}

/** @param fio its version, where it takes part. */
export function describeEnvironment(dir: string, version: string, fio: string | null): Environment {
  const [cpu] = os.cpus();
  const mount = mountOf(dir);
  const device = deviceOf(dir);
  return {
    date: new Date().toISOString(),
    lsio: version,
    node: process.versions.node,
    ...describeLibraries(),
    fio,
    kernel: `${os.type()} ${os.release()}`,
    cpu: cpu?.model.trim() ?? 'unknown',
    cpus: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    virtualisation: virtualisation(),
    governor: readText('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor') ?? null,
    hugePages: hugePages() ?? null,
    loadAverage: os.loadavg()[0] ?? 0,
    dir,
    fileSystem: mount?.type ?? null,
    mountOptions: mount?.options ?? null,
    device: device === undefined ? null : describeDevice(device),
  };
}

/** The setting of transparent huge pages; undefined where the kernel has none. */
export function hugePages(): string | undefined {
  return /\[(\w+)\]/.exec(readText('/sys/kernel/mm/transparent_hugepage/enabled') ?? '')?.[1];
}

/** The libraries in use. Loading them takes milliseconds, outside the timed runs. */
function describeLibraries(): Pick<Environment, 'koffi' | 'liburing' | 'ringFlags'> {
  try {
    const koffi = loadKoffi().version;
    const { path } = loadLiburing();
    // The soname has no full version; the name of the mapped file has.
    const mapped = readText('/proc/self/maps')?.match(/\/(liburing\.so[^\s/]*)$/m)?.[1];
    return { koffi, liburing: mapped ?? path, ringFlags: ringFlags() };
  } catch (error) {
    if (!isLsioError(error, 'unavailable')) throw error;
    return { koffi: null, liburing: null, ringFlags: [] };
  }
}

/** Those of the smallest ring there is. */
function ringFlags(): string[] {
  const ring = KernelQueues.create({ entries: 1, files: 1 }, { address: 0, lengthBytes: 0 });
  const { flags } = ring;
  ring.release(true);
  return flags;
}

function virtualisation(): string | null {
  if (readText('/proc/cpuinfo')?.includes(' hypervisor') !== true) return null;
  return readText('/sys/class/dmi/id/product_name') || 'a hypervisor';
}
