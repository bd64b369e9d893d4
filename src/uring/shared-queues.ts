import { CQE_WORDS, SQE_WORDS } from './abi.js';

/** The state of a ring's thread. */
export const RUNNING = 0;
/** It is asked to end. */
export const STOPPING = 1;
/** It has ended without being asked to, or is about to. */
export const ENDED = 2;

/** In {@link SharedQueues.errno}: the thread ended for an invariant that does not hold. */
export const BROKEN = -1;

/** Words in a line of the CPU's cache: what two threads write to must not share one. */
const LINE_WORDS = 16;
const COUNTERS = 10;

/**
 * The queues between a ring's thread and the thread that uses the ring, in shared memory. Each word has one writer but for
 * `asleep`, `room` and `state`; a store after the other's load sees what came before (sequentially consistent).
 */
export interface SharedQueues {
  readonly sqEntries: number;
  readonly cqEntries: number;
  readonly sqes: Uint32Array;
  readonly cqes: Uint32Array;
  readonly sqTail: Uint32Array;
  /** SQEs that the kernel has taken. */
  readonly sqHead: Uint32Array;
  /** The same word, as Atomics.wait wants it. */
  readonly sqHeadSigned: Int32Array;
  readonly cqTail: Uint32Array;
  readonly cqHead: Uint32Array;
  /** As the kernel's: CQ_EVENTFD_DISABLED, or 0 when completions are to be signalled. */
  readonly cqFlags: Uint32Array;
  /** 1 while the thread may wait in the kernel: the thread with SQEs sets it to 0 and signals. */
  readonly asleep: Int32Array;
  /** 1 while the other thread waits for SQEs to be taken. */
  readonly room: Int32Array;
  readonly state: Int32Array;
  /** Bytes of the slab that are registered. */
  readonly fixedBytes: Int32Array;
  /** What the kernel refused for good with, before the thread ended for that; or 0, or {@link BROKEN}. */
  readonly errno: Int32Array;
}

export interface SharedSizes {
  /** Powers of two. */
  readonly sqEntries: number;
  readonly cqEntries: number;
}

export function sharedBytes({ sqEntries, cqEntries }: SharedSizes): number {
  return 4 * (COUNTERS * LINE_WORDS + sqEntries * SQE_WORDS + cqEntries * CQE_WORDS);
}

/** @param memory of {@link sharedBytes} bytes, zeroed when it is new. */
export function sharedQueues(memory: SharedArrayBuffer, { sqEntries, cqEntries }: SharedSizes): SharedQueues {
  function unsigned(line: number): Uint32Array {
    return new Uint32Array(memory, line * LINE_WORDS * 4, 1);
  }
  function signed(line: number): Int32Array {
    return new Int32Array(memory, line * LINE_WORDS * 4, 1);
  }
  const sqes = COUNTERS * LINE_WORDS * 4;
  const cqes = sqes + sqEntries * SQE_WORDS * 4;
  return {
    sqEntries,
    cqEntries,
    sqes: new Uint32Array(memory, sqes, sqEntries * SQE_WORDS),
    cqes: new Uint32Array(memory, cqes, cqEntries * CQE_WORDS),
    sqTail: unsigned(0),
    sqHead: unsigned(1),
    sqHeadSigned: signed(1),
    cqTail: unsigned(2),
    cqHead: unsigned(3),
    cqFlags: unsigned(4),
    asleep: signed(5),
    room: signed(6),
    state: signed(7),
    fixedBytes: signed(8),
    errno: signed(9),
  };
}
