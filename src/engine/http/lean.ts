import { addAbortable, removeAbortable } from '../../abort.js';
import { LsioError } from '../../errors.js';
import type { GeneralOptions } from './general.js';
import { checkHeaders } from './headers.js';
import { type ConnectionOptions, LeanConnection } from './lean-connection.js';
import { DialectError } from './lean-head.js';
import { type Answer, type ExchangeOptions, type HttpRequest, type Transport, TransportError } from './message.js';
import { proxyOf } from './proxy.js';

/** Connections are looked after so often at least. */
const TICK_MS_MAX = 250;

interface Origin {
  /** It is reached through a proxy, which the general transport speaks to. */
  readonly isProxied: boolean;
  readonly idle: LeanConnection[];
  readonly waiting: (() => void)[];
  count: number;
}

/**
 * Plain ranged reads over HTTP/1.1, straight into the memory they are for. It speaks one dialect; an answer in any other
 * ends its connection, and the request is sent again by the general transport.
 */
export class LeanTransport implements Transport {
  readonly name = 'lean';
  /** Requests that the general transport had to repeat. */
  fallbacks = 0;
  readonly #origins = new Map<string, Origin>();
  readonly #all = new Set<LeanConnection>();
  readonly #connectionsMax: number;
  readonly #options: ConnectionOptions;
  readonly #openGeneral: () => Promise<Transport>;
  readonly #proxy: string | undefined;
  #general: Promise<Transport> | undefined;
  readonly #originOfUrl = new WeakMap<URL, Origin>();
  readonly #tickMs: number;
  #ticker: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param openGeneral opens what takes over; called when it is first needed */
  constructor({ connections, timeouts = {}, trust, proxy }: GeneralOptions, openGeneral: () => Promise<Transport>) {
    const { connectMs = 5000, firstByteMs = 15_000, idleMs = 15_000 } = timeouts;
    this.#connectionsMax = connections;
    this.#options = { connectMs, firstByteMs, idleMs, trust: trust ?? (() => undefined) };
    this.#proxy = proxy;
    this.#openGeneral = openGeneral;
    this.#tickMs = Math.min(TICK_MS_MAX, Math.max(1, Math.min(connectMs, firstByteMs, idleMs) / 8));
  }

  exchange(request: HttpRequest, options: ExchangeOptions): Promise<Answer> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const isPlain = request.body === undefined && (request.method === 'GET' || request.method === 'HEAD');
    const origin = this.#originOf(request.url);
    if (!isPlain || origin.isProxied)
      return this.#generalTransport().then((general) => general.exchange(request, options));
    try {
      checkHeaders(request);
    } catch (error) {
      return Promise.reject(error);
    }
    const idle = origin.idle.pop();
    return idle === undefined ? this.#sendWhenFree(request, options) : this.#send(idle, request, options);
  }

  async #sendWhenFree(request: HttpRequest, options: ExchangeOptions): Promise<Answer> {
    return this.#send(await this.#take(request.url, options.signal), request, options);
  }

  #send(connection: LeanConnection, request: HttpRequest, options: ExchangeOptions): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onFailure = (error: unknown) => {
        // A server may close an idle connection at the moment that a request is sent over it.
        const again = error instanceof TransportError && connection.mayHaveBeenClosing && !options.signal?.aborted;
        if (error instanceof DialectError) resolve(this.#fallBack(request, options));
        else if (again) resolve(this.exchange(request, options));
        else reject(error);
      };
      connection.exchange({ request, options, resolve, reject: onFailure });
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#ticker);
    for (const connection of this.#all) connection.destroy();
    this.#all.clear();
    for (const { waiting } of this.#origins.values()) for (const resume of waiting.splice(0)) resume();
    await (await this.#general?.catch(() => undefined))?.close();
  }

  async #fallBack(request: HttpRequest, options: ExchangeOptions): Promise<Answer> {
    this.fallbacks++;
    return (await this.#generalTransport()).exchange(request, options);
  }

  #generalTransport(): Promise<Transport> {
    this.#general ??= this.#openGeneral();
    return this.#general;
  }

  #originOf(url: URL): Origin {
    let origin = this.#originOfUrl.get(url) ?? this.#origins.get(url.origin);
    if (origin === undefined) {
      origin = { isProxied: proxyOf(url, this.#proxy) !== undefined, idle: [], waiting: [], count: 0 };
      this.#origins.set(url.origin, origin);
    }
    this.#originOfUrl.set(url, origin);
    return origin;
  }

  async #take(url: URL, signal: AbortSignal | undefined): Promise<LeanConnection> {
    const origin = this.#originOf(url);
    for (;;) {
      signal?.throwIfAborted();
      if (this.#isClosed) throw new LsioError('closed', 'the store was closed');
      // The one used last: its buffers are warm, and the others may time out.
      const idle = origin.idle.pop();
      if (idle !== undefined) return idle;
      if (origin.count < this.#connectionsMax) return this.#open(url, origin);
      await turnIn(origin.waiting, signal);
    }
  }

  #tick(): void {
    const nowMs = performance.now();
    for (const connection of [...this.#all]) connection.tick(nowMs);
  }

  #open(url: URL, origin: Origin): LeanConnection {
    origin.count++;
    const connection = new LeanConnection(url, this.#options, (freed, isOpen) => {
      if (isOpen) origin.idle.push(freed);
      else {
        origin.count--;
        this.#all.delete(freed);
        const at = origin.idle.indexOf(freed);
        if (at >= 0) origin.idle.splice(at, 1);
      }
      origin.waiting.shift()?.();
    });
    this.#all.add(connection);
    this.#ticker ??= setInterval(() => this.#tick(), this.#tickMs).unref();
    return connection;
  }
}

/** Waits for a turn in a line that is served from its front. Rejects with the signal's reason when it is aborted. */
function turnIn(line: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const resume = () => {
      if (signal !== undefined) removeAbortable(signal, waiter);
      resolve();
    };
    const waiter = {
      onAbort: (reason: unknown) => {
        const at = line.indexOf(resume);
        if (at >= 0) line.splice(at, 1);
        reject(reason);
      },
    };
    if (signal !== undefined) addAbortable(signal, waiter);
    line.push(resume);
  });
}
