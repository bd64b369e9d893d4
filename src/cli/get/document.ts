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

  constructor(options: { readonly items: boolean }) {
    this.#stream = new JsonStream(options.items ? 'items' : undefined);
  }

  begin({ engine, reason }: EngineInfo): Promise<void> | undefined {
    const begun: Pick<GetResult, 'engine' | 'engineReason'> = { engine, engineReason: reason };
    return this.#stream.begin({ schema: 'lsio.get/1', ...begun });
  }

  got({ name, id }: Input, { offset, bytes, digest }: GotItem): Promise<void> | undefined {
    return this.#add({ id, path: exactText(name), offset, bytes, digest });
  }

  failed(name: ByteText, error: LsioError, id?: string | number): Promise<void> | undefined {
    return this.#add({ id, path: exactText(name), offset: error.offset ?? 0, bytes: 0, error: reportOf(error) });
  }

  end(totals: GetTotals, failure?: Failure): Promise<void> {
    const { exitCode, ...error } = failure ?? {};
    return this.#stream.end(failure === undefined ? totals : { ...totals, error, exitCode });
  }

  #add(item: GetItem): Promise<void> | undefined {
    return this.#stream.add(item);
  }
}
