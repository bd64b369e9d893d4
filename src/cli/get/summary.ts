import type { RemoteInfo } from '../../store/remote-store.js';
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
  /** The stores of other machines that were read from. */
  readonly remotes: readonly RemoteInfo[];
}

/** `1,001 items, 250 MiB in 1.4 s (174.3 MiB/s), engine uring, 2 failed`. */
export function summaryOf({ items, failed, skipped, bytes, wallNs, engine, remotes }: Outcome): string {
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
  return [read, `engine ${engine}`, ...requestsText(remotes), ...rest].join(', ');
}

/** `1,204 requests (lean), 3 repeated, 2 refused`. */
function requestsText(remotes: readonly RemoteInfo[]): string[] {
  if (remotes.length === 0) return [];
  const sum = (name: 'requests' | 'repeats' | 'refusals') => remotes.reduce((all, info) => all + info[name], 0);
  const transports = [...new Set(remotes.map(({ transport }) => transport))].join(', ');
  const [requests, repeats, refusals] = [sum('requests'), sum('repeats'), sum('refusals')];
  return [
    `${formatCount(requests)} ${requests === 1 ? 'request' : 'requests'} (${transports})`,
    ...(repeats > 0 ? [`${formatCount(repeats)} repeated`] : []),
    ...(refusals > 0 ? [`${formatCount(refusals)} refused as too many`] : []),
  ];
}

/** How far a command came that was stopped, and how to go on. */
export function stoppedText(items: number, itemsTotal: number): string {
  return `${formatCount(items)} of ${countOf(itemsTotal)} written; run again with --skip-existing for the rest`;
}

function countOf(items: number): string {
  return `${formatCount(items)} ${items === 1 ? 'item' : 'items'}`;
}
