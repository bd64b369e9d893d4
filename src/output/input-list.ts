import { type ByteText, pathOf } from '../paths/byte-text.js';
import type { Input } from './input.js';

/** Names are shorter than 4 KiB, so that little at the end of a chunk stays unused. */
const CHUNK_BYTES = 2 ** 20;
const LENGTH_BYTES = 2;
const TABLE_LENGTH_MIN = 1024;

type Extra = Pick<Input, 'range' | 'id' | 'url'>;

/** Inputs that there may be a million of: names as bytes one after the other take a quarter of what objects do. */
export class InputList implements Iterable<Input> {
  readonly #places: number[] = [];
  readonly #skipped = new Set<number>();
  readonly #chunks: Buffer[] = [];
  #usedBytes = CHUNK_BYTES;
  /** What not all inputs have, by their number; the same object for inputs in a row with the same. */
  readonly #extras = new Map<number, Extra>();
  #lastExtra: Extra = {};

  /** How many are to be got. */
  get length(): number {
    return this.#places.length - this.#skipped.size;
  }

  get skipped(): number {
    return this.#skipped.size;
  }

  /** Returns the number of the input, from 0 on. */
  add({ name, range, id, url }: Input): number {
    const number = this.#places.length;
    if (range !== undefined || id !== undefined || url !== undefined) {
      const last = this.#lastExtra;
      if (last.range !== range || last.id !== id || last.url !== url) this.#lastExtra = { range, id, url };
      this.#extras.set(number, this.#lastExtra);
    }
    if (this.#usedBytes + LENGTH_BYTES + name.length > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES));
      this.#usedBytes = 0;
    }
    const chunk = this.#chunks.at(-1)!;
    this.#places.push((this.#chunks.length - 1) * CHUNK_BYTES + this.#usedBytes);
    chunk.writeUInt16LE(name.length, this.#usedBytes);
    chunk.write(name, this.#usedBytes + LENGTH_BYTES, 'latin1');
    this.#usedBytes += LENGTH_BYTES + name.length;
    return number;
  }

  /** An input that is not to be got. */
  skip(number: number): void {
    this.#skipped.add(number);
  }

  at(number: number): Input {
    const place = this.#places[number]!;
    const chunk = this.#chunks[Math.floor(place / CHUNK_BYTES)]!;
    const begin = (place % CHUNK_BYTES) + LENGTH_BYTES;
    const name = chunk.toString('latin1', begin, begin + chunk.readUInt16LE(begin - LENGTH_BYTES));
    return { name, key: pathOf(name), ...this.#extras.get(number), index: number };
  }

  *[Symbol.iterator](): Generator<Input> {
    for (let number = 0; number < this.#places.length; number++) {
      if (!this.#skipped.has(number)) yield this.at(number);
    }
  }
}

/** Finds names that come twice, exactly, by the numbers of the inputs they are of: an entry takes 16 to 32 bytes. */
export class NameSet {
  readonly #nameAt: (number: number) => ByteText;
  /** A hash table with open addressing: numbers plus one, 0 for none. */
  #table = new Float64Array(TABLE_LENGTH_MIN);
  #size = 0;

  constructor(nameAt: (number: number) => ByteText) {
    this.#nameAt = nameAt;
  }

  get size(): number {
    return this.#size;
  }

  /** Returns false where the name is there already. */
  add(name: ByteText, number: number): boolean {
    if (this.#size * 2 >= this.#table.length) this.#grow();
    const entry = this.#find(name);
    if (this.#table[entry] !== 0) return false;
    this.#table[entry] = number + 1;
    this.#size++;
    return true;
  }

  /** Where the name is in the table, or where it belongs. */
  #find(name: ByteText): number {
    const mask = this.#table.length - 1;
    let entry = hashOf(name) & mask;
    for (let found = this.#table[entry]!; found !== 0; found = this.#table[entry]!) {
      if (this.#nameAt(found - 1) === name) break;
      entry = (entry + 1) & mask;
    }
    return entry;
  }

  #grow(): void {
    const old = this.#table;
    this.#table = new Float64Array(old.length * 2);
    for (const entry of old) if (entry !== 0) this.#table[this.#find(this.#nameAt(entry - 1))] = entry;
  }
}

/** FNV-1a, its bits mixed: names differ at their ends, and the table takes the lowest bits. */
function hashOf(name: ByteText): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return hash ^ (hash >>> 15);
}
