import { createServer as createPlain, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.js';
import { type Certificate, Certificates, missingOpenssl } from './certificates.testing.js';
import { Pin } from './checks.js';
import { HttpClient } from './client.js';
import { objectBytes } from './fault-server.testing.js';
import { type GeneralOptions, openGeneral } from './general.js';
import { LeanTransport } from './lean.js';
import { Limiter } from './limiter.js';
import type { Transport } from './message.js';
import { trustIn } from './trust.js';

const OPTIONS = { connections: 4, timeouts: { connectMs: 3000, firstByteMs: 3000, idleMs: 3000 } };
const TRANSPORTS: Record<string, (options: GeneralOptions) => Promise<Transport>> = {
  undici: openGeneral,
  lean: async (options) =>
    new LeanTransport(options, async () => {
      throw new Error('the lean transport gave up');
    }),
};

const why = missingOpenssl();

describe.skipIf(why !== undefined)(`TLS${why === undefined ? '' : `: ${why}`}`, () => {
  const servers: Server[] = [];
  let made: Certificates;
  let authority: Certificate;
  let other: Certificate;

  /** A server of ranges with this certificate. @returns its port */
  async function serve(certificate: Certificate | undefined): Promise<number> {
    const answer = (
      request: { headers: { range?: string | undefined } },
      response: import('node:http').ServerResponse,
    ) => {
      const [, first = 0, last = 0] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '')!.map(Number);
      response.writeHead(206, {
        'content-range': `bytes ${first}-${last}/1000000`,
        'content-length': last - first + 1,
        etag: '"v1"',
      });
      response.end(objectBytes(first, last - first + 1));
    };
    const server = certificate === undefined ? createPlain(answer) : createServer({ ...certificate }, answer);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  beforeAll(() => {
    made = new Certificates();
    authority = made.self('authority');
    other = made.self('another authority');
  });
  afterAll(() => {
    for (const server of servers) server.close();
    made.remove();
  });

  describe.each(Object.keys(TRANSPORTS))('over %s', (name) => {
    /** Reads a range over TLS; the bytes are compared. @returns what failed */
    async function failureOf(url: string, own?: string) {
      const transport = await TRANSPORTS[name]!({ ...OPTIONS, trust: trustIn(own) });
      const limiter = new Limiter(systemClock, 4);
      const client = new HttpClient({ transport, clock: systemClock, limiter, retry: { tries: 3 } });
      const into = new Uint8Array(50_000);
      try {
        const target = { url: new URL(url), name: 'object' };
        await client.read(target, { offset: 777, length: into.length }, () => into, new Pin());
        expect(Buffer.compare(into, objectBytes(777, into.length))).toBe(0);
        return undefined;
      } catch (error) {
        return error;
      } finally {
        await transport.close();
      }
    }

    test('an authority of its own is trusted when it is named, and not else', async () => {
      const port = await serve(made.signed(authority, 'DNS:localhost'));
      expect(await failureOf(`https://localhost:${port}/x`, authority.cert)).toBeUndefined();
      expect(await failureOf(`https://localhost:${port}/x`, other.cert + authority.cert)).toBeUndefined();
      for (const own of [undefined, other.cert]) {
        expect(await failureOf(`https://localhost:${port}/x`, own)).toMatchObject({
          kind: 'read',
          code: expect.stringMatching(/^UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT_LOCALLY)$/),
          attempts: 1,
          message: expect.stringContaining('an authority that is not trusted'),
          remedy: expect.stringContaining('--ca FILE'),
        });
      }
    });

    test('those of NODE_EXTRA_CA_CERTS stay trusted beside it', async () => {
      const port = await serve(made.signed(authority, 'DNS:localhost'));
      const before = process.env.NODE_EXTRA_CA_CERTS;
      process.env.NODE_EXTRA_CA_CERTS = made.file(authority);
      try {
        expect(await failureOf(`https://localhost:${port}/x`, other.cert)).toBeUndefined();
      } finally {
        if (before === undefined) delete process.env.NODE_EXTRA_CA_CERTS;
        else process.env.NODE_EXTRA_CA_CERTS = before;
      }
    });

    test('a name that the certificate does not have is refused', async () => {
      const port = await serve(made.signed(authority, 'DNS:example.org'));
      for (const host of ['localhost', '127.0.0.1']) {
        expect(await failureOf(`https://${host}:${port}/x`, authority.cert)).toMatchObject({
          kind: 'read',
          code: 'ERR_TLS_CERT_ALTNAME_INVALID',
          attempts: 1,
          remedy: 'use a name that the certificate has',
        });
      }
      const byAddress = await serve(made.signed(authority, 'IP:127.0.0.1'));
      expect(await failureOf(`https://127.0.0.1:${byAddress}/x`, authority.cert)).toBeUndefined();
    });

    test('one that has expired, and one signed by itself, are refused', async () => {
      const expired = await serve(made.signed(authority, 'DNS:localhost', true));
      expect(await failureOf(`https://localhost:${expired}/x`, authority.cert)).toMatchObject({
        kind: 'read',
        code: 'CERT_HAS_EXPIRED',
        attempts: 1,
        remedy: expect.stringContaining('clock'),
      });
      const self = made.self('localhost');
      const port = await serve(self);
      expect(await failureOf(`https://localhost:${port}/x`)).toMatchObject({
        kind: 'read',
        code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
        remedy: expect.stringContaining('--ca FILE'),
      });
      expect(await failureOf(`https://localhost:${port}/x`, self.cert)).toBeUndefined();
    });

    test('a server without TLS is told as such, at once', async () => {
      const port = await serve(undefined);
      expect(await failureOf(`https://localhost:${port}/x`)).toMatchObject({
        kind: 'read',
        code: expect.stringMatching(/^(EPROTO|ERR_SSL_)/),
        attempts: 1,
        remedy: 'http:// for a server without TLS',
      });
    });
  });
});
