import { constants } from 'node:os';
import { assert } from '../assert.js';
import type { Slab } from '../memory/slab.js';
import { type FileFacts, STATX_BYTES } from '../native/file-facts.js';
import { O_DIRECT, OP, OPEN_FLAGS, RWF_NOWAIT, SQE_FIXED_FILE, STATX_BASIC } from '../uring/abi.js';
import type { SimDisk, SimHandle } from './disk.js';
import type { Random } from './random.js';

const { EBADF, ECANCELED, EFAULT, EINVAL, ENOENT, EOPNOTSUPP, ESPIPE } = constants.errno;
const ALIGN_BYTES = 512;
const PATHS_BYTES = 64 * 1024;
/** Where the memory that the kernel is told of pretends to be: far apart, so that one can't be taken for another. */
export const PATHS_AT = 2 ** 40;
const STATS_AT = 2 ** 41;
export const SLAB_AT = 2 ** 42;

export interface SimOperationsOptions {
  readonly slab: Slab;
  readonly disk: SimDisk;
  readonly random: Random;
  /** Entries of the table of open files. */
  readonly files: number;
  /** Whether there was such an operation in flight. */
  cancel(slot: number, generation: number): boolean;
}

/** Carries out at most so many bytes of an operation. @returns its result, or a negative errno */
export type CarryOut = (atMost: number) => number;

/** What the operations of a ring do, to its table of files and its memory: as strict as the kernel. */
export class SimOperations {
  readonly paths = Buffer.alloc(PATHS_BYTES);
  /** How much of the slab is registered. */
  fixedBytes = -1;
  readonly #options: SimOperationsOptions;
  readonly #table: ({ readonly handle: SimHandle; readonly direct: boolean } | undefined)[];
  readonly #facts: FileFacts[] = [];

  constructor(options: SimOperationsOptions) {
    this.#options = options;
    this.#table = new Array(options.files).fill(undefined);
  }

  /** How many entries of its table are open. */
  get openFiles(): number {
    return this.#table.filter((entry) => entry !== undefined).length;
  }

  /** Nothing of the SQE is looked at later. */
  prepare(words: Uint32Array): CarryOut {
    const { disk } = this.#options;
    const fixedFile = ((words[0]! >>> 8) & 0xff) === SQE_FIXED_FILE;
    const opcode = words[0]! & 0xff;
    const address = words[4]! + words[5]! * 2 ** 32;
    assert(words[10] === 0 && words.subarray(12).every((word) => word === 0), 'what an SQE does not use is zero');
    switch (opcode) {
      case OP.OPENAT: {
        const path = this.#pathAt(address);
        const direct = words[7] === (OPEN_FLAGS | O_DIRECT);
        const file = words[11]! - 1;
        if (file < 0 || file >= this.#table.length || (!direct && words[7] !== OPEN_FLAGS)) return () => -EINVAL;
        return () => {
          const handle = disk.open(path, direct);
          if (typeof handle === 'number') return handle;
          this.#close(file);
          this.#table[file] = { handle, direct };
          return 0;
        };
      }
      case OP.READ:
      case OP.READ_FIXED:
        if (words[7] === RWF_NOWAIT) return this.#probe(words);
        return fixedFile ? this.#read(words, address, opcode === OP.READ_FIXED) : () => -EBADF;
      case OP.CLOSE:
        this.#close(words[11]! - 1);
        return () => 0;
      case OP.STATX: {
        const path = this.#pathAt(address);
        const place = (words[2]! + words[3]! * 2 ** 32 - STATS_AT) / STATX_BYTES;
        assert(Number.isInteger(place) && words[6] === STATX_BASIC, 'a stat has a place and asks for the basic facts');
        return () => {
          const facts = disk.stat(path);
          if (typeof facts === 'number') return facts;
          this.#facts[place] = facts;
          return 0;
        };
      }
      case OP.FADVISE: {
        const entry = this.#table[words[1]!];
        return () => (entry === undefined ? -EBADF : entry.handle.seekable ? 0 : -ESPIPE);
      }
      case OP.ASYNC_CANCEL: {
        const found = this.#options.cancel(words[4]!, words[5]!);
        return () => (found ? 0 : -ENOENT);
      }
      default:
        return () => -EINVAL;
    }
  }

  closeAll(): void {
    for (let file = 0; file < this.#table.length; file++) this.#close(file);
  }

  statRoom() {
    return {
      addressOf: (place: number) => STATS_AT + place * STATX_BYTES,
      facts: (place: number) => {
        const facts = this.#facts[place];
        assert(facts !== undefined, 'a place has facts once a stat into it is complete');
        return facts;
      },
      unmap() {},
    };
  }

  #close(file: number): void {
    this.#table[file]?.handle.close();
    this.#table[file] = undefined;
  }

  /** What a file system answers at once, beyond the end of a file; not all can. That of a pipe is linked to advice. */
  #probe(words: Uint32Array): () => number {
    const { random } = this.#options;
    const entry = this.#table[words[1]!];
    if (entry === undefined) return () => -EBADF;
    const cannot = entry.handle.seekable ? random.chance(0.1) : true;
    return () => (cannot ? -random.pick([ECANCELED, EFAULT, EOPNOTSUPP]) : 0);
  }

  #read(words: Uint32Array, address: number, fixed: boolean): CarryOut {
    const { slab } = this.#options;
    const entry = this.#table[words[1]!];
    const offset = words[2]! + words[3]! * 2 ** 32;
    const at = address - SLAB_AT;
    const length = words[6]!;
    assert(at >= 0 && length > 0 && at + length <= slab.memory.length, 'a read lands in the slab');
    if (entry === undefined) return () => -EBADF;
    if (fixed && at + length > this.fixedBytes) return () => -EFAULT;
    const { handle, direct } = entry;
    if (direct && (offset % ALIGN_BYTES || at % ALIGN_BYTES || length % ALIGN_BYTES)) return () => -EINVAL;
    return (atMost) => {
      // A device gives whole blocks, except at the end of the file.
      const bytes = direct ? Math.max(ALIGN_BYTES, atMost - (atMost % ALIGN_BYTES)) : atMost;
      return handle.read(slab.memory.subarray(at, at + bytes), offset, false);
    };
  }

  #pathAt(address: number): Buffer {
    const at = address - PATHS_AT;
    assert(at >= 0 && at < PATHS_BYTES, 'a path lies where paths are');
    return Buffer.from(this.paths.subarray(at, this.paths.indexOf(0, at)));
  }
}

/** The length that a read asks for; 0 for everything else. */
export function readLength(words: Uint32Array): number {
  const opcode = words[0]! & 0xff;
  const reads = (opcode === OP.READ || opcode === OP.READ_FIXED) && words[7] !== RWF_NOWAIT;
  return reads ? words[6]! : 0;
}
