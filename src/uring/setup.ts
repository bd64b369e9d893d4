import { readFileSync } from 'node:fs';
import { assert } from '../assert.js';
import { EINVAL, EMFILE, ENOMEM, ENOSYS, EPERM } from '../errno.js';
import { errnoText, LsioError } from '../errors.js';
import { PAGE_BYTES } from '../memory/slab.js';
import { type Mapping, mapMemory } from '../native/libc.js';
import { viewMemory } from '../native/library.js';
import { type Liburing, loadLiburing } from '../native/liburing.js';
import { assertAbi, CQE_BYTES, CQE_WORDS, PARAMS, RING, SETUP, SQE_BYTES, SQE_WORDS } from './abi.js';

/** Where in the control page the timespec is: behind struct io_uring and its parameters. */
const TIMESPEC_AT = 2048;
/** Room for the paths of the opens of one submit; when it is full, they are submitted early. */
const PATHS_BYTES = 64 * 1024;

/** A ring as the kernel set it up: its queues as views of the memory that it shares with us. */
export interface RingSetup {
  readonly liburing: Liburing;
  /** The address of struct io_uring. */
  readonly ring: number;
  /** struct io_uring, the parameters, a timespec and the paths lie here. */
  readonly control: Mapping;
  readonly setupFlags: number;
  readonly sqEntries: number;
  readonly cqEntries: number;
  readonly sqes: Uint32Array;
  readonly cqes: Uint32Array;
  readonly sqHead: Uint32Array;
  readonly sqFlags: Uint32Array;
  /** The word in struct io_uring that says up to where SQEs are filled. */
  readonly sqeTail: Uint32Array;
  readonly cqHead: Uint32Array;
  readonly cqTail: Uint32Array;
  /** Absent before Linux 5.8. */
  readonly cqFlags: Uint32Array | undefined;
  /** The address of a struct __kernel_timespec, and its words: seconds and nanoseconds, 64 bits each. */
  readonly timespecAddress: number;
  readonly timespec: Uint32Array;
  /** Where a path can be written, and its address. */
  readonly paths: Buffer;
  readonly pathsAddress: number;
}

/**
 * Creates a ring, with the newest flags that the kernel takes.
 *
 * With DEFER_TASKRUN completions are run only when we ask, in one go, instead of interrupting us; SINGLE_ISSUER spares
 * locks; SUBMIT_ALL keeps a bad SQE from stopping the batch; CQSIZE leaves room for cancellations.
 *
 * @throws {LsioError} `unavailable`, with the cause and the remedy.
 */
export function setUpRing(options: { readonly sqEntries: number; readonly cqEntries: number }): RingSetup {
  const liburing = loadLiburing();
  const control = mapMemory(PAGE_BYTES + PATHS_BYTES, PAGE_BYTES);
  const ring = control.address;
  const paramsAddress = ring + RING.sizeBytes;
  const words = new Uint32Array(viewMemory(control.address, PAGE_BYTES));
  const params = words.subarray(RING.sizeBytes / 4, (RING.sizeBytes + PARAMS.sizeBytes) / 4);

  let result = -EINVAL;
  for (const flags of flagSets(liburing)) {
    words.fill(0);
    params[PARAMS.flags / 4] = flags;
    params[PARAMS.cqEntries / 4] = options.cqEntries;
    result = liburing.queueInit(options.sqEntries, ring, paramsAddress);
    if (result !== -EINVAL) break;
  }
  if (result < 0) {
    control.unmap();
    throw setupError(-result);
  }

  function pointer(offset: number): number {
    return words[offset / 4]! + words[offset / 4 + 1]! * 2 ** 32;
  }
  function word(offset: number): Uint32Array {
    return new Uint32Array(viewMemory(pointer(offset), 4));
  }
  const sqEntries = params[PARAMS.sqEntries / 4]!;
  const cqEntries = params[PARAMS.cqEntries / 4]!;
  assert(cqEntries >= options.cqEntries, 'the completion queue has the size asked for');
  assertAbi(
    sqEntries,
    cqEntries,
    [RING.sqHead, RING.sqFlags, RING.sqes, RING.cqHead, RING.cqTail, RING.cqes].map(pointer),
  );
  return {
    liburing,
    ring,
    control,
    setupFlags: params[PARAMS.flags / 4]!,
    sqEntries,
    cqEntries,
    sqes: new Uint32Array(viewMemory(pointer(RING.sqes), sqEntries * SQE_BYTES), 0, sqEntries * SQE_WORDS),
    cqes: new Uint32Array(viewMemory(pointer(RING.cqes), cqEntries * CQE_BYTES), 0, cqEntries * CQE_WORDS),
    sqHead: word(RING.sqHead),
    sqFlags: word(RING.sqFlags),
    sqeTail: words.subarray(RING.sqeTail / 4, RING.sqeTail / 4 + 1),
    cqHead: word(RING.cqHead),
    cqTail: word(RING.cqTail),
    cqFlags: pointer(RING.cqFlags) === 0 ? undefined : word(RING.cqFlags),
    timespecAddress: ring + TIMESPEC_AT,
    timespec: words.subarray(TIMESPEC_AT / 4, TIMESPEC_AT / 4 + 4),
    paths: Buffer.from(viewMemory(control.address + PAGE_BYTES, PATHS_BYTES)),
    pathsAddress: control.address + PAGE_BYTES,
  };
}

/** The flags to try, newest kernel first: 6.1, 6.0, 5.19, 5.18, older. */
function flagSets(liburing: Liburing): number[] {
  const base = SETUP.CQSIZE | SETUP.CLAMP;
  const sets = [
    base | SETUP.SUBMIT_ALL | SETUP.COOP_TASKRUN | SETUP.SINGLE_ISSUER | SETUP.DEFER_TASKRUN,
    base | SETUP.SUBMIT_ALL | SETUP.COOP_TASKRUN | SETUP.SINGLE_ISSUER,
    base | SETUP.SUBMIT_ALL | SETUP.COOP_TASKRUN,
    base | SETUP.SUBMIT_ALL,
    base,
  ];
  // Without a way to ask for completions, they must be allowed to come by themselves.
  return liburing.submitAndGetEvents === undefined ? sets.slice(3) : sets;
}

function setupError(errno: number): LsioError {
  const [code, text] = errnoText(errno);
  const [why, remedy] = setupFailure(errno);
  return new LsioError('unavailable', `io_uring_setup: ${text} (${code}): ${why}`, { code, remedy });
}

function setupFailure(errno: number): [why: string, remedy: string] {
  switch (errno) {
    case EPERM: {
      const level = sysctlLevel();
      return level === '1' || level === '2'
        ? [`the sysctl kernel.io_uring_disabled is ${level}`, 'sysctl -w kernel.io_uring_disabled=0']
        : [
            "a seccomp filter blocks it, as Docker's default one does",
            'docker run --security-opt seccomp=unconfined, or a profile that allows io_uring_setup, _enter, _register',
          ];
    }
    case ENOSYS:
      return ['this kernel has no io_uring, or a filter hides it', 'Linux 5.6 or newer with CONFIG_IO_URING'];
    case ENOMEM:
      return [
        'the limit of locked memory is too small for the queues',
        'ulimit -l unlimited, or a smaller --queue-depth',
      ];
    case EMFILE:
      return ['no file descriptor is left', 'ulimit -n 1024'];
    default:
      return ['the kernel refuses it', 'see io_uring_setup(2)'];
  }
}

function sysctlLevel(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/io_uring_disabled', 'utf8').trim();
  } catch {
    return undefined;
  }
}
