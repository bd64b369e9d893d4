import { LsioError } from '../errors.js';
import { loadKoffi } from './library.js';

/**
 * The functions of liburing.so.2 that cross the FFI: set-up, registration and submit, none per read. `ring` and
 * `params` are addresses. Every function returns `-errno` when it fails. Those that liburing 2.0 lacks may be absent.
 */
export interface Liburing {
  /** The name or path that the library was loaded by. */
  readonly path: string;
  queueInit(entries: number, ring: number, params: number): number;
  queueExit(ring: number): void;
  /** Where {@link queueExit} is. */
  readonly queueExitAddress: number;
  submit(ring: number): number;
  /** Also waits until there are `count` completions that were not taken. */
  submitAndWait(ring: number, count: number): number;
  registerEventFd(ring: number, fd: number): number;
  registerFiles(ring: number, fds: Int32Array, count: number): number;
  /** `vectors`: struct iovec: address, length, address, … */
  registerBuffers(ring: number, vectors: BigUint64Array, count: number): number;
  /** liburing 2.2 */
  readonly registerFilesSparse: ((ring: number, count: number) => number) | undefined;
  /** liburing 2.2 */
  readonly registerRingFd: ((ring: number) => number) | undefined;
  /** liburing 2.3: one call submits and runs the completions that wait to be run. */
  readonly submitAndGetEvents: ((ring: number) => number) | undefined;
}

const INSTALL = 'apt-get install liburing2 (or set LSIO_LIBURING to the path of liburing.so.2)';

let loaded: Liburing | undefined;

/**
 * Binds liburing; `LSIO_LIBURING` may name another file than `liburing.so.2`.
 *
 * @throws {LsioError} `unavailable` when it is missing or lacks a function of liburing 2.0.
 */
export function loadLiburing(): Liburing {
  if (loaded !== undefined) return loaded;
  const path = process.env.LSIO_LIBURING || 'liburing.so.2';
  const library = openLibrary(path);

  function required(definition: string) {
    try {
      return library.func(definition);
    } catch (cause) {
      const message = `${path} is not a liburing that lsio can use: ${(cause as Error).message}`;
      throw new LsioError('unavailable', message, { remedy: INSTALL, cause });
    }
  }
  function optional(definition: string) {
    try {
      return library.func(definition);
    } catch {
      return undefined;
    }
  }

  loaded = {
    path,
    queueInit: required('int io_uring_queue_init_params(uint, uintptr_t, uintptr_t)'),
    queueExit: required('void io_uring_queue_exit(uintptr_t)'),
    queueExitAddress: Number(loadKoffi().address(library.symbol('io_uring_queue_exit'))),
    submit: required('int io_uring_submit(uintptr_t)'),
    submitAndWait: required('int io_uring_submit_and_wait(uintptr_t, uint)'),
    registerEventFd: required('int io_uring_register_eventfd(uintptr_t, int)'),
    registerFiles: required('int io_uring_register_files(uintptr_t, int *, uint)'),
    registerBuffers: required('int io_uring_register_buffers(uintptr_t, uint64_t *, uint)'),
    registerFilesSparse: optional('int io_uring_register_files_sparse(uintptr_t, uint)'),
    registerRingFd: optional('int io_uring_register_ring_fd(uintptr_t)'),
    submitAndGetEvents: optional('int io_uring_submit_and_get_events(uintptr_t)'),
  };
  return loaded;
}

function openLibrary(path: string) {
  const koffi = loadKoffi();
  try {
    return koffi.load(path);
  } catch (cause) {
    throw new LsioError('unavailable', `${path} can't be loaded: ${(cause as Error).message}`, {
      remedy: INSTALL,
      cause,
    });
  }
}
