import type { EngineInfo } from '../../engine/engine.js';
import type { LsioError } from '../../errors.js';
import type { Input } from '../../output/input.js';
import { StdoutWriter } from '../../output/stdout-writer.js';
import { type ByteText, exactText } from '../../paths/byte-text.js';
import type { GetItem, GetResult, GetTotals } from '../../results/get.js';
import { type Failure, reportOf } from '../app/exit.js';

/** An item that was got. */
export type GotItem = Pick<GetItem, 'offset' | 'bytes' | 'digest'>;

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
    const begun: Pick<GetResult, 'engine' | 'engineReason'> = { engine, engineReason: reason };
    const head = JSON.stringify({ schema: 'lsio.get/1', ...begun });
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

  #item(item: GetItem): Promise<void> | undefined {
    if (!this.#withItems) return undefined;
    const separator = this.#separator;
    this.#separator = ',\n';
    return this.#write(separator + JSON.stringify(item));
  }

  #write(text: string): Promise<void> | undefined {
    return this.#writer.write(Buffer.from(text));
  }
}
