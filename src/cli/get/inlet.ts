import type { Input, Inputs } from '../../output/input.js';

/** Inputs given at a time. */
const BATCH_MAX = 1024;

/** Inputs in their order: those before the first URL, which need no routing, and the rest. */
export class Inlet {
  readonly #sync: Iterator<Input> | undefined;
  readonly #async: AsyncIterator<readonly Input[]> | undefined;
  /** Taken, and not given yet. */
  #pending: readonly Input[] = [];
  #ended = false;

  constructor(inputs: Iterable<Input> | Inputs) {
    if (Symbol.asyncIterator in inputs) this.#async = inputs[Symbol.asyncIterator]();
    else this.#sync = inputs[Symbol.iterator]();
  }

  /** Whether the next input is a file of this machine. */
  async beginsLocal(): Promise<boolean> {
    if (this.#pending.length === 0) this.#pending = (await this.#next(1)) ?? [];
    return this.#pending[0] !== undefined && this.#pending[0].url === undefined;
  }

  /** The files up to the first URL. Where the inputs are there already, they are not waited for. */
  local(): Iterable<Input> | AsyncIterable<readonly Input[]> {
    return this.#sync === undefined ? this.#localAsync() : this.#localSync(this.#sync);
  }

  /** The inputs from the first URL on. */
  async *rest(): AsyncGenerator<readonly Input[]> {
    if (this.#pending.length > 0) yield this.#pending;
    for (let batch = await this.#next(); batch !== undefined; batch = await this.#next()) yield batch;
  }

  /** No more are wanted. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#sync?.return?.();
    await this.#async?.return?.();
  }

  *#localSync(inputs: Iterator<Input>): Generator<Input> {
    const [first] = this.#pending;
    this.#pending = [];
    for (let input = first ?? this.#take(inputs); input !== undefined; input = this.#take(inputs)) {
      if (input.url !== undefined) {
        this.#pending = [input];
        return;
      }
      yield input;
    }
  }

  async *#localAsync(): AsyncGenerator<readonly Input[]> {
    const first = this.#pending;
    this.#pending = [];
    for (let batch = first.length > 0 ? first : await this.#next(); batch !== undefined; batch = await this.#next()) {
      const at = batch.findIndex(({ url }) => url !== undefined);
      if (at < 0) yield batch;
      else {
        this.#pending = batch.slice(at);
        if (at > 0) yield batch.slice(0, at);
        return;
      }
    }
  }

  /** The next inputs, at least one; undefined when there are no more. @param max of those that are there already */
  async #next(max = BATCH_MAX): Promise<readonly Input[] | undefined> {
    if (this.#sync !== undefined) {
      const batch: Input[] = [];
      while (batch.length < max) {
        const input = this.#take(this.#sync);
        if (input === undefined) break;
        batch.push(input);
      }
      return batch.length === 0 ? undefined : batch;
    }
    while (!this.#ended) {
      const { done, value } = await this.#async!.next();
      if (done === true) this.#ended = true;
      else if (value.length > 0) return value;
    }
    return undefined;
  }

  #take(inputs: Iterator<Input>): Input | undefined {
    if (this.#ended) return undefined;
    const { done, value } = inputs.next();
    if (done !== true) return value;
    this.#ended = true;
    return undefined;
  }
}
