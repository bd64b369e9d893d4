import { readFileSync, realpathSync } from 'node:fs';

/** Where a file system is mounted from, and how. */
export interface Mount {
  readonly type: string;
  readonly options: string;
  /** The device, or what else the file system takes its files from. */
  readonly source: string;
}

/**
 * The file system that a path lies on: the longest mount point that begins it, the last one mounted there. undefined
 * where the system does not tell.
 */
export function mountOf(path: string): Mount | undefined {
  let mounts: string;
  let real: string;
  try {
    mounts = readFileSync('/proc/self/mounts', 'utf8');
    real = realpathSync(path);
  } catch {
    return undefined;
  }
  let best: (Mount & { readonly point: string }) | undefined;
  for (const line of mounts.split('\n')) {
    const [source = '', point = '', type = '', options = ''] = line.split(' ').map(plainField);
    const within = real === point || real.startsWith(point === '/' ? '/' : `${point}/`);
    if (within && point.length >= (best?.point.length ?? 0)) best = { point, type, options, source };
  }
  return best;
}

/** Blanks stand there as octal numbers. */
function plainField(field: string): string {
  return field.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
