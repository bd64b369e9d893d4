import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { mountOf } from './mount.js';

/** /proc/diskstats counts in sectors of this size whatever the device's own is. */
const SECTOR_BYTES = 512;

/** What a block device has done since it was attached, from /proc/diskstats. */
export interface DeviceCounters {
  readonly reads: number;
  /** Reads that were merged into others before they reached the device. */
  readonly merged: number;
  readonly bytes: number;
  /** Time of all reads together, from their arrival in the queue to their end. */
  readonly readMs: number;
  /** Time with at least one request in flight. */
  readonly busyMs: number;
  /** The same, times the number of requests: its growth over time is the average queue. */
  readonly queueMs: number;
}

/**
 * The name of the block device that a path lies on, as in /proc/diskstats; undefined where there is none (tmpfs,
 * overlay, network), where there are several, or where the system doesn't tell.
 */
export function deviceOf(path: string): string | undefined {
  try {
    return deviceOfNumber(statSync(path).dev) ?? mountedDevice(path);
  } catch {
    return undefined;
  }
}

function deviceOfNumber(dev: number): string | undefined {
  // glibc's encoding of dev_t: major and minor are split over the bits.
  const major = (dev >>> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00);
  const path = `/sys/dev/block/${major}:${minor}`;
  return existsSync(path) ? basename(realpathSync(path)) : undefined;
}

/** btrfs numbers its subvolumes itself; its device is where it was mounted from, and may be one of several. */
function mountedDevice(path: string): string | undefined {
  const mount = mountOf(path);
  if (mount?.type !== 'btrfs') return undefined;
  const device = deviceOfNumber(statSync(mount.source).rdev);
  const fileSystems = readdirSync('/sys/fs/btrfs').map((uuid) => `/sys/fs/btrfs/${uuid}/devices`);
  const devices = fileSystems.filter(existsSync).map((directory) => readdirSync(directory));
  return devices.some((names) => names.length === 1 && names[0] === device) ? device : undefined;
}

export function readDeviceCounters(device: string): DeviceCounters | undefined {
  let text: string;
  try {
    text = readFileSync('/proc/diskstats', 'utf8');
  } catch {
    return undefined;
  }
  // major minor name reads merged sectors ms writes merged sectors ms in-flight busy-ms queue-ms; see
  // Documentation/admin-guide/iostats.rst.
  const line = text.split('\n').find((candidate) => candidate.trim().split(/\s+/)[2] === device);
  if (line === undefined) return undefined;
  const fields = line.trim().split(/\s+/).map(Number);
  return {
    reads: fields[3]!,
    merged: fields[4]!,
    bytes: fields[5]! * SECTOR_BYTES,
    readMs: fields[6]!,
    busyMs: fields[12]!,
    queueMs: fields[13]!,
  };
}

/** The model and queue settings of a device, as far as /sys tells. */
export function describeDevice(device: string): Record<string, string> {
  const root = diskDirectory(device);
  const facts: Record<string, string> = { name: device };
  for (const [name, file] of [
    ['model', 'device/model'],
    ['scheduler', 'queue/scheduler'],
    ['requests', 'queue/nr_requests'],
    ['logicalBlockBytes', 'queue/logical_block_size'],
    ['rotational', 'queue/rotational'],
  ] as const) {
    const value = readText(`${root}/${file}`);
    if (value !== undefined) facts[name] = value;
  }
  return facts;
}

/** A partition has no queue of its own: that of the disk around it counts. */
function diskDirectory(device: string): string {
  const path = `/sys/class/block/${device}`;
  try {
    const target = realpathSync(path);
    return readText(`${target}/partition`) === undefined ? target : `${target}/..`;
  } catch {
    return path;
  }
}

/** The content of a small file of /proc or /sys, trimmed. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
