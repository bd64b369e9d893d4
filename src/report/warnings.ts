import type { Warning } from '../bench/warnings.js';
import { formatBytes } from '../units.js';

/** Every warning in words, each with the next action. */
export function warningText(warning: Warning): string {
  switch (warning.kind) {
    case 'cold-was-warm':
      return (
        `${warning.case}: a cold run found ${formatBytes(warning.residentBytes)} of ${formatBytes(warning.bytes)} ` +
        'in the page cache and was not counted; end what else reads these files, or move them to another directory'
      );
    case 'warm-was-cold':
      return (
        `${warning.case}: a warm run found only ${formatBytes(warning.residentBytes)} of ${formatBytes(warning.bytes)} ` +
        'in the page cache and was not counted; use fewer or smaller files than there is free memory for'
      );
    case 'residency-unknown':
      return `${warning.case}: this kernel doesn't tell what is in the page cache, so the cache state is unproven; Linux 6.5 does`;
    case 'no-direct':
      return `${warning.dir}: its file system has no O_DIRECT, so cold runs go through the page cache; use ext4 or xfs on a disk`;
    case 'engine-unavailable':
      return `${warning.engine} was left out: ${warning.reason}${warning.remedy === undefined ? '' : `; ${warning.remedy}`}`;
    case 'file-skipped':
      return `${warning.path} was left out: ${warning.reason}`;
    case 'busy-machine':
      return `the load average was ${warning.loadAverage.toFixed(1)} on ${warning.cpus} CPUs; end other work for steadier figures`;
  }
}
