import { constants, readFileSync, type Stats } from 'node:fs';

/** What a path leads to. */
export type FileKind = 'file' | 'directory' | 'block' | 'character' | 'fifo' | 'other';

/** What the file system says of a path. */
export interface FileFacts {
  readonly kind: FileKind;
  /** A hint: procfs says 0, and a file may grow. That of a block device is the device's. */
  readonly sizeBytes: number;
  /** Of the file system that it lies on, as `major:minor`. */
  readonly device: string;
}

const { S_IFMT, S_IFREG, S_IFDIR, S_IFBLK, S_IFCHR, S_IFIFO } = constants;
const KINDS = new Map<number, FileKind>([
  [S_IFREG, 'file'],
  [S_IFDIR, 'directory'],
  [S_IFBLK, 'block'],
  [S_IFCHR, 'character'],
  [S_IFIFO, 'fifo'],
]);
/** The size in /sys is in sectors of this many bytes, whatever the device's are. */
const SECTOR_BYTES = 512;

/** The length of struct statx, in bytes. */
export const STATX_BYTES = 256;

/** Reads a struct statx that has the basic fields. */
export function factsOfStatx(words: DataView): FileFacts {
  const kind = kindOf(words.getUint16(0x1c, true));
  const device = `${words.getUint32(0x88, true)}:${words.getUint32(0x8c, true)}`;
  const sizeBytes =
    kind === 'block'
      ? blockDeviceBytes(`${words.getUint32(0x80, true)}:${words.getUint32(0x84, true)}`)
      : Number(words.getBigUint64(0x28, true));
  return { kind, sizeBytes, device };
}

/** The same from what `node:fs` says. */
export function factsOfStats({ mode, size, dev, rdev }: Stats): FileFacts {
  const kind = kindOf(mode);
  return { kind, sizeBytes: kind === 'block' ? blockDeviceBytes(numberOf(rdev)) : size, device: numberOf(dev) };
}

/** Whether reading it comes to an end. A character device or a FIFO may go on for ever. */
export function hasEnd({ kind }: FileFacts): boolean {
  return kind === 'file' || kind === 'block';
}

function kindOf(mode: number): FileKind {
  return KINDS.get(mode & S_IFMT) ?? 'other';
}

/** Of a device number as the C library packs it. */
function numberOf(device: number): string {
  const high = Math.floor(device / 2 ** 32);
  const major = ((device >>> 8) & 0xfff) | (high & 0xfffff000);
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00) | ((high & 0xfff) << 20);
  return `${major}:${minor}`;
}

/** 0 when it is unknown: /sys may be missing. Reading on until nothing comes finds the end as well. */
function blockDeviceBytes(number: string): number {
  try {
    return Number(readFileSync(`/sys/dev/block/${number}/size`, 'latin1')) * SECTOR_BYTES;
  } catch {
    return 0;
  }
}
