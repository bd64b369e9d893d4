import { isStrong } from '../engine/http/checks.js';
import type { AnswerHead } from '../engine/http/message.js';
import { proxyOf } from '../engine/http/proxy.js';
import { reach } from '../engine/http/reach.js';
import { trustIn } from '../engine/http/trust.js';
import { LsioError } from '../errors.js';
import type { Problem, UrlFacts } from '../results/doctor.js';
import { parseLocator, shownAddress, splitUrl } from './locator.js';
import { certificatesOf, openRemoteStore } from './open-remote.js';
import type { RemoteOptions } from './remote-options.js';
import type { RemoteStore } from './remote-store.js';

/** Bytes that are compared with ranges of them. */
const COMPARED_BYTES = 64 * 1024;
const LATENCY_REQUESTS = 10;
const MANY_REQUESTS = 256;
const MANY_BYTES = 4096;
/** Servers refuse signatures that are off by 15 minutes. */
const CLOCK_MS_MAX = 5 * 60_000;
/** No object has it. */
const OTHER_ETAG = '"lsio-doctor-another-version"';

type Found = { -readonly [Name in keyof Omit<UrlFacts, 'problems'>]: UrlFacts[Name] } & { problems: Problem[] };

/**
 * Finds out what the server of an address allows: by a few hundred short requests to the object, or to one below it.
 *
 * @throws {LsioError} `usage` for a malformed address or option; whatever else fails is one of the problems
 */
export async function probeUrl(address: string, options: RemoteOptions, signal: AbortSignal): Promise<UrlFacts> {
  // What many tries would hide is what is looked for.
  const retry = options.retry ?? { tries: 2, giveUpMs: 20_000 };
  const probe = new Probe(address, { ...options, retry }, signal);
  return probe.run();
}

class Probe {
  readonly #address: string;
  readonly #options: RemoteOptions;
  readonly #signal: AbortSignal;
  readonly #found: Found;
  #status = 0;
  #firstByteMs: number[] = [];

  constructor(address: string, options: RemoteOptions, signal: AbortSignal) {
    this.#address = address;
    this.#options = options;
    this.#signal = signal;
    this.#found = nothingFound(shownAddress(address));
  }

  async run(): Promise<UrlFacts> {
    const found = this.#found;
    const store = await openRemoteStore(this.#address, this.#options, {
      onHead: (head, firstByteMs) => this.#onHead(head, firstByteMs),
    });
    try {
      const origin = store.origin;
      found.host = origin.host;
      const proxy = proxyOf(origin, this.#options.proxy);
      found.proxy = proxy === undefined ? null : `${proxy.url.host} by ${proxy.by}`;
      const trust = trustIn(await certificatesOf(this.#options.ca));
      const reached = proxy === undefined ? await reach(origin, trust) : undefined;
      if (reached !== undefined) Object.assign(found, reached);
      await this.#attempt(() => this.#readAll(store));
      found.credentials = store.signedAs ?? null;
      found.transport = store.info.transport;
      if (Math.abs(found.clockOffsetMs ?? 0) > CLOCK_MS_MAX) {
        const minutes = Math.round(Math.abs(found.clockOffsetMs!) / 60_000);
        this.#note(`the clock is ${minutes} minutes off the server's: signatures are refused`, 'set the clock');
      }
      return found;
    } finally {
      await store.close();
    }
  }

  async #readAll(store: RemoteStore): Promise<void> {
    const found = this.#found;
    const key = await this.#findObject(store);
    if (key === undefined) return;
    const { size, etag, modified } = (await store.head(key, { signal: this.#signal }))!;
    found.sizeBytes = size;
    found.etag = etag === undefined ? 'none' : isStrong(etag) ? 'strong' : 'weak';
    if (found.etag !== 'strong') {
      const held = modified === undefined ? 'by its size only' : 'by its date and size';
      this.#note(`no strong ETag: one version is told from another ${held}`, null);
    }
    if (size === 0) {
      found.readable = true;
      return this.#note('the object is empty: ranges were not tried', 'name another object');
    }
    await this.#tryIfMatch(store, key);
    await this.#compareRanges(store, key, size);
    if (!found.readable) return;
    await this.#measure(store, key, size);
  }

  /** The key of the object that was named, or of the first one below it that has bytes. */
  async #findObject(store: RemoteStore): Promise<string | undefined> {
    const found = this.#found;
    const { key, root } = splitUrl(this.#address);
    const isHttp = parseLocator(this.#address).scheme === 'http';
    const isNamed = isHttp || (key !== '' && !key.endsWith('/'));
    const isThere = isNamed && (await store.head('', { signal: this.#signal })) !== undefined;
    if (isThere) found.object = root + key;
    if (isHttp) {
      if (!isThere) this.#note('no such object', 'name an object: plain HTTP has no listing');
      return isThere ? '' : undefined;
    }
    try {
      let first: string | undefined;
      for await (const entry of store.list('/', { signal: this.#signal })) {
        first ??= entry.key;
        if (isThere || entry.size === undefined || entry.size === 0) continue;
        first = entry.key;
        break;
      }
      found.listing = true;
      if (isThere) return '';
      if (first === undefined) this.#note('nothing is there: no object of that name, and none below it', null);
      else found.object = `${root}${key === '' ? '' : `${key.replace(/\/$/, '')}/`}${first.slice(1)}`;
      return first;
    } catch (error) {
      if (!(error instanceof LsioError) || error.kind !== 'denied') throw error;
      found.listing = false;
      if (isThere) return '';
      throw error;
    }
  }

  /** Asks for a version that isn't there: a server that honours If-Match refuses. */
  async #tryIfMatch(store: RemoteStore, key: string): Promise<void> {
    const found = this.#found;
    if ((this.#options.pin ?? 'etag') !== 'etag' || found.etag !== 'strong') return;
    try {
      await store.getRange(key, { offset: 0, length: 1 }, { ifMatch: OTHER_ETAG, signal: this.#signal });
    } catch (error) {
      if (!(error instanceof LsioError)) throw error;
      found.ifMatch = this.#status === 412 ? 'honoured' : error.kind === 'changed' ? 'ignored' : 'refused';
    }
    if (found.ifMatch === 'refused') this.#note('requests with If-Match fail', '--pin compare');
  }

  /** Compares ranges with the beginning of the object, which was read at once. */
  async #compareRanges(store: RemoteStore, key: string, size: number): Promise<void> {
    const found = this.#found;
    const signal = this.#signal;
    const read = async (offset: number, length: number) =>
      Buffer.from((await store.getRange(key, { offset, length }, { signal })) ?? []);
    const bytes = Math.min(size, COMPARED_BYTES);
    const all = await read(0, bytes);
    const ranges = [0, 1, 3, 7].map((part) => {
      const offset = Math.min(bytes - 1, Math.floor((bytes * part) / 8) + (part === 0 ? 0 : 1));
      return { offset, length: Math.min(1000, bytes - offset) };
    });
    const same = await Promise.all(
      ranges.map(async ({ offset, length }) =>
        (await read(offset, length)).equals(all.subarray(offset, offset + length)),
      ),
    );
    const suffixLength = Math.min(1000, size);
    const suffix = Buffer.from((await store.getRange(key, { suffixLength }, { signal })) ?? []);
    const end = await read(size - suffixLength, suffixLength);
    const isExact = all.length === bytes && same.every(Boolean) && suffix.equals(end);
    found.ranges = isExact ? 'exact' : 'wrong';
    found.readable = isExact;
    if (!isExact) this.#note('ranges of the object have other bytes than the object', 'ask those who run the server');
  }

  /** First bytes one by one, then many ranges at a time. */
  async #measure(store: RemoteStore, key: string, size: number): Promise<void> {
    const found = this.#found;
    const signal = this.#signal;
    this.#firstByteMs = [];
    for (let at = 0; at < LATENCY_REQUESTS; at++) {
      await store.getRange(key, { offset: Math.floor((size * at) / LATENCY_REQUESTS), length: 1 }, { signal });
    }
    const sorted = this.#firstByteMs.sort((one, other) => one - other);
    found.firstByteMsP50 = sorted[sorted.length >> 1] ?? null;
    found.firstByteMsMax = sorted.at(-1) ?? null;
    const length = Math.min(MANY_BYTES, size);
    const beganMs = performance.now();
    await Promise.all(
      Array.from({ length: MANY_REQUESTS }, (_, at) => {
        const offset = Math.floor(((size - length) * at) / MANY_REQUESTS);
        return store.getRange(key, { offset, length }, { signal });
      }),
    );
    found.rangesPerSecond = (MANY_REQUESTS / (performance.now() - beganMs)) * 1000;
    const { inFlightMax, refusals } = store.info;
    found.inFlight = inFlightMax;
    found.refusals = refusals;
    if (refusals > 0) this.#note('the server refuses requests as too many: fewer are sent', null);
  }

  /** Runs a part of it; a failure is one of the problems. */
  async #attempt(part: () => Promise<void>): Promise<void> {
    try {
      await part();
    } catch (error) {
      if (!(error instanceof LsioError) || error.kind === 'usage') throw error;
      this.#found.readable = false;
      if (error.code === 'HTTP_RANGE_IGNORED') this.#found.ranges = 'ignored';
      if (error.code === 'HTTP_CONTENT_RANGE' || error.code === 'HTTP_CONTENT_LENGTH') this.#found.ranges = 'wrong';
      this.#note(error.message, error.remedy ?? null);
    }
  }

  #onHead(head: AnswerHead, firstByteMs: number): void {
    const found = this.#found;
    this.#status = head.status;
    this.#firstByteMs.push(firstByteMs);
    found.region ??= head.header('x-amz-bucket-region') ?? null;
    found.server ??= printable(head.header('server'));
    const serverMs = Date.parse(head.header('date') ?? '');
    // The date has no fractions: half a second is the likeliest. It was written about half way.
    if (!Number.isNaN(serverMs)) found.clockOffsetMs ??= Math.round(Date.now() - firstByteMs / 2 - serverMs - 500);
  }

  #note(problem: string, remedy: string | null): void {
    this.#found.problems.push({ problem, remedy });
  }
}

/** A server's name for itself, short and without what would move a terminal. */
function printable(text: string | undefined): string | null {
  return text === undefined ? null : text.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);
}

function nothingFound(url: string): Found {
  return {
    ...{ url, readable: false, host: null, addresses: null, connectMs: null, tls: null, proxy: null },
    ...{ credentials: null, region: null, server: null, transport: null, listing: null, object: null },
    ...{ sizeBytes: null, ranges: null, etag: null, ifMatch: null, clockOffsetMs: null },
    ...{ firstByteMsP50: null, firstByteMsMax: null, rangesPerSecond: null, inFlight: null, refusals: null },
    problems: [],
  };
}
