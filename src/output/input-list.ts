import { type ByteText, pathOf } from '../paths/byte-text.js';
import type { Input } from './input.js';

/** Names are shorter than 4 KiB, so that little at the end of a chunk stays unused. */
const CHUNK_BYTES = 2 ** 20;
const LENGTH_BYTES = 2;
/** In place of a length: the next name is in the next chunk. */
const END_OF_CHUNK = 2 ** 16 - 1;
const TABLE_LENGTH_MIN = 1024;

type Extra = Pick<Input, 'range' | 'id'>;

/** Inputs that there may be a million of: names as bytes one after the other take a quarter of what objects do. */
export class InputList implements Iterable<Input> {
  length = 0;
  readonly #chunks: Buffer[] = [];
  #usedBytes = CHUNK_BYTES;
  /** What not all inputs have, by their number; the same object for inputs in a row with the same. */
  readonly #extras = new Map<number, Extra>();
  #lastExtra: Extra = {};

  /** Returns where the name is, for {@link nameAt}. */
  add({ name, range, id }: Input): number {
    if (range !== undefined || id !== undefined) {
      if (this.#lastExtra.range !== range || this.#lastExtra.id !== id) this.#lastExtra = { range, id };
      this.#extras.set(this.length, this.#lastExtra);
    }
    if (this.#usedBytes + 2 * LENGTH_BYTES + name.length > CHUNK_BYTES) {
      this.#chunks.at(-1)?.writeUInt16LE(END_OF_CHUNK, this.#usedBytes);
      this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES));
      this.#usedBytes = 0;
    }
    const chunk = this.#chunks.at(-1)!;
    const place = (this.#chunks.length - 1) * CHUNK_BYTES + this.#usedBytes;
    chunk.writeUInt16LE(name.length, this.#usedBytes);
    chunk.write(name, this.#usedBytes + LENGTH_BYTES, 'latin1');
    this.#usedBytes += LENGTH_BYTES + name.length;
    this.length++;
    return place;
  }

  nameAt(place: number): ByteText {
    const chunk = this.#chunks[Math.floor(place / CHUNK_BYTES)]!;
    const at = (place % CHUNK_BYTES) + LENGTH_BYTES;
    return chunk.toString('latin1', at, at + chunk.readUInt16LE(at - LENGTH_BYTES));
  }

  *[Symbol.iterator](): Generator<Input> {
    let place = 0;
    for (let number = 0; number < this.length; number++) {
      const chunk = this.#chunks[Math.floor(place / CHUNK_BYTES)]!;
      if (chunk.readUInt16LE(place % CHUNK_BYTES) === END_OF_CHUNK)
        place = Math.ceil(place / CHUNK_BYTES) * CHUNK_BYTES;
      const name = this.nameAt(place);
      place += LENGTH_BYTES + name.length;
      yield { name, path: pathOf(name), ...this.#extras.get(number) };
    }
  }
}

/** Finds names that come twice, exactly, by the places where they are: an entry takes 16 to 32 bytes. */
export class NameSet {
  readonly #nameAt: (place: number) => ByteText;
  /** A hash table with open addressing: places plus one, 0 for none. */
  #table = new Float64Array(TABLE_LENGTH_MIN);
  #size = 0;

  constructor(nameAt: (place: number) => ByteText) {
    this.#nameAt = nameAt;
  }

  get size(): number {
    return this.#size;
  }

  /** Returns false where the name is there already. */
  add(name: ByteText, place: number): boolean {
    if (this.#size * 2 >= this.#table.length) this.#grow();
    const entry = this.#find(name);
    if (this.#table[entry] !== 0) return false;
    this.#table[entry] = place + 1;
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
    for (const place of old) if (place !== 0) this.#table[this.#find(this.#nameAt(place - 1))] = place;
  }
}

/** FNV-1a, its bits mixed: names differ at their ends, and the table takes the lowest bits. */
function hashOf(name: ByteText): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return hash ^ (hash >>> 15);
}
