import { constants } from 'node:os';
import { assert } from '../../assert.js';
import type { Slab } from '../../memory/slab.js';
import type { FileFacts } from '../../native/file-facts.js';
import { type Completions, type Ring, type RingOptions, SPARE_STATS } from '../../uring/ring.js';

const { EAGAIN, EBADF, ECANCELED, EINTR, EINVAL, EIO, ENOENT } = constants.errno;
const ALIGN_BYTES = 512;

/** A file of the simulated system. */
export interface FakeFile {
  readonly bytes: Buffer;
  /** A read that would go past this byte ends there, and one from there on fails with EIO. */
  readonly badFrom?: number;
  /** Opening it with O_DIRECT fails with EINVAL. */
  readonly noDirect?: boolean;
}

interface Operation {
  readonly slot: number;
  readonly generation: number;
  cancelled: boolean;
  /** The entry that it closes, which happens when it is handed over. */
  readonly closes: number | undefined;
  /** Carries it out; `chance` tells how it goes. */
  readonly run: (chance: number) => number;
}

/**
 * A ring whose completions come in any order, with short reads, EINTR and EAGAIN in between, as a list of numbers says
 * (after its end, a generator): the same list, the same course of events. It checks what it is asked for as strictly as the kernel.
 */
export class FakeRing implements Ring {
  readonly slab: Slab;
  readonly completions: Completions;
  readonly unsubmitted = false;
  /** Operations handed over and not complete yet. */
  readonly inFlight: Operation[] = [];
  closed = false;
  readonly #files: ReadonlyMap<string, FakeFile>;
  readonly #chances: readonly number[];
  readonly #facts: FileFacts[] = [];
  #taken = 0;
  #chance = 1;
  readonly #prepared: Operation[] = [];
  readonly #table: ({ readonly file: FakeFile; readonly direct: boolean } | undefined)[];
  #onWake: () => void = () => {};
  #woken = false;

  constructor(
    options: RingOptions & { readonly slab: Slab },
    files: ReadonlyMap<string, FakeFile>,
    chances: readonly number[],
  ) {
    this.slab = options.slab;
    this.#files = files;
    this.#chances = chances;
    this.#table = new Array(options.files).fill(undefined);
    const room = 2 * options.entries + options.files + SPARE_STATS;
    this.completions = {
      slot: new Uint32Array(room),
      generation: new Uint32Array(room),
      result: new Int32Array(room),
    };
  }

  /** How many files are open. */
  get openFiles(): number {
    return this.#table.filter((entry) => entry !== undefined).length;
  }

  open(slot: number, generation: number, file: number, path: string | Uint8Array, direct: boolean): void {
    assert(file < this.#table.length, 'the entry is in the table');
    this.#prepare(slot, generation, (chance) => {
      const found = this.#files.get(path.toString());
      if (chance % 10 === 0) return -EINTR;
      if (found === undefined) return -ENOENT;
      if (direct && found.noDirect === true) return -EINVAL;
      this.#table[file] = { file: found, direct };
      return 0;
    });
  }

  read(slot: number, generation: number, file: number, offset: number, at: number, length: number): void {
    assert(at >= 0 && length > 0 && at + length <= this.slab.memory.length, 'a read lands in the slab');
    this.#prepare(slot, generation, (chance) => {
      const entry = this.#table[file];
      if (entry === undefined) return -EBADF;
      if (entry.direct && (offset % ALIGN_BYTES || at % ALIGN_BYTES || length % ALIGN_BYTES)) return -EINVAL;
      const { bytes, badFrom = Number.POSITIVE_INFINITY } = entry.file;
      if (chance % 10 === 0) return -EINTR;
      if (chance % 10 === 1) return -EAGAIN;
      if (offset >= badFrom) return -EIO;
      const there = Math.min(length, Math.max(0, Math.min(bytes.length, badFrom) - offset));
      const count = chance % 10 < 5 ? shortened(there, chance, entry.direct) : there;
      this.slab.memory.set(bytes.subarray(offset, offset + count), at);
      return count;
    });
  }

  stat(slot: number, generation: number, place: number, path: string | Uint8Array): void {
    this.#prepare(slot, generation, () => {
      const found = this.#files.get(path.toString());
      if (found === undefined) return -ENOENT;
      this.#facts[place] = { kind: 'file', sizeBytes: found.bytes.length, device: '1:1' };
      return 0;
    });
  }

  facts(place: number): FileFacts {
    return this.#facts[place]!;
  }

  close(slot: number, generation: number, file: number): void {
    this.#prepare(slot, generation, () => 0, file);
  }

  cancel(slot: number, generation: number): void {
    assert(!this.closed, 'the ring is open');
    for (const operation of [...this.#prepared, ...this.inFlight]) {
      if (operation.slot === slot && operation.generation === generation) operation.cancelled = true;
    }
  }

  submitAndReap(): number {
    assert(!this.closed, 'the ring is open');
    for (const operation of this.#prepared.splice(0)) {
      if (operation.closes !== undefined) this.#table[operation.closes] = undefined;
      this.inFlight.push(operation);
    }
    const reaped = this.inFlight.length === 0 ? 0 : this.#next() % (this.inFlight.length + 1);
    for (let index = 0; index < reaped; index++) {
      const [operation] = this.inFlight.splice(this.#next() % this.inFlight.length, 1);
      this.answer(index, operation!);
    }
    if (this.inFlight.length > 0) this.#wakeSoon();
    return reaped;
  }

  /** Writes an operation's completion. A test may put another one in its place. */
  answer(index: number, { slot, generation, cancelled, run }: Operation): void {
    const chance = this.#next();
    this.completions.slot[index] = slot;
    this.completions.generation[index] = generation;
    // What is cancelled may be cut short by it, or go on as if nothing were.
    this.completions.result[index] = cancelled && chance % 3 > 0 ? [-ECANCELED, -EINTR][chance % 2]! : run(chance);
  }

  listen(onWake: () => void): void {
    this.#onWake = onWake;
  }

  arm(): void {}

  hold(): void {}

  shutdown(drained: boolean): void {
    assert(!this.closed, 'the ring is open');
    assert(drained === (this.inFlight.length === 0 && this.#prepared.length === 0), 'what is in flight is known');
    this.closed = true;
  }

  #prepare(slot: number, generation: number, run: (chance: number) => number, closes?: number): void {
    assert(!this.closed, 'the ring is open');
    this.#prepared.push({ slot, generation, run, closes, cancelled: false });
  }

  #next(): number {
    // Going round in a list could answer EINTR for ever.
    this.#chance = (this.#chance * 48_271 + 11) % 2_147_483_647;
    return this.#chances[this.#taken++] ?? this.#chance;
  }

  #wakeSoon(): void {
    if (this.#woken) return;
    this.#woken = true;
    setImmediate(() => {
      this.#woken = false;
      if (!this.closed) this.#onWake();
    });
  }
}

/** A device gives whole blocks, except at the end of the file. */
function shortened(there: number, chance: number, direct: boolean): number {
  if (there < 2) return there;
  const some = 1 + (chance % (there - 1));
  if (!direct) return some;
  return there <= ALIGN_BYTES ? there : Math.max(ALIGN_BYTES, some - (some % ALIGN_BYTES));
}
