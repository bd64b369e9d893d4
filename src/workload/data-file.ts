import { type FileHandle, open } from 'node:fs/promises';
import { errnoText } from '../errors.js';
import { fillPattern, findMismatch } from './pattern.js';

/** A file of a data set on the disk. */
export interface PatternFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Of its content; see `fileSeed`. */
  readonly seed: number;
}

/** Memory to work in, and a callback for every chunk done. */
interface Piecework {
  readonly chunk: Uint8Array;
  onPiece(bytes: number): void;
}

/** A damage of a data set. */
export interface Damage {
  readonly path: string;
  /** The first wrong byte, where bytes are wrong. */
  readonly offset?: number | undefined;
  readonly reason: string;
}

const SAMPLE_BYTES = 4096;

/**
 * Writes the content in place, so that the extents of the file stay. Ends when the device has it: dirty pages could not be
 * evicted from the cache.
 */
export async function writeContent({ path, sizeBytes, seed }: PatternFile, work: Piecework): Promise<void> {
  const file = await openOrCreate(path);
  try {
    for (let offset = 0; offset < sizeBytes; ) {
      const piece = work.chunk.subarray(0, Math.min(work.chunk.length, sizeBytes - offset));
      fillPattern(piece, { seed, offset });
      await writeAll(file, piece, offset);
      offset += piece.length;
      work.onPiece(piece.length);
    }
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return open(path, 'wx');
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
  }
}

/** Reads the whole file and compares every byte. Returns the first thing that is wrong. */
export async function checkContent(pattern: PatternFile, work: Piecework): Promise<Damage | undefined> {
  const { path } = pattern;
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    return await compare(file, pattern, work);
  } catch (error) {
    const { code, errno = 0 } = error as NodeJS.ErrnoException;
    if (typeof code !== 'string') throw error;
    return { path, reason: `${errnoText(-errno)[1]} (${code})` };
  } finally {
    await file?.close();
  }
}

async function compare(file: FileHandle, pattern: PatternFile, work: Piecework): Promise<Damage | undefined> {
  const { path, sizeBytes, seed } = pattern;
  const { size } = await file.stat();
  if (size !== sizeBytes) return { path, reason: `has ${size} bytes instead of ${sizeBytes}` };
  for (let offset = 0; offset < sizeBytes; ) {
    const length = Math.min(work.chunk.length, sizeBytes - offset);
    const { bytesRead } = await file.read(work.chunk, 0, length, offset);
    if (bytesRead === 0) return { path, offset, reason: `ends at byte ${offset}` };
    const wrong = findMismatch(work.chunk.subarray(0, bytesRead), { seed, offset });
    if (wrong >= 0) return { path, offset: offset + wrong, reason: `byte ${offset + wrong} is wrong` };
    offset += bytesRead;
    work.onPiece(bytesRead);
  }
  return undefined;
}

/**
 * Whether a file is one that lsio made, damaged perhaps: it has its size, and its content at the beginning, in the
 * middle or at the end.
 */
export async function looksLikeOurs({ path, sizeBytes, seed }: PatternFile): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    if ((await file.stat()).size !== sizeBytes) return false;
    const sample = new Uint8Array(Math.min(SAMPLE_BYTES, sizeBytes));
    for (const offset of [0, Math.floor((sizeBytes - sample.length) / 2), sizeBytes - sample.length]) {
      await file.read(sample, 0, sample.length, offset);
      if (findMismatch(sample, { seed, offset }) < 0) return true;
    }
    return false;
  } finally {
    await file.close();
  }
}
