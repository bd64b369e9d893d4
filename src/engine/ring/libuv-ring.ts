import { close, constants, open, read, stat } from 'node:fs';
import { assert } from '../../assert.js';
import { EIO } from '../../errno.js';
import type { Slab } from '../../memory/slab.js';
import { type FileFacts, factsOfStats } from '../../native/file-facts.js';
import { O_DIRECT } from '../../uring/abi.js';
import { PLAIN_OPEN_FLAGS, readPlainly } from '../../uring/plain-read.js';
import { type Completions, type Ring, type RingOptions, SPARE_STATS } from '../../uring/ring.js';

/**
 * A ring that works everywhere: each operation is a call of `node:fs`, run by libuv's thread pool, whose callback puts
 * the completion into the queue. It can't cancel: an operation that hangs in the kernel holds its thread.
 */
export class LibuvRing implements Ring {
  readonly slab: Slab;
  readonly completions: Completions;
  /** Descriptor by entry of the file table, or -1. */
  readonly #fds: Int32Array;
  /** By entry: 1 when it is read without offsets. */
  readonly #isStream: Uint8Array;
  readonly #facts: FileFacts[] = [];
  /** Descriptors that are open, being opened or being closed: libuv closes them some time after it is asked. */
  #descriptors = 0;
  /** Opens that wait for a descriptor to be closed. */
  readonly #waitingOpens: (() => void)[] = [];
  readonly #prepared: (() => void)[] = [];
  #arrived: number[] = [];
  #onWake: () => void = () => {};
  #woken = false;
  #closed = false;

  /** @param slab best page-aligned, as O_DIRECT wants it. */
  constructor(options: RingOptions, slab: Slab) {
    this.slab = slab;
    this.#fds = new Int32Array(options.files).fill(-1);
    this.#isStream = new Uint8Array(options.files);
    // Every slot, every close of a file, a spare for each, and stats.
    const room = 2 * (options.entries + options.files) + SPARE_STATS;
    this.completions = {
      slot: new Uint32Array(room),
      generation: new Uint32Array(room),
      result: new Int32Array(room),
    };
  }

  open(
    slot: number,
    generation: number,
    file: number,
    path: string | Uint8Array,
    direct: boolean,
    stream = false,
  ): void {
    const name = bytesOf(path);
    const flags = (stream ? constants.O_NOCTTY : PLAIN_OPEN_FLAGS) | (direct ? (O_DIRECT ?? 0) : 0);
    this.#prepare(() => {
      this.#closeFd(file);
      this.#isStream[file] = Number(stream);
      this.#openWhenFree(() => {
        open(name, flags, (error, fd) => {
          if (error !== null) this.#freeOne();
          else {
            this.#fds[file] = fd;
            if (this.#closed) this.#closeFd(file);
          }
          this.#arrive(slot, generation, error === null ? 0 : (error.errno ?? -EIO));
        });
      });
    });
  }

  read(slot: number, generation: number, file: number, offset: number, at: number, length: number): void {
    this.#prepare(() => {
      const position = this.#isStream[file] === 0 ? offset : null;
      read(this.#fds[file]!, this.slab.memory, at, length, position, (error, bytes) => {
        this.#arrive(slot, generation, error === null ? bytes : (error.errno ?? -EIO));
      });
    });
  }

  readPlainly(
    slot: number,
    generation: number,
    path: string | Uint8Array,
    offset: number,
    at: number,
    length: number,
  ): void {
    this.#prepare(() => {
      readPlainly(path, this.slab.memory, { offset, at, length }, (result) => this.#arrive(slot, generation, result));
    });
  }

  stat(slot: number, generation: number, place: number, path: string | Uint8Array): void {
    const name = bytesOf(path);
    this.#prepare(() => {
      stat(name, (error, stats) => {
        if (error === null) this.#facts[place] = factsOfStats(stats);
        this.#arrive(slot, generation, error === null ? 0 : (error.errno ?? -EIO));
      });
    });
  }

  facts(place: number): FileFacts {
    const facts = this.#facts[place];
    assert(facts !== undefined, 'a place has facts once a stat into it is complete');
    return facts;
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
    close(fd, () => this.#freeOne());
  }

  /** As many descriptors as the table has entries, or the limit of open files would be passed. */
  #openWhenFree(start: () => void): void {
    if (this.#descriptors >= this.#fds.length) {
      this.#waitingOpens.push(start);
      return;
    }
    this.#descriptors++;
    start();
  }

  #freeOne(): void {
    const next = this.#waitingOpens.shift();
    if (next === undefined) this.#descriptors--;
    else next();
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

function bytesOf(path: string | Uint8Array): string | Buffer {
  return typeof path === 'string' ? path : Buffer.from(path);
}
