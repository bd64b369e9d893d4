import { constants } from 'node:fs';
import { endianness } from 'node:os';
import { assert } from '../assert.js';

/**
 * The kernel's and liburing's structures, as offsets. Source: include/uapi/linux/io_uring.h and liburing.h of 2.0 to
 * 2.15, where they are the same; io_uring_setup(2).
 */

/** struct io_uring_params: 120 bytes. */
export const PARAMS = {
  sizeBytes: 120,
  sqEntries: 0,
  cqEntries: 4,
  flags: 8,
} as const;

/** struct io_uring of liburing: 216 bytes so far; more is given, in case it grows. */
export const RING = {
  sizeBytes: 1024,
  sqHead: 0,
  sqTail: 8,
  sqFlags: 32,
  sqes: 56,
  /** u32 inside the struct: the tail up to which SQEs are filled; liburing publishes it to the kernel at submit. */
  sqeTail: 68,
  cqHead: 104,
  cqTail: 112,
  cqFlags: 136,
  cqes: 152,
  ringFd: 196,
} as const;

/** struct io_uring_sqe: 64 bytes, as 16 words. */
export const SQE_WORDS = 16;
export const SQE_BYTES = 64;
/** struct io_uring_cqe: 16 bytes, as 4 words: user_data low and high, res, flags. */
export const CQE_WORDS = 4;
export const CQE_BYTES = 16;

export const SETUP = {
  CQSIZE: 1 << 3,
  CLAMP: 1 << 4,
  SUBMIT_ALL: 1 << 7,
  COOP_TASKRUN: 1 << 8,
  SINGLE_ISSUER: 1 << 12,
  DEFER_TASKRUN: 1 << 13,
} as const;

export const SQ_CQ_OVERFLOW = 1 << 1;
export const CQ_EVENTFD_DISABLED = 1;

export const OP = {
  READ_FIXED: 4,
  POLL_ADD: 6,
  TIMEOUT: 11,
  ASYNC_CANCEL: 14,
  OPENAT: 18,
  CLOSE: 19,
  STATX: 21,
  READ: 22,
  FADVISE: 24,
} as const;
export const SQE_FIXED_FILE = 1;
export const SQE_IO_LINK = 1 << 2;
export const RWF_NOWAIT = 8;

export const POLLIN = 1;
/** STATX_BASIC_STATS */
export const STATX_BASIC = 0x7ff;

/**
 * O_NOCTTY: a terminal must not become ours. O_RDONLY is 0. Not O_NONBLOCK: io_uring takes it for a promise that reads
 * don't wait and issues them on our own thread, which a file system that can't keep that (NFS) would then block.
 */
export const OPEN_FLAGS = constants.O_NOCTTY;
/** Undefined where the system lacks it, which `|` takes for 0. */
export const { O_DIRECT } = constants;

/** The names of the set-up flags that are on in `flags`, for people. */
export function setupFlagNames(flags: number): string[] {
  return Object.entries(SETUP).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]));
}

/** Checks what the layouts above rest on, once a ring exists. */
export function assertAbi(sqEntries: number, cqEntries: number, pointers: readonly number[]): void {
  assert(endianness() === 'LE', 'the structures are little-endian');
  assert(
    isPowerOfTwo(sqEntries) && isPowerOfTwo(cqEntries),
    `queue sizes ${sqEntries}, ${cqEntries} are powers of two`,
  );
  for (const pointer of pointers) {
    assert(pointer > 0 && pointer < 2 ** 47 && pointer % 4 === 0, `${pointer} is a user-space address of a word`);
  }
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}
