import type { AnswerHead, ExchangeOptions, HttpRequest, Transport } from '../engine/http/message.js';
import type { SimClock } from '../sim/clock.js';

/** So much of one answer is sent before the next one's turn. */
const CHUNK_BYTES = 64 * 1024;
/** What a request, and what opening a connection take of the client's only CPU. */
const REQUEST_CPU_MS = 0.02;
const CONNECTION_CPU_MS = 0.1;

export interface LinkOptions {
  readonly clock: SimClock;
  readonly latencyMs: number;
  readonly bytesPerSecond: number;
}

interface Body {
  restBytes: number;
  readonly onFirst: () => void;
  readonly onLast: () => void;
  readonly landed: ExchangeOptions['landed'];
  isBegun: boolean;
}

/**
 * A server of endless objects behind a link: each answer begins a latency after its request, and all of them share the
 * bandwidth in turns. Only time is simulated: the bytes are not.
 */
export class SimulatedLink implements Transport {
  readonly name = 'simulated';
  readonly #options: LinkOptions;
  readonly #queue: Body[] = [];
  #isSending = false;
  #cpuFreeMs = 0;
  #idle = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  async exchange({ headers }: HttpRequest, { land, landed }: ExchangeOptions) {
    const { clock, latencyMs } = this.#options;
    const [, first = 0, last = 0] = (/^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []).map(Number);
    const length = last - first + 1;
    const isNew = this.#idle === 0;
    if (!isNew) this.#idle--;
    await this.#compute(REQUEST_CPU_MS + (isNew ? CONNECTION_CPU_MS : 0));
    if (isNew) await clock.sleep(latencyMs);
    const sentMs = clock.now();
    await clock.sleep(latencyMs);
    let into: unknown;
    const head = headOf(first, last);
    await new Promise<void>((resolve) => {
      this.#queue.push({
        restBytes: length,
        isBegun: false,
        onFirst: () => {
          into = land(head, clock.now() - sentMs);
        },
        onLast: resolve,
        landed,
      });
      this.#send();
    });
    this.#idle++;
    if (!(into instanceof Uint8Array)) throw new Error('no memory for what was asked for');
    return { head, bytes: into.length, body: new Uint8Array(0) };
  }

  async close(): Promise<void> {}

  async #compute(ms: number): Promise<void> {
    const { clock } = this.#options;
    const now = clock.now();
    this.#cpuFreeMs = Math.max(now, this.#cpuFreeMs) + ms;
    await new Promise<void>((resolve) => clock.at(this.#cpuFreeMs, resolve));
  }

  #send(): void {
    if (this.#isSending) return;
    const body = this.#queue.shift();
    if (body === undefined) return;
    this.#isSending = true;
    const { clock, bytesPerSecond } = this.#options;
    const bytes = Math.min(CHUNK_BYTES, body.restBytes);
    if (!body.isBegun) body.onFirst();
    body.isBegun = true;
    clock.at(clock.now() + (bytes / bytesPerSecond) * 1000, () => {
      this.#isSending = false;
      body.restBytes -= bytes;
      body.landed?.(bytes);
      if (body.restBytes > 0) this.#queue.push(body);
      else body.onLast();
      this.#send();
    });
  }
}

function headOf(first: number, last: number): AnswerHead {
  const values: Record<string, string> = {
    'content-range': `bytes ${first}-${last}/1000000000000`,
    'content-length': `${last - first + 1}`,
    etag: '"v1"',
  };
  return { status: 206, header: (name) => values[name] };
}
