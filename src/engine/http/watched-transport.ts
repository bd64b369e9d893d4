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

  exchange(request: HttpRequest, { land, signal }: ExchangeOptions): Promise<Answer> {
    const beganMs = this.#clock.now();
    const seen = (head: AnswerHead) => {
      this.#onHead(head, this.#clock.now() - beganMs);
      return land(head);
    };
    return this.#inner.exchange(request, { land: seen, signal });
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
