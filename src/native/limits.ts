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

/** The soft limits of this process, from /proc/self/limits. */
export function readLimits(): Limits {
  let text: string;
  try {
    text = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return ELSEWHERE;
  }
  function soft(name: string): number {
    const value = new RegExp(`^${name} +(\\S+)`, 'm').exec(text)?.[1];
    return value === undefined || value === 'unlimited' ? Number.POSITIVE_INFINITY : Number(value);
  }
  return { openFiles: soft('Max open files'), lockedBytes: soft('Max locked memory') };
}

/** How many descriptors this process has open; 0 where that can't be told. */
export function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
