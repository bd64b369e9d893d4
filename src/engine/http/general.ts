import type { buildConnector, Dispatcher } from 'undici';
import { type Abortable, addAbortable, removeAbortable } from '../../abort.js';
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

export interface GeneralOptions {
  readonly connections: number;
  readonly timeouts?: Timeouts | undefined;
  /** Certificates of further authorities, in PEM. */
  readonly ca?: string | undefined;
  /** A proxy for everything; without one the environment's `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` decide. */
  readonly proxy?: string | undefined;
}

/** The default of 250 ms gives up on addresses that are merely far away. */
const NEXT_FAMILY_MS = 2000;

/** Speaks all of HTTP/1.1 by undici: chunked bodies, proxies, anything the lean transport refuses. */
export async function openGeneral(options: GeneralOptions): Promise<Transport> {
  // Loading it takes 50 ms, and reading local files has no use for it.
  const { Agent, EnvHttpProxyAgent, ProxyAgent } = await import('undici');
  const { connectMs = 5000, firstByteMs = 15_000, idleMs = 15_000 } = options.timeouts ?? {};
  const common = {
    connections: options.connections,
    headersTimeout: firstByteMs,
    bodyTimeout: idleMs,
    pipelining: 1,
  };
  // undici's types want a port here, which it gets from the URL.
  const tls = {
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    timeout: connectMs,
    autoSelectFamilyAttemptTimeout: NEXT_FAMILY_MS,
  } as buildConnector.BuildOptions;
  const { proxy } = options;
  const { HTTPS_PROXY, https_proxy = HTTPS_PROXY, HTTP_PROXY, http_proxy = HTTP_PROXY } = process.env;
  const agent: Dispatcher =
    proxy !== undefined
      ? new ProxyAgent({ uri: proxy, ...common, requestTls: tls })
      : https_proxy || http_proxy
        ? new EnvHttpProxyAgent({ ...common, connect: tls, requestTls: tls })
        : new Agent({ ...common, connect: tls });
  return new GeneralTransport(agent);
}

class GeneralTransport implements Transport {
  readonly name = 'undici';
  readonly #agent: Dispatcher;

  constructor(agent: Dispatcher) {
    this.#agent = agent;
  }

  exchange(request: HttpRequest, options: ExchangeOptions): Promise<Answer> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { origin, pathname, search } = request.url;
    return new Promise((resolve, reject) => {
      const handler = new Landed(options, resolve, reject);
      this.#agent.dispatch(
        {
          origin,
          path: pathname + search,
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
        },
        handler,
      );
    });
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
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

  constructor(options: ExchangeOptions, resolve: (answer: Answer) => void, reject: (reason: unknown) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) return;
    const { signal } = this.#options;
    if (signal !== undefined) addAbortable(signal, this);
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
      this.#landing = this.#options.land(this.#head);
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

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(transportError(error, typeof this.#landing === 'string' ? 0 : this.#bytes));
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

function transportError(error: Error, landedBytes: number): TransportError {
  const { code = error.name } = error as NodeJS.ErrnoException;
  return new TransportError(CODE_OF_UNDICI[code] ?? code, error.message, landedBytes, error);
}
