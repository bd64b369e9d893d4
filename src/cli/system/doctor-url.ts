import type { UrlFacts } from '../../results/doctor.js';
import { formatBytes, formatCount } from '../../units.js';

const LABEL_CHARS = 13;

/** What the server of an address allows, in lines for people. */
export function renderUrl(facts: UrlFacts): string[] {
  const { url, credentials, proxy, problems, readable } = facts;
  const lines = [
    url,
    row('address', addressText(facts)),
    row('proxy', proxy),
    row('credentials', credentials === null ? 'none: unsigned requests' : `signed by ${credentials}`),
    row('region', facts.region),
    row('server', facts.server),
    row('listing', facts.listing === null ? null : facts.listing ? 'yes' : 'not allowed'),
    row('object', facts.object === null ? null : `${facts.object}${sizeText(facts)}`),
    row('ranges', rangesText(facts)),
    row('clock', clockText(facts)),
    row('first byte', speedText(facts)),
    ...problems.flatMap(({ problem, remedy }) => [`  ! ${problem}`, ...(remedy === null ? [] : [`    → ${remedy}`])]),
    readable ? '  lsio can read it.' : '  lsio cannot read it.',
  ];
  return lines.filter((line) => line !== '');
}

function row(label: string, text: string | null): string {
  return text === null || text === '' ? '' : `  ${label.padEnd(LABEL_CHARS)}${text}`;
}

function addressText({ host, addresses, tls, connectMs, transport }: UrlFacts): string {
  const parts = [host ?? 'unknown'];
  if (addresses !== null) parts.push(`${addresses} address${addresses === 1 ? '' : 'es'}`);
  if (tls !== null) parts.push(tls);
  if (connectMs !== null) parts.push(`${msText(connectMs)} to connect`);
  if (transport !== null) parts.push(`transport ${transport}`);
  return parts.join(', ');
}

function sizeText({ sizeBytes }: UrlFacts): string {
  return sizeBytes === null ? '' : ` (${formatBytes(sizeBytes)})`;
}

const RANGES = {
  exact: 'exact: 206 with the right bytes',
  ignored: 'ignored: the whole object comes',
  wrong: 'WRONG: other bytes than asked for',
} as const;

function rangesText({ ranges, etag, ifMatch }: UrlFacts): string {
  return [
    ...(ranges === null ? [] : [RANGES[ranges]]),
    ...(etag === null ? [] : [etag === 'none' ? 'no ETag' : `${etag} ETag`]),
    ...(ifMatch === null ? [] : [`If-Match ${ifMatch}`]),
  ].join(', ');
}

function clockText({ clockOffsetMs }: UrlFacts): string | null {
  if (clockOffsetMs === null) return null;
  // The server tells whole seconds.
  const seconds = Math.round(clockOffsetMs / 1000);
  return seconds === 0
    ? "as the server's, to the second"
    : `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead' : 'behind'}`;
}

function speedText({ firstByteMsP50, firstByteMsMax, rangesPerSecond, inFlight, refusals }: UrlFacts): string | null {
  if (firstByteMsP50 === null || firstByteMsMax === null) return null;
  const alone = `p50 ${msText(firstByteMsP50)}, longest ${msText(firstByteMsMax)}`;
  if (rangesPerSecond === null) return alone;
  const refused = refusals === 0 ? 'none refused' : `${refusals} refused`;
  return `${alone}; up to ${inFlight} in flight: ${formatCount(Math.round(rangesPerSecond))} ranges/s, ${refused}`;
}

function msText(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
