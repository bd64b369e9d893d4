import { open, stat } from 'node:fs/promises';
import { systemClock } from '../clock.js';
import { EIO, EISDIR } from '../errno.js';
import { type FileFacts, factsOfStats } from '../native/file-facts.js';
import type { Path } from './engine.js';
import { failureOf } from './failure.js';
import { StatedSizes } from './ring/stated-sizes.js';
import { NOT_REGULAR } from './slots.js';

/** Descriptors that the process was given, as paths: what a shell puts for `<(command)`, and standard input. */
const DESCRIPTOR = /^(\/dev\/(stdin|fd\/\d+)|\/proc\/(self|\d+)\/fd\/\d+)$/;

const statedSizes = new StatedSizes();

/**
 * The size that the file system states: a hint, 0 in procfs. That of a block device is the device's. 0 as well of a file
 * on FUSE that goes on after it: nothing is known then.
 *
 * @throws {LsioError} `read` for what has no size.
 */
export async function sizeOf(path: Path): Promise<number> {
  const { kind, sizeBytes, device } = await factsOf(path);
  if (kind === 'directory') throw failureOf(path, 0, EISDIR);
  // Character devices state 0; the engine knows more of them.
  if (kind === 'fifo' || kind === 'other') throw failureOf(path, 0, NOT_REGULAR);
  const mayLie = kind === 'file' && sizeBytes > 0 && statedSizes.learn(path, device, systemClock.now());
  return mayLie && (await goesOn(path, sizeBytes)) ? 0 : sizeBytes;
}

async function goesOn(path: Path, sizeBytes: number): Promise<boolean> {
  try {
    await using file = await open(typeof path === 'string' ? path : Buffer.from(path));
    return (await file.read(Buffer.alloc(1), 0, 1, sizeBytes)).bytesRead > 0;
  } catch {
    // The read itself will say what is wrong.
    return false;
  }
}

/** Whether a path is that of an open descriptor, which may be a pipe. */
export function namesDescriptor(path: Path): boolean {
  // Asked of every whole file: most paths are told by their beginning.
  if (typeof path === 'string') return (path.startsWith('/dev/') || path.startsWith('/proc/')) && DESCRIPTOR.test(path);
  return DESCRIPTOR.test(Buffer.from(path).toString('latin1'));
}

/**
 * Whether a path is that of an open pipe, which is read from its beginning to its end.
 *
 * @throws {LsioError} `read` when it can't be asked about.
 */
export async function isOpenPipe(path: Path): Promise<boolean> {
  return namesDescriptor(path) && (await factsOf(path)).kind === 'fifo';
}

async function factsOf(path: Path): Promise<FileFacts> {
  const stats = await stat(typeof path === 'string' ? path : Buffer.from(path)).catch((error) => {
    throw error.errno === undefined ? error : failureOf(path, 0, -error.errno || EIO);
  });
  return factsOfStats(stats);
}
