import type { Path } from '../../engine/engine.js';
import type { Input, Inputs } from '../../output/input.js';
import type { ByteText } from '../../paths/byte-text.js';
import { FILES_MIN } from '../../store/local/device-order.js';

/** What is to be got of a file, and what is to be read for it. */
export interface PlannedFile {
  readonly name: ByteText;
  items: number;
  reads: number;
  /** Asked for. */
  bytes: number;
  bytesRead: number;
}

/** The files of a plan: all are counted, of the first ones the figures are kept. */
export class PlannedFiles {
  readonly #rowsMax: number;
  readonly #rows = new Map<ByteText, PlannedFile>();
  readonly #names = new Set<ByteText>();
  readonly #filesIn = new Map<ByteText, number>();
  /** So many files of a directory are to be got that they may be read in device order. */
  mayReorder = false;

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax;
  }

  get count(): number {
    return this.#names.size;
  }

  get rows(): readonly PlannedFile[] {
    return [...this.#rows.values()];
  }

  /** Notes inputs on their way. */
  async *note(inputs: Inputs): AsyncGenerator<readonly Input[]> {
    for await (const batch of inputs) {
      for (const { name } of batch) this.#add(name);
      yield batch;
    }
  }

  /** Bytes of an input were taken; with `last` all of them were. */
  took({ name }: Input, bytes: number, last: boolean): void {
    const row = this.#rows.get(name);
    if (row === undefined) return;
    row.bytes += bytes;
    row.items += Number(last);
  }

  read(path: Path | undefined, bytes: number): void {
    const row = this.#rows.get(typeof path === 'string' ? path : Buffer.from(path ?? []).toString('latin1'));
    if (row === undefined) return;
    row.reads++;
    row.bytesRead += bytes;
  }

  #add(name: ByteText): void {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    if (this.#rows.size < this.#rowsMax) this.#rows.set(name, { name, items: 0, reads: 0, bytes: 0, bytesRead: 0 });
    const directory = name.slice(0, name.lastIndexOf('/') + 1);
    const files = (this.#filesIn.get(directory) ?? 0) + 1;
    this.#filesIn.set(directory, files);
    this.mayReorder ||= files >= FILES_MIN;
  }
}
