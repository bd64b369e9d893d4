import { readdirSync, readFileSync } from 'node:fs';

/** What the system allows this process; `Infinity` where it sets no limit. */
export interface Limits {
  readonly openFiles: number;
  readonly lockedBytes: number;
}

/** The memory that this process may lock, in bytes: root's has no limit. */
export function lockableBytes(): number {
  return process.getuid?.() === 0 ? Number.POSITIVE_INFINITY : readLimits().lockedBytes;
}

/** macOS allows 256 open files unless told otherwise; Windows far more. */
const ELSEWHERE: Limits = { openFiles: 256, lockedBytes: Number.POSITIVE_INFINITY };

interface ReportedLimits {
  readonly userLimits?: {
    readonly open_files?: { readonly soft: number | string };
    readonly max_locked_memory_bytes?: { readonly soft: number | string };
  };
}

/** What Node says of them where Linux has no /proc. Not asked elsewhere: it may look up names of open sockets. */
function reportedLimits(): Limits {
  if (process.platform !== 'linux') return ELSEWHERE;
  const { userLimits } = (process.report?.getReport() ?? {}) as ReportedLimits;
  const openFiles = userLimits?.open_files?.soft;
  if (openFiles === undefined) return ELSEWHERE;
  const locked = userLimits?.max_locked_memory_bytes?.soft;
  return { openFiles: numberOf(openFiles), lockedBytes: numberOf(locked) };
}

/** Of a limit in text or as a number. */
function numberOf(limit: string | number | undefined): number {
  return limit === undefined || limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}

/** The soft limits of this process, from /proc/self/limits. */
export function readLimits(): Limits {
  let text: string;
  try {
    text = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return reportedLimits();
  }
  return { openFiles: soft(text, 'Max open files'), lockedBytes: soft(text, 'Max locked memory') };
}

function soft(text: string, name: string): number {
  return numberOf(new RegExp(`^${name} +(\\S+)`, 'm').exec(text)?.[1]);
}

/** The address space that `ulimit -v` leaves this process, in bytes; `Infinity` where there is no such limit. */
export function addressSpaceLeft(): number {
  try {
    const limit = soft(readFileSync('/proc/self/limits', 'utf8'), 'Max address space');
    if (limit === Number.POSITIVE_INFINITY) return limit;
    const used = /^VmSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return limit - Number(used ?? 0) * 1024;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** How many descriptors this process has open; 0 where that can't be told. */
export function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
