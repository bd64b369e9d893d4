import type { OutlierCause, Warning } from '../bench/warnings.js';
import { printable } from '../printable.js';
import { formatBytes, formatDurationNs } from '../units.js';
import type { Ink } from './table.js';

const WIDTH_COLUMNS = 79;

/** Warnings for people, wrapped. */
export function renderWarnings(warnings: readonly Warning[], ink: Ink): string {
  return warnings
    .map((warning) => wrap(printable(`warning: ${warningText(warning)}`)))
    .join('\n')
    .replaceAll(/^warning:/gm, ink.yellow('warning:'));
}

/** Lines as long as fit, those after the first indented. What has no blanks is not broken. */
export function wrap(text: string, indent = '  '): string {
  const [first = '', ...words] = text.split(/(?<=\S) /);
  const lines: string[] = [];
  let line = first;
  for (const word of words) {
    if (line.length + 1 + word.length > WIDTH_COLUMNS) {
      lines.push(line);
      line = indent + word;
    } else line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}

const OUTLIER_TEXT: Readonly<Record<OutlierCause, string>> = {
  steal: 'the host gave its CPUs to others: use more --runs, or a machine of your own',
  faults: 'it waited for memory pages to be read in: free some memory',
  device: 'other programs used the device: stop them',
  unknown: 'cause unknown: use --runs 9',
};

/** Every warning in words, each with the next action. */
export function warningText(warning: Warning): string {
  switch (warning.kind) {
    case 'cold-was-warm':
      return (
        `${warning.case}: a cold run found ${formatBytes(warning.residentBytes)} of ${formatBytes(warning.bytes)} ` +
        'in the page cache and was not counted; stop other readers of these files, or copy the files elsewhere'
      );
    case 'warm-was-cold':
      // Nothing right after reading all of it: memory is not what is missing.
      if (warning.residentBytes === 0)
        return (
          `${warning.case}: a warm run found none of ${formatBytes(warning.bytes)} in the page cache, right after all ` +
          'of it was read, and was not counted; this file system keeps nothing there, or does not show it: use --cache as-is'
        );
      return (
        `${warning.case}: a warm run found only ${formatBytes(warning.residentBytes)} of ${formatBytes(warning.bytes)} ` +
        'in the page cache and was not counted; use fewer or smaller files than there is free memory for'
      );
    case 'residency-unknown':
      return `${warning.case}: the kernel does not say what is in the page cache, so the cache state is unproven; it does so for files that you own or may write`;
    case 'cold-read-little':
      return (
        `${warning.case}: the device read only ${formatBytes(warning.deviceBytes)} during a cold run of ${formatBytes(warning.bytes)}; ` +
        'unless the file system compresses, a cache below it (RAID, hypervisor) answered: use larger files'
      );
    case 'not-compared':
      return `${warning.case} was left out: ${warning.reason}${warning.remedy === undefined ? '' : `; ${warning.remedy}`}`;
    case 'device-unwatched':
      return `${warning.device} is not in /proc/diskstats: device columns are empty; run where it is listed`;
    case 'warm-read-device':
      return (
        `${warning.case}: the device read ${formatBytes(warning.deviceBytes)} during a warm run of ${formatBytes(warning.bytes)}; ` +
        'stop what else uses the device; if nothing does, pages were dropped during the run'
      );
    case 'outlier':
      return (
        `${warning.case}: run ${warning.run} of ${warning.engine} was ${Math.round(warning.share * 100)} % of the median; it counts; ` +
        OUTLIER_TEXT[warning.cause]
      );
    case 'short-runs':
      return `${warning.case}: runs of ${formatDurationNs(warning.wallNs)} are too short to time well; use more or larger files, or a longer --min-time`;
    case 'no-device':
      return `${warning.dir} is on ${warning.fileSystem}, whose block device is not known: device columns are empty; use --files on a disk`;
    case 'perf-unavailable':
      return `--perf: ${warning.reason}; sysctl kernel.perf_event_paranoid=1, or apt-get install linux-perf`;
    case 'no-direct':
      return `${warning.dir}: its file system has no O_DIRECT, so cold runs use the page cache; use ext4 or xfs on a disk`;
    case 'engine-unavailable':
      return `${warning.engine} was left out: ${warning.reason}${warning.remedy === undefined ? '' : `; ${warning.remedy}`}`;
    case 'file-skipped':
      return `${warning.path} was left out: ${warning.reason}`;
    case 'busy-machine':
      return `the load average was ${warning.loadAverage.toFixed(1)} on ${warning.cpus} CPUs; stop other work for steadier figures`;
  }
}
