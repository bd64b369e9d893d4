import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type Engine, type EngineInfo, type Path, PIECE_BYTES_MAX, type ReadSource, TO_END } from '../engine/engine.js';
import { ReadSlots, TOO_LARGE } from '../engine/slots.js';
import { Slab } from '../memory/slab.js';

const memory = new Uint8Array(64 * 1024 * 1024);

/**
 * An engine whose reads finish in any order that a random source likes, some at once and some only when nothing else is
 * left to be done; and whose reads to the end take any amount of memory. It reads one source only, with `node:fs`.
 */
export class ReorderingEngine implements Engine {
  readonly info: EngineInfo;
  /** From 0 to 1. */
  readonly #random: () => number;
  readonly #slab = new Slab(memory, true);
  readonly #slots: ReadSlots;
  readonly #inHand = new Set<number>();
  #idle = false;
  #cancelled = false;
  #scheduled = false;
  #source: ReadSource | undefined;

  constructor(queueDepth: number, random: () => number) {
    this.#random = random;
    this.info = { engine: 'node', reason: 'a test', queueDepth, rings: 1, slabBytes: memory.length, flags: [] };
    this.#slots = new ReadSlots(this.#slab, queueDepth, () => this.#schedule());
  }

  get leasedBytes(): number {
    return this.#slab.leasedBytes;
  }

  share(path: Path) {
    return { path, close() {} };
  }

  run(source: ReadSource) {
    this.#source = source;
    this.#schedule();
    return {
      wake: () => {
        this.#idle = false;
        this.#schedule();
      },
      cancel: () => {
        this.#cancelled = true;
        this.#schedule();
      },
      finished: new Promise<void>(() => {}),
    };
  }

  async close(): Promise<void> {}

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    const source = this.#source!;
    const { queueDepth } = this.info;
    const free = Int32Array.from({ length: queueDepth }, (_, slot) => slot).filter((slot) => !this.#inHand.has(slot));
    let filled = 0;
    if (!this.#idle && !this.#cancelled && !source.ended && free.length > 0) {
      const share = Math.ceil(this.#random() * free.length);
      filled = source.fill(this.#slots, free, share);
      this.#idle = filled < share;
      for (const slot of free.subarray(0, filled)) this.#inHand.add(slot);
    }
    const finished = [...this.#inHand].filter(() => this.#random() < 0.4).sort(() => this.#random() - 0.5);
    if (finished.length === 0 && filled === 0 && this.#inHand.size > 0) finished.push([...this.#inHand].at(-1)!);
    const done = finished.filter((slot) => this.#read(slot));
    if (done.length > 0) source.done(this.#slots, Int32Array.from(done), done.length);
    for (const slot of done) {
      this.#inHand.delete(slot);
      if (this.#slots.piece[slot]! >= 0) this.#slab.release(this.#slots.keep(slot));
    }
    if (done.length > 0 || filled > 0) this.#schedule();
  }

  /** False: there is no memory for it now. */
  #read(slot: number): boolean {
    const slots = this.#slots;
    const path = slots.path[slot] ?? slots.file[slot]!.path;
    const fd = openSync(typeof path === 'string' ? path : Buffer.from(path), 'r');
    try {
      const { size } = fstatSync(fd);
      const [offset, length] = [slots.offset[slot]!, slots.length[slot]!];
      const wanted = length === TO_END ? Math.max(0, size - offset) : length;
      slots.errno[slot] = wanted > PIECE_BYTES_MAX ? TOO_LARGE : 0;
      slots.bytes[slot] = 0;
      if (wanted === 0 || wanted > PIECE_BYTES_MAX) return true;
      const guessed = length === TO_END ? Math.max(wanted + 1, Math.ceil(this.#random() * 260 * 1024)) : wanted;
      const piece = this.#slab.lease(guessed);
      if (piece < 0) return false;
      slots.piece[slot] = piece;
      slots.start[slot] = piece;
      slots.bytes[slot] = readSync(fd, memory, piece, wanted, offset);
      return true;
    } finally {
      closeSync(fd);
    }
  }
}
