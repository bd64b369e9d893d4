import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../clock.js';
import { type Asked, Pin } from './checks.js';
import { HttpClient } from './client.js';
import type { ClientOptions } from './client-options.js';
import { Limiter } from './limiter.js';
import { type Answer, type HttpRequest, type Transport, TransportError } from './message.js';

/* What the client makes of each answer, without a server and without waiting. */

const URL_OF = new URL('http://data.test/a');
const TARGET = { url: URL_OF, name: 'a', host: 'data.test' };
const OBJECT = Buffer.from(Array.from({ length: 200 }, (_, at) => (at * 7) % 251));

interface Scripted {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array;
  /** The connection ends with this code, after so many bytes of the body. */
  readonly lost?: { readonly code: string; readonly after: number };
  /** Before there was a head. */
  readonly unreachable?: string;
}

/** A range of the object, as a good server gives it. */
function part(offset: number, length: number, { headers, ...more }: Scripted = {}): Scripted {
  const range = `bytes ${offset}-${offset + length - 1}/${OBJECT.length}`;
  const all = { 'content-range': range, 'content-length': `${length}`, etag: '"v1"', ...headers };
  return { status: 206, headers: all, body: OBJECT.subarray(offset, offset + length), ...more };
}

/** A client to which each request is answered by the next of the script; time passes only while it waits. */
function clientOf(script: readonly Scripted[], options: Partial<ClientOptions> = {}) {
  const sent: HttpRequest[] = [];
  const transport: Transport = {
    name: 'scripted',
    async exchange(request, { land, signal }): Promise<Answer> {
      signal?.throwIfAborted();
      const { status = 200, headers = {}, body = new Uint8Array(0), lost, unreachable } = script[sent.length]!;
      sent.push(request);
      if (unreachable !== undefined) throw new TransportError(unreachable, unreachable, 0);
      const head = { status, header: (name: string) => headers[name] };
      const landing = land(head, 1);
      const came = body.subarray(0, lost?.after);
      if (typeof landing !== 'string') landing.set(came);
      if (lost !== undefined) throw new TransportError(lost.code, lost.code, came.length);
      return { head, bytes: came.length, body: landing === 'collect' ? came : new Uint8Array(0) };
    },
    close: async () => {},
  };
  let nowMs = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
  };
  const limiter = new Limiter(clock, 4);
  const client = new HttpClient({ transport, clock, limiter, random: () => 0, retry: { tries: 3 }, ...options });
  return { client, sent, limiter, nowMs: () => nowMs };
}

async function read(script: readonly Scripted[], asked: Asked, options: Partial<ClientOptions> = {}, pin = new Pin()) {
  const { client, sent, limiter } = clientOf(script, options);
  let into = new Uint8Array(0);
  const land = (bytes: number) => {
    into = new Uint8Array(bytes);
    return into;
  };
  const got = await client.read(TARGET, asked, land, pin).catch((error) => error);
  expect(limiter.inFlight).toBe(0);
  expect(sent).toHaveLength(script.length);
  return { got, into, sent, counts: client.counts };
}

test('what landed before a connection ended stays only if a strong ETag proves the rest', async () => {
  const asked = { offset: 10, length: 100 };
  const lost = { code: 'ECONNRESET', after: 30 };
  const strong = await read([part(10, 100, { lost }), part(40, 70)], asked);
  expect(strong.sent[1]!.headers).toMatchObject({ range: 'bytes=40-109', 'if-match': '"v1"' });
  expect(OBJECT.subarray(10, 110).equals(strong.into)).toBe(true);
  const weak = { etag: 'W/"v1"' };
  const again = await read([part(10, 100, { lost, headers: weak }), part(10, 100, { headers: weak })], asked);
  expect(again.sent[1]!.headers).toMatchObject({ range: 'bytes=10-109' });
  expect(again.sent[1]!.headers).not.toHaveProperty('if-match');
  expect(OBJECT.subarray(10, 110).equals(again.into)).toBe(true);
});

test('an object that ends where the rest of a range should be has changed', async () => {
  const past = { status: 416, headers: { 'content-range': 'bytes */40' } };
  const { got } = await read([part(10, 30), past], { offset: 10, length: 100 });
  expect(got).toMatchObject({ kind: 'changed', offset: 40 });
});

test('a range that comes in parts is put together, and lands in memory of its own length', async () => {
  const { got, into } = await read([part(150, 20), part(170, 20), part(190, 10)], { offset: 150, length: 500 });
  expect(got).toMatchObject({ offset: 150, bytes: 50, version: { sizeBytes: 200 } });
  expect(OBJECT.subarray(150).equals(into)).toBe(true);
  const suffix = await read([part(100, 60), part(160, 40)], { suffixLength: 100 });
  expect(suffix.sent[1]!.headers.range).toBe('bytes=160-199');
  expect(OBJECT.subarray(100).equals(suffix.into)).toBe(true);
});

test('with pin compare no If-Match is sent, with off no version is compared', async () => {
  const other = { headers: { etag: '"v2"' } };
  const asked = { offset: 0, length: 40 };
  const compared = await read([part(0, 20), part(20, 20, other)], asked, { pin: 'compare' });
  expect(compared.sent[1]!.headers).not.toHaveProperty('if-match');
  expect(compared.got).toMatchObject({ kind: 'changed' });
  expect((await read([part(0, 20), part(20, 20, other)], asked, { pin: 'off' })).got).toMatchObject({ bytes: 40 });
});

test('new credentials are asked for once', async () => {
  const denied = { status: 403 };
  let renewals = 0;
  const renew = async () => ++renewals > 0;
  expect((await read([denied, part(0, 5)], { offset: 0, length: 5 }, { renew })).got).toMatchObject({ bytes: 5 });
  expect((await read([denied, denied], { offset: 0, length: 5 }, { renew })).got).toMatchObject({ kind: 'denied' });
  expect(renewals).toBe(2);
  const none = await read([denied], { offset: 0, length: 5 }, { renew: async () => false });
  expect(none.got).toMatchObject({ kind: 'denied' });
});

test('an answer of another kind once is asked for again, twice is an error', async () => {
  const asked = { offset: 5, length: 5 };
  const whole = { status: 200, headers: { 'content-length': '200' } };
  const wrong = part(0, 5);
  expect((await read([whole, wrong, part(5, 5)], asked)).got).toMatchObject({ offset: 5, bytes: 5 });
  expect((await read([whole, whole], asked)).got).toMatchObject({ code: 'HTTP_RANGE_IGNORED' });
  expect((await read([wrong, wrong], asked)).got).toMatchObject({ code: 'HTTP_CONTENT_RANGE' });
});

test.each([
  ['http://other.test/b', 'http://data.test/a', true],
  ['https://other.test/b', 'http://data.test/a', true],
  ['/b', 'http://data.test/a', true],
  ['ftp://other.test/b', 'http://data.test/a', false],
  ['http://[', 'http://data.test/a', false],
  ['http://other.test/b', 'https://data.test/a', false],
])('a redirection to %s from %s is followed: %s', async (location, from, follows) => {
  const script = [{ status: 307, headers: { location } }, ...(follows ? [part(0, 5)] : [])];
  const { client, sent } = clientOf(script, { follow: true });
  const target = { ...TARGET, url: new URL(from) };
  const got = await client
    .read(target, { offset: 0, length: 5 }, (bytes) => new Uint8Array(bytes), new Pin())
    .catch((error) => error);
  if (follows) expect(sent[1]!.url.href).toBe(new URL(location, from).href);
  else expect(got).toMatchObject({ kind: 'read', status: 307 });
});

test('redirections end after five, and are not followed where that was not asked for', async () => {
  const elsewhere = { status: 302, headers: { location: '/b' } };
  const asked = { offset: 0, length: 5 };
  expect((await read(Array(6).fill(elsewhere), asked, { follow: true })).got).toMatchObject({ status: 302 });
  expect((await read([elsewhere], asked)).got).toMatchObject({ status: 302 });
});

test('tries end by their number, or by time, which being refused as one too many does not count against', async () => {
  const asked = { offset: 0, length: 5 };
  const lost = { unreachable: 'ECONNRESET' };
  expect((await read([lost, lost, lost], asked)).got).toMatchObject({ code: 'ECONNRESET', attempts: 3 });
  expect((await read([{ unreachable: 'ENOTFOUND' }], asked)).got).toMatchObject({ code: 'ENOTFOUND', attempts: 1 });
  const busy = { status: 503 };
  const patient = await read([busy, busy, busy, busy, busy, part(0, 5)], asked);
  expect(patient.got).toMatchObject({ bytes: 5 });
  expect(patient.counts).toMatchObject({ bytes: 5, requests: 6 });
  const retry = { tries: 9, giveUpMs: 250 };
  expect((await read([lost, lost, lost], asked, { retry })).got).toMatchObject({ attempts: 3 });
});

test('text() gives bodies, follows, tries again, and fails by name', async () => {
  const get = (url = URL_OF): HttpRequest => ({ method: 'GET', url, headers: {} });
  const body = Buffer.from('page');
  const { client } = clientOf([{ status: 500 }, { unreachable: 'ECONNRESET' }, { status: 200, body }]);
  expect(Buffer.from((await client.text(TARGET, get())).body).toString()).toBe('page');
  expect((await clientOf([{ status: 404 }]).client.text(TARGET, get())).head.status).toBe(404);
  const denied = clientOf([{ status: 403 }]).client.text(TARGET, get());
  await expect(denied).rejects.toMatchObject({ kind: 'denied', status: 403 });
  const head = await clientOf([{ status: 200, body }]).client.text(TARGET, { ...get(), method: 'HEAD' });
  expect(head.body).toHaveLength(0);
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(clientOf([]).client.text(TARGET, get(), signal)).rejects.toThrow('enough');
});
