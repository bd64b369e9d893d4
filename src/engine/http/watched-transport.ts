import type { Clock } from '../../clock.js';
import type { Answer, AnswerHead, ExchangeOptions, HttpRequest, Transport } from './message.js';

/** @param firstByteMs from the request to the head */
export type OnHead = (head: AnswerHead, firstByteMs: number) => void;

/** Shows the head of each answer of another transport. */
export class WatchedTransport implements Transport {
  readonly #inner: Transport;
  readonly #onHead: OnHead;
  readonly #clock: Clock;

  constructor(inner: Transport, onHead: OnHead, clock: Clock) {
    this.#inner = inner;
    this.#onHead = onHead;
    this.#clock = clock;
  }

  get name(): string {
    return this.#inner.name;
  }

  exchange(request: HttpRequest, options: ExchangeOptions): Promise<Answer> {
    const beganMs = this.#clock.now();
    const land: ExchangeOptions['land'] = (head, firstByteMs) => {
      this.#onHead(head, this.#clock.now() - beganMs);
      return options.land(head, firstByteMs);
    };
    return this.#inner.exchange(request, { ...options, land });
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
