import { constants } from 'node:os';
import { assert } from '../assert.js';
import { LsioError } from '../errors.js';
import type { Slab } from '../memory/slab.js';
import type { FileFacts } from '../native/file-facts.js';
import { type Completions, type Ring, type RingOptions, SPARE_STATS } from '../uring/ring.js';
import type { SimClock } from './clock.js';
import type { SimDisk, SimHandle } from './disk.js';
import type { Random } from './random.js';

const { EAGAIN, EBADF, ECANCELED, EINTR, EINVAL, ESPIPE } = constants.errno;
const ALIGN_BYTES = 512;
/** So many submits mean that something goes round for ever, perhaps at the same moment. */
const SUBMITS_MAX = 100_000;

/** How often, from 0 to 1, and how much goes wrong. */
export interface SimFaults {
  /** Completions take up to this long. */
  readonly delayMsMax: number;
  readonly interrupted: number;
  readonly again: number;
  readonly short: number;
  /** A submit takes only some of what is prepared. */
  readonly partial: number;
  /** The ring fails for good at this submit. */
  readonly lostAt: number;
  /** After so many completions one comes that nobody waits for: twice, for no slot, or with too many bytes. */
  readonly brokenAt: number;
}

export const NO_FAULTS: SimFaults = {
  delayMsMax: 0,
  interrupted: 0,
  again: 0,
  short: 0,
  partial: 0,
  lostAt: Number.POSITIVE_INFINITY,
  brokenAt: Number.POSITIVE_INFINITY,
};

interface Operation {
  readonly slot: number;
  readonly generation: number;
  /** What happens as soon as it is handed over. */
  readonly begin: () => void;
  /** Carries it out, late or not. */
  readonly run: () => number;
  cancelled: boolean;
  dueMs: number;
}

export interface SimRingOptions extends RingOptions {
  readonly slab: Slab;
  readonly disk: SimDisk;
  readonly random: Random;
  readonly clock: SimClock;
  readonly faults: SimFaults;
}

/**
 * A ring whose completions come at any time, in any order and with any fault that is allowed, as a seed says. It checks
 * what it is asked for as strictly as the kernel, and goes on writing to memory after it was lost.
 */
export class SimRing implements Ring {
  readonly slab: Slab;
  readonly completions: Completions;
  /** Operations handed over and not complete yet. */
  inFlight: Operation[] = [];
  closed = false;
  lost = false;
  readonly #options: SimRingOptions;
  readonly #prepared: Operation[] = [];
  readonly #table: ({ readonly handle: SimHandle; readonly direct: boolean } | undefined)[];
  readonly #facts: FileFacts[] = [];
  #onWake: () => void = () => {};
  #armed = true;
  #submits = 0;
  #completed = 0;
  #last: { slot: number; generation: number } | undefined;

  constructor(options: SimRingOptions) {
    this.#options = options;
    this.slab = options.slab;
    this.#table = new Array(options.files).fill(undefined);
    const room = 2 * options.entries + options.files + SPARE_STATS + 1;
    this.completions = {
      slot: new Uint32Array(room),
      generation: new Uint32Array(room),
      result: new Int32Array(room),
    };
  }

  /** How many entries of its table are open. */
  get openFiles(): number {
    return this.#table.filter((entry) => entry !== undefined).length;
  }

  get unsubmitted(): boolean {
    return this.#prepared.length > 0;
  }

  open(slot: number, generation: number, file: number, path: string | Uint8Array, direct: boolean): void {
    assert(file < this.#table.length, 'the entry is in the table');
    this.#prepare(slot, generation, () => {
      const handle = this.#options.disk.open(path, direct);
      if (typeof handle === 'number') return handle;
      this.#close(file);
      this.#table[file] = { handle, direct };
      return 0;
    });
  }

  read(slot: number, generation: number, file: number, offset: number, at: number, length: number): void {
    this.#assertInSlab(at, length);
    let entry = this.#table[file];
    const begin = () => {
      entry = this.#table[file];
    };
    this.#prepare(
      slot,
      generation,
      () => {
        if (entry === undefined) return -EBADF;
        const { handle, direct } = entry;
        if (direct && (offset % ALIGN_BYTES || at % ALIGN_BYTES || length % ALIGN_BYTES)) return -EINVAL;
        return this.#readSome(handle, { offset, at, length, direct, plainly: false });
      },
      begin,
    );
  }

  checkSeek(slot: number, generation: number, file: number): void {
    this.#prepare(slot, generation, () => (this.#table[file]?.handle.seekable === false ? -ESPIPE : 0));
  }

  readPlainly(
    slot: number,
    generation: number,
    path: string | Uint8Array,
    offset: number,
    at: number,
    length: number,
  ): void {
    this.#assertInSlab(at, length);
    this.#prepare(slot, generation, () => {
      const handle = this.#options.disk.open(path, false);
      if (typeof handle === 'number') return handle;
      const result = this.#readSome(handle, { offset, at, length, direct: false, plainly: true });
      handle.close();
      return result;
    });
  }

  stat(slot: number, generation: number, place: number, path: string | Uint8Array): void {
    assert(place < this.#options.entries + SPARE_STATS, 'a stat has a place');
    this.#prepare(slot, generation, () => {
      const facts = this.#options.disk.stat(path);
      if (typeof facts === 'number') return facts;
      this.#facts[place] = facts;
      return 0;
    });
  }

  facts(place: number): FileFacts {
    const facts = this.#facts[place];
    assert(facts !== undefined, 'a place has facts once a stat into it is complete');
    return facts;
  }

  close(slot: number, generation: number, file: number): void {
    this.#prepare(
      slot,
      generation,
      () => 0,
      () => this.#close(file),
    );
  }

  cancel(slot: number, generation: number): void {
    this.#assertOpen();
    for (const operation of [...this.#prepared, ...this.inFlight]) {
      if (operation.slot !== slot || operation.generation !== generation) continue;
      operation.cancelled = true;
      operation.dueMs = Math.min(operation.dueMs, this.#options.clock.now() + this.#delayMs());
      this.#wakeAt(operation.dueMs);
    }
  }

  submitAndReap(): number {
    this.#assertOpen();
    const { random, faults, clock } = this.#options;
    if (this.#submits > SUBMITS_MAX) throw new Error(`the simulation does not end: ${SUBMITS_MAX} submits`);
    if (++this.#submits >= faults.lostAt) {
      this.lost = true;
      throw new LsioError('unavailable', 'a simulated ring is lost');
    }
    const taken = random.chance(faults.partial) ? random.below(this.#prepared.length + 1) : this.#prepared.length;
    for (const operation of this.#prepared.splice(0, taken)) {
      operation.begin();
      operation.dueMs = clock.now() + this.#delayMs();
      this.inFlight.push(operation);
      this.#wakeAt(operation.dueMs);
    }
    const due = this.inFlight.filter(({ dueMs }) => dueMs <= clock.now());
    let count = 0;
    while (due.length > 0) {
      const [operation] = due.splice(random.below(due.length), 1);
      this.inFlight.splice(this.inFlight.indexOf(operation!), 1);
      this.#answer(count++, operation!);
      if (++this.#completed === faults.brokenAt) count = this.#break(count);
    }
    return count;
  }

  listen(onWake: () => void): void {
    this.#onWake = onWake;
  }

  arm(on: boolean): void {
    this.#armed = on;
  }

  hold(): void {}

  /** What is in flight goes on: the kernel writes to memory that it was given, whoever has it by now. */
  shutdown(drained: boolean): void {
    this.#assertOpen();
    assert(
      !drained || (this.inFlight.length === 0 && this.#prepared.length === 0),
      'what is drained has nothing in flight',
    );
    this.closed = true;
    for (const operation of this.inFlight) this.#options.clock.at(operation.dueMs, operation.run);
    if (drained) for (let file = 0; file < this.#table.length; file++) this.#close(file);
  }

  #close(file: number): void {
    this.#table[file]?.handle.close();
    this.#table[file] = undefined;
  }

  #prepare(slot: number, generation: number, run: () => number, begin: () => void = () => {}): void {
    this.#assertOpen();
    this.#prepared.push({ slot, generation, run, begin, cancelled: false, dueMs: Number.POSITIVE_INFINITY });
  }

  #answer(index: number, { slot, generation, cancelled, run }: Operation): void {
    const { random, faults } = this.#options;
    this.completions.slot[index] = slot;
    this.completions.generation[index] = generation;
    this.#last = { slot, generation };
    // What is cancelled may be cut short by it, or go on as if nothing were. Closes and the like are never interrupted.
    const fails = slot < 2 ** 30;
    if (cancelled && random.chance(0.7)) this.completions.result[index] = -random.pick([ECANCELED, EINTR]);
    else if (fails && random.chance(faults.interrupted)) this.completions.result[index] = -EINTR;
    else if (fails && random.chance(faults.again)) this.completions.result[index] = -EAGAIN;
    else this.completions.result[index] = run();
  }

  /** A completion that must not be. */
  #break(count: number): number {
    const { slot, generation } = this.#last!;
    const { random } = this.#options;
    const [wrongSlot, wrongGeneration] = random.pick([
      [slot, generation],
      [12_345, 0],
      [slot, generation - 1],
    ] as const);
    this.completions.slot[count] = wrongSlot;
    this.completions.generation[count] = wrongGeneration >>> 0;
    this.completions.result[count] = 1;
    return count + 1;
  }

  #readSome(
    handle: SimHandle,
    {
      offset,
      at,
      length,
      direct,
      plainly,
    }: { offset: number; at: number; length: number; direct: boolean; plainly: boolean },
  ): number {
    const { random, faults } = this.#options;
    const asked = random.chance(faults.short) ? this.#shortened(length, direct) : length;
    return handle.read(this.slab.memory.subarray(at, at + asked), offset, plainly);
  }

  /** A device gives whole blocks, except at the end of the file. */
  #shortened(length: number, direct: boolean): number {
    const some = 1 + this.#options.random.below(length);
    return direct ? Math.max(ALIGN_BYTES, some - (some % ALIGN_BYTES)) : some;
  }

  #delayMs(): number {
    const { random, faults } = this.#options;
    // Most are there at once, as from the page cache.
    return faults.delayMsMax === 0 || random.chance(0.5) ? 0 : random.below(faults.delayMsMax * 1000) / 1000;
  }

  /** Nobody is woken who did not ask for it at that moment. */
  #wakeAt(dueMs: number): void {
    const { clock } = this.#options;
    clock.at(dueMs, () => {
      if (this.#armed && !this.closed) this.#onWake();
    });
  }

  #assertInSlab(at: number, length: number): void {
    assert(at >= 0 && length > 0 && at + length <= this.slab.memory.length, 'a read lands in the slab');
  }

  #assertOpen(): void {
    assert(!this.closed, 'the ring is open');
  }
}
