import type { EngineInfo } from '../../engine/engine.js';
import type { LsioError } from '../../errors.js';
import type { Input } from '../../output/input.js';
import { StdoutWriter } from '../../output/stdout-writer.js';
import { type ByteText, exactText } from '../../paths/byte-text.js';
import type { ReadOrder } from '../../store/local/device-order.js';
import { type Failure, reportOf } from '../app/exit.js';

/** What `lsio get` came to. */
export interface GetTotals {
  /** Inputs that could not be got whole. */
  readonly failed: number;
  /** Inputs of which the output was there already; absent where there were none. */
  readonly skipped?: number;
  /** Bytes that were got. */
  readonly bytes: number;
  /** What the engine read for them. */
  readonly reads: number;
  readonly bytesRead: number;
  /** Whether the bytes came past the page cache; absent where nothing was read. */
  readonly direct?: 'on' | 'off' | 'mixed';
  readonly wallNs: number;
  /** Nothing was read: this is what would be. */
  readonly dryRun?: true;
  /** In which order it would be read, of a dry run. */
  readonly order?: ReadOrder;
}

/** An item that was got. */
export interface GotItem {
  readonly offset: number;
  readonly bytes: number;
  /** `sha256:…` */
  readonly digest?: string | undefined;
}

/** Writes the JSON document of `lsio get` item by item, so that it takes no memory however many there are. */
export class GetDocument {
  readonly #writer: StdoutWriter;
  readonly #withItems: boolean;
  #separator = '\n';

  constructor(options: { readonly items: boolean }) {
    // Never cut off: how the command was stopped is a part of it.
    this.#writer = new StdoutWriter(new AbortController().signal);
    this.#withItems = options.items;
  }

  begin({ engine, reason }: EngineInfo): Promise<void> | undefined {
    const head = JSON.stringify({ schema: 'lsio.get/1', engine, engineReason: reason });
    return this.#write(this.#withItems ? `${head.slice(0, -1)},"items":[` : head.slice(0, -1));
  }

  got({ name, id }: Input, { offset, bytes, digest }: GotItem): Promise<void> | undefined {
    return this.#item({ id, path: exactText(name), offset, bytes, digest });
  }

  failed(name: ByteText, error: LsioError, id?: string | number): Promise<void> | undefined {
    return this.#item({ id, path: exactText(name), offset: error.offset ?? 0, bytes: 0, error: reportOf(error) });
  }

  async end(totals: GetTotals, failure?: Failure): Promise<void> {
    const { exitCode, ...error } = failure ?? {};
    const tail = JSON.stringify(failure === undefined ? totals : { ...totals, error, exitCode });
    await this.#write(`${this.#withItems ? '\n],' : ','}${tail.slice(1)}\n`);
    await this.#writer.end();
  }

  #item(item: object): Promise<void> | undefined {
    if (!this.#withItems) return undefined;
    const separator = this.#separator;
    this.#separator = ',\n';
    return this.#write(separator + JSON.stringify(item));
  }

  #write(text: string): Promise<void> | undefined {
    return this.#writer.write(Buffer.from(text));
  }
}
