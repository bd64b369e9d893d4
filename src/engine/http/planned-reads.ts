import { type Asked, Pin } from './checks.js';
import { ABSENT, type Got, type HttpClient, type PastTheEnd } from './client.js';
import type { Target } from './client-options.js';
import type { Land } from './part.js';

/**
 * Answers reads from the sizes of the objects alone, and counts what they would cost. A size that no listing told is asked
 * for once, by a request for one byte.
 */
export class PlannedReads implements Pick<HttpClient, 'read'> {
  /** What a run would send. */
  readonly counts = { requests: 0, bytes: 0 };
  /** Requests that were sent to learn sizes. */
  asked = 0;
  readonly #client: HttpClient;
  readonly #sizes = new Map<string, Promise<number | undefined>>();

  constructor(client: HttpClient) {
    this.#client = client;
  }

  /** A listing has told the size of an object, in bytes. */
  note({ url }: Target, sizeBytes: number): void {
    this.#sizes.set(url.href, Promise.resolve(sizeBytes));
  }

  async read(
    target: Target,
    asked: Asked,
    land: Land,
    pin: Pin,
    signal?: AbortSignal,
  ): Promise<Got | PastTheEnd | typeof ABSENT> {
    const sizeBytes = await this.#sizeOf(target, signal);
    this.counts.requests++;
    if (sizeBytes === undefined) return ABSENT;
    const offset = 'offset' in asked ? asked.offset : Math.max(0, sizeBytes - asked.suffixLength);
    const end = 'offset' in asked ? Math.min(asked.offset + asked.length, sizeBytes) : sizeBytes;
    pin.version = { sizeBytes };
    if (offset >= end) return { pastTheEnd: true, sizeBytes };
    this.counts.bytes += end - offset;
    land(end - offset, pin.version);
    return { offset, bytes: end - offset, version: pin.version };
  }

  #sizeOf(target: Target, signal: AbortSignal | undefined): Promise<number | undefined> {
    const { href } = target.url;
    let size = this.#sizes.get(href);
    if (size === undefined) {
      size = this.#ask(target, signal);
      this.#sizes.set(href, size);
    }
    return size;
  }

  async #ask(target: Target, signal: AbortSignal | undefined): Promise<number | undefined> {
    this.asked++;
    const byte = new Uint8Array(1);
    const land = (bytes: number) => byte.subarray(0, bytes);
    const got = await this.#client.read(target, { offset: 0, length: 1 }, land, new Pin(), signal);
    if (got === ABSENT) return undefined;
    return ('pastTheEnd' in got ? got.sizeBytes : got.version.sizeBytes) ?? 0;
  }
}
