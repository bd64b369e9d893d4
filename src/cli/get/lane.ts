import { isLsioError, LsioError } from '../../errors.js';
import type { Input } from '../../output/input.js';
import type { ReadItem } from '../../read/item.js';
import type { ReadBatches } from '../../read/read-many.js';

/** Inputs that wait in a lane at most: enough for merging, and few enough that one slow store holds little. */
const WAITING_MAX = 4096;

/** Gives the batches for the inputs of one store. */
export type OpenBatches = (inputs: AsyncIterable<readonly Input[]>) => Promise<ReadBatches<Input>>;

/** What one store reads of a stream of inputs that go to several. */
export class Lane {
  readonly #open: OpenBatches;
  readonly #queue: (readonly Input[])[] = [];
  #waiting = 0;
  #ended = false;
  #onQueue: (() => void) | undefined;
  #onRoom: (() => void) | undefined;
  #batches: Promise<ReadBatches<Input>> | undefined;
  /** What came last, and how much of it was taken. */
  items: readonly ReadItem<Input>[] = [];
  taken = 0;

  constructor(open: OpenBatches) {
    this.#open = open;
  }

  /** Adds inputs. Waits while there are too many. */
  async push(inputs: readonly Input[]): Promise<void> {
    this.#queue.push(inputs);
    this.#waiting += inputs.length;
    this.#onQueue?.();
    while (this.#waiting > WAITING_MAX && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    }
  }

  /** No more inputs come. */
  end(): void {
    this.#ended = true;
    this.#onQueue?.();
    this.#onRoom?.();
  }

  /** Gets the next batch; what came before it is no longer good. Returns false when there is none. */
  async advance(): Promise<boolean> {
    this.#batches ??= this.#open(this.#inputs()).catch((error) => failing(this.#inputs(), error));
    const { done, value } = await (await this.#batches).next();
    this.items = done === true ? [] : value;
    this.taken = 0;
    return done !== true;
  }

  /** Gives up what was not read. */
  async close(): Promise<void> {
    this.end();
    await (await this.#batches)?.return?.();
  }

  async *#inputs(): AsyncGenerator<readonly Input[]> {
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) {
        this.#waiting -= next.length;
        this.#onRoom?.();
        yield next;
      } else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#onQueue = resolve;
        });
      }
    }
  }
}

/** The store can't be opened: each input fails with that. */
async function* failing(inputs: AsyncIterable<readonly Input[]>, error: unknown): ReadBatches<Input> {
  if (!isLsioError(error)) throw error;
  const { message, ...details } = error;
  // What is wrong with one address doesn't make the whole command line wrong.
  const failure = error.kind === 'usage' ? new LsioError('read', message, details) : error;
  for await (const batch of inputs) {
    yield batch.map(
      (request, index) => ({ ok: false, error: failure, request, index, offset: 0, last: true }) as const,
    );
  }
}
