import type { LsioError } from '../errors.js';
import type { ReadSource, Run, RunOptions } from './engine.js';

/** What a run asks of its engine. */
export interface RunOwner {
  /** Sees to it that the pump runs soon. */
  schedule(): void;
  cancelRun(run: ActiveRun): void;
}

/** A source that is being read, with its share of the slots. */
export class ActiveRun implements Run {
  readonly source: ReadSource;
  readonly alignBytes: number;
  readonly regular: boolean;
  readonly finished: Promise<void>;
  readonly settle: (error?: Error) => void;
  /** Slots that hold reads of this run. */
  busy = 0;
  /** The source described fewer reads than there was room for, and hasn't said that it has more. */
  idle = false;
  cancelled = false;
  /** What it rejects with when it is through, if anything. */
  outcome: LsioError | undefined;
  readonly finishedSlots: Int32Array;
  finishedCount = 0;
  readonly #owner: RunOwner;

  constructor(owner: RunOwner, source: ReadSource, options: RunOptions, depth: number) {
    this.#owner = owner;
    this.source = source;
    this.alignBytes = options.directAlignBytes ?? 0;
    this.regular = options.regularFiles ?? false;
    this.finishedSlots = new Int32Array(depth);
    let settle: (error?: Error) => void = () => {};
    this.finished = new Promise<void>((resolve, reject) => {
      settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    // A failed run without a listener, such as a store's own, must not end the process.
    this.finished.catch(() => {});
    this.settle = settle;
  }

  /** Whether there are reads to ask it for. */
  get hungry(): boolean {
    return !this.idle && !this.cancelled && !this.source.ended;
  }

  wake(): void {
    this.idle = false;
    this.#owner.schedule();
  }

  cancel(): void {
    this.#owner.cancelRun(this);
  }
}
