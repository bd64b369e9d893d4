import { readFileSync } from 'node:fs';
import type { Path } from '../read.js';

/** Mounts are looked up again after this time. */
const FRESH_MS = 1000;
/** Known directories are forgotten, the oldest first, beyond this many. */
const DIRECTORIES_MAX = 4096;

/**
 * Knows where the size that a file system states may not be a file's: on FUSE, whose server says what it likes. There
 * io_uring ends its reads at that size, so that an end has to be confirmed by an ordinary read.
 *
 * A directory counts as being on the file system of the first file in it that was asked about.
 */
export class StatedSizes {
  readonly #readMounts: () => string;
  #mounts = '';
  /** Of FUSE, as `major:minor`. */
  #devices = new Set<string>();
  #freshUntilMs = Number.NEGATIVE_INFINITY;
  readonly #lyingByDirectory = new Map<string, boolean>();

  /** @param readMounts gives the text of /proc/self/mountinfo. */
  constructor(readMounts: () => string = readMountInfo) {
    this.#readMounts = readMounts;
  }

  /** Whether the size of the file at `path` may be untrue; undefined: {@link learn} its file system first. */
  mayLie(path: Path, nowMs: number): boolean | undefined {
    this.#refresh(nowMs);
    return this.#devices.size === 0 ? false : this.#lyingByDirectory.get(directoryOf(path));
  }

  /** Says on which device, as `major:minor`, a file is. Returns whether its size may be untrue. */
  learn(path: Path, device: string, nowMs: number): boolean {
    this.#refresh(nowMs);
    const lies = this.#devices.has(device);
    this.#lyingByDirectory.set(directoryOf(path), lies);
    if (this.#lyingByDirectory.size > DIRECTORIES_MAX) {
      const [oldest = ''] = this.#lyingByDirectory.keys();
      this.#lyingByDirectory.delete(oldest);
    }
    return lies;
  }

  #refresh(nowMs: number): void {
    if (nowMs < this.#freshUntilMs) return;
    this.#freshUntilMs = nowMs + FRESH_MS;
    const mounts = this.#readMounts();
    if (mounts === this.#mounts) return;
    this.#mounts = mounts;
    this.#devices = fuseDevices(mounts);
    this.#lyingByDirectory.clear();
  }
}

/** Lines of mountinfo: `36 35 0:45 /root /mount-point options … - type source …`; see proc_pid_mountinfo(5). */
function fuseDevices(mounts: string): Set<string> {
  const devices = new Set<string>();
  for (const line of mounts.split('\n')) {
    const [mount = '', source = ''] = line.split(' - ');
    const device = mount.split(' ')[2];
    if (device !== undefined && /^(fuse|virtiofs)/.test(source)) devices.add(device);
  }
  return devices;
}

/** Bytes and text of one directory are two keys, told apart by what no path has. */
function directoryOf(path: Path): string {
  if (typeof path === 'string') return path.slice(0, path.lastIndexOf('/') + 1);
  return `\0${Buffer.from(path.subarray(0, path.lastIndexOf(0x2f) + 1)).toString('latin1')}`;
}

function readMountInfo(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}
