import { write } from 'node:fs';
import { outputError } from '../errors.js';
import { STDOUT } from '../stdio.js';

/**
 * Each write is a trip through the thread pool: 1 GiB of cached bytes went to /dev/null at 2.4 GiB/s in chunks of this
 * size, at 1.1 GiB/s in chunks of 256 KiB.
 */
const CHUNK_BYTES = 1024 * 1024;
const RETRY_MS = 2;

/**
 * Writes to stdout, many small pieces at a time: they are copied together, and while one chunk is being written the next
 * one is filled. A pipe that is read slowly holds the writer up.
 */
export class StdoutWriter {
  #filling: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #used = 0;
  #spare: Buffer | undefined;
  #writing: Promise<void> = Promise.resolve();
  readonly #signal: AbortSignal;

  /** @param signal Ends the wait for a reader that doesn't read. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /**
   * Takes bytes, which are the caller's again as soon as this returns (or the promise is fulfilled).
   *
   * @returns a promise to wait for, or undefined when there was room.
   * @throws {LsioError} `output` when stdout has failed; with the code `EPIPE` when it was closed.
   */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#used + bytes.length > CHUNK_BYTES) return this.#writeMany(bytes);
    this.#filling.set(bytes, this.#used);
    this.#used += bytes.length;
    return undefined;
  }

  /** Fulfils when everything has been written. */
  async end(): Promise<void> {
    await this.#flush();
    await this.#writing;
  }

  async #writeMany(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#used === CHUNK_BYTES) await this.#flush();
      const count = Math.min(bytes.length - at, CHUNK_BYTES - this.#used);
      this.#filling.set(bytes.subarray(at, at + count), this.#used);
      this.#used += count;
      at += count;
    }
  }

  /** Starts writing what is there, once the chunk before it has been written. */
  async #flush(): Promise<void> {
    await this.#writing;
    const chunk = this.#filling;
    const bytes = chunk.subarray(0, this.#used);
    this.#filling = this.#spare ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.#spare = chunk;
    this.#used = 0;
    this.#writing = writeAll(bytes, this.#signal);
    // The next write reports it.
    this.#writing.catch(() => {});
  }
}

async function writeAll(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += await writeSome(bytes.subarray(at), signal);
}

/** Returns how many bytes were written: none when the pipe is full and non-blocking. */
function writeSome(bytes: Uint8Array, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    write(STDOUT, bytes, (error, count) => {
      signal.removeEventListener('abort', onAbort);
      if (error === null) resolve(count);
      else if (error.code === 'EAGAIN') setTimeout(resolve, RETRY_MS, 0);
      else reject(outputError('stdout', error));
    });
  });
}
