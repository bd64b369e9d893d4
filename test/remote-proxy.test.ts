import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps, type Server as HttpsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Certificate, Certificates, missingOpenssl } from '../src/engine/http/certificates.testing.js';
import { documentOf, runLsioBeside } from './helpers/run-lsio.js';

const SECRET = 'planted-7c6d5e4f';
const CONTENT = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 3) % 251));
const RANGE = ['-R', '100000-200999'];
const EXPECTED = CONTENT.subarray(100_000, 201_000);
/** No proxy, no authority and no cloud but those of a test. */
const BARE = {
  ...{ HTTPS_PROXY: '', https_proxy: '', HTTP_PROXY: '', http_proxy: '', NO_PROXY: '', no_proxy: '' },
  ...{ AWS_CA_BUNDLE: '', SSL_CERT_FILE: '', NODE_EXTRA_CA_CERTS: '', AWS_EC2_METADATA_DISABLED: 'true' },
};

function serveRange({ headers }: IncomingMessage, response: ServerResponse): void {
  const [, first = '', last = ''] = /bytes=(\d*)-(\d*)/.exec(headers.range ?? '') ?? [];
  const begin = first === '' ? CONTENT.length - Number(last) : Number(first);
  const end = first === '' ? CONTENT.length : Math.min(CONTENT.length, Number(last) + 1);
  const range = `bytes ${begin}-${end - 1}/${CONTENT.length}`;
  response.writeHead(206, { 'content-range': range, 'content-length': end - begin, etag: '"v1"' });
  response.end(CONTENT.subarray(begin, end));
}

const portOf = async (server: Server | HttpsServer) => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** A proxy: tunnels by CONNECT, forwards plain requests, and may want a password. */
class TestProxy {
  readonly server: Server;
  readonly seen: string[] = [];
  password: string | undefined;

  constructor() {
    this.server = createServer((request, response) => {
      this.seen.push(`${request.method} ${request.url}`);
      if (!this.#isAllowed(request)) return void response.writeHead(407).end();
      const { method, headers } = request;
      const forwarded = httpRequest(request.url!, { method: method!, headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      });
      forwarded.on('error', () => response.writeHead(502).end());
      request.pipe(forwarded);
    });
    this.server.on('connect', (request: IncomingMessage, socket: Socket) => {
      this.seen.push(`CONNECT ${request.url}`);
      socket.on('error', () => undefined);
      if (!this.#isAllowed(request)) return void socket.end('HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n');
      const [host = '', port] = request.url!.split(':');
      // As strict as many are.
      if (host === 'forbidden.test') return void socket.end('HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n');
      const through = connect(Number(port), host === 'named-by-the-proxy.test' ? '127.0.0.1' : host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(through).pipe(socket);
      });
      through.on('error', () => socket.destroy());
    });
  }

  #isAllowed({ headers }: IncomingMessage): boolean {
    const wanted = `Basic ${Buffer.from(`me:${this.password}`).toString('base64')}`;
    return this.password === undefined || headers['proxy-authorization'] === wanted;
  }
}

const why = missingOpenssl();

describe.skipIf(why !== undefined)(
  `lsio get through proxies and over TLS${why === undefined ? '' : `: ${why}`}`,
  () => {
    const proxy = new TestProxy();
    const servers: (Server | HttpsServer)[] = [proxy.server];
    let made: Certificates;
    let authority: Certificate;
    let ca = '';
    let directory = '';
    let [proxyPort, plainPort, tlsPort] = [0, 0, 0];

    beforeAll(async () => {
      directory = mkdtempSync(path.join(tmpdir(), 'lsio-proxy-'));
      made = new Certificates();
      authority = made.self('authority');
      ca = made.file(authority);
      const names = 'DNS:localhost,DNS:named-by-the-proxy.test,IP:127.0.0.1';
      const plain = createServer(serveRange);
      const tls = createHttps({ ...made.signed(authority, names) }, serveRange);
      servers.push(plain, tls);
      proxyPort = await portOf(proxy.server);
      plainPort = await portOf(plain);
      tlsPort = await portOf(tls);
    });
    afterAll(() => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
      made.remove();
      rmSync(directory, { recursive: true });
    });
    beforeEach(() => {
      proxy.seen.length = 0;
      proxy.password = undefined;
    });

    async function get(url: string, more: readonly string[] = [], env: Record<string, string> = {}) {
      const run = await runLsioBeside(['get', url, ...RANGE, '--retries', '1', ...more], { env: { ...BARE, ...env } });
      return { ...run, isRight: Buffer.compare(run.stdout, EXPECTED) === 0 };
    }
    const good = { status: 0, isRight: true };

    test('an authority is named by --ca, AWS_CA_BUNDLE, SSL_CERT_FILE or NODE_EXTRA_CA_CERTS', async () => {
      const url = `https://localhost:${tlsPort}/x`;
      expect(await get(url, ['--ca', ca])).toMatchObject(good);
      for (const name of ['AWS_CA_BUNDLE', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']) {
        expect(await get(url, [], { [name]: ca }), name).toMatchObject(good);
      }
      // Both count.
      const other = made.file(made.self('another'));
      expect(await get(url, ['--ca', other], { NODE_EXTRA_CA_CERTS: ca })).toMatchObject(good);
      const { status, stderr } = await get(url);
      expect(status).toBe(1);
      expect(stderr).toMatch(/an authority that is not trusted \(UNABLE_TO_\w+ by .*--ca FILE/s);
    });

    test('a file without certificates is refused', async () => {
      const name = path.join(directory, 'none.pem');
      writeFileSync(name, 'not a certificate\n');
      const { status, stderr } = await get(`https://localhost:${tlsPort}/x`, ['--ca', name]);
      // get fails for each URL by itself.
      expect(status).toBe(1);
      expect(stderr).toContain('none.pem: holds no certificate in PEM');
      const url = `https://localhost:${tlsPort}/x`;
      expect((await runLsioBeside(['doctor', url, '--ca', name], { env: BARE })).status).toBe(2);
      expect((await runLsioBeside(['doctor', url, '--ca', `${name}.none`], { env: BARE })).status).toBe(2);
    });

    test.each([
      ['--proxy', (address: string) => [['--proxy', address], {}] as const],
      ['HTTPS_PROXY', (address: string) => [[], { HTTPS_PROXY: address }] as const],
      ['https_proxy', (address: string) => [[], { https_proxy: address, HTTPS_PROXY: 'http://127.0.0.1:1' }] as const],
    ])('%s tunnels TLS, whose names the proxy looks up', async (_, settings) => {
      const [more, env] = settings(`http://127.0.0.1:${proxyPort}`);
      const url = `https://named-by-the-proxy.test:${tlsPort}/x`;
      expect(await get(url, ['--ca', ca, ...more], env)).toMatchObject(good);
      expect(proxy.seen).toContain(`CONNECT named-by-the-proxy.test:${tlsPort}`);
      // The certificate is the server's own, and is checked.
      expect((await get(url, [...more], env)).stderr).toMatch(/UNABLE_TO_/);
    });

    test('plain requests are forwarded: many proxies tunnel to the port of HTTPS only', async () => {
      const address = `http://127.0.0.1:${proxyPort}`;
      const url = `http://127.0.0.1:${plainPort}/x`;
      expect(await get(url, ['--proxy', address])).toMatchObject(good);
      expect(await get(url, [], { http_proxy: address })).toMatchObject(good);
      expect(proxy.seen).toEqual(Array(2).fill(`GET ${url}`));
    });

    test('NO_PROXY excepts hosts, and each variable is for its own scheme', async () => {
      const address = `http://127.0.0.1:${proxyPort}`;
      const tls = `https://localhost:${tlsPort}/x`;
      for (const NO_PROXY of ['localhost', '*', 'other.org, .localhost', `localhost:${tlsPort}`]) {
        const run = await get(tls, ['--ca', ca, '-v'], { HTTPS_PROXY: address, NO_PROXY });
        expect(run, NO_PROXY).toMatchObject(good);
        expect(run.stderr).toContain('(lean)');
      }
      expect(await get(tls, ['--ca', ca], { HTTP_PROXY: address })).toMatchObject(good);
      expect(proxy.seen).toEqual([]);
      const elsewhere = { HTTPS_PROXY: address, NO_PROXY: 'host,localhost:1,notlocalhost' };
      expect(await get(tls, ['--ca', ca], elsewhere)).toMatchObject(good);
      expect(proxy.seen).toEqual([`CONNECT localhost:${tlsPort}`]);
    });

    test('a password of the proxy is sent to it and shown to nobody', async () => {
      proxy.password = SECRET;
      const [tls, plain] = [`https://localhost:${tlsPort}/x`, `http://127.0.0.1:${plainPort}/x`];
      for (const url of [tls, plain]) {
        const env = {
          HTTPS_PROXY: `http://me:${SECRET}@127.0.0.1:${proxyPort}`,
          HTTP_PROXY: `me:${SECRET}@127.0.0.1:${proxyPort}`,
        };
        expect(await get(url, ['--ca', ca], env)).toMatchObject(good);
        const wrong = await get(url, [
          '--ca',
          ca,
          '--proxy',
          `http://me:${SECRET}x@127.0.0.1:${proxyPort}`,
          '--log-level',
          'debug',
        ]);
        expect(wrong.status).toBe(1);
        expect(wrong.stderr).toMatch(/the proxy wants a user and a password/);
        expect(wrong.stderr).toContain('HTTPS_PROXY=http://user:password@host:port');
        expect(wrong.stderr).not.toContain(SECRET);
      }
    });

    test('a proxy that refuses, is not there, or is no address fails by name', async () => {
      const address = `http://127.0.0.1:${proxyPort}`;
      const refused = await get('https://forbidden.test/x', ['--proxy', address]);
      expect({ status: refused.status, stderr: refused.stderr }).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/the proxy refused the connection \(PROXY_403 .* through the proxy 127\.0\.0\.1/),
      });
      const dead = await get('https://forbidden.test/x', ['--proxy', 'http://127.0.0.1:1']);
      expect({ status: dead.status, stderr: dead.stderr }).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/refused \(ECONNREFUSED .* through the proxy 127\.0\.0\.1:1/),
      });
      for (const [more, env] of [
        [['--proxy', `ftp://me:${SECRET}@host`], {}],
        [[], { HTTPS_PROXY: `http://me:${SECRET}@host:port` }],
      ] as const) {
        const run = await get('https://forbidden.test/x', more, env);
        expect(run.status).toBe(1);
        expect(run.stderr).toMatch(/not the address of a proxy/);
        expect(run.stderr).not.toContain(SECRET);
      }
    });

    test('doctor tells the proxy and who named it', async () => {
      const env = { ...BARE, HTTPS_PROXY: `http://me:${SECRET}@127.0.0.1:${proxyPort}` };
      const run = await runLsioBeside(['doctor', `https://localhost:${tlsPort}/x`, '--ca', ca, '--json'], { env });
      const { urls } = documentOf(run, 'lsio.doctor') as { urls: object[] };
      expect(urls).toMatchObject([
        { readable: true, proxy: `127.0.0.1:${proxyPort} by HTTPS_PROXY`, transport: 'undici' },
      ]);
      expect(`${run.stdout}${run.stderr}`).not.toContain(SECRET);
      const excepted = await runLsioBeside(['doctor', `https://localhost:${tlsPort}/x`, '--ca', ca, '--json'], {
        env: { ...env, NO_PROXY: 'localhost' },
      });
      expect(documentOf(excepted).urls).toMatchObject([{ proxy: null, transport: 'lean', tls: 'TLSv1.3' }]);
    });
  },
);
