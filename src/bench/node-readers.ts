import * as fs from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { Workload } from '../workload/workload.js';
import { changedError } from './engine-reader.js';
import type { EngineReaderName, Observer, Reader, ReaderName, Tally } from './reader.js';

/**
 * What Node offers by itself, used as one would: whole files by readFile, blocks by read into a buffer that is reused.
 * `buffer` reads whole files so, too: the least that a loop in Node can do.
 */
export function nodeReader(name: Exclude<ReaderName, EngineReaderName | 'store'>, queueDepth: number): Reader {
  const read = { promises: readByPromises, callback: readByCallbacks, sync: readSync, buffer: readIntoBuffer }[name];
  const reason = {
    promises: 'fs.promises.readFile, FileHandle.read',
    callback: 'fs.readFile, fs.read',
    sync: 'fs.readFileSync, fs.readSync',
    buffer: 'fs.openSync, fs.readSync into one buffer, fs.closeSync',
  }[name];
  return {
    engine: name,
    reason,
    read: async (work, passes, observer) => {
      const progress = new OperationQueue(work, passes, observer);
      await read(progress, queueDepth);
      return progress.tally;
    },
    close: async () => {},
  };
}

/** Hands out the operations of a workload one after the other and takes their bytes. */
export class OperationQueue {
  readonly tally: Tally = { operations: 0, bytes: 0 };
  readonly work: Workload;
  /** Of the longest operation, in bytes. */
  readonly longest: number;
  readonly #observer: Observer;
  readonly #total: number;
  /** Operations of each file that were handed out and aren't through yet. */
  readonly #underWay: Uint32Array;
  #next = 0;

  constructor(work: Workload, passes: number, observer: Observer) {
    this.work = work;
    this.#observer = observer;
    this.#total = work.operations * passes;
    this.longest = work.lengths.reduce((longest, length) => Math.max(longest, length), 0);
    this.#underWay = new Uint32Array(work.files.length);
  }

  /** The next operation, or -1. */
  next(): number {
    if (this.#next === this.#total) return -1;
    const operation = this.#next++ % this.work.operations;
    this.#underWay[this.work.fileOf[operation]!]!++;
    return operation;
  }

  began(): number {
    return this.#observer.latency === undefined ? 0 : performance.now();
  }

  /** @throws {LsioError} `changed` when fewer bytes came than the workload asks for. */
  done(operation: number, bytes: Uint8Array, beganMs: number): void {
    this.#observer.latency?.add((performance.now() - beganMs) * 1e6);
    const { files, fileOf, offsets, lengths } = this.work;
    if (bytes.length !== lengths[operation]) {
      throw changedError(files[fileOf[operation]!]!.path, offsets[operation]! + bytes.length);
    }
    this.#observer.check?.(operation, bytes);
    this.tally.operations++;
    this.tally.bytes += bytes.length;
  }

  /**
   * To be called once when an operation is through: true when its file has no other one under way and isn't the next one's,
   * so that it can be closed. The operations of a file follow each other: few files are open however many there are.
   */
  endsFile(operation: number): boolean {
    const { fileOf, operations } = this.work;
    const file = fileOf[operation]!;
    if (--this.#underWay[file]! > 0) return false;
    return this.#next === this.#total || fileOf[this.#next % operations] !== file;
  }
}

async function readByPromises(progress: OperationQueue, queueDepth: number): Promise<void> {
  const { files, fileOf, offsets, lengths, wholeFiles } = progress.work;
  const handles = new Map<number, Promise<fs.promises.FileHandle>>();
  function open(file: number): Promise<fs.promises.FileHandle> {
    const known = handles.get(file);
    if (known !== undefined) return known;
    const handle = fs.promises.open(files[file]!.path);
    handles.set(file, handle);
    return handle;
  }
  async function lane(): Promise<void> {
    const buffer = wholeFiles ? undefined : Buffer.allocUnsafeSlow(progress.longest);
    for (let operation = progress.next(); operation >= 0; operation = progress.next()) {
      const beganMs = progress.began();
      const file = fileOf[operation]!;
      if (buffer === undefined) {
        progress.done(operation, await fs.promises.readFile(files[file]!.path), beganMs);
        continue;
      }
      const handle = await open(file);
      const { bytesRead } = await handle.read(buffer, 0, lengths[operation]!, offsets[operation]!);
      progress.done(operation, buffer.subarray(0, bytesRead), beganMs);
      if (!progress.endsFile(operation)) continue;
      handles.delete(file);
      await handle.close();
    }
  }
  await Promise.all(Array.from({ length: queueDepth }, lane));
}

function readByCallbacks(progress: OperationQueue, queueDepth: number): Promise<void> {
  const { wholeFiles } = progress.work;
  return new Promise((resolve, reject) => {
    let lanes = queueDepth;
    const files = new CallbackFiles(progress);
    function lane(): void {
      const buffer = wholeFiles ? undefined : Buffer.allocUnsafeSlow(progress.longest);
      function step(): void {
        const operation = progress.next();
        if (operation < 0) {
          if (--lanes === 0) resolve();
          return;
        }
        const beganMs = progress.began();
        files.read(operation, buffer, (error, bytes) => {
          try {
            if (error !== null) throw error;
            progress.done(operation, bytes, beganMs);
            step();
          } catch (cause) {
            reject(cause);
          }
        });
      }
      step();
    }
    for (let index = 0; index < queueDepth; index++) lane();
  });
}

type BytesCallback = (error: Error | null, bytes: Uint8Array) => void;

/** Files that are open while they have operations under way, with callbacks. */
class CallbackFiles {
  readonly #progress: OperationQueue;
  readonly #open = new Map<number, number | ((error: Error | null, fd: number) => void)[]>();

  constructor(progress: OperationQueue) {
    this.#progress = progress;
  }

  read(operation: number, buffer: Buffer | undefined, callback: BytesCallback): void {
    const { files, fileOf, offsets, lengths } = this.#progress.work;
    const file = fileOf[operation]!;
    if (buffer === undefined) {
      fs.readFile(files[file]!.path, callback);
      return;
    }
    this.#withFd(file, (error, fd) => {
      if (error !== null) return callback(error, buffer);
      fs.read(fd, buffer, 0, lengths[operation]!, offsets[operation]!, (readError, bytesRead) => {
        if (this.#progress.endsFile(operation)) {
          this.#open.delete(file);
          fs.close(fd, () => {});
        }
        callback(readError, buffer.subarray(0, bytesRead));
      });
    });
  }

  #withFd(file: number, use: (error: Error | null, fd: number) => void): void {
    const known = this.#open.get(file);
    if (typeof known === 'number') return use(null, known);
    if (known !== undefined) {
      known.push(use);
      return;
    }
    const waiting = [use];
    this.#open.set(file, waiting);
    fs.open(this.#progress.work.files[file]!.path, 'r', (error, fd) => {
      if (error === null) this.#open.set(file, fd);
      for (const waiter of waiting) waiter(error, fd);
    });
  }
}

async function readIntoBuffer(progress: OperationQueue): Promise<void> {
  const { files, fileOf, lengths, wholeFiles } = progress.work;
  if (!wholeFiles) return readSync(progress);
  const buffer = Buffer.allocUnsafeSlow(progress.longest);
  for (let operation = progress.next(); operation >= 0; operation = progress.next()) {
    const beganMs = progress.began();
    const fd = fs.openSync(files[fileOf[operation]!]!.path, 'r');
    const bytesRead = fs.readSync(fd, buffer, 0, lengths[operation]!, 0);
    fs.closeSync(fd);
    progress.done(operation, buffer.subarray(0, bytesRead), beganMs);
  }
}

async function readSync(progress: OperationQueue): Promise<void> {
  const { files, fileOf, offsets, lengths, wholeFiles } = progress.work;
  const buffer = wholeFiles ? Buffer.alloc(0) : Buffer.allocUnsafeSlow(progress.longest);
  const fds = new Map<number, number>();
  for (let operation = progress.next(); operation >= 0; operation = progress.next()) {
    const beganMs = progress.began();
    const file = fileOf[operation]!;
    if (wholeFiles) {
      progress.done(operation, fs.readFileSync(files[file]!.path), beganMs);
      continue;
    }
    const fd = fds.get(file) ?? fs.openSync(files[file]!.path, 'r');
    fds.set(file, fd);
    const bytesRead = fs.readSync(fd, buffer, 0, lengths[operation]!, offsets[operation]!);
    progress.done(operation, buffer.subarray(0, bytesRead), beganMs);
    if (progress.endsFile(operation)) {
      fds.delete(file);
      fs.closeSync(fd);
    }
  }
}
