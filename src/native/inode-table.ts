/** FNV-1a, 32 bits. */
const HASH_BASIS = 0x811c9dc5;
const HASH_PRIME = 0x01000193;
const SLOTS_MIN = 1024;
const NUL = 0;
const ASCII_MAX = 0x7f;

/**
 * Inode numbers by the hash of a name. Two names of one hash, one pair in four billion, share a number: it only says
 * where a file might lie, and nothing but the order of reading depends on it.
 */
export class InodeTable {
  /** 0: empty. */
  #hashes: Uint32Array;
  #inodes: Float64Array;
  #size = 0;

  /** @param expected So many entries have room at once. */
  constructor(expected = 0) {
    const slots = Math.max(SLOTS_MIN, 2 ** Math.ceil(Math.log2(expected * 2 + 1)));
    this.#hashes = new Uint32Array(slots);
    this.#inodes = new Float64Array(slots);
  }

  get size(): number {
    return this.#size;
  }

  add(hash: number, inode: number): void {
    if (this.#size * 2 >= this.#hashes.length) this.#grow();
    this.#put(hash, inode);
    this.#size++;
  }

  /** The inode number of the entry whose name begins at `from` in a path; 0 when there is none. */
  find(path: string | Uint8Array, from: number): number {
    const hash = typeof path === 'string' ? hashText(path, from) : hashBytes(path, from);
    const mask = this.#hashes.length - 1;
    for (let slot = hash & mask; this.#hashes[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#hashes[slot] === hash) return this.#inodes[slot]!;
    }
    return 0;
  }

  #put(hash: number, inode: number): void {
    const mask = this.#hashes.length - 1;
    let slot = hash & mask;
    while (this.#hashes[slot] !== 0) slot = (slot + 1) & mask;
    this.#hashes[slot] = hash;
    this.#inodes[slot] = inode;
  }

  #grow(): void {
    const [hashes, inodes] = [this.#hashes, this.#inodes];
    this.#hashes = new Uint32Array(hashes.length * 2);
    this.#inodes = new Float64Array(hashes.length * 2);
    for (let slot = 0; slot < hashes.length; slot++) {
      if (hashes[slot] !== 0) this.#put(hashes[slot]!, inodes[slot]!);
    }
  }
}

/** The hash of the bytes from `from` up to a NUL or the end; never 0. */
export function hashBytes(bytes: Uint8Array, from: number): number {
  let hash = HASH_BASIS;
  for (let at = from; at < bytes.length && bytes[at] !== NUL; at++) hash = Math.imul(hash ^ bytes[at]!, HASH_PRIME);
  return hash >>> 0 || 1;
}

/** The hash of the text's bytes in UTF-8. */
function hashText(text: string, from: number): number {
  let hash = HASH_BASIS;
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > ASCII_MAX) return hashBytes(Buffer.from(text.slice(from)), 0);
    hash = Math.imul(hash ^ unit, HASH_PRIME);
  }
  return hash >>> 0 || 1;
}
