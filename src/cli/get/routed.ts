import { assert } from '../../assert.js';
import type { Input, Inputs } from '../../output/input.js';
import type { ReadItem } from '../../read/item.js';
import type { ReadBatches, ReadManyOptions } from '../../read/read-many.js';
import { exactKey } from '../../store/keys.js';
import type { LocalReadOptions } from '../../store/local/local.js';
import { splitKnown } from '../../store/locator.js';
import { Inlet } from './inlet.js';
import { Lane } from './lane.js';
import type { Sources } from './sources.js';

/** Files are read as all of this says, objects as they can be. */
export type RoutedOptions = LocalReadOptions & { readonly ordered: boolean };

/**
 * Reads inputs of this machine and of any number of stores, as {@link ManyReads} does for one. The `index` of an item
 * counts within its store.
 */
export async function* readRouted(
  inputs: Iterable<Input> | Inputs,
  sources: Sources,
  options: RoutedOptions,
): ReadBatches<Input> {
  const inlet = new Inlet(inputs);
  try {
    if (await inlet.beginsLocal()) {
      yield* (await sources.local()).getMany<Input | readonly Input[]>(inlet.local(), options);
    }
    yield* new Router(inlet.rest(), sources, options).batches();
  } finally {
    await inlet.close();
  }
}

/** So many inputs in a row go to one store. */
interface Turn {
  readonly lane: Lane;
  count: number;
}

class Router {
  readonly #inputs: AsyncGenerator<readonly Input[]>;
  readonly #sources: Sources;
  readonly #options: RoutedOptions;
  readonly #lanes = new Map<string, Lane>();
  /** Of all inputs that were handed out, in their order. */
  readonly #turns: Turn[] = [];
  /** Lanes with a batch that was not taken. */
  readonly #ready: Lane[] = [];
  #advancing = 0;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(inputs: AsyncGenerator<readonly Input[]>, sources: Sources, options: RoutedOptions) {
    this.#inputs = inputs;
    this.#sources = sources;
    this.#options = options;
  }

  async *batches(): AsyncGenerator<readonly ReadItem<Input>[]> {
    void this.#handOut();
    try {
      yield* this.#options.ordered ? this.#inOrder() : this.#asTheyCome();
    } finally {
      this.#ended = true;
      await Promise.all([...this.#lanes.values()].map((lane) => lane.close().catch(() => undefined)));
    }
  }

  /** Gives each input to the lane of its store. */
  async #handOut(): Promise<void> {
    try {
      for await (const batch of this.#inputs) {
        for (let begin = 0, end = 1; begin < batch.length && !this.#ended; begin = end, end++) {
          const address = addressOf(batch[begin]!);
          while (end < batch.length && addressOf(batch[end]!) === address) end++;
          const run = batch.slice(begin, end);
          const lane = this.#laneOf(address);
          if (this.#options.ordered) this.#turns.push({ lane, count: run.length });
          this.#wake();
          await lane.push(address === undefined ? run : run.map(withKey));
        }
        if (this.#ended) return;
      }
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#ended = true;
      for (const lane of this.#lanes.values()) lane.end();
      this.#wake();
    }
  }

  async *#inOrder(): AsyncGenerator<readonly ReadItem<Input>[]> {
    let batch: ReadItem<Input>[] = [];
    for (;;) {
      const turn = this.#turns.shift();
      if (turn === undefined) {
        // What was taken is not held back while more inputs are looked for.
        if (batch.length > 0) yield batch;
        batch = [];
        if (this.#turns.length > 0) continue;
        if (this.#isOver()) return;
        await this.#change();
        continue;
      }
      const { lane } = turn;
      while (turn.count > 0) {
        if (lane.taken === lane.items.length) {
          if (batch.length > 0) yield batch;
          batch = [];
          this.#isOver();
          assert(await lane.advance(), 'a store gives an item for each input');
          continue;
        }
        const item = lane.items[lane.taken++]!;
        batch.push(item);
        if (!item.ok || item.last) turn.count--;
      }
    }
  }

  async *#asTheyCome(): AsyncGenerator<readonly ReadItem<Input>[]> {
    for (;;) {
      const lane = this.#ready.shift();
      if (lane === undefined) {
        if (this.#isOver() && this.#advancing === 0) return;
        await this.#change();
        continue;
      }
      yield lane.items;
      // Parts of a long item follow one another.
      for (let last = lane.items.at(-1); last?.ok === true && !last.last; last = lane.items.at(-1)) {
        if (!(await lane.advance())) break;
        yield lane.items;
      }
      if (lane.items.length > 0) this.#advance(lane);
    }
  }

  #laneOf(address: string | undefined): Lane {
    const name = address ?? '';
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = new Lane((inputs) => this.#open(address, inputs));
      this.#lanes.set(name, lane);
      if (!this.#options.ordered) this.#advance(lane);
    }
    return lane;
  }

  async #open(address: string | undefined, inputs: AsyncIterable<readonly Input[]>): Promise<ReadBatches<Input>> {
    const { direct, readOrder, ...common } = this.#options;
    if (address === undefined) {
      const local = await this.#sources.local();
      return local.getMany<readonly Input[]>(inputs, { ...common, direct, readOrder });
    }
    const remote = await this.#sources.remote(address);
    return remote.getMany<readonly Input[]>(inputs, common satisfies ReadManyOptions);
  }

  /** Has a lane get its next batch. */
  #advance(lane: Lane): void {
    this.#advancing++;
    lane
      .advance()
      .then(
        (came) => void (came && this.#ready.push(lane)),
        (error) => {
          this.#failure ??= { error };
        },
      )
      .finally(() => {
        this.#advancing--;
        this.#wake();
      });
  }

  /** Whether no more is to come. @throws what ended it early */
  #isOver(): boolean {
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#ended;
  }

  /** Waits for something to happen. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function addressOf({ url }: Input): string | undefined {
  return url === undefined ? undefined : splitKnown(url).address;
}

/** The input as its store knows it. */
function withKey(input: Input): Input {
  const { key, reference } = splitKnown(input.url!);
  return { ...input, key: exactKey(reference ?? key) };
}
