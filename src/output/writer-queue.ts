import type { ByteText } from '../paths/byte-text.js';

/** Files that may wait. A power of two, so that counts may wrap. */
const SLOTS = 64;
const PATH_BYTES_MAX = 4096;
/** What is longer the thread that reads writes itself: the memory is touched to the length of the longest file only. */
const FILE_BYTES_MAX = 256 * 1024;
const SLOT_BYTES = PATH_BYTES_MAX + FILE_BYTES_MAX;

/** The words at the beginning of the memory: counts of files, two flags, and of each slot the lengths and the mode. */
const PUT = 0;
const TAKEN = 1;
const READY = 2;
const ENDED = 3;
const PATH_LENGTHS = 4;
const FILE_LENGTHS = PATH_LENGTHS + SLOTS;
const MODES = FILE_LENGTHS + SLOTS;
const WORDS = MODES + SLOTS;

export interface WholeFile {
  readonly path: ByteText;
  readonly bytes: Uint8Array;
  /** Its permission bits. */
  readonly mode: number;
}

/**
 * Whole files on their way from the thread that reads to one that writes, in memory that both have: nothing is allocated
 * and no message sent per file. One thread puts, and one at a time takes.
 */
export class WriterQueue {
  /** The other thread makes the same queue of it. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;

  constructor(memory = new SharedArrayBuffer(WORDS * 4 + SLOTS * SLOT_BYTES)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, WORDS);
    this.#bytes = Buffer.from(memory, WORDS * 4);
  }

  /** Copies a file, if there is room for it and a thread that takes it; else returns false. */
  put({ path, bytes, mode }: WholeFile): boolean {
    const words = this.#words;
    if (bytes.length > FILE_BYTES_MAX || path.length > PATH_BYTES_MAX || Atomics.load(words, READY) === 0) return false;
    const put = words[PUT]!;
    if (((put - Atomics.load(words, TAKEN)) | 0) >= SLOTS) return false;
    const slot = put & (SLOTS - 1);
    words[PATH_LENGTHS + slot] = this.#bytes.write(path, slot * SLOT_BYTES, 'latin1');
    words[FILE_LENGTHS + slot] = bytes.length;
    words[MODES + slot] = mode;
    this.#bytes.set(bytes, slot * SLOT_BYTES + PATH_BYTES_MAX);
    Atomics.store(words, PUT, (put + 1) | 0);
    Atomics.notify(words, PUT);
    return true;
  }

  /** No more is put. */
  end(): void {
    Atomics.store(this.#words, ENDED, 1);
    Atomics.notify(this.#words, PUT);
  }

  /** Waits until the thread that takes has taken everything or given up, or the time is over. */
  waitUntilTaken(limitMs: number): void {
    const words = this.#words;
    const untilMs = performance.now() + limitMs;
    while (Atomics.load(words, READY) !== 0) {
      const taken = Atomics.load(words, TAKEN);
      const leftMs = untilMs - performance.now();
      if (taken === words[PUT] || leftMs <= 0) return;
      Atomics.wait(words, TAKEN, taken, leftMs);
    }
  }

  /** The thread that takes is there, or is no more. */
  setReady(on: boolean): void {
    Atomics.store(this.#words, READY, Number(on));
    Atomics.notify(this.#words, TAKEN);
  }

  /** The file that was put first; it stays so until {@link shift}. Waits for one, until none is to come. */
  waitForFirst(): WholeFile | undefined {
    for (;;) {
      // Before the look: what is put before the end is seen.
      const ended = Atomics.load(this.#words, ENDED) !== 0;
      const first = this.first();
      if (first !== undefined || ended) return first;
      // Woken by `end`, too: that leaves the count as it is.
      Atomics.wait(this.#words, PUT, this.#words[TAKEN]!, 100);
    }
  }

  first(): WholeFile | undefined {
    const words = this.#words;
    const taken = words[TAKEN]!;
    if (taken === Atomics.load(words, PUT)) return undefined;
    const slot = taken & (SLOTS - 1);
    const at = slot * SLOT_BYTES;
    const path = this.#bytes.toString('latin1', at, at + words[PATH_LENGTHS + slot]!);
    return {
      path,
      mode: words[MODES + slot]!,
      bytes: this.#bytes.subarray(at + PATH_BYTES_MAX, at + PATH_BYTES_MAX + words[FILE_LENGTHS + slot]!),
    };
  }

  shift(): void {
    Atomics.add(this.#words, TAKEN, 1);
    Atomics.notify(this.#words, TAKEN);
  }
}
