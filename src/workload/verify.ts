import { closeSync, openSync, readSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { LsioError, readError } from '../errors.js';
import { dataFiles, readManifest } from './manifest.js';
import { pick } from './operations.js';
import { fileSeed, findMismatch } from './pattern.js';
import type { Workload, WorkloadFile } from './workload.js';

/** A sample is this many operations, spread evenly over the work. */
const SAMPLE_OPERATIONS = 1000;

/** A sample of the work, the first and the last operation among it. */
export function sampleOf(work: Workload): Workload {
  if (work.operations <= SAMPLE_OPERATIONS) return work;
  const step = (work.operations - 1) / (SAMPLE_OPERATIONS - 1);
  return pick(
    work,
    Array.from({ length: SAMPLE_OPERATIONS }, (_, index) => Math.round(index * step)),
  );
}

/**
 * What compares the bytes of an operation with the file's: with the pattern where lsio made the file, else with what
 * `node:fs` reads, which puts the file into the page cache. It is synchronous, so that bytes which are lent can be
 * checked, and slow: keep it out of what is timed.
 *
 * @returns a function that throws `read`, naming the file and the first wrong byte.
 * @throws {LsioError} `read` when lsio's note of what it made can't be read.
 */
export function verifier(work: Workload): (operation: number, bytes: Uint8Array) => void {
  const seeds = seedsOf(work.files);
  return (operation, bytes) => {
    const { path } = work.files[work.fileOf[operation]!]!;
    const offset = work.offsets[operation]!;
    const length = work.lengths[operation]!;
    const seed = seeds.get(path);
    const same = Math.min(length, bytes.length);
    const given = bytes.subarray(0, same);
    const wrong = seed === undefined ? findDifference(path, offset, given) : findMismatch(given, { seed, offset });
    if (wrong < 0 && bytes.length === length) return;
    const at = offset + (wrong < 0 ? same : wrong);
    const source = seed === undefined ? 'node:fs reads' : 'lsio wrote';
    const reason = wrong < 0 ? `${bytes.length} bytes came instead of ${length}` : `not what ${source}`;
    throw new LsioError('read', `${path}: byte ${at}: ${reason}`, { path, offset: at });
  };
}

/** The seeds of the content of those files that lsio made. */
function seedsOf(files: readonly WorkloadFile[]): Map<string, number> {
  const seeds = new Map<string, number>();
  const byDirectory = new Map<string, Map<string, WorkloadFile>>();
  for (const file of files) {
    const directory = dirname(file.path);
    const siblings = byDirectory.get(directory) ?? new Map<string, WorkloadFile>();
    byDirectory.set(directory, siblings.set(basename(file.path), file));
  }
  for (const [directory, siblings] of byDirectory) {
    const manifest = readManifest(directory);
    if (manifest === undefined) continue;
    for (const { name, sizeBytes } of dataFiles(manifest)) {
      const file = siblings.get(name);
      if (file?.size === sizeBytes) seeds.set(file.path, fileSeed(manifest.seed, name));
    }
  }
  return seeds;
}

/** The index of the first byte that differs from the file's, or -1. */
function findDifference(path: string, offset: number, bytes: Uint8Array): number {
  const expected = readAt(path, offset, bytes.length);
  if (expected.equals(bytes)) return -1;
  const index = bytes.findIndex((byte, at) => byte !== expected[at]);
  return index < 0 ? expected.length : index;
}

function readAt(path: string, offset: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    for (let read = -1; read !== 0 && done < length; done += read) {
      read = readSync(fd, buffer, done, length - done, offset + done);
    }
    return buffer.subarray(0, done);
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    throw readError(path, offset + done, -errno);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
