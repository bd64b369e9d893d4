import type { buildConnector, Dispatcher } from 'undici';
import { type Abortable, addAbortable, removeAbortable } from '../../abort.js';
import { checkHeaders } from './headers.js';
import type { Timeouts } from './http-options.js';
import {
  type Answer,
  type AnswerHead,
  COLLECT_BYTES_MAX,
  type ExchangeOptions,
  type HttpRequest,
  type Landing,
  type Transport,
  TransportError,
} from './message.js';
import { type HttpProxy, proxyOf } from './proxy.js';
import type { Trust } from './trust.js';

export interface GeneralOptions {
  readonly connections: number;
  readonly timeouts?: Timeouts | undefined;
  /** Whom TLS trusts; absent: whom Node trusts. */
  readonly trust?: Trust | undefined;
  /** A proxy for everything; without one the environment's `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` decide. */
  readonly proxy?: string | undefined;
}

/** The default of 250 ms gives up on addresses that are merely far away. */
const NEXT_FAMILY_MS = 2000;

/** Speaks all of HTTP/1.1 by undici: chunked bodies, proxies, anything the lean transport refuses. */
export async function openGeneral(options: GeneralOptions): Promise<Transport> {
  // Loading it takes 50 ms, and reading local files has no use for it.
  const { Agent, ProxyAgent } = await import('undici');
  const { connections, trust, timeouts = {} } = options;
  const { connectMs = 5000, firstByteMs = 15_000, idleMs = 15_000 } = timeouts;
  const secureContext = trust?.();
  // undici's types want a port here, which it gets from the URL.
  const tls = {
    ...(secureContext === undefined ? {} : { secureContext }),
    timeout: connectMs,
    autoSelectFamilyAttemptTimeout: NEXT_FAMILY_MS,
  } as buildConnector.BuildOptions;
  const common = { connections, pipelining: 1 };
  const open = (proxy: HttpProxy | undefined): Dispatcher =>
    proxy === undefined
      ? new Agent({ ...common, connect: tls })
      : // Proxies often let connections through to the port of HTTPS only.
        new ProxyAgent({ uri: proxy.url.href, ...common, requestTls: tls, proxyTls: tls, proxyTunnel: false });
  return new GeneralTransport(open, options.proxy, { headersTimeout: firstByteMs, bodyTimeout: idleMs });
}

class GeneralTransport implements Transport {
  readonly name = 'undici';
  readonly #open: (proxy: HttpProxy | undefined) => Dispatcher;
  readonly #proxy: string | undefined;
  readonly #limits: Pick<Dispatcher.DispatchOptions, 'headersTimeout' | 'bodyTimeout'>;
  /** By the address of the proxy; an empty one: none. */
  readonly #agents = new Map<string, Dispatcher>();
  readonly #proxies = new Map<string, HttpProxy | undefined>();

  constructor(
    open: (proxy: HttpProxy | undefined) => Dispatcher,
    proxy: string | undefined,
    limits: Pick<Dispatcher.DispatchOptions, 'headersTimeout' | 'bodyTimeout'>,
  ) {
    this.#open = open;
    this.#proxy = proxy;
    this.#limits = limits;
  }

  exchange(request: HttpRequest, options: ExchangeOptions): Promise<Answer> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    try {
      checkHeaders(request);
    } catch (error) {
      return Promise.reject(error);
    }
    const { method, headers, body = null, url } = request;
    const { origin, pathname, search } = url;
    return new Promise((resolve, reject) => {
      const proxy = this.#proxyOf(url);
      const handler = new Landed(options, resolve, reject, proxy?.url.host);
      try {
        // A proxy changes what it is given.
        const sent = { origin, path: pathname + search, method, headers: { ...headers }, body, ...this.#limits };
        this.#agentOf(proxy).dispatch(sent, handler);
      } catch (error) {
        handler.onResponseError(undefined, error as Error);
      }
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  #proxyOf(url: URL): HttpProxy | undefined {
    const { origin } = url;
    if (!this.#proxies.has(origin)) this.#proxies.set(origin, proxyOf(url, this.#proxy));
    return this.#proxies.get(origin);
  }

  #agentOf(proxy: HttpProxy | undefined): Dispatcher {
    const address = proxy?.url.href ?? '';
    let agent = this.#agents.get(address);
    if (agent === undefined) {
      agent = this.#open(proxy);
      this.#agents.set(address, agent);
    }
    return agent;
  }
}

/** Takes one answer. undici calls the methods in order, `onResponseError` at any point. */
class Landed implements Dispatcher.DispatchHandler, Abortable {
  readonly #options: ExchangeOptions;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (reason: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #head: AnswerHead | undefined;
  #landing: Landing = 'drop';
  #bytes = 0;
  #chunks: Buffer[] = [];
  #settled = false;
  #sentMs = 0;
  readonly #proxyHost: string | undefined;

  constructor(
    options: ExchangeOptions,
    resolve: (answer: Answer) => void,
    reject: (reason: unknown) => void,
    proxyHost: string | undefined,
  ) {
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#proxyHost = proxyHost;
    // From now on: a request may wait for its connection for seconds before it is started.
    const { signal } = options;
    if (signal !== undefined) addAbortable(signal, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#sentMs = performance.now();
    if (this.#settled) controller.abort(new Error('ended'));
  }

  onAbort(reason: unknown): void {
    this.#fail(reason);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 100 Continue and its kind come before the answer.
    if (status < 200 || this.#settled) return;
    this.#head = {
      status,
      header: (name) => {
        const value = headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      },
    };
    try {
      this.#landing = this.#options.land(this.#head, performance.now() - this.#sentMs);
    } catch (error) {
      this.#fail(error);
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    const landing = this.#landing;
    if (typeof landing === 'string') {
      if (landing === 'drop') return this.#done();
      if (this.#bytes + chunk.length > COLLECT_BYTES_MAX) return this.#failLong();
      this.#chunks.push(Buffer.from(chunk));
    } else {
      if (this.#bytes + chunk.length > landing.length) return this.#failLong();
      landing.set(chunk, this.#bytes);
      this.#options.landed?.(chunk.length);
    }
    this.#bytes += chunk.length;
  }

  onResponseEnd(): void {
    if (this.#settled) return;
    const landing = this.#landing;
    if (typeof landing !== 'string' && this.#bytes < landing.length) {
      const what = `body ended after ${this.#bytes} of ${landing.length} bytes`;
      return this.#fail(new TransportError('SHORT_BODY', what, this.#bytes));
    }
    this.#done();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    const landedBytes = typeof this.#landing === 'string' ? 0 : this.#bytes;
    this.#fail(transportError(error, landedBytes, this.#proxyHost));
  }

  #failLong(): void {
    this.#fail(new TransportError('LONG_BODY', 'the body is longer than its head said', 0));
  }

  /** The answer is complete, or no more of it is wanted. */
  #done(): void {
    const head = this.#head;
    if (this.#settle() && head !== undefined) {
      if (this.#landing === 'drop') this.#controller?.abort(new Error('not wanted'));
      this.#resolve({ head, bytes: this.#bytes, body: Buffer.concat(this.#chunks) });
    }
  }

  #fail(reason: unknown): void {
    if (!this.#settle()) return;
    this.#controller?.abort(reason instanceof Error ? reason : new Error('ended'));
    this.#reject(reason);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    const { signal } = this.#options;
    if (signal !== undefined) removeAbortable(signal, this);
    return true;
  }
}

const CODE_OF_UNDICI: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'ETIMEDOUT',
  UND_ERR_HEADERS_TIMEOUT: 'ETIMEDOUT',
  UND_ERR_BODY_TIMEOUT: 'ETIMEDOUT',
  UND_ERR_SOCKET: 'ECONNRESET',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'LONG_BODY',
};

/** @param proxyHost of the proxy that the request went to */
function transportError(error: Error, landedBytes: number, proxyHost: string | undefined): TransportError {
  const { code = error.name } = error as NodeJS.ErrnoException;
  const refused =
    proxyHost === undefined ? null : /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(error.message);
  const named = refused === null ? (CODE_OF_UNDICI[code] ?? code) : `PROXY_${refused[1]}`;
  return new TransportError(named, error.message, landedBytes, error, proxyHost);
}
