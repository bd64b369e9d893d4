import type { AnswerHead } from './message.js';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 15_000;
/** A server that asks for more patience than this is asked again all the same. */
const RETRY_AFTER_MAX_MS = 60_000;

export const DEFAULT_RETRY = { tries: 10, giveUpMs: 60_000 } as const;

/** What a status means for the next try. */
export type StatusClass = 'ok' | 'throttled' | 'again' | 'final';

/** 429 and 503 say that there are too many requests; other 5xx and 408 that another try may succeed. */
export function classify(status: number): StatusClass {
  if (status < 300 || status === 304) return 'ok';
  if (status === 429 || status === 503) return 'throttled';
  return status === 408 || status === 500 || status === 502 || status === 504 ? 'again' : 'final';
}

/** Codes of failed exchanges that another try can't mend. */
const FINAL_CODES =
  /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|ERR_INVALID_URL|ERR_SSL|EPROTO|PROXY_4)/;

export function isFinalCode(code: string): boolean {
  return FINAL_CODES.test(code) || code === 'ENOTFOUND' || code === 'EMFILE' || code === 'ENFILE';
}

/** Waiting times between tries: exponential, with decorrelated jitter, so that many clients don't come back at once. */
export class Backoff {
  #lastMs = FIRST_WAIT_MS;
  readonly #random: () => number;

  /** @param random in [0, 1) */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** How long to wait before the next try, in milliseconds; at least as long as the server asks for. */
  nextMs(head?: AnswerHead, nowMs = Date.now()): number {
    const most = Math.min(LONGEST_WAIT_MS, this.#lastMs * 3);
    this.#lastMs = FIRST_WAIT_MS + this.#random() * (most - FIRST_WAIT_MS);
    return Math.max(this.#lastMs, retryAfterMs(head, nowMs) ?? 0);
  }

  /** Begins anew after progress. */
  reset(): void {
    this.#lastMs = FIRST_WAIT_MS;
  }
}

/** What Retry-After asks for: seconds or a date. */
function retryAfterMs(head: AnswerHead | undefined, nowMs: number): number | undefined {
  const text = head?.header('retry-after')?.trim();
  if (text === undefined || text === '') return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), RETRY_AFTER_MAX_MS) : undefined;
}
