import { Pin } from '../engine/http/checks.js';
import { ABSENT, type Got, type HttpClient, type PastTheEnd } from '../engine/http/client.js';
import type { Authorize, Target } from '../engine/http/client-options.js';
import { changedBetween } from '../engine/http/failures.js';
import { LsioError } from '../errors.js';
import { type ByteRange, checkRange, pastTheEnd } from '../range.js';

/** The longest request, in bytes: several of them share the way and fail alone. */
const PART_BYTES = 8 * 1024 * 1024;

/** One object of a listing. */
export interface RemoteEntry {
  readonly key: string;
  readonly size?: number | undefined;
  readonly modified?: Date | undefined;
  readonly etag?: string | undefined;
}

/** A page of a listing. */
export interface RemotePage {
  readonly entries: readonly RemoteEntry[];
  /** What keys begin with up to the delimiter, with it. */
  readonly prefixes: readonly string[];
}

export interface ListRequest {
  readonly prefix: string;
  /** Keys that have it after the prefix are given as prefixes. */
  readonly delimiter?: '/' | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What differs from service to service. */
export interface Provider {
  /** Where the object of a key is. @throws {LsioError} `usage` for a key that the service can't have */
  target(key: string): Target;
  /** Pages of what begins with a prefix, in the order of the keys' bytes; undefined: it has no listing. */
  readonly list?: ((client: HttpClient, request: ListRequest) => AsyncIterable<RemotePage>) | undefined;
  /** How a range from the end is asked for: as such, or once the size is known. @default 'native' */
  readonly suffix?: 'native' | 'size-first' | undefined;
  readonly authorize?: Authorize | undefined;
  /** Asks for new credentials: true if there may be some. */
  readonly renew?: (() => Promise<boolean>) | undefined;
  /** Whether requests carry what lets anybody in who reads them. Signatures don't: they serve one request for minutes. */
  readonly sendsSecrets: boolean;
  /** Statuses that mean that there is no such object. */
  readonly absent: readonly number[];
  /** What names an older version of an object in a query; undefined: there are none. */
  readonly versionParameter?: string | undefined;
}

/** The key that stands percent-encoded in a listing. @throws {LsioError} `format` */
export function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new LsioError('format', 'a key of the listing is not percent-encoded', { cause });
  }
}

/** A time as services write it; undefined where it is none. */
export function timeOf(text: string | undefined): Date | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : new Date(ms);
}

/** @throws {LsioError} `usage` for a key that a URL can't hold: clients and servers take parts `.` and `..` out of it. */
export function refuseDots(key: string, name: string): void {
  if (/(^|\/)\.\.?(\/|$)/.test(key)) throw new LsioError('usage', `${name}: a part . or .. of a key can't be sent`);
}

export interface RemoteReadOptions {
  /** The ETag that the object must have. */
  readonly ifMatch?: string | undefined;
  /** An older version of the object, by the service's name for it. */
  readonly version?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly into?: Uint8Array | undefined;
}

/** Reads objects of a service, a range or all of one. All bytes are checked as {@link HttpClient} says. */
export class RemoteReader {
  readonly #client: HttpClient;
  readonly #provider: Provider;
  readonly #ranges: Pick<HttpClient, 'read'>;

  /** @param ranges reads ranges in place of the client, such as for a plan */
  constructor(client: HttpClient, provider: Provider, ranges: Pick<HttpClient, 'read'> = client) {
    this.#client = client;
    this.#provider = provider;
    this.#ranges = ranges;
  }

  /** All bytes of an object, or undefined where there is none. */
  get(key: string, options: RemoteReadOptions = {}): Promise<Uint8Array | undefined> {
    return this.#getFrom(key, 0, options);
  }

  /** The bytes of a range, as {@link ByteRange} says, or undefined where there is no such object. */
  async getRange(key: string, range: ByteRange, options: RemoteReadOptions = {}): Promise<Uint8Array | undefined> {
    checkRange(range);
    if ('suffixLength' in range && range.suffixLength > 0 && this.#provider.suffix === 'size-first') {
      const size = (await this.head(key, options))?.size;
      return size === undefined ? undefined : this.#getFrom(key, Math.max(0, size - range.suffixLength), options);
    }
    if ('suffixLength' in range ? range.suffixLength === 0 : range.length === 0) {
      return (await this.head(key, options)) === undefined ? undefined : new Uint8Array(0);
    }
    if (!('suffixLength' in range) && (range.length === undefined || range.length > PART_BYTES)) {
      return this.#getFrom(key, range.offset, options, range.length);
    }
    const target = this.#target(key, options);
    const memory = new Memory(options.into);
    const asked = 'suffixLength' in range ? range : { offset: range.offset, length: range.length! };
    const got = await this.#read(target, asked, memory.land, new Pin(options.ifMatch), options.signal);
    return got === undefined
      ? undefined
      : memory.bytes(got, target, 'offset' in range ? range.offset : 0, 'suffixLength' in range);
  }

  /** What the service tells of an object, or undefined where there is none. */
  async head(key: string, options: RemoteReadOptions = {}): Promise<RemoteEntry | undefined> {
    const { signal, ifMatch } = options;
    const target = this.#target(key, options);
    // The size comes with a byte of it, too, and a GET may be allowed where a HEAD is not.
    const pin = new Pin(ifMatch);
    const got = await this.#read(target, { offset: 0, length: 1 }, (bytes) => new Uint8Array(bytes), pin, signal);
    if (got === undefined) return undefined;
    const size = 'pastTheEnd' in got ? got.sizeBytes : got.version.sizeBytes;
    const { modified, etag } = pin.version;
    return { key, size, modified: timeOf(modified), etag };
  }

  /** @throws {LsioError} `usage` where the service has no listing */
  list(request: ListRequest): AsyncIterable<RemotePage> {
    if (this.#provider.list === undefined) {
      const remedy = 'name the objects, or use the address of the bucket';
      throw new LsioError('usage', 'plain HTTP has no listing', { remedy });
    }
    return this.#provider.list(this.#client, request);
  }

  /** Reads from an offset to the end, or `length` bytes: the first part tells how many there are, the rest come at once. */
  async #getFrom(
    key: string,
    offset: number,
    options: RemoteReadOptions,
    length = Number.MAX_SAFE_INTEGER - offset,
  ): Promise<Uint8Array | undefined> {
    const { signal, into, ifMatch } = options;
    const target = this.#target(key, options);
    const pin = new Pin(ifMatch);
    const memory = new Memory(into);
    const asked = { offset, length: Math.min(length, PART_BYTES) };
    const first = await this.#read(
      target,
      asked,
      (bytes, { sizeBytes = offset + bytes }) => {
        memory.land(Math.min(length, sizeBytes - offset));
        return memory.taken.subarray(0, bytes);
      },
      pin,
      signal,
    );
    if (first === undefined) return undefined;
    if ('pastTheEnd' in first) return memory.bytes(first, target, offset, length === Number.MAX_SAFE_INTEGER - offset);
    const parts: Promise<unknown>[] = [];
    for (let at = PART_BYTES; at < memory.taken.length; at += PART_BYTES) {
      const part = memory.taken.subarray(at, at + PART_BYTES);
      parts.push(this.#read(target, { offset: offset + at, length: part.length }, () => part, pin, signal));
    }
    await Promise.all(parts);
    return memory.taken;
  }

  /** Each request of a read names the version. */
  #target(key: string, { version }: RemoteReadOptions): Target {
    const target = this.#provider.target(key);
    if (version === undefined) return target;
    const { versionParameter } = this.#provider;
    if (versionParameter === undefined) throw new LsioError('usage', `${target.name}: plain HTTP has no versions`);
    // This URL was made for this call.
    target.url.search = `${versionParameter}=${encodeURIComponent(version)}`;
    return target;
  }

  async #read(
    ...[target, asked, land, pin, signal]: Parameters<HttpClient['read']>
  ): Promise<Got | PastTheEnd | undefined> {
    try {
      const got = await this.#ranges.read(target, asked, land, pin, signal);
      if (got === ABSENT) return undefined;
      // A weak ETag, or none, says nothing by itself.
      if (pin.ifMatch !== undefined && pin.version.etag !== pin.ifMatch) {
        throw changedBetween(target, { etag: pin.ifMatch }, pin.version, 'offset' in asked ? asked.offset : 0);
      }
      return got;
    } catch (error) {
      if (error instanceof LsioError && this.#provider.absent.includes(error.status ?? 0)) return undefined;
      throw error;
    }
  }
}

/** The memory of one answer: the caller's, or new. */
class Memory {
  taken: Uint8Array = new Uint8Array(0);
  readonly #into: Uint8Array | undefined;

  constructor(into: Uint8Array | undefined) {
    this.#into = into;
  }

  readonly land = (bytes: number): Uint8Array => {
    if (this.#into !== undefined && bytes > this.#into.length) {
      throw new LsioError('usage', `into: ${this.#into.length} bytes are too few for ${bytes}`);
    }
    this.taken = this.#into?.subarray(0, bytes) ?? new Uint8Array(bytes);
    return this.taken;
  };

  /** What was read. @throws {LsioError} `range` when nothing lies there */
  bytes(got: Got | PastTheEnd, { name }: Target, offset: number, isToEnd: boolean): Uint8Array {
    if (!('pastTheEnd' in got)) return this.taken;
    // All of an empty object is empty; a byte of it is not there.
    if (got.sizeBytes === 0 && offset === 0 && isToEnd) return this.land(0);
    const { message } = pastTheEnd(offset, got.sizeBytes ?? Number.NaN);
    throw new LsioError('range', `${name}: ${message}`, { path: name, offset });
  }
}
