import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemError } from '../errors.js';
import { fioJob, fioPassesMax } from '../fio/job.js';
import type { FioJobOptions } from '../fio/job-options.js';
import { ANOTHER_PLACE, findFio, hugeBytes, runFio } from '../fio/run.js';
import { lockableBytes } from '../native/limits.js';
import { makeDirectory } from '../paths/make-directory.js';
import type { Workload } from '../workload/workload.js';
import type { Runner, Sample } from './runner.js';

/** Job files stay here for running by hand, until the next comparison. */
const JOBS = join(tmpdir(), `lsio-compare-fio-${process.getuid?.() ?? 0}`);

/**
 * The directory of this process; those of processes that have ended are removed.
 *
 * @throws {LsioError} `output` when there is no place for it.
 */
async function ownDirectory(): Promise<string> {
  try {
    return await findDirectory();
  } catch (error) {
    throw systemError('output', JOBS, error, { remedy: ANOTHER_PLACE });
  }
}

async function findDirectory(): Promise<string> {
  makeDirectory(JOBS, 0o700);
  const { uid, mode } = await lstat(JOBS);
  // Somebody else could plant links in it.
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) return mkdtemp(`${JOBS}-`);
  for (const name of await readdir(JOBS).catch(() => [])) {
    if (!isRunning(Number(name))) await rm(join(JOBS, name), { recursive: true, force: true }).catch(() => {});
  }
  return join(JOBS, String(process.pid));
}

function isRunning(pid: number): boolean {
  try {
    return Number.isInteger(pid) && process.kill(pid, 0);
  } catch (error) {
    // It exists, but belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** fio, doing the work of a workload. */
export class FioRunner implements Runner {
  readonly name = 'fio';
  readonly version: string;
  /** How often a run can repeat the work. */
  readonly passesMax: number;
  /** What isn't the same on lsio's side. */
  readonly caveats: readonly string[];
  /** What runs it again by hand; known after the first run. */
  commandLine = '';
  /** The job file of the last run. */
  job = '';
  readonly #work: Workload;
  readonly #options: FioJobOptions;
  readonly #directory: string;
  readonly #signal: AbortSignal | undefined;

  /**
   * @param name of the directory for fio's job, which stays there to be run by hand.
   * @throws {LsioError} `unavailable` when fio is missing.
   */
  static async create(
    work: Workload,
    options: Omit<FioJobOptions, 'memlockBytes' | 'hugeBytes'>,
    { name, signal }: { readonly name: string; readonly signal?: AbortSignal | undefined },
  ): Promise<FioRunner> {
    const { version } = await findFio(signal);
    const settings = { ...options, memlockBytes: lockableBytes(), hugeBytes: hugeBytes() };
    return new FioRunner(work, settings, { version, directory: join(await ownDirectory(), name), signal });
  }

  private constructor(
    work: Workload,
    options: FioJobOptions,
    given: { readonly version: string; readonly directory: string; readonly signal?: AbortSignal | undefined },
  ) {
    this.version = given.version;
    this.passesMax = fioPassesMax(work, options);
    this.caveats = fioJob(work, options).caveats;
    this.#work = work;
    this.#options = options;
    this.#directory = given.directory;
    this.#signal = given.signal;
  }

  async run(passes: number): Promise<Sample> {
    const job = fioJob(this.#work, { ...this.#options, passes });
    const result = await runFio(job, { signal: this.#signal, directory: this.#directory });
    this.commandLine = result.commandLine;
    this.job = job.text;
    const { wallNs, cpuUserNs, cpuSystemNs, operations, bytes, contextSwitches, pageFaults, majorPageFaults } = result;
    const { reads, bytesRead } = job;
    return {
      wallNs,
      cpuUserNs,
      cpuSystemNs,
      operations,
      bytes,
      reads,
      bytesRead,
      contextSwitches,
      pageFaults,
      majorPageFaults,
    };
  }

  async close(): Promise<void> {}
}
