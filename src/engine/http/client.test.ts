import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.js';
import type { Asked } from './checks.js';
import { Pin } from './checks.js';
import { ABSENT, HttpClient } from './client.js';
import { FaultServer, objectBytes } from './fault-server.testing.js';
import { type GeneralOptions, openGeneral } from './general.js';
import { LeanTransport } from './lean.js';
import { Limiter } from './limiter.js';
import type { Transport } from './message.js';

const TIMEOUTS = { connectMs: 500, firstByteMs: 300, idleMs: 300 };
const OPTIONS = { connections: 4, timeouts: TIMEOUTS };
const ASKED = { offset: 1000, length: 5000 };

let server: FaultServer;
beforeAll(async () => {
  server = await new FaultServer().start();
});
afterAll(() => server.stop());

const TRANSPORTS: Record<string, (options?: GeneralOptions) => Promise<Transport>> = {
  undici: (options = OPTIONS) => openGeneral(options),
  lean: async (options = OPTIONS) => new LeanTransport(options, () => openGeneral(options)),
};

let calls = 0;

describe.each(Object.keys(TRANSPORTS))('HttpClient over %s', (name) => {
  let transport: Transport;
  beforeAll(async () => {
    transport = await TRANSPORTS[name]!();
  });
  afterAll(() => transport.close());

  function clientOf() {
    return new HttpClient({
      transport,
      clock: systemClock,
      limiter: new Limiter(systemClock, 8),
      retry: { tries: 4, giveUpMs: 4000 },
      random: () => 0,
    });
  }

  async function read(kind: string, asked: Asked = ASKED, pin = new Pin(), signal?: AbortSignal) {
    const client = clientOf();
    const url = server.url(`${kind}/${calls++}`);
    const into = new Uint8Array('length' in asked ? asked.length : asked.suffixLength);
    const got = await client.read(
      { url, name: url.pathname, host: url.host },
      asked,
      (bytes) => into.subarray(0, bytes),
      pin,
      signal,
    );
    return { got, into, client, requests: server.seen.filter(({ path }) => path === url.pathname) };
  }

  describe('gives the right bytes', () => {
    test.each([
      { kind: 'good', requests: 1 },
      { kind: 'whole-200-once', requests: 2 },
      { kind: 'shifted-once', requests: 2 },
      { kind: 'half', requests: 13 },
      { kind: 'half-unpinned', requests: 13 },
      { kind: 'early-end', requests: 2 },
      { kind: 'reset-midway', requests: 2 },
      { kind: 'slow-down-twice', requests: 3 },
      { kind: 'internal-once', requests: 2 },
      { kind: 'silent', requests: 2 },
      { kind: 'silent-midway', requests: 2 },
    ])('where the server does: $kind', async ({ kind, requests }) => {
      const answer = await read(kind);
      expect(answer.got).toMatchObject({ offset: 1000, bytes: 5000, version: { sizeBytes: 1_000_000 } });
      expect(Buffer.compare(answer.into, objectBytes(1000, 5000))).toBe(0);
      expect(answer.requests).toHaveLength(requests);
    });

    test('resumes at the byte that was reached, of the same version', async () => {
      const { requests } = await read('reset-midway');
      expect(requests[1]!.headers).toMatchObject({ range: 'bytes=3500-5999', 'if-match': '"v1"' });
    });

    test('of a suffix', async () => {
      const { got, into, requests } = await read('good', { suffixLength: 100 });
      expect(got).toMatchObject({ offset: 999_900, bytes: 100, version: { sizeBytes: 1_000_000 } });
      expect(Buffer.compare(into, objectBytes(999_900, 100))).toBe(0);
      expect(requests[0]!.headers.range).toBe('bytes=-100');
    });

    test('of a range over the end', async () => {
      const { got, into } = await read('good', { offset: 999_990, length: 5000 });
      expect(got).toMatchObject({ offset: 999_990, bytes: 10, version: { sizeBytes: 1_000_000 } });
      expect(Buffer.compare(into.subarray(0, 10), objectBytes(999_990, 10))).toBe(0);
      expect(into.subarray(10).every((byte) => byte === 0)).toBe(true);
    });

    test('waits as long as Retry-After asks for', async () => {
      const began = performance.now();
      await read('retry-after');
      expect(performance.now() - began).toBeGreaterThanOrEqual(990);
    });
  });

  describe('fails by name, with no byte taken for right', () => {
    test.each([
      { kind: 'whole-200', error: { kind: 'read', code: 'HTTP_RANGE_IGNORED' } },
      { kind: 'shifted', error: { kind: 'read', code: 'HTTP_CONTENT_RANGE' } },
      { kind: 'no-content-range', error: { kind: 'read', code: 'HTTP_CONTENT_RANGE' } },
      { kind: 'multipart', error: { kind: 'read', code: 'HTTP_CONTENT_RANGE' } },
      { kind: 'portal', error: { kind: 'read', code: 'HTTP_RANGE_IGNORED' } },
      { kind: 'gzip', error: { kind: 'read', code: 'HTTP_CONTENT_ENCODING' } },
      { kind: 'chunked-long', error: { kind: 'read', code: 'LONG_BODY' } },
      { kind: 'two-lengths', error: { kind: 'read' } },
      { kind: 'continued', error: { kind: 'read', code: 'ECONNRESET' } },
      { kind: 'other-version-after-reset', error: { kind: 'changed', offset: 3500 } },
      { kind: 'other-version-deaf', error: { kind: 'changed', offset: 3500 } },
      { kind: 'slow-down-always', error: { kind: 'read', status: 503, code: 'SlowDown', requestId: 'R1' } },
      { kind: 'reset-always', error: { kind: 'read', code: 'ECONNRESET', attempts: 4 } },
      { kind: 'denied', error: { kind: 'denied', status: 403, code: 'AccessDenied' } },
      { kind: 'skewed', error: { kind: 'denied', remedy: 'set the clock' } },
      { kind: 'expired', error: { kind: 'denied', code: 'ExpiredToken' } },
      { kind: 'archived', error: { kind: 'read', remedy: 'restore it first' } },
      { kind: 'elsewhere', error: { kind: 'denied', remedy: '--region eu-west-1' } },
    ])('where the server does: $kind', async ({ kind, error }) => {
      const failure = await read(kind).then(
        () => undefined,
        (reason) => reason,
      );
      expect(failure).toMatchObject(error);
      expect(`${failure.message}${failure.remedy}${JSON.stringify(failure)}`).not.toContain('secret-signature');
    });

    test('an object replaced between two reads of one pin', async () => {
      const pin = new Pin();
      const client = clientOf();
      const url = server.url(`replaced/${calls++}`);
      const target = { url, name: 'x' };
      await client.read(target, ASKED, (bytes) => new Uint8Array(bytes), pin);
      const second = client.read(target, { offset: 0, length: 10 }, (bytes) => new Uint8Array(bytes), pin);
      await expect(second).rejects.toMatchObject({ kind: 'changed' });
    });
  });

  test('follows a redirection where it may, and not to itself for ever', async () => {
    const options = { transport, clock: systemClock, limiter: new Limiter(systemClock, 8), follow: true };
    const client = new HttpClient(options);
    const target = (kind: string) => ({ url: server.url(`${kind}/${calls++}`), name: kind });
    const into = new Uint8Array(5000);
    await client.read(target('moved'), ASKED, () => into, new Pin());
    expect(Buffer.compare(into, objectBytes(1000, 5000))).toBe(0);
    await expect(client.read(target('moved-round'), ASKED, () => into, new Pin())).rejects.toMatchObject({
      status: 302,
    });
  });

  test.each(['a\r\nhost: b', 'a\0', '\u010a', '\u{1f600}'])(
    'a header of %j is not sent: it could be two',
    async (value) => {
      const url = server.url(`exact/${calls++}`);
      const sent = transport.exchange({ method: 'GET', url, headers: { 'x-y': value } }, { land: () => 'collect' });
      await expect(sent).rejects.toThrow(/header/);
      expect(server.seen.filter(({ path }) => path === url.pathname)).toEqual([]);
    },
  );

  test('an absent object is no error', async () => {
    expect((await read('absent')).got).toBe(ABSENT);
  });

  test('a range past the end says the size', async () => {
    expect((await read('past-the-end')).got).toEqual({ pastTheEnd: true, sizeBytes: 1000 });
    expect((await read('empty', { offset: 0, length: 10 })).got).toEqual({ pastTheEnd: true, sizeBytes: 0 });
  });

  test('an aborted read rejects with the reason, and gives its permit back', async () => {
    const reason = new Error('enough');
    await expect(read('silent', ASKED, new Pin(), AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    await expect(read('silent', ASKED, new Pin(), controller.signal)).rejects.toBe(reason);
  });

  test('a request that waits for a connection is aborted at once, and ended by close()', async () => {
    const single = await TRANSPORTS[name]!({ connections: 1, timeouts: { firstByteMs: 60_000 } });
    const send = (signal?: AbortSignal) =>
      single.exchange(
        { method: 'GET', url: server.url(`silent/${calls++}`), headers: {} },
        { land: () => 'drop', signal },
      );
    const first = send();
    const controller = new AbortController();
    const waiting = send(controller.signal);
    const last = send();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 50);
    await expect(waiting).rejects.toBe(reason);
    const ends = Promise.allSettled([first, last]);
    await single.close();
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  }, 20_000);

  test('an unexpected continuation of a body does no harm to the next answer', async () => {
    for (let i = 0; i < 3; i++) {
      const { into } = await read('unasked');
      expect(Buffer.compare(into, objectBytes(1000, 5000))).toBe(0);
    }
  });
});
