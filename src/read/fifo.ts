/** A queue: what was pushed first is shifted first. An array's own `shift` moves all that remain. */
export class Fifo<T> {
  /** A power of two of places; entry `i` of the queue lies at `(head + i) & (places - 1)`. */
  #places: (T | undefined)[] = new Array<T | undefined>(16).fill(undefined);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The entry that would be shifted after `index` others; undefined past the end. */
  at(index: number): T | undefined {
    return index < this.#length ? this.#places[(this.#head + index) & (this.#places.length - 1)] : undefined;
  }

  push(value: T): void {
    if (this.#length === this.#places.length) this.#grow();
    this.#places[(this.#head + this.#length) & (this.#places.length - 1)] = value;
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const value = this.#places[this.#head];
    this.#places[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#places.length - 1);
    this.#length--;
    return value;
  }

  /** Puts `value` in the place of the entry at `index`. */
  replace(index: number, value: T): void {
    this.#places[(this.#head + index) & (this.#places.length - 1)] = value;
  }

  #grow(): void {
    const { length } = this.#places;
    const places = new Array<T | undefined>(length * 2).fill(undefined);
    for (let index = 0; index < length; index++) places[index] = this.at(index);
    this.#places = places;
    this.#head = 0;
  }
}

/** A queue of things that finish in any order and leave it in the order in which they came. */
export class InOrder<T extends { readonly finished: boolean }> {
  readonly #entries = new Fifo<T>();
  /** So many at the front are finished. */
  #finishedCount = 0;

  get length(): number {
    return this.#entries.length;
  }

  /** The first of all. */
  get first(): T | undefined {
    return this.#entries.at(0);
  }

  /** The first that isn't finished: all before it can leave without waiting. */
  get pending(): T | undefined {
    return this.#entries.at(this.#finishedCount);
  }

  at(index: number): T | undefined {
    return this.#entries.at(index);
  }

  push(entry: T): void {
    this.#entries.push(entry);
  }

  replace(index: number, entry: T): void {
    this.#entries.replace(index, entry);
  }

  /** An entry has finished. */
  advance(): void {
    while (this.#entries.at(this.#finishedCount)?.finished === true) this.#finishedCount++;
  }

  shift(): T | undefined {
    const entry = this.#entries.shift();
    if (this.#finishedCount > 0) this.#finishedCount--;
    else this.advance();
    return entry;
  }
}
