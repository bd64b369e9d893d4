import { StdoutWriter } from '../../output/stdout-writer.js';

/**
 * Writes a JSON document with a list in it to stdout, entry by entry: however long the list is, it takes no memory.
 * Methods return a promise where the caller has to wait for the reader of stdout.
 */
export class JsonStream {
  // Never cut off: how the command was stopped is a part of the document.
  readonly #writer = new StdoutWriter(new AbortController().signal);
  readonly #list: string | undefined;
  #separator = '\n';

  /** @param list The name of the list; undefined: the document has none. */
  constructor(list: string | undefined) {
    this.#list = list;
  }

  /** @param head What stands before the list: at least one entry. */
  begin(head: object): Promise<void> | undefined {
    const text = JSON.stringify(head).slice(0, -1);
    return this.#write(this.#list === undefined ? text : `${text},${JSON.stringify(this.#list)}:[`);
  }

  add(entry: object): Promise<void> | undefined {
    if (this.#list === undefined) return undefined;
    const separator = this.#separator;
    this.#separator = ',\n';
    return this.#write(separator + JSON.stringify(entry));
  }

  /** @param tail What stands after the list: at least one entry. */
  async end(tail: object): Promise<void> {
    await this.#write(`${this.#list === undefined ? ',' : '\n],'}${JSON.stringify(tail).slice(1)}\n`);
    await this.#writer.end();
  }

  #write(text: string): Promise<void> | undefined {
    return this.#writer.write(Buffer.from(text));
  }
}
