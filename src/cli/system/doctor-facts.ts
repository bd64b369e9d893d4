import { closeSync, constants, openSync, readdirSync } from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import { describeDevice, deviceOf } from '../../bench/device.js';
import { hugePages } from '../../bench/environment.js';
import { mountOf } from '../../bench/mount.js';
import { codecAvailability } from '../../codec/availability.js';
import type { EngineInfo } from '../../engine/engine.js';
import { openEngine } from '../../engine/open.js';
import { isLsioError, type LsioError } from '../../errors.js';
import { findFio } from '../../fio/run.js';
import { kernelMemory, loadKernels } from '../../kernels/kernels.js';
import { type DirectAlignment, directAlignment } from '../../native/libc.js';
import { loadKoffi } from '../../native/library.js';
import { loadLiburing } from '../../native/liburing.js';
import { type Limits, readLimits } from '../../native/limits.js';
import { isDirectory } from '../../paths/walk.js';
import { QUEUE_DEPTH_MAX } from '../../plan/window.js';
import type { DirectoryFacts, DoctorResult, Problem } from '../../results/doctor.js';

/** Linux's O_TMPFILE without the O_DIRECTORY that it contains; Node has no name for it. */
const TMPFILE = 0o20000000;

/** What this machine allows. */
export interface DoctorFacts extends Pick<DoctorResult, Told> {
  /** Null where nothing works. */
  readonly engine: EngineInfo | null;
  readonly limits: Limits;
}

/** What is told as it was found. */
type Told =
  | 'kernel'
  | 'kernels'
  | 'codecs'
  | 'node'
  | 'koffi'
  | 'liburing'
  | 'hugePages'
  | 'fio'
  | 'directories'
  | 'problems';

/** Tries what this machine allows. */
export async function gatherFacts(directories: readonly string[], signal: AbortSignal): Promise<DoctorFacts> {
  const problems: Problem[] = [];
  function note({ message, remedy }: LsioError): null {
    // Without koffi there is no liburing and no io_uring: the same cause is told once.
    if (problems.every(({ problem }) => problem !== message))
      problems.push({ problem: message, remedy: remedy ?? null });
    return null;
  }
  const huge = hugePages() ?? null;
  const engine = await attempt(tryEngine, note);
  if (engine !== null) problems.push(...engineProblems(engine, huge));
  const koffi = await attempt(() => loadKoffi().version, note);
  const liburing = await attempt(liburingFacts, note);
  const fio = await attempt(() => findFio(signal), note);
  const codecs = await codecAvailability();
  for (const { decoder, problem, remedy } of codecs.filter(({ codec }) => !hasFastFallback(codec))) {
    if (decoder === 'native' || problem === null || problems.some((known) => known.problem === problem)) continue;
    problems.push({ problem, remedy });
  }
  for (const path of directories.filter((directory) => !isDirectory(directory))) {
    problems.push({ problem: `${path} is not a directory`, remedy: `mkdir -p ${path}` });
  }
  return {
    engine,
    kernel: `${os.type()} ${os.release()}`,
    kernels: loadKernels(kernelMemory(0)).implementation,
    codecs,
    node: process.versions.node,
    koffi,
    liburing,
    limits: readLimits(),
    hugePages: huge,
    fio,
    directories: directories.filter(isDirectory).map((path) => directoryFacts(path, koffi !== null)),
    problems,
  };
}

async function attempt<Fact>(find: () => Fact | Promise<Fact>, note: (error: LsioError) => null): Promise<Fact | null> {
  try {
    return await find();
  } catch (error) {
    if (!isLsioError(error, 'unavailable')) throw error;
    return note(error);
  }
}

async function tryEngine(): Promise<EngineInfo> {
  const engine = await openEngine();
  await engine.close();
  return engine.info;
}

/** Node's own zlib is about half as fast as libdeflate: no problem worth a package. */
function hasFastFallback(codec: string): boolean {
  return codec === 'gzip' || codec === 'zlib';
}

function engineProblems({ engine, reason, remedy, queueDepth, flags }: EngineInfo, huge: string | null): Problem[] {
  if (engine === 'node') return [{ problem: reason, remedy: remedy ?? null }];
  const problems: Problem[] = [];
  if (queueDepth < QUEUE_DEPTH_MAX) {
    const problem = `only ${queueDepth} reads in flight instead of ${QUEUE_DEPTH_MAX}: ${reason}`;
    problems.push({ problem, remedy: 'ulimit -l unlimited; ulimit -n 4096' });
  }
  if (huge === 'never') {
    const problem = 'no huge pages: cold reads of many KiB may take twice as long';
    problems.push({ problem, remedy: 'echo madvise > /sys/kernel/mm/transparent_hugepage/enabled' });
  }
  if (!flags.includes('DEFER_TASKRUN')) {
    const problem = 'the ring lacks DEFER_TASKRUN: completions interrupt the program one by one';
    problems.push({ problem, remedy: 'Linux 6.1 or newer, with liburing 2.3 or newer' });
  }
  return problems;
}

function liburingFacts(): DoctorFacts['liburing'] {
  const { path, registerFilesSparse, registerRingFd, submitAndGetEvents } = loadLiburing();
  return {
    path,
    functions: {
      io_uring_register_files_sparse: registerFilesSparse !== undefined,
      io_uring_register_ring_fd: registerRingFd !== undefined,
      io_uring_submit_and_get_events: submitAndGetEvents !== undefined,
    },
  };
}

function directoryFacts(path: string, hasKoffi: boolean): DirectoryFacts {
  const mount = mountOf(path);
  const device = deviceOf(path);
  return {
    path,
    fileSystem: mount?.type ?? null,
    mountOptions: mount?.options ?? null,
    device: device ?? null,
    scheduler: device === undefined ? null : (describeDevice(device).scheduler ?? null),
    direct: hasKoffi && process.platform === 'linux' ? (alignmentBelow(path) ?? null) : null,
  };
}

/** Only files have an alignment: one in the directory is asked, or one without a name. */
function alignmentBelow(directory: string): DirectAlignment | undefined {
  const file = firstFile(directory);
  if (file !== undefined) return directAlignment(file);
  let fd: number;
  try {
    fd = openSync(directory, constants.O_RDWR | constants.O_DIRECTORY | TMPFILE);
  } catch {
    return undefined; // the directory, or its file system, takes no files
  }
  try {
    return directAlignment(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}

function firstFile(directory: string): string | undefined {
  try {
    const entry = readdirSync(directory, { withFileTypes: true }).find((candidate) => candidate.isFile());
    return entry === undefined ? undefined : join(directory, entry.name);
  } catch {
    return undefined; // it may not be read
  }
}
