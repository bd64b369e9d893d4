import { assert } from '../../assert.js';
import type { LsioError } from '../../errors.js';
import { type Asked, isStrong, judge, type Pin, rangeHeader, type Verdict, type Version } from './checks.js';
import type { ClientOptions, Target } from './client-options.js';
import { changedBetween, failedExchange, failedStatus, wrongAnswer } from './failures.js';
import type { Permit } from './limiter.js';
import {
  type Answer,
  type AnswerHead,
  type ExchangeOptions,
  type HttpRequest,
  type Landing,
  TransportError,
} from './message.js';
import { end, type Land, landingOf, type Part } from './part.js';
import { Backoff, classify, DEFAULT_RETRY, isFinalCode } from './retry.js';
import { wait } from './wait.js';

/** What a read got: bytes in the target from its beginning on. */
export interface Got {
  /** Where they begin in the object. */
  readonly offset: number;
  /** Fewer than asked for only at the end of the object. */
  readonly bytes: number;
  readonly version: Version;
}

const REDIRECTS_MAX = 5;

/** No such object; the store above decides what that means. */
export const ABSENT = 'absent';
/** Nothing lies in the range that was asked for. */
export interface PastTheEnd {
  readonly pastTheEnd: true;
  readonly sizeBytes: number | undefined;
}

/** One exchange for a part of a range. */
interface Step {
  readonly target: Target;
  readonly asked: Asked;
  readonly part: Part;
  readonly pin: Pin;
  readonly tries: Tries;
  readonly permit: Permit;
  /** What its head was found to be worth. */
  verdict: Verdict | undefined;
}

/** What it brought: bytes, nothing, or undefined when it is to be tried again. */
type Brought = { readonly offset: number; readonly bytes: number } | PastTheEnd | typeof ABSENT | undefined;

/** What the tries of one request share. */
interface Tries {
  /** Where it was last sent to. */
  url: URL;
  redirects: number;
  count: number;
  progressMs: number;
  renewed: boolean;
  ignored: boolean;
  wrong: boolean;
  backoff: Backoff | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads ranges of objects, and believes no answer that it has not checked. What failed is tried again from the byte
 * that was reached, as long as the object stays the same.
 */
export class HttpClient {
  readonly #options: ClientOptions;
  readonly #tries: number;
  readonly #giveUpMs: number;
  /** Counts since it was made. */
  readonly counts = { requests: 0, repeats: 0, bytes: 0 };

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#tries = options.retry?.tries ?? DEFAULT_RETRY.tries;
    this.#giveUpMs = options.retry?.giveUpMs ?? DEFAULT_RETRY.giveUpMs;
  }

  /**
   * Reads a range.
   *
   * @param land gives the memory for as many bytes, once the first answer says how many there are
   * @throws {LsioError} `changed` when the object is another one than that of the pin, `denied`, `read`
   */
  async read(
    target: Target,
    asked: Asked,
    land: Land,
    pin: Pin,
    signal?: AbortSignal,
  ): Promise<Got | PastTheEnd | typeof ABSENT> {
    const { rate, limiter } = this.#options;
    const tries = this.#begin(target.url, signal);
    const part: Part = { begin: -1, done: 0, into: undefined, land };
    for (;;) {
      const at = part.begin + part.done;
      const rest = part.done === 0 ? asked : { offset: at, length: end(asked, part.begin, pin.version) - at };
      if (rate !== undefined) await rate.admit('length' in rest ? rest.length : rest.suffixLength, signal);
      const permit = limiter.tryAcquire() ?? (await limiter.acquire(signal));
      const step: Step = { target, asked: rest, part, pin, tries, permit, verdict: undefined };
      let got: Brought;
      // Not a function of its own: one more promise is a fiftieth of a read.
      try {
        const request = this.#rangeRequest(tries.url, rest, pin);
        const answer = await this.#exchange(request, (head, ms) => this.#landingOf(step, head, ms), tries);
        const brought = this.#afterAnswer(step, answer);
        got = brought instanceof Promise ? await brought : brought;
      } catch (error) {
        got = await this.#afterFailure(step, error);
      }
      if (got === ABSENT) return ABSENT;
      if (got === undefined) continue;
      if ('pastTheEnd' in got) {
        if (part.done === 0) return got;
        throw changedBetween(target, pin.version, { sizeBytes: got.sizeBytes }, at);
      }
      if (part.begin < 0) part.begin = got.offset;
      part.done += got.bytes;
      this.counts.bytes += got.bytes;
      if (part.begin + part.done >= end(asked, part.begin, pin.version)) {
        return { offset: part.begin, bytes: part.done, version: pin.version };
      }
      if (got.bytes > 0) this.#progress(tries);
    }
  }

  /** Sends a request whose answer is a text. @returns the answer, of whatever final status below 400, or 404. */
  async text(target: Target, request: HttpRequest, signal?: AbortSignal): Promise<Answer> {
    const tries = this.#begin(request.url, signal);
    for (;;) {
      const permit = await this.#options.limiter.acquire(signal);
      try {
        const land = () => (request.method === 'HEAD' ? ('drop' as const) : ('collect' as const));
        const answer = await this.#exchange({ ...request, url: tries.url }, land, tries);
        const { status } = answer.head;
        if (classify(status) === 'ok' || status === 404) {
          this.#options.limiter.answered(permit);
          return answer;
        }
        await this.#afterStatus(target, answer, permit, tries, 0);
      } catch (error) {
        await this.#afterError(target, error, permit, tries, 0);
      }
    }
  }

  #begin(url: URL, signal: AbortSignal | undefined): Tries {
    return {
      url,
      redirects: 0,
      count: 0,
      progressMs: this.#options.clock.now(),
      renewed: false,
      ignored: false,
      wrong: false,
      backoff: undefined,
      signal,
    };
  }

  #landingOf(step: Step, head: AnswerHead, firstByteMs: number): Landing {
    const { meter, clock, limiter, pin } = this.#options;
    meter?.answered(firstByteMs, clock.now(), limiter.inFlight, limiter.limit);
    const verdict = judge(step.asked, pin === 'off' ? {} : step.pin.version, head);
    step.verdict = verdict;
    return landingOf(step.asked, verdict, head, step.part);
  }

  async #afterFailure({ target, asked, pin, tries, permit, verdict }: Step, error: unknown): Promise<Brought> {
    const landed = error instanceof TransportError && verdict?.kind === 'bytes' ? error.landedBytes : 0;
    await this.#afterError(target, error, permit, tries, beginOf(asked) + landed);
    if (verdict?.kind !== 'bytes' || landed === 0) return undefined;
    // Its head was checked, so what landed of the body may stay, if the rest can be proven to be of the same object.
    if (!isStrong(verdict.version.etag)) return undefined;
    pin.version = verdict.version;
    return { offset: verdict.offset, bytes: landed };
  }

  #rangeRequest(url: URL, asked: Asked, pin: Pin): HttpRequest {
    const { etag } = pin.version;
    const range = rangeHeader(asked);
    const isPinned = (this.#options.pin ?? 'etag') === 'etag' && isStrong(etag);
    // A coded body has other bytes at other places.
    const headers = isPinned
      ? { range, 'accept-encoding': 'identity', 'if-match': etag }
      : { range, 'accept-encoding': 'identity' };
    return { method: 'GET', url, headers };
  }

  /** Sends a request; by the same promise where it needs not wait for credentials. */
  #exchange(request: HttpRequest, land: ExchangeOptions['land'], tries: Tries): Promise<Answer> {
    const { authorize, transport, meter } = this.#options;
    this.counts.requests++;
    if (tries.count++ > 0) this.counts.repeats++;
    const options = { land, landed: meter?.landed, signal: tries.signal };
    const complete = authorize === undefined ? request : authorize(request);
    if (complete instanceof Promise) return complete.then((ready) => transport.exchange(ready, options));
    return transport.exchange(complete, options);
  }

  #afterAnswer({ target, asked, pin, tries, permit, verdict }: Step, answer: Answer): Brought | Promise<undefined> {
    const { limiter } = this.#options;
    assert(verdict !== undefined, 'an answer has a head');
    const at = beginOf(asked);
    if (verdict.kind === 'status' && answer.head.status !== 404) {
      return this.#afterStatus(target, answer, permit, tries, at).then(() => undefined);
    }
    limiter.answered(permit);
    switch (verdict.kind) {
      case 'bytes':
        pin.version =
          verdict.version.sizeBytes === undefined
            ? { ...verdict.version, sizeBytes: pin.version.sizeBytes }
            : verdict.version;
        return { offset: verdict.offset, bytes: answer.bytes };
      case 'past-the-end':
        return { pastTheEnd: true, sizeBytes: verdict.sizeBytes };
      case 'changed':
        throw changedBetween(target, verdict.was, verdict.now, at);
      case 'range-ignored':
        if (tries.ignored) throw wrongAnswer(target, verdict, at);
        tries.ignored = true;
        return undefined;
      case 'wrong':
        if (tries.wrong) throw wrongAnswer(target, verdict, at);
        tries.wrong = true;
        return undefined;
      case 'status':
        return ABSENT;
    }
  }

  #progress(tries: Tries): void {
    tries.count = 0;
    tries.backoff = undefined;
    tries.progressMs = this.#options.clock.now();
  }

  /** Waits before the next try. @throws {LsioError} when there is to be none. */
  async #afterStatus(target: Target, answer: Answer, permit: Permit, tries: Tries, at: number): Promise<void> {
    const { limiter, renew } = this.#options;
    const kind = classify(answer.head.status);
    const failure = failedStatus(target, answer, tries.count, at);
    if (kind === 'throttled') limiter.refused(permit);
    else limiter.answered(permit);
    if (this.#redirect(answer.head, tries)) return;
    if (kind === 'final') {
      if (failure.kind !== 'denied' || tries.renewed || renew === undefined || !(await renew())) throw failure;
      tries.renewed = true;
      return;
    }
    // Being refused as one too many is no failed try: the limiter learns from it.
    if (kind === 'throttled') tries.count--;
    await this.#pause(tries, failure, answer.head);
  }

  /** Whether the answer sends elsewhere, and that is followed. */
  #redirect(head: AnswerHead, tries: Tries): boolean {
    const location = head.header('location');
    const isRedirect = head.status > 300 && head.status < 400 && location !== undefined;
    if (!isRedirect || this.#options.follow !== true || tries.redirects++ >= REDIRECTS_MAX) return false;
    if (!URL.canParse(location, tries.url.href)) return false;
    const next = new URL(location, tries.url);
    if (next.protocol !== 'https:' && next.protocol !== tries.url.protocol) return false;
    tries.url = next;
    tries.count = 0;
    return true;
  }

  async #afterError(target: Target, error: unknown, permit: Permit, tries: Tries, at: number): Promise<void> {
    this.#options.limiter.ended(permit);
    if (!(error instanceof TransportError)) throw error;
    const failure = failedExchange(target, error, tries.count, at);
    if (isFinalCode(error.code)) throw failure;
    await this.#pause(tries, failure);
  }

  async #pause(tries: Tries, failure: LsioError, head?: AnswerHead): Promise<void> {
    const { clock, random = Math.random } = this.#options;
    tries.backoff ??= new Backoff(random);
    const waitMs = tries.backoff.nextMs(head);
    const waitedMs = clock.now() - tries.progressMs + waitMs;
    if (tries.count >= this.#tries || waitedMs > this.#giveUpMs) throw failure;
    await wait(clock, waitMs, tries.signal);
  }
}

/** Where a range begins, as messages name it. */
function beginOf(asked: Asked): number {
  return 'offset' in asked ? asked.offset : 0;
}
