import { close, constants, open, read } from 'node:fs';
import { EIO } from '../errno.js';

/**
 * For node:fs: opening a FIFO must not wait for a writer, which would hold a thread for good, and a terminal must not
 * become ours. Where the system lacks a flag, its constant is undefined, which `|` takes for 0.
 */
export const PLAIN_OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Where in a file to read, and where in memory it goes. */
interface Place {
  readonly offset: number;
  readonly at: number;
  readonly length: number;
}

/**
 * Reads by pread(2), on a thread of libuv. The file is opened for each read: it is the rare way, for file systems that
 * end other reads too early.
 *
 * @param then is given the number of bytes, or `-errno`.
 */
export function readPlainly(
  path: string | Uint8Array,
  memory: Uint8Array,
  { offset, at, length }: Place,
  then: (result: number) => void,
): void {
  open(typeof path === 'string' ? path : Buffer.from(path), PLAIN_OPEN_FLAGS, (failure, fd) => {
    if (failure !== null) return then(failure.errno ?? -EIO);
    read(fd, memory, at, length, offset, (error, bytes) => {
      close(fd, () => {});
      then(error === null ? bytes : (error.errno ?? -EIO));
    });
  });
}
