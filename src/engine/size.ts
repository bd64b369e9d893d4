import { stat } from 'node:fs/promises';
import { EIO, EISDIR } from '../errno.js';
import type { Path } from './engine.js';
import { failureOf } from './failure.js';
import { NOT_REGULAR } from './slots.js';

/**
 * The size that the file system states: a hint, 0 in procfs.
 *
 * @throws {LsioError} `read` for what has no size.
 */
export async function sizeOf(path: Path): Promise<number> {
  const stats = await stat(typeof path === 'string' ? path : Buffer.from(path)).catch((error) => {
    throw error.errno === undefined ? error : failureOf(path, 0, -error.errno || EIO);
  });
  if (stats.isDirectory()) throw failureOf(path, 0, EISDIR);
  // Devices state 0; the engine knows more of them.
  if (!stats.isFile() && !stats.isBlockDevice() && !stats.isCharacterDevice()) throw failureOf(path, 0, NOT_REGULAR);
  return stats.size;
}
