import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Abortable, addAbortable, removeAbortable } from '../../abort.js';
import { assert } from '../../assert.js';
import { DialectError, HEAD_BYTES_MAX, type LeanHead, parseHead } from './lean-head.js';
import { type Answer, COLLECT_BYTES_MAX, type ExchangeOptions, type HttpRequest, TransportError } from './message.js';
import type { Trust } from './trust.js';

/** Heads, and what comes with them, land here first. */
const SCRATCH_BYTES = 64 * 1024;
/** Enough for a head and a short body. The part of a long body that comes with its head has to be copied. */
const HEAD_READ_BYTES = 8 * 1024;
/** A body that is not wanted is read to its end if it is this short, else the connection is closed. */
const DROP_BYTES_MAX = 64 * 1024;
/** The default of 250 ms gives up on addresses that are merely far away. */
const NEXT_FAMILY_MS = 2000;
const HEAD_END = '\r\n\r\n';
const NOTHING = new Uint8Array(0);

export interface ConnectionOptions {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly trust: Trust;
}

/** A request, and what becomes of it. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly options: ExchangeOptions;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/** How requests of an address begin: the parts of a URL are made anew each time that they are asked for. */
const beginnings = new WeakMap<URL, string>();

/**
 * One connection: sends a request, and has the socket write the body of its answer where it belongs. The socket asks for
 * memory before each read; it is offered exactly the rest of the body, so that no answer can run over.
 */
export class LeanConnection implements Abortable {
  /** Called when the connection is free for another request, and when it is gone. */
  readonly #onFree: (connection: LeanConnection, isOpen: boolean) => void;
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  /** Where most heads land: to make a view takes as long as to read a header. */
  readonly #firstRead = this.#scratch.subarray(0, HEAD_READ_BYTES);
  #headBytes = 0;
  #head: LeanHead | undefined;
  /** Where the body lands; undefined: nowhere. */
  #target: Uint8Array | undefined;
  #collected = false;
  #landedBytes = 0;
  #exchange: Exchange | undefined;
  /** What it listens to. */
  #signal: AbortSignal | undefined;
  #isConnected = false;
  #isGone = false;
  /** Whether it keeps the process alive. */
  #isHolding = true;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #sentMs = 0;
  /** Answers that came over it. */
  answers = 0;

  constructor(url: URL, options: ConnectionOptions, onFree: (connection: LeanConnection, isOpen: boolean) => void) {
    this.#options = options;
    this.#onFree = onFree;
    const isTls = url.protocol === 'https:';
    const common = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port || (isTls ? 443 : 80)),
      autoSelectFamilyAttemptTimeout: NEXT_FAMILY_MS,
      onread: { buffer: () => this.#memory(), callback: (bytes: number) => this.#onRead(bytes) },
    };
    const isName = /[a-z]/i.test(common.host) && !common.host.includes(':');
    const name = isName ? { servername: common.host } : {};
    this.#socket = isTls
      ? connectTls({ ...common, ...name, secureContext: options.trust(), ALPNProtocols: ['http/1.1'] })
      : connect(common);
    this.#socket.setNoDelay(true);
    this.#socket.setDefaultEncoding('latin1');
    this.#wait(options.connectMs);
    this.#socket.once(isTls ? 'secureConnect' : 'connect', () => this.#onConnect());
    this.#socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#lose(error.code ?? 'ECONNRESET', error.message, error),
    );
    this.#socket.on('close', () => this.#lose('ECONNRESET', 'the connection was closed'));
    this.#socket.on('end', () =>
      this.#lose(this.#head === undefined ? 'ECONNRESET' : 'SHORT_BODY', 'the connection was closed'),
    );
  }

  /** Whether an exchange that fails now may have met a connection that the server was just closing. */
  get mayHaveBeenClosing(): boolean {
    return this.answers > 0 && this.#headBytes === 0;
  }

  exchange(exchange: Exchange): void {
    assert(this.#exchange === undefined && !this.#isGone, 'a connection has one request at a time');
    this.#exchange = exchange;
    this.#listenTo(exchange.options.signal);
    if (!this.#isHolding) {
      this.#isHolding = true;
      this.#socket.ref();
    }
    if (this.#isConnected) this.#send(exchange.request);
  }

  onAbort(reason: unknown): void {
    this.#signal = undefined;
    // Between two exchanges it may still listen to the signal of the last one.
    if (this.#exchange !== undefined) this.#fail(reason);
  }

  /** Most exchanges have the signal of the one before: it is listened to until another comes, or the connection rests. */
  #listenTo(signal: AbortSignal | undefined): void {
    if (signal === this.#signal) return;
    if (this.#signal !== undefined) removeAbortable(this.#signal, this);
    this.#signal = signal;
    if (signal !== undefined) addAbortable(signal, this);
  }

  /**
   * Called now and then: ends what has waited for too long. A timer for each request would cost a tenth of it.
   *
   * @param nowMs of `performance.now()`
   */
  tick(nowMs: number): void {
    if (nowMs > this.#deadlineMs) this.#lose('ETIMEDOUT', 'no answer in time');
    else if (this.#exchange === undefined && this.#isConnected && this.#isHolding) {
      // An idle connection keeps no process alive.
      this.#isHolding = false;
      this.#socket.unref();
      this.#listenTo(undefined);
    }
  }

  #wait(milliseconds: number): void {
    this.#deadlineMs = performance.now() + milliseconds;
  }

  destroy(): void {
    this.#isGone = true;
    this.#listenTo(undefined);
    this.#socket.destroy();
  }

  #onConnect(): void {
    this.#isConnected = true;
    if (this.#exchange !== undefined) this.#send(this.#exchange.request);
  }

  #send({ method, url, headers }: HttpRequest): void {
    let beginning = beginnings.get(url);
    if (beginning === undefined) {
      beginning = `${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n`;
      beginnings.set(url, beginning);
    }
    let text = `${method} ${beginning}`;
    for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
    this.#sentMs = performance.now();
    this.#deadlineMs = this.#sentMs + this.#options.firstByteMs;
    this.#socket.write(`${text}\r\n`);
  }

  /** What the socket reads into next. */
  #memory(): Uint8Array {
    const target = this.#target;
    if (target !== undefined && this.#landedBytes < target.length) return target.subarray(this.#landedBytes);
    if (this.#head !== undefined) return this.#scratch;
    if (this.#headBytes === 0) return this.#firstRead;
    return this.#scratch.subarray(this.#headBytes, this.#headBytes + HEAD_READ_BYTES);
  }

  #onRead(bytes: number): boolean {
    try {
      if (this.#exchange === undefined) this.#lose('ECONNRESET', 'bytes that were not asked for');
      else if (this.#head === undefined) this.#onHeadBytes(bytes, this.#exchange);
      else {
        this.#wait(this.#options.idleMs);
        this.#onBody(bytes, bytes);
      }
    } catch (error) {
      this.#fail(error);
    }
    return true;
  }

  #onHeadBytes(bytes: number, { request, options }: Exchange): void {
    const seen = this.#headBytes + bytes;
    const from = Math.max(0, this.#headBytes - HEAD_END.length);
    const isFirst = this.#headBytes === 0;
    this.#headBytes = seen;
    // A head that comes in many pieces is read once: its end is looked for first.
    const isWhole = isFirst || this.#scratch.subarray(from, Math.min(seen, HEAD_BYTES_MAX)).includes(HEAD_END);
    const head = isWhole
      ? parseHead(this.#scratch, request.method === 'HEAD', Math.min(seen, HEAD_BYTES_MAX))
      : undefined;
    if (head === undefined) {
      this.#wait(this.#options.idleMs);
      if (seen >= HEAD_BYTES_MAX) throw new DialectError(`a head of over ${HEAD_BYTES_MAX} bytes`);
      return;
    }
    const bodyBegin = head.endBytes;
    this.#head = head;
    const nowMs = performance.now();
    const landing = options.land(head, nowMs - this.#sentMs);
    const { lengthBytes } = head;
    this.#collected = landing === 'collect';
    if (landing === 'collect') {
      if (lengthBytes > COLLECT_BYTES_MAX) throw new TransportError('LONG_BODY', `a body of ${lengthBytes} bytes`, 0);
      this.#target = new Uint8Array(lengthBytes);
    } else if (landing === 'drop') {
      if (lengthBytes > DROP_BYTES_MAX) return this.#done(false);
      this.#target = undefined;
    } else {
      if (landing.length !== lengthBytes) {
        const what = `the body has ${lengthBytes} bytes in place of ${landing.length}`;
        throw new TransportError(lengthBytes > landing.length ? 'LONG_BODY' : 'SHORT_BODY', what, 0);
      }
      this.#target = landing;
    }
    const came = Math.min(seen - bodyBegin, lengthBytes);
    if (came < lengthBytes) this.#deadlineMs = nowMs + this.#options.idleMs;
    this.#target?.set(this.#scratch.subarray(bodyBegin, bodyBegin + came));
    this.#onBody(came, seen - bodyBegin);
  }

  /** @param came bytes of the body that are in place now @param received bytes that the socket gave */
  #onBody(came: number, received: number): void {
    const rest = this.#head!.lengthBytes - this.#landedBytes;
    const landed = Math.min(came, rest);
    this.#landedBytes += landed;
    this.#exchange!.options.landed?.(landed);
    if (this.#landedBytes === this.#head!.lengthBytes) this.#done(received <= rest && !this.#head!.isLast);
  }

  /** The answer is complete, or no more of it is wanted. */
  #done(isReusable: boolean): void {
    const { resolve } = this.#exchange!;
    const head = this.#head!;
    const answer = { head, bytes: this.#landedBytes, body: this.#collected ? this.#target! : NOTHING };
    this.#reset();
    this.answers++;
    if (!isReusable) this.destroy();
    resolve(answer);
    this.#onFree(this, isReusable);
  }

  #reset(): void {
    this.#exchange = undefined;
    this.#head = undefined;
    this.#target = undefined;
    this.#headBytes = 0;
    this.#landedBytes = 0;
    this.#deadlineMs = Number.POSITIVE_INFINITY;
  }

  #lose(code: string, message: string, cause?: unknown): void {
    const landed = this.#collected || this.#target === undefined ? 0 : this.#landedBytes;
    this.#fail(new TransportError(code, message, landed, cause));
  }

  #fail(reason: unknown): void {
    const exchange = this.#exchange;
    const wasGone = this.#isGone;
    this.destroy();
    if (exchange !== undefined) {
      this.#exchange = undefined;
      exchange.reject(reason);
    }
    if (!wasGone) this.#onFree(this, false);
  }
}
