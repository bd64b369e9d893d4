import { basename, dirname, resolve } from 'node:path';
import { LsioError } from '../errors.js';
import { formatBytes } from '../units.js';
import { partOf } from '../workload/operations.js';
import type { Workload } from '../workload/workload.js';
import { CLASSIC_CAVEATS, commonCaveats, listCaveats } from './caveats.js';
import { type FioJobOptions, fitsHugePages, fixesBuffers } from './job-options.js';
import { FIO_READ_BYTES_MAX, type FioLink, FioNames, fioList, listPassesMax } from './list.js';

/** O_DIRECT reads are given to fio in multiples of this: the largest alignment that devices ask for. */
const DIRECT_ALIGN_BYTES = 4096;
/** Submitting and reaping one by one costs fio a fifth of its speed or more. */
const BATCH = 32;
/**
 * Blocks of one file with O_DIRECT wait for the device, not for the CPU: large batches let its queue run dry (10 % less,
 * seen at depth 64). Batches of one would double the CPU time.
 */
const BATCH_DIRECT_BLOCKS = 4;
/** The parser of job files takes lines of up to 4,095 bytes. */
const LINE_BYTES_MAX = 3500;
const NAME_BYTES_MAX = 255;

/** What fio needs to do a workload, and what it must report when it did. */
export interface FioJob {
  /** The job file. Its file names are absolute or in the directory of the job file, where fio must run. */
  readonly text: string;
  /** Files to be put beside it. */
  readonly extraFiles: readonly { readonly name: string; readonly text: string }[];
  /** Symbolic links to be put beside it. */
  readonly links: readonly FioLink[];
  /** What isn't the same on both sides. */
  readonly caveats: readonly string[];
  /** Things asked for, and their bytes, over all passes. */
  readonly operations: number;
  readonly bytes: number;
  /** What fio must count for that: reads of at most 1 MiB, with O_DIRECT whole sectors. */
  readonly reads: number;
  readonly bytesRead: number;
}

/**
 * The fio job that does exactly this work.
 *
 * @throws {LsioError} `usage` when fio can't do it: `classic` on files of several sizes, or a list that is too long.
 */
export function fioJob(work: Workload, options: FioJobOptions): FioJob {
  const { baseline, passes = 1 } = options;
  const readBytes = plainReadBytes(work, options);
  const asked = { operations: work.operations * passes, bytes: work.bytes * passes };
  if (baseline === 'classic' && (readBytes === undefined || !work.wholeFiles)) throw notClassic(work);
  if (readBytes === undefined) return { ...asked, ...listJob(work, options) };
  const plain = { ...asked, reads: asked.operations, bytesRead: asked.bytes, extraFiles: [], links: [] };
  if (baseline === 'classic') {
    return { ...plain, text: classicText(work, readBytes, options), caveats: CLASSIC_CAVEATS };
  }
  const caveats = commonCaveats(work, readBytes, options);
  return { ...plain, text: plainText(work, readBytes, options), caveats };
}

/** Whether there is a `classic` job of this work: whole files of one size, also with O_DIRECT, which a job can name. */
export function takesClassic(work: Workload): boolean {
  return (
    work.wholeFiles &&
    plainReadBytes(work, { queueDepth: 1, rings: 1, direct: true, baseline: 'classic' }) !== undefined
  );
}

/** How many passes a job of this work can make. */
export function fioPassesMax(work: Workload, options: FioJobOptions): number {
  return plainReadBytes(work, options) === undefined ? listPassesMax(work) : Number.POSITIVE_INFINITY;
}

/**
 * The read size of a job without a list: one read of the same size from the beginning of each file, by names that a job
 * file can hold. Such a job loads at once, however many files there are, and fio can repeat it.
 */
function plainReadBytes(work: Workload, { direct }: FioJobOptions): number | undefined {
  const [length = 0] = work.lengths;
  const align = direct ? DIRECT_ALIGN_BYTES : 1;
  if (work.operations !== work.files.length || length === 0 || length > FIO_READ_BYTES_MAX) return undefined;
  if (length % align !== 0 || work.lengths.some((other) => other !== length)) return undefined;
  if (work.offsets.some((offset) => offset !== 0)) return undefined;
  return work.files.every(({ path }) => isPlainName(resolve(path))) ? length : undefined;
}

/** What would be a separator, a comment, a quote or a variable in a job file. */
function isPlainName(path: string): boolean {
  return !/[\s:;#"'\\$]/.test(path) && Buffer.byteLength(path) <= NAME_BYTES_MAX;
}

function plainText(work: Workload, readBytes: number, options: FioJobOptions): string {
  const { queueDepth, rings, passes = 1 } = options;
  const settings = [
    ...matchedSettings(readBytes, options),
    'rw=read',
    `filesize=${readBytes}`,
    // Few enough files open at once that fio opens them as it goes, inside of its clock, in the order of the list.
    'file_service_type=sequential',
    `openfiles=${2 * queueDepth}`,
    `loops=${passes}`,
  ];
  return jobText(
    settings,
    parts(work, rings).map((part) => fileNameLines(part)),
  );
}

function listJob(work: Workload, options: FioJobOptions): Omit<FioJob, 'operations' | 'bytes'> {
  const { rings, passes = 1, direct } = options;
  if (passes > listPassesMax(work)) {
    throw new LsioError('usage', `fio can't be given a list of ${passes} passes of ${work.operations} reads`);
  }
  const names = new FioNames();
  const alignBytes = direct ? DIRECT_ALIGN_BYTES : 1;
  const lists = parts(work, rings)
    .map((part) => fioList(part, { passes, alignBytes, names }))
    .filter(({ reads }) => reads > 0);
  if (lists.length === 0) throw new LsioError('usage', `${work.case}: the files are empty, fio reads nothing`);
  const readBytes = Math.max(...lists.map((list) => list.readBytesMax));
  const blocksOfOneFile = work.files.length === 1;
  const batch = direct && blocksOfOneFile ? BATCH_DIRECT_BLOCKS : BATCH;
  const settings = [...matchedSettings(readBytes, options, batch), 'replay_no_stall=1'];
  const sections = lists.map(({ lengthBytes }, index) => [`read_iolog=list${index}`, `io_size=${lengthBytes}`]);
  const bytesRead = lists.reduce((sum, list) => sum + list.bytesRead, 0);
  return {
    text: jobText(settings, sections),
    extraFiles: lists.map(({ text }, index) => ({ name: `list${index}`, text })),
    links: names.links,
    reads: lists.reduce((sum, list) => sum + list.reads, 0),
    bytesRead,
    caveats: [...commonCaveats(work, readBytes, options), ...listCaveats(work, bytesRead, names, options)],
  };
}

/** The parts of the work, one for each ring, as far as there is work for it. */
function parts(work: Workload, rings: number): Workload[] {
  const count = Math.min(rings, work.operations);
  return count === 1 ? [work] : Array.from({ length: count }, (_, index) => partOf(work, { index, count }));
}

/** What fio does at its best, apart from what it reads. */
export function matchedSettings(readBytes: number, options: FioJobOptions, batch = BATCH): string[] {
  const { queueDepth, direct, latency = true } = options;
  return [
    'ioengine=io_uring',
    `direct=${direct ? 1 : 0}`,
    `bs=${readBytes}`,
    `iodepth=${queueDepth}`,
    `iodepth_batch_submit=${Math.min(batch, queueDepth)}`,
    `iodepth_batch_complete_max=${Math.min(BATCH, queueDepth)}`,
    // Buffers at the beginning of a page: from fio's own, 16 bytes past one, buffered reads take 2.7 times as long.
    fitsHugePages(readBytes, options) ? 'mem=mmaphuge' : 'mem=mmap',
    ...(fixesBuffers(readBytes, options) ? ['fixedbufs=1'] : []),
    // The cache is brought into its state before fio starts; nor does lsio give the kernel hints.
    'invalidate=0',
    'fadvise_hint=0',
    // From before the submission to after the completion, as lsio takes it; a look at the clock for anything else costs.
    ...(latency ? ['lat_percentiles=1', 'clat_percentiles=0', 'disable_slat=1', 'disable_clat=1'] : ['gtod_reduce=1']),
    'allow_file_create=0',
    'group_reporting=1',
  ];
}

/** A job file: a section for each ring, and what they share. A process each: a thread's CPU time lacks its kernel workers. */
function jobText(settings: readonly string[], sections: readonly (readonly string[])[]): string {
  const jobs = sections.map((lines, index) => `[ring${index}]\n${lines.join('\n')}\n`);
  return `[global]\n${settings.join('\n')}\n\n${jobs.join('\n')}`;
}

/** As many lines as it takes: each adds files to those before. */
function fileNameLines({ files }: Workload): string[] {
  const lines: string[] = [];
  let line = '';
  for (const { path } of files) {
    const name = resolve(path);
    if (line !== '' && Buffer.byteLength(line) + Buffer.byteLength(name) >= LINE_BYTES_MAX) {
      lines.push(`filename=${line}`);
      line = '';
    }
    line += line === '' ? name : `:${name}`;
  }
  return [...lines, `filename=${line}`];
}

/** Files opened and registered before the clock, the submission queue polled by a kernel thread, one by one. */
function classicText(work: Workload, readBytes: number, options: FioJobOptions): string {
  const { queueDepth, rings, direct, passes = 1 } = options;
  const settings = [
    'ioengine=io_uring',
    `direct=${direct ? 1 : 0}`,
    'rw=read',
    `bs=${readBytes}`,
    `filesize=${readBytes}`,
    `iodepth=${queueDepth}`,
    'registerfiles=1',
    'fixedbufs=1',
    'sqthread_poll=1',
    'file_service_type=sequential',
    'invalidate=0',
    'allow_file_create=0',
    'group_reporting=1',
    `loops=${passes}`,
  ];
  const numbered = rings === 1 ? numberedFiles(work) : undefined;
  return jobText(settings, numbered === undefined ? parts(work, rings).map((part) => fileNameLines(part)) : [numbered]);
}

/** The files of a data set of lsio's, as short as fio can say it. */
function numberedFiles({ files }: Workload): string[] | undefined {
  const [first] = files;
  const directory = dirname(resolve(first!.path));
  const names = new Set(files.map(({ path }) => (dirname(resolve(path)) === directory ? basename(path) : '')));
  if (!files.every((_, index) => names.has(`f${index}`))) return undefined;
  return [`directory=${directory}`, 'filename_format=f$filenum', `nrfiles=${files.length}`];
}

function notClassic({ case: name }: Workload): LsioError {
  const message = `the classic baseline reads whole files of one size of up to ${formatBytes(FIO_READ_BYTES_MAX)}, not these (${name})`;
  return new LsioError('usage', message, { remedy: 'use the matched baseline' });
}
