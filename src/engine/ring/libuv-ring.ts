import { close, constants, open, read } from 'node:fs';
import { assert } from '../../assert.js';
import { EIO } from '../../errno.js';
import { Slab } from '../../memory/slab.js';
import { O_DIRECT } from '../../uring/abi.js';
import type { Completions, Ring, RingOptions } from '../../uring/ring.js';

/**
 * Opening a FIFO must not wait for a writer: that would hold a thread for good. Where the system lacks a flag, its
 * constant is undefined, which `|` takes for 0.
 */
const OPEN_FLAGS = constants.O_NOCTTY | constants.O_NONBLOCK;

/**
 * A ring that works everywhere: each operation is a call of `node:fs`, run by libuv's thread pool, whose callback puts
 * the completion into the queue. It can't cancel: an operation that hangs in the kernel holds its thread.
 */
export class LibuvRing implements Ring {
  readonly slab: Slab;
  readonly completions: Completions;
  /** Descriptor by entry of the file table, or -1. */
  readonly #fds: Int32Array;
  readonly #prepared: (() => void)[] = [];
  #arrived: number[] = [];
  #onWake: () => void = () => {};
  #woken = false;
  #closed = false;

  /** @param slabBytes a power of two of pages. */
  constructor(options: RingOptions, slabBytes: number) {
    this.slab = new Slab(pageAligned(slabBytes));
    this.#fds = new Int32Array(options.files).fill(-1);
    // Every slot, every close of a file, and a spare for each.
    const room = 2 * (options.entries + options.files);
    this.completions = {
      slot: new Uint32Array(room),
      generation: new Uint32Array(room),
      result: new Int32Array(room),
    };
  }

  open(slot: number, generation: number, file: number, path: string | Uint8Array, direct: boolean): void {
    const name = typeof path === 'string' ? path : Buffer.from(path);
    this.#prepare(() => {
      open(name, direct ? OPEN_FLAGS | O_DIRECT : OPEN_FLAGS, (error, fd) => {
        if (error === null) {
          this.#closeFd(file);
          this.#fds[file] = fd;
          if (this.#closed) this.#closeFd(file);
        }
        this.#arrive(slot, generation, error === null ? 0 : (error.errno ?? -EIO));
      });
    });
  }

  read(slot: number, generation: number, file: number, offset: number, at: number, length: number): void {
    this.#prepare(() => {
      read(this.#fds[file]!, this.slab.memory, at, length, offset, (error, bytes) => {
        this.#arrive(slot, generation, error === null ? bytes : (error.errno ?? -EIO));
      });
    });
  }

  close(slot: number, generation: number, file: number): void {
    this.#prepare(() => {
      this.#closeFd(file);
      this.#arrive(slot, generation, 0);
    });
  }

  cancel(): void {}

  get unsubmitted(): boolean {
    return false;
  }

  submitAndReap(): number {
    assert(!this.#closed, 'the ring is open');
    for (const operation of this.#prepared.splice(0)) operation();
    const arrived = this.#arrived;
    this.#arrived = [];
    const { slot, generation, result } = this.completions;
    for (let at = 0, index = 0; at < arrived.length; at += 3, index++) {
      slot[index] = arrived[at]!;
      generation[index] = arrived[at + 1]!;
      result[index] = arrived[at + 2]!;
    }
    return arrived.length / 3;
  }

  listen(onWake: () => void): void {
    this.#onWake = onWake;
  }

  /** Callbacks come one by one: waking costs nothing that could be saved. */
  arm(): void {}

  /** An operation of `node:fs` keeps the process alive by itself. */
  hold(): void {}

  shutdown(drained: boolean): void {
    assert(!this.#closed, 'the ring is open');
    this.#closed = true;
    // Were a descriptor closed under a read that still runs, its number could become another file's.
    if (!drained) return;
    for (let file = 0; file < this.#fds.length; file++) this.#closeFd(file);
  }

  #prepare(operation: () => void): void {
    assert(!this.#closed, 'the ring is open');
    this.#prepared.push(operation);
  }

  #closeFd(file: number): void {
    const fd = this.#fds[file]!;
    if (fd < 0) return;
    this.#fds[file] = -1;
    close(fd, () => {});
  }

  #arrive(slot: number, generation: number, result: number): void {
    if (this.#closed) return;
    this.#arrived.push(slot, generation, result);
    if (this.#woken) return;
    this.#woken = true;
    // Callbacks of the same turn of the event loop are taken together.
    setImmediate(() => {
      this.#woken = false;
      if (!this.#closed) this.#onWake();
    });
  }
}

/** The types of Node don't have it. */
declare const WebAssembly: {
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => { buffer: ArrayBuffer };
};
const WASM_PAGE_BYTES = 64 * 1024;

/** Memory as O_DIRECT wants it, without FFI: that of WebAssembly begins at a page, an ordinary ArrayBuffer doesn't. */
function pageAligned(bytes: number): Uint8Array {
  const pages = Math.ceil(bytes / WASM_PAGE_BYTES);
  try {
    return new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer, 0, bytes);
  } catch {
    // There is no WebAssembly (--jitless), or no room for the gigabytes of addresses that it sets aside (ulimit -v).
    return new Uint8Array(bytes);
  }
}
