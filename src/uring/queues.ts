/**
 * A submission and a completion queue in memory shared with what carries the operations out: the kernel, or a
 * thread that enters the kernel for us. Heads and tails are counters that wrap at 2^32, one word each.
 */
export interface Queues {
  /** Powers of two. */
  readonly sqEntries: number;
  readonly cqEntries: number;
  readonly sqes: Uint32Array;
  readonly cqes: Uint32Array;
  /** Up to where SQEs were taken, and their paths with them. */
  readonly sqHead: Uint32Array;
  readonly cqHead: Uint32Array;
  readonly cqTail: Uint32Array;
  /** Whether completions are to be signalled: {@link CQ_EVENTFD_DISABLED} or 0. Absent before Linux 5.8. */
  readonly cqFlags: Uint32Array | undefined;
  /** Becomes readable when completions arrive. */
  readonly eventFd: number;
  /** Room for the paths of opens that were not taken yet, and its address. */
  readonly paths: Buffer;
  readonly pathsAddress: number;
  /** The set-up flags that are on, for people. */
  readonly flags: string[];
  /** So much of the slab, from its beginning on, is registered. */
  readonly fixedBytes: number;
  /** Asks for the slab to be registered. Where that can't be, reads work as well, only slower. */
  registerSlab(): void;
  /**
   * Hands over the SQEs up to `tail`, and has the completions that are there put into the queue. Never waits.
   *
   * @returns 0 or more, or `-errno`.
   * @throws {LsioError} `unavailable` when the other side is gone.
   */
  submit(tail: number): number;
  /** Whether SQEs up to `tail` were not accepted and need another {@link submit}. */
  unsubmitted(tail: number): boolean;
  /** Waits, for milliseconds at most, until some of the SQEs that were handed over are taken. */
  awaitRoom(): void;
  /** Completions were lost, which the size of the queue rules out. */
  readonly overflowed: boolean;
  /** Ends it; with `drained` false operations are in flight, which keep what they need. */
  release(drained: boolean): void;
}
