import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { constants as os } from 'node:os';
import { type FileFacts, factsOfStats } from '../native/file-facts.js';
import { PLAIN_OPEN_FLAGS } from '../uring/plain-read.js';

const { EINVAL, EIO, ENOENT, ESPIPE } = os.errno;

/** A file that is open. Results are counts of bytes, or `-errno`. */
export interface SimHandle {
  readonly seekable: boolean;
  /** `plainly`: by an ordinary read, which no stated size ends. */
  read(target: Uint8Array, offset: number, plainly: boolean): number;
  close(): void;
}

/** The files that a simulated ring reads. */
export interface SimDisk {
  open(path: string | Uint8Array, direct: boolean): SimHandle | number;
  stat(path: string | Uint8Array): FileFacts | number;
}

/** A file of a {@link MapDisk}. */
export interface SimFile {
  bytes: Uint8Array;
  /** A read that would go past this byte ends there, and one from there on fails with EIO. */
  readonly badFrom?: number;
  /** Opening it with O_DIRECT fails with EINVAL. */
  readonly noDirect?: boolean;
  /** The size that the file system states, and ends reads at that are not ordinary ones. */
  readonly statedBytes?: number;
}

/** The device of files whose size may be untrue, as {@link FUSE_MOUNT} has it. */
export const FUSE_DEVICE = '0:99';
/** A line of /proc/self/mountinfo. */
export const FUSE_MOUNT = `100 1 ${FUSE_DEVICE} / /sim rw - fuse.sim sim rw`;

/** Files in memory, by path. */
export class MapDisk implements SimDisk {
  readonly files: Map<string, SimFile>;
  /** Files that are open. */
  openCount = 0;

  constructor(files: Map<string, SimFile>) {
    this.files = files;
  }

  open(path: string | Uint8Array, direct: boolean): SimHandle | number {
    const file = this.files.get(path.toString());
    if (file === undefined) return -ENOENT;
    if (direct && file.noDirect === true) return -EINVAL;
    this.openCount++;
    return {
      seekable: true,
      read: (target, offset, plainly) => readFile(file, target, offset, plainly),
      close: () => {
        this.openCount--;
      },
    };
  }

  stat(path: string | Uint8Array): FileFacts | number {
    const file = this.files.get(path.toString());
    if (file === undefined) return -ENOENT;
    const { statedBytes } = file;
    const device = statedBytes === undefined ? '8:1' : FUSE_DEVICE;
    return { kind: 'file', sizeBytes: statedBytes ?? file.bytes.length, device };
  }
}

function readFile(file: SimFile, target: Uint8Array, offset: number, plainly: boolean): number {
  const { bytes, badFrom = Number.POSITIVE_INFINITY, statedBytes } = file;
  const end = plainly ? bytes.length : Math.min(bytes.length, statedBytes ?? bytes.length);
  if (offset >= badFrom) return -EIO;
  const count = Math.min(target.length, Math.max(0, Math.min(end, badFrom) - offset));
  target.set(bytes.subarray(offset, offset + count));
  return count;
}

/** The files of the system that this runs on. */
export class RealDisk implements SimDisk {
  open(path: string | Uint8Array): SimHandle | number {
    return failing(() => {
      const fd = openSync(nameOf(path), PLAIN_OPEN_FLAGS);
      const kind = factsOfStats(fstatSync(fd)).kind;
      const seekable = kind !== 'fifo';
      return {
        seekable,
        read: (target, offset) => failing(() => (seekable ? readSync(fd, target, { position: offset }) : -ESPIPE)),
        close: () => closeSync(fd),
      };
    });
  }

  stat(path: string | Uint8Array): FileFacts | number {
    return failing(() => factsOfStats(statSync(nameOf(path))));
  }
}

function nameOf(path: string | Uint8Array): string | Buffer {
  return typeof path === 'string' ? path : Buffer.from(path);
}

function failing<T>(call: () => T): T | number {
  try {
    return call();
  } catch (error) {
    return (error as NodeJS.ErrnoException).errno ?? -EIO;
  }
}
