import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Entries on a page of a listing: few, so that there are several pages. */
const PAGE_ENTRIES = 3;

/**
 * A server as most are: ranges, ETags, If-Match, 404, 412 and 416; below `/bucket` also S3's listing. Its objects may
 * change while it runs.
 */
export class ObjectServer {
  /** By key, such as `/a/b`. */
  readonly objects: Map<string, Buffer>;
  /** The ranges that were asked for. */
  readonly ranges: string[] = [];
  readonly #server: Server;

  constructor(objects: Map<string, Buffer>) {
    this.objects = objects;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** @returns its address, without a slash at the end. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }

  #answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    if (searchParams.has('list-type')) return void response.end(this.#listing(searchParams));
    this.ranges.push(headers.range ?? '');
    const content = this.objects.get(decodeURIComponent(pathname).replace(/^\/bucket/, ''));
    if (content === undefined) return void response.writeHead(404).end();
    const etag = etagOf(content);
    const [match] = [headers['if-match']].flat();
    if (match !== undefined && match !== etag) return void response.writeHead(412, { etag }).end();
    const [first, last] = extentOf(headers.range, content.length);
    if (first > last) return void response.writeHead(416, { 'content-range': `bytes */${content.length}`, etag }).end();
    const range = { 'content-range': `bytes ${first}-${last}/${content.length}`, 'content-length': last - first + 1 };
    response.writeHead(206, { ...range, etag }).end(content.subarray(first, last + 1));
  }

  #listing(query: URLSearchParams): string {
    const prefix = query.get('prefix') ?? '';
    const entries = new Map<string, string>();
    for (const [name, content] of this.objects) {
      const key = name.slice(1);
      if (!key.startsWith(prefix)) continue;
      const slash = query.has('delimiter') ? key.indexOf('/', prefix.length) : -1;
      const whole = `<Contents><Key>${encodeURIComponent(key)}</Key><Size>${content.length}</Size></Contents>`;
      const part = key.slice(0, slash + 1);
      if (slash < 0) entries.set(key, whole);
      else entries.set(part, `<CommonPrefixes><Prefix>${encodeURIComponent(part)}</Prefix></CommonPrefixes>`);
    }
    const sorted = [...entries.keys()].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    const begin = Number(query.get('continuation-token') ?? 0);
    const end = begin + PAGE_ENTRIES;
    const more =
      end < sorted.length ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${end}</NextContinuationToken>` : '';
    const page = sorted.slice(begin, end).map((key) => entries.get(key));
    return `<ListBucketResult><EncodingType>url</EncodingType>${more}${page.join('')}</ListBucketResult>`;
  }
}

const etags = new WeakMap<Buffer, string>();

function etagOf(content: Buffer): string {
  let etag = etags.get(content);
  if (etag === undefined) {
    etag = `"${content.length}-${content.reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, 7)}"`;
    etags.set(content, etag);
  }
  return etag;
}

function extentOf(range: string | undefined, size: number): [first: number, last: number] {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? '');
  if (match === null) return [0, size - 1];
  const [, first = '', last = ''] = match;
  if (first === '') return [Math.max(0, size - Number(last)), size - 1];
  return [Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1)];
}
