import { formatBytes } from '../units.js';
import type { Workload } from '../workload/workload.js';
import { type FioJobOptions, fitsHugePages, fixesBuffers, hugePagesNeeded } from './job-options.js';
import { FIO_READ_BYTES_MAX, type FioNames } from './list.js';

/** Of the classic job. */
export const CLASSIC_CAVEATS = [
  'fio is a new process for every run, lsio a warmed-up one; neither start is timed',
  'fio opens and registers all files before its clock starts; lsio opens them inside of its own',
  'fio has a kernel thread poll its submission queue: it takes a CPU of its own, which is not in the CPU figures',
  'fio submits and reaps reads one by one and looks at the clock for each, as its defaults are',
  "fio's buffers are registered, but don't begin at a page, as its defaults are; lsio's are in huge pages where there are any",
  'fio takes numbered files in its own order',
];

/** Of every matched job. */
export function commonCaveats(work: Workload, readBytes: number, options: FioJobOptions): string[] {
  const { rings, latency = true } = options;
  const opens = work.files.length > 1;
  return [
    'fio is a new process for every run, lsio a warmed-up one; neither start is timed',
    ...(opens ? ['fio opens files by system calls of its own thread, lsio through the ring'] : []),
    ...(latency ? ['fio looks at the clock for every read, lsio for every batch'] : []),
    fixesBuffers(readBytes, options)
      ? "fio's buffers are registered with the kernel (fixedbufs)"
      : "fio's buffers are not registered with the kernel: they don't fit into a quarter of the memlock limit",
    ...memoryCaveats(readBytes, options),
    "fio's clock ticks in milliseconds",
    ...(rings > 1 ? ["fio's jobs start their clocks one by one, within milliseconds"] : []),
  ];
}

/** A device is told of each separate piece of memory, which halves the speed of large reads on some. */
function memoryCaveats(readBytes: number, options: FioJobOptions): string[] {
  if (!options.direct || fitsHugePages(readBytes, options)) return [];
  const pages = hugePagesNeeded(readBytes, options);
  return [`lsio's buffers are in huge pages where there are any; fio's, too, after sysctl vm.nr_hugepages=${pages}`];
}

/** Of a job with a list, besides. */
export function listCaveats(
  work: Workload,
  bytesRead: number,
  names: FioNames,
  { passes = 1 }: FioJobOptions,
): string[] {
  const empty = work.lengths.filter((length) => length === 0).length;
  const long = work.lengths.filter((length) => length > FIO_READ_BYTES_MAX).length;
  const more = bytesRead - work.bytes * passes;
  return [
    ...(empty > 0 ? [`fio opens ${empty} empty files but has nothing to read of them`] : []),
    ...(long > 0 ? [`fio reads ${long} pieces of over ${formatBytes(FIO_READ_BYTES_MAX)} in several reads`] : []),
    ...(more > 0
      ? [`fio counts ${formatBytes(more)} that only O_DIRECT's alignment reads; lsio doesn't count them`]
      : []),
    ...(names.links.length > 0
      ? [`fio opens ${names.links.length} files through symbolic links: it can't read their names`]
      : []),
  ];
}
