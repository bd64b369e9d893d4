import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { probeUrl } from './probe.js';
import type { RemoteOptions } from './remote-options.js';

const BYTES = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7) % 251));

/** How the server differs from a good one. */
interface Kind {
  readonly bytes?: Buffer;
  readonly headers?: Record<string, string>;
  /** Answers with this status, where it gives one. */
  readonly status?: (request: IncomingMessage) => number | undefined;
  readonly listing?: string | number;
}

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

/** A server of one object, `/bkt/d/a`, and what the probe finds there. */
async function found(path: string, kind: Kind, options: RemoteOptions = {}) {
  const { bytes = BYTES, headers = { etag: '"v1"' }, status = () => undefined, listing = 403 } = kind;
  server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost');
    const fixed = status(request);
    if (fixed !== undefined) return void response.writeHead(fixed, { 'content-length': 0, ...headers }).end();
    if (url.searchParams.has('list-type')) {
      if (typeof listing === 'number') return void response.writeHead(listing, { 'content-length': 0 }).end();
      return void response.end(`<ListBucketResult>${listing}</ListBucketResult>`);
    }
    if (url.pathname !== '/bkt/d/a') return void response.writeHead(404, { 'content-length': 0 }).end();
    const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '')!;
    const begin = first === '' ? Math.max(0, bytes.length - Number(last)) : Number(first);
    const end = first === '' ? bytes.length : Math.min(Number(last) + 1, bytes.length);
    if (begin >= end)
      return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}`, ...headers }).end();
    const range = { 'content-range': `bytes ${begin}-${end - 1}/${bytes.length}`, 'content-length': end - begin };
    response.writeHead(206, { ...range, ...headers }).end(bytes.subarray(begin, end));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const address = path.startsWith('s3:') ? path : origin + path;
  const more = path.startsWith('s3:') ? { endpoint: origin, anonymous: true } : {};
  return probeUrl(address, { ...more, retry: { tries: 1 }, ...options }, AbortSignal.timeout(60_000));
}

const CONTENTS = (key: string, bytes: number) => `<Contents><Key>${key}</Key><Size>${bytes}</Size></Contents>`;

test('a good object is read, and If-Match found to be honoured', async () => {
  const facts = await found('/bkt/d/a', {
    status: ({ headers: { 'if-match': etag } }) => (etag === undefined || etag === '"v1"' ? undefined : 412),
    headers: { etag: '"v1"', server: 'S\u00e9' },
  });
  expect(facts).toMatchObject({ readable: true, ranges: 'exact', etag: 'strong', ifMatch: 'honoured', problems: [] });
  expect(facts).toMatchObject({ sizeBytes: 100_000, listing: null, server: 'S?', refusals: 0 });
});

test.each([
  [{ etag: 'W/"v1"' }, 'weak', 'by its size only'],
  [{ 'last-modified': 'Sat, 28 Nov 2026 00:00:00 GMT' }, 'none', 'by its date and size'],
])('%j: versions are told apart in another way', async (headers, etag, how) => {
  const facts = await found('/bkt/d/a', { headers: headers as Record<string, string> });
  expect(facts).toMatchObject({ readable: true, etag, ifMatch: null });
  expect(facts.problems).toMatchObject([{ problem: expect.stringContaining(how) }]);
});

test('a server that refuses If-Match is told of', async () => {
  const facts = await found('/bkt/d/a', {
    status: ({ headers }) => (headers['if-match'] === undefined ? undefined : 501),
  });
  expect(facts.ifMatch).toBe('refused');
  expect(facts.problems[0]).toMatchObject({ remedy: '--pin compare' });
  expect(await found('/bkt/d/a', {}, { pin: 'compare' })).toMatchObject({ ifMatch: null, readable: true });
});

test('of an empty object no ranges are tried', async () => {
  const facts = await found('/bkt/d/a', { bytes: Buffer.alloc(0) });
  expect(facts).toMatchObject({ readable: true, sizeBytes: 0, ranges: null });
  expect(facts.problems.at(-1)!.problem).toContain('the object is empty');
});

test('an object of one byte is enough', async () => {
  expect(await found('/bkt/d/a', { bytes: BYTES.subarray(0, 1) })).toMatchObject({ readable: true, ranges: 'exact' });
});

test('over plain HTTP an object must be named', async () => {
  const facts = await found('/bkt/d/none', {});
  expect(facts).toMatchObject({ readable: false, object: null });
  expect(facts.problems[0]).toMatchObject({ problem: 'no such object' });
});

test('without the right to list, an object that is named is read', async () => {
  const facts = await found('s3://bkt/d/a', {});
  expect(facts).toMatchObject({ object: 's3://bkt/d/a', listing: false, readable: true, credentials: null });
  const none = await found('s3://bkt/d/', {});
  expect(none).toMatchObject({ listing: false, readable: false });
  expect(none.problems[0]!.problem).toContain('access denied');
});

test('below a prefix the first object that has bytes is taken, or an empty one', async () => {
  const listing = CONTENTS('d/0', 0) + CONTENTS('d/a', BYTES.length);
  expect(await found('s3://bkt/d/', { listing })).toMatchObject({
    object: 's3://bkt/d/a',
    listing: true,
    readable: true,
  });
  expect(await found('s3://bkt/d', { listing })).toMatchObject({ object: 's3://bkt/d/a', readable: true });
  const empty = await found('s3://bkt/', { listing: CONTENTS('d/a', 0), bytes: Buffer.alloc(0) });
  expect(empty).toMatchObject({ object: 's3://bkt/d/a', readable: true });
  const nothing = await found('s3://bkt/none/', { listing: '' });
  expect(nothing).toMatchObject({ listing: true, readable: false, object: null });
  expect(nothing.problems[0]!.problem).toContain('nothing is there');
});

test('a server that breaks within a listing is a problem, not an exception', async () => {
  const facts = await found('s3://bkt/d/', { listing: 500 });
  expect(facts).toMatchObject({ readable: false, listing: null });
  expect(facts.problems[0]!.problem).toContain('answered 500');
});

test('a server that refuses some as too many is told of', async () => {
  let requests = 0;
  const facts = await found(
    '/bkt/d/a',
    { status: () => (++requests % 40 === 0 ? 503 : undefined) },
    { retry: { tries: 5 } },
  );
  expect(facts.readable).toBe(true);
  expect(facts.refusals).toBeGreaterThan(0);
  expect(facts.problems.at(-1)!.problem).toContain('as too many');
});
