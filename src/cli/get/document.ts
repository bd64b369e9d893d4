import type { EngineInfo } from '../../engine/engine.js';
import type { LsioError } from '../../errors.js';
import type { Input } from '../../output/input.js';
import { type ByteText, exactText } from '../../paths/byte-text.js';
import type { GetItem, GetResult, GetTotals } from '../../results/get.js';
import { type Failure, reportOf } from '../app/exit.js';
import { JsonStream } from '../app/json-stream.js';

/** An item that was got. */
export type GotItem = Pick<GetItem, 'offset' | 'bytes' | 'digest'>;

/** The JSON document of `lsio get`, written item by item. */
export class GetDocument {
  readonly #stream: JsonStream;
  readonly #info: () => EngineInfo;
  #begun = false;

  /** @param info says what reads; asked once, before the first item */
  constructor(options: { readonly items: boolean }, info: () => EngineInfo) {
    this.#stream = new JsonStream(options.items ? 'items' : undefined);
    this.#info = info;
  }

  #begin(): Promise<void> | undefined {
    if (this.#begun) return undefined;
    this.#begun = true;
    const { engine, reason } = this.#info();
    const begun: Pick<GetResult, 'engine' | 'engineReason'> = { engine, engineReason: reason };
    return this.#stream.begin({ schema: 'lsio.get/1', ...begun });
  }

  got({ name, id }: Input, { offset, bytes, digest }: GotItem): Promise<void> | undefined {
    return this.#add({ id, path: exactText(name), offset, bytes, digest });
  }

  failed(name: ByteText, error: LsioError, id?: string | number): Promise<void> | undefined {
    return this.#add({ id, path: exactText(name), offset: error.offset ?? 0, bytes: 0, error: reportOf(error) });
  }

  async end(totals: GetTotals, failure?: Failure): Promise<void> {
    await this.#begin();
    const { exitCode, ...error } = failure ?? {};
    await this.#stream.end(failure === undefined ? totals : { ...totals, error, exitCode });
  }

  #add(item: GetItem): Promise<void> | undefined {
    const beginning = this.#begin();
    return beginning === undefined ? this.#stream.add(item) : beginning.then(() => this.#stream.add(item));
  }
}
