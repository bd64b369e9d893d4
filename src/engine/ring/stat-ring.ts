import { accessSync, constants, statSync } from 'node:fs';
import { assert } from '../../assert.js';
import { EIO, EISDIR, ESPIPE } from '../../errno.js';
import type { Slab } from '../../memory/slab.js';
import { type FileFacts, factsOfStats, hasEnd } from '../../native/file-facts.js';
import { type Completions, type Ring, type RingOptions, SPARE_STATS } from '../../uring/ring.js';

/**
 * A ring that reads nothing: it asks the file system about each path, and answers as reads of a file of that size would. So
 * an engine over it does what a run would do, `lsio get --dry-run` for one. What lands in memory is whatever was there.
 */
export class StatRing implements Ring {
  readonly slab: Slab;
  readonly completions: Completions;
  readonly unsubmitted = false;
  /** What is open, by entry of the file table. */
  readonly #open: (FileFacts | undefined)[] = [];
  readonly #facts: FileFacts[] = [];
  readonly #prepared: (() => void)[] = [];
  #count = 0;
  #closed = false;

  constructor({ entries, files }: RingOptions, slab: Slab) {
    this.slab = slab;
    const room = 2 * (entries + files) + SPARE_STATS;
    this.completions = {
      slot: new Uint32Array(room),
      generation: new Uint32Array(room),
      result: new Int32Array(room),
    };
  }

  open(slot: number, generation: number, file: number, path: string | Uint8Array): void {
    this.#prepare(slot, generation, () => {
      this.#open[file] = undefined;
      const name = bytesOf(path);
      const facts = factsOfStats(statSync(name));
      accessSync(name, constants.R_OK);
      this.#open[file] = facts;
      return 0;
    });
  }

  read(slot: number, generation: number, file: number, offset: number, _at: number, length: number): void {
    this.#prepare(slot, generation, () => {
      const facts = this.#open[file];
      assert(facts !== undefined, 'a file that is read is open');
      return readOf(facts, offset, length);
    });
  }

  readPlainly(
    slot: number,
    generation: number,
    path: string | Uint8Array,
    offset: number,
    _at: number,
    length: number,
  ): void {
    this.#prepare(slot, generation, () => readOf(factsOfStats(statSync(bytesOf(path))), offset, length));
  }

  stat(slot: number, generation: number, place: number, path: string | Uint8Array): void {
    this.#prepare(slot, generation, () => {
      this.#facts[place] = factsOfStats(statSync(bytesOf(path)));
      return 0;
    });
  }

  facts(place: number): FileFacts {
    const facts = this.#facts[place];
    assert(facts !== undefined, 'a place has facts once a stat into it is complete');
    return facts;
  }

  close(slot: number, generation: number, file: number): void {
    this.#prepare(slot, generation, () => {
      this.#open[file] = undefined;
      return 0;
    });
  }

  cancel(): void {}

  submitAndReap(): number {
    assert(!this.#closed, 'the ring is open');
    this.#count = 0;
    for (const operation of this.#prepared.splice(0)) operation();
    return this.#count;
  }

  /** Everything completes as it is submitted: there is nothing to wake for. */
  listen(): void {}
  arm(): void {}
  hold(): void {}

  shutdown(): void {
    assert(!this.#closed, 'the ring is open');
    this.#closed = true;
  }

  #prepare(slot: number, generation: number, operation: () => number): void {
    assert(!this.#closed, 'the ring is open');
    this.#prepared.push(() => {
      const at = this.#count++;
      this.completions.slot[at] = slot;
      this.completions.generation[at] = generation;
      this.completions.result[at] = resultOf(operation);
    });
  }
}

/** What read(2) would return. */
function readOf(facts: FileFacts, offset: number, length: number): number {
  if (facts.kind === 'directory') return -EISDIR;
  if (facts.kind === 'fifo') return -ESPIPE;
  return hasEnd(facts) ? Math.max(0, Math.min(length, facts.sizeBytes - offset)) : 0;
}

/** As the kernel says it: `-errno` of what `node:fs` throws. */
function resultOf(operation: () => number): number {
  try {
    return operation();
  } catch (error) {
    const { errno, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    return errno ?? -EIO;
  }
}

function bytesOf(path: string | Uint8Array): string | Buffer {
  return typeof path === 'string' ? path : Buffer.from(path);
}
