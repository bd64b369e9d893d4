import { closeSync, openSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../clock.js';
import { errnoText, LsioError } from '../errors.js';
import type { Ring } from './ring.js';

const ANSWER_MS_MAX = 2000;
const PROOF_BYTES = 4096;

/**
 * Proves that a fresh ring works: opens a file, reads its beginning and compares. That set-up succeeds
 * says little: filters may block io_uring_enter alone, and sandboxes implement it in part.
 *
 * @throws {LsioError} `unavailable`; with the code `ETIMEDOUT` an operation is still in flight.
 */
export function verifyRing(ring: Ring): void {
  const path = pathToRead();
  const expected = readBeginning(path);
  const at = ring.slab.lease(expected.length);
  const bytes = ring.slab.memory.subarray(at, at + expected.length);
  bytes.fill(0);
  ring.open(0, 1, 0, path, false);
  answer(ring, 'open');
  ring.read(0, 2, 0, 0, at, expected.length);
  const count = answer(ring, 'read');
  ring.close(0, 3, 0);
  answer(ring, 'close');
  const equal = count === expected.length && expected.equals(bytes);
  ring.slab.release(at);
  if (!equal)
    throw new LsioError('unavailable', 'io_uring read other bytes than node:fs: it is not to be trusted here');
}

/** This module, which could be read a moment ago. In some bundles a module has no file: then Node's binary. */
function pathToRead(): string {
  try {
    return fileURLToPath(import.meta.url);
  } catch {
    return process.execPath;
  }
}

/** @throws {LsioError} `unavailable` when it may not be read. */
function readBeginning(path: string): Buffer {
  try {
    const fd = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(PROOF_BYTES);
      return bytes.subarray(0, readSync(fd, bytes, 0, PROOF_BYTES, 0));
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw new LsioError('unavailable', `io_uring can't be tried out: ${(cause as Error).message}`, { cause });
  }
}

function answer(ring: Ring, operation: string): number {
  const deadlineMs = systemClock.now() + ANSWER_MS_MAX;
  while (ring.submitAndReap() === 0) {
    if (systemClock.now() > deadlineMs) {
      throw new LsioError('unavailable', `io_uring doesn't answer to ${operation}`, { code: 'ETIMEDOUT' });
    }
  }
  const result = ring.completions.result[0]!;
  if (result >= 0) return result;
  const [code, text] = errnoText(-result);
  throw new LsioError('unavailable', `io_uring can't ${operation} files: ${text} (${code})`, {
    code,
    remedy: 'Linux 5.15 or newer has all that lsio uses',
  });
}
