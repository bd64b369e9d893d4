/** A request as it goes out. Its headers are complete but for `host` and what the transport adds for the connection. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** The beginning of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** The value of a header, by its name in lower case; several of one name are joined by commas. */
  header(name: string): string | undefined;
}

/**
 * Where a body goes: into these bytes, and not one further; or into memory that grows to {@link COLLECT_BYTES_MAX}; or
 * nowhere, and the connection may be closed for it.
 */
export type Landing = Uint8Array | 'collect' | 'drop';

/** The longest body that is taken without its length being known: a page of a listing, an error's explanation. */
export const COLLECT_BYTES_MAX = 64 * 1024 * 1024;

/** An answer whose body has ended. */
export interface Answer {
  readonly head: AnswerHead;
  /** Bytes that landed. */
  readonly bytes: number;
  /** Empty unless the landing was `collect`. */
  readonly body: Uint8Array;
}

export interface ExchangeOptions {
  /**
   * Called once, with the head of the answer: says where the body goes.
   *
   * @param firstByteMs from sending the request, over a connection that stood, to the head, in milliseconds
   */
  land(head: AnswerHead, firstByteMs: number): Landing;
  /** Told of bytes of the body as they land. */
  readonly landed?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Sends requests and lands their answers. Transports differ in how, never in what. */
export interface Transport {
  readonly name: string;
  /**
   * @returns the answer once its body has ended as long as its head said.
   * @throws {TransportError} when the connection or the dialect failed; the signal's reason when it is aborted.
   */
  exchange(request: HttpRequest, options: ExchangeOptions): Promise<Answer>;
  close(): Promise<void>;
}

/** The exchange failed below HTTP: no connection, a reset, a timeout, a body of another length than its head said. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** The system's or the TLS library's name for it, such as `ECONNRESET`; of ours: `SHORT_BODY`, `LONG_BODY`. */
  readonly code: string;
  /** Bytes that had landed by then: they may be used. */
  readonly landedBytes: number;
  /** The host of the proxy that the request went to. */
  readonly proxyHost: string | undefined;

  constructor(code: string, message: string, landedBytes: number, cause?: unknown, proxyHost?: string) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.landedBytes = landedBytes;
    this.proxyHost = proxyHost;
  }
}
