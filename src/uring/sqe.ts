import { AT_FDCWD } from '../native/libc.js';
import {
  O_DIRECT,
  OP,
  OPEN_FLAGS,
  POLLIN,
  RWF_NOWAIT,
  SQE_FIXED_FILE,
  SQE_IO_LINK,
  SQE_WORDS,
  STATX_BASIC,
} from './abi.js';

/*
 * Filling SQEs in place. Words of struct io_uring_sqe:
 *   0 opcode u8, flags u8, ioprio u16   1 fd   2-3 off   4-5 addr   6 len   7 open_flags, rw_flags, cancel_flags
 *   8-9 user_data   10 buf_index u16, personality u16   11 file_index   12-15 addr3 and padding
 * All 16 words are written each time: a stale one makes openat and close fail.
 */

const TWO_32 = 2 ** 32;

/** What every kind of SQE has, from its first word on in `sqes`. */
function fill(sqes: Uint32Array, at: number, opcode: number, fd: number, slot: number, generation: number): void {
  sqes[at] = opcode;
  sqes[at + 1] = fd;
  sqes[at + 2] = 0;
  sqes[at + 3] = 0;
  sqes[at + 4] = 0;
  sqes[at + 5] = 0;
  sqes[at + 6] = 0;
  sqes[at + 7] = 0;
  sqes[at + 8] = slot;
  sqes[at + 9] = generation;
  sqes[at + 10] = 0;
  sqes[at + 11] = 0;
  sqes[at + 12] = 0;
  sqes[at + 13] = 0;
  sqes[at + 14] = 0;
  sqes[at + 15] = 0;
}

/**
 * IORING_OP_READ of direct descriptor `file`; `fixed`: IORING_OP_READ_FIXED, into registered buffer 0. `address` and
 * `offset` are below 2^53, so their halves are exact.
 */
export function fillRead(
  sqes: Uint32Array,
  index: number,
  slot: number,
  generation: number,
  file: number,
  offset: number,
  address: number,
  length: number,
  fixed: boolean,
): void {
  const at = index * SQE_WORDS;
  fill(sqes, at, (fixed ? OP.READ_FIXED : OP.READ) | (SQE_FIXED_FILE << 8), file, slot, generation);
  sqes[at + 2] = offset;
  sqes[at + 3] = offset / TWO_32;
  sqes[at + 4] = address;
  sqes[at + 5] = address / TWO_32;
  sqes[at + 6] = length;
}

/** IORING_OP_OPENAT of the NUL-terminated path at `address` into direct descriptor `file`. */
export function fillOpen(
  sqes: Uint32Array,
  index: number,
  slot: number,
  generation: number,
  file: number,
  address: number,
  direct: boolean,
): void {
  const at = index * SQE_WORDS;
  fill(sqes, at, OP.OPENAT, AT_FDCWD, slot, generation);
  sqes[at + 4] = address;
  sqes[at + 5] = address / TWO_32;
  sqes[at + 7] = direct ? OPEN_FLAGS | O_DIRECT : OPEN_FLAGS;
  // 0 would mean an ordinary descriptor, so the field counts from 1.
  sqes[at + 11] = file + 1;
}

/** IORING_OP_CLOSE of direct descriptor `file`. */
export function fillClose(sqes: Uint32Array, index: number, slot: number, generation: number, file: number): void {
  const at = index * SQE_WORDS;
  fill(sqes, at, OP.CLOSE, 0, slot, generation);
  sqes[at + 11] = file + 1;
}

/** IORING_OP_ASYNC_CANCEL of the operation whose user_data is `target` with `targetGeneration`. */
export function fillCancel(
  sqes: Uint32Array,
  index: number,
  slot: number,
  target: number,
  targetGeneration: number,
): void {
  const at = index * SQE_WORDS;
  fill(sqes, at, OP.ASYNC_CANCEL, -1, slot, 0);
  sqes[at + 4] = target;
  sqes[at + 5] = targetGeneration;
}

/** IORING_OP_POLL_ADD: completes when `fd`, an ordinary descriptor, is readable. */
export function fillPoll(sqes: Uint32Array, index: number, slot: number, fd: number): void {
  const at = index * SQE_WORDS;
  fill(sqes, at, OP.POLL_ADD, fd, slot, 0);
  sqes[at + 7] = POLLIN;
}

/** IORING_OP_TIMEOUT: completes after the struct __kernel_timespec at `address`, with ETIME. */
export function fillTimeout(sqes: Uint32Array, index: number, slot: number, address: number): void {
  const at = index * SQE_WORDS;
  fill(sqes, at, OP.TIMEOUT, -1, slot, 0);
  sqes[at + 4] = address;
  sqes[at + 5] = address / TWO_32;
  sqes[at + 6] = 1;
}

/**
 * IORING_OP_FADVISE with advice 0, the default: it does nothing, and fails with ESPIPE for a pipe. A read of one ignores
 * its offset. The kernel answers at once. The next SQE is done only if this one succeeds.
 */
export function fillAdvise(sqes: Uint32Array, index: number, slot: number, file: number): void {
  fill(sqes, index * SQE_WORDS, OP.FADVISE | ((SQE_FIXED_FILE | SQE_IO_LINK) << 8), file, slot, 0);
}

/**
 * IORING_OP_READ beyond any end of file, to no address, without waiting. Of a file or a block device it gives 0. It fails
 * where there are no such reads (EOPNOTSUPP), as of a terminal, and where bytes came (EFAULT), which stay there.
 */
export function fillProbe(sqes: Uint32Array, index: number, slot: number, generation: number, file: number): void {
  const at = index * SQE_WORDS;
  fill(sqes, at, OP.READ | (SQE_FIXED_FILE << 8), file, slot, generation);
  sqes[at + 3] = 2 ** 30;
  sqes[at + 6] = 4096;
  sqes[at + 7] = RWF_NOWAIT;
}

/** IORING_OP_STATX of the NUL-terminated path at `address`, into the struct statx at `result`. */
export function fillStat(
  sqes: Uint32Array,
  index: number,
  slot: number,
  generation: number,
  address: number,
  result: number,
): void {
  const at = index * SQE_WORDS;
  fill(sqes, at, OP.STATX, AT_FDCWD, slot, generation);
  sqes[at + 2] = result;
  sqes[at + 3] = result / TWO_32;
  sqes[at + 4] = address;
  sqes[at + 5] = address / TWO_32;
  sqes[at + 6] = STATX_BASIC;
}

/** Whether an SQE is linked to the next one: both must be handed over together. */
export function isLinked(sqes: Uint32Array, index: number): boolean {
  return (sqes[index * SQE_WORDS]! & (SQE_IO_LINK << 8)) !== 0;
}

/** Whether an SQE opens a file with O_DIRECT. */
export function opensDirect(sqes: Uint32Array, index: number): boolean {
  const at = index * SQE_WORDS;
  return sqes[at] === OP.OPENAT && (sqes[at + 7]! & O_DIRECT) !== 0;
}
