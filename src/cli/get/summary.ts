import { formatBytes, formatCount, formatMiBPerSecond } from '../../units.js';

/** What a command came to. */
export interface Outcome {
  /** Items that were got whole. */
  readonly items: number;
  readonly failed: number;
  /** Items that were left as they are (`--skip-existing`). */
  readonly skipped: number;
  readonly bytes: number;
  readonly wallNs: number;
  readonly engine: string;
}

/** `1,001 items, 250 MiB in 1.4 s (174.3 MiB/s), engine uring, 2 failed`. */
export function summaryOf({ items, failed, skipped, bytes, wallNs, engine }: Outcome): string {
  const rest = [
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(skipped > 0 ? [`${formatCount(skipped)} skipped`] : []),
  ];
  if (items === 0 && rest.length > 0) return `nothing read: ${rest.join(', ')}`;
  const seconds = wallNs / 1e9;
  // A clock that stood still tells no rate.
  const rate = formatMiBPerSecond(seconds > 0 ? bytes / seconds : 0);
  const duration = `${seconds.toFixed(seconds < 1 ? 3 : 1)} s`;
  const read = `${countOf(items)}, ${formatBytes(bytes)} in ${duration} (${rate} MiB/s)`;
  return [read, `engine ${engine}`, ...rest].join(', ');
}

/** How far a command came that was stopped, and how to go on. */
export function stoppedText(items: number, itemsTotal: number): string {
  return `${formatCount(items)} of ${countOf(itemsTotal)} written; run again with --skip-existing for the rest`;
}

function countOf(items: number): string {
  return `${formatCount(items)} ${items === 1 ? 'item' : 'items'}`;
}
