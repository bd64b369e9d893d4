import type { Clock } from '../../clock.js';
import type { Shown } from './failures.js';
import type { RetryOptions } from './http-options.js';
import type { Limiter } from './limiter.js';
import type { HttpRequest, Transport } from './message.js';
import type { Meter } from './meter.js';
import type { Rate } from './rate.js';

/** An object that can be asked for. */
export interface Target extends Shown {
  readonly url: URL;
}

/** Completes a request's headers: signs it, or adds a token. Called for each try, since tokens expire. */
export type Authorize = (request: HttpRequest) => HttpRequest | Promise<HttpRequest>;

export interface ClientOptions {
  readonly transport: Transport;
  readonly limiter: Limiter;
  readonly clock: Clock;
  readonly authorize?: Authorize | undefined;
  /** Called when a server refused the credentials as expired: true if there may be new ones. */
  readonly renew?: (() => Promise<boolean>) | undefined;
  readonly retry?: RetryOptions | undefined;
  /** What pins a version: `etag` asks by If-Match, `compare` only compares, `off` does neither. @default 'etag' */
  readonly pin?: 'etag' | 'compare' | 'off' | undefined;
  /** Whether a redirection is followed, within HTTP or to HTTPS. Never where requests are signed. @default false */
  readonly follow?: boolean | undefined;
  /** Spreads what is asked for over time. */
  readonly rate?: Rate | undefined;
  /** Learns latency and bandwidth. */
  readonly meter?: Meter | undefined;
  /** In [0, 1). @default Math.random */
  readonly random?: (() => number) | undefined;
}
