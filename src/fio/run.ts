import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LsioError, systemError } from '../errors.js';
import { HUGE_PAGE_BYTES } from '../native/libc.js';
import { makeDirectory } from '../paths/make-directory.js';
import type { FioJob } from './job.js';
import { type FioReport, parseFioJson } from './parse.js';
import { fioPath, spawnFio } from './spawn.js';

export const ANOTHER_PLACE = 'set TMPDIR to a directory for the files of fio';
const INSTALL = 'apt-get install fio';
const JOB_NAME = 'job.fio';
const OUTPUT_NAME = 'fio.json';
/** Never a write, never a new file: the files compared are the ones that are there. */
const SAFE_OPTIONS = ['--readonly', '--allow_file_create=0', '--output-format=json', `--output=${OUTPUT_NAME}`];

export interface RunFioOptions {
  readonly signal?: AbortSignal | undefined;
  /** Where the job file, its lists and its output are put and kept; a temporary directory, removed, when absent. */
  readonly directory?: string | undefined;
}

/** What a run of fio came to. */
export interface FioResult extends FioReport {
  /** Things asked for, and their bytes, over all passes. */
  readonly operations: number;
  readonly bytes: number;
  readonly bytesPerSecond: number;
  readonly operationsPerSecond: number;
  /** What runs it again by hand, as long as its directory is there. */
  readonly commandLine: string;
}

export interface FioInfo {
  readonly path: string;
  /** Such as `fio-3.33`. */
  readonly version: string;
}

const known = new Map<string, FioInfo>();

/**
 * The fio that is there, once it was seen to know io_uring.
 *
 * @throws {LsioError} `unavailable` when there is none, or an old one.
 */
export async function findFio(signal?: AbortSignal): Promise<FioInfo> {
  const path = fioPath();
  const before = known.get(path);
  if (before !== undefined) return before;
  const version = (await spawnFio(['--version'], { signal })).stdout.trim();
  const [, major] = /^fio-(\d+)\./.exec(version) ?? [];
  if (major === undefined || Number(major) < 3) {
    const said = version.slice(0, 80) || 'nothing';
    throw new LsioError('unavailable', `${path} says ${said}: fio 3 is needed`, { remedy: INSTALL });
  }
  await spawnFio(['--enghelp=io_uring'], { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new LsioError('unavailable', `${version} knows no io_uring`, { remedy: INSTALL, cause: error });
  });
  const info = { path, version };
  known.set(path, info);
  return info;
}

/**
 * Runs fio on a job and takes its figures, by its own clock: it leaves out its start, which takes longer than many a run.
 *
 * @throws {LsioError} `unavailable` when fio is missing, fails, is killed or writes something else than its JSON;
 * `changed` when it did other work than was asked for.
 */
export async function runFio(job: FioJob, { signal, directory }: RunFioOptions = {}): Promise<FioResult> {
  await findFio(signal);
  const cwd = directory ?? (await temporaryDirectory());
  try {
    await writeJob(cwd, job);
    const output = join(cwd, OUTPUT_NAME);
    await spawnFio([...SAFE_OPTIONS, JOB_NAME], { cwd, signal, output });
    const report = parseFioJson(await readFile(output, 'utf8'));
    checkWork(job, report);
    const { operations, bytes } = job;
    const seconds = report.wallNs / 1e9;
    return {
      ...report,
      operations,
      bytes,
      bytesPerSecond: bytes / seconds,
      operationsPerSecond: operations / seconds,
      commandLine: `cd ${quote(cwd)} && ${quote(fioPath())} ${SAFE_OPTIONS.join(' ')} ${JOB_NAME}`,
    };
  } catch (error) {
    throw systemError('output', cwd, error, { remedy: ANOTHER_PLACE });
  } finally {
    if (directory === undefined) await rm(cwd, { recursive: true, force: true });
  }
}

/** @throws {LsioError} `output` when nothing can be written there. */
async function temporaryDirectory(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'lsio-fio-')).catch((error: unknown) => {
    throw systemError('output', tmpdir(), error, { remedy: ANOTHER_PLACE });
  });
}

async function writeJob(cwd: string, { text, extraFiles, links }: FioJob): Promise<void> {
  makeDirectory(cwd);
  // What an earlier run left must not be taken for this one's.
  await rm(join(cwd, OUTPUT_NAME), { force: true });
  for (const { name, text: content } of [{ name: JOB_NAME, text }, ...extraFiles])
    await writeFile(join(cwd, name), content);
  for (const { name, target } of links) {
    await rm(join(cwd, name), { force: true });
    await symlink(target, join(cwd, name));
  }
}

/** Unequal work would make every figure worthless. */
function checkWork(job: FioJob, { reads, bytesRead, errno }: FioReport): void {
  if (errno !== 0) throw new LsioError('unavailable', `fio stopped with errno ${errno}`, { remedy: 'run it by hand' });
  if (reads === job.reads && bytesRead === job.bytesRead) return;
  const did = `fio made ${reads} reads of ${bytesRead} bytes in all`;
  const remedy = 'see that nothing changes the files meanwhile';
  throw new LsioError('changed', `${did}, not ${job.reads} of ${job.bytesRead}`, { remedy });
}

function quote(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What is left of the memory that is reserved in huge pages (hugetlb), in bytes. */
export function hugeBytes(): number {
  try {
    return hugeBytesIn(readFileSync('/proc/meminfo', 'latin1'));
  } catch {
    return 0;
  }
}

/** What /proc/meminfo says of it. Free pages may be promised already; those of other sizes than lsio's aren't compared with. */
export function hugeBytesIn(meminfo: string): number {
  const number = (name: string) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0);
  if (number('Hugepagesize') * 1024 !== HUGE_PAGE_BYTES) return 0;
  return Math.max(0, number('HugePages_Free') - number('HugePages_Rsvd')) * HUGE_PAGE_BYTES;
}
