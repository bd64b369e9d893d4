import { createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { Pin } from './checks.js';
import { ABSENT, type HttpClient } from './client.js';
import { Targets } from './http-file.js';
import { PlannedReads } from './planned-reads.js';
import { proxyOf } from './proxy.js';
import { reach } from './reach.js';

const [HTTP, HTTPS] = [new URL('http://data.test/a'), new URL('https://data.test:8443/a')];

test.each([
  [HTTP, undefined, {}, undefined],
  [HTTP, 'proxy.test:3128', {}, 'http://proxy.test:3128/ by --proxy'],
  [HTTP, 'socks5://proxy.test', { NO_PROXY: '*' }, 'socks5://proxy.test by --proxy'],
  [new URL('http://169.254.169.254/'), 'proxy.test:3128', {}, undefined],
  [
    HTTP,
    undefined,
    { HTTP_PROXY: 'http://upper.test', http_proxy: 'http://lower.test' },
    'http://lower.test/ by http_proxy',
  ],
  [HTTP, undefined, { HTTPS_PROXY: 'http://secure.test' }, undefined],
  [HTTPS, undefined, { HTTPS_PROXY: 'http://secure.test' }, 'http://secure.test/ by HTTPS_PROXY'],
])('proxyOf(%s, %s, %j): %s', (url, option, env, expected) => {
  const proxy = proxyOf(url, option, env);
  expect(proxy && `${proxy.url.href} by ${proxy.by}`).toBe(expected);
});

test.each([
  ['http://data.test/', 'data.test', true],
  ['http://data.test/', '*', true],
  ['http://data.test/', 'other.test, .test', true],
  ['http://data.test/', '*.test', true],
  ['http://data.test/', 'ata.test', false],
  ['http://data.test/', 'data.test:443', false],
  ['https://data.test/', 'data.test:443', true],
  ['http://data.test:81/', 'data.test:80 data.test:81', true],
  ['http://data.test/', '.', false],
  ['http://[2001:db8::1]/', '2001:db8::1', true],
  ['http://[2001:db8::1]/', '[2001:db8::1]:80', true],
  ['http://DATA.test/', 'DATA.TEST', true],
])('%s with NO_PROXY=%s is excepted: %s', (url, NO_PROXY, isExcepted) => {
  const proxy = proxyOf(new URL(url), undefined, { NO_PROXY, HTTP_PROXY: 'p.test', HTTPS_PROXY: 'p.test' });
  expect(proxy === undefined).toBe(isExcepted);
});

test.each(['ftp://proxy.test', 'http://', 'planted-secret@pro xy'])('%s is no proxy, and not shown', (address) => {
  expect(() => proxyOf(HTTP, undefined, { HTTP_PROXY: address })).toThrow(
    expect.objectContaining({ kind: 'usage', message: 'HTTP_PROXY: not the address of a proxy' }),
  );
});

function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.on('error', () => {}));
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ server, port: (server.address() as { port: number }).port }));
  });
}

test('reach() tells of a connection, and of none says nothing', async () => {
  const { server, port } = await listening();
  try {
    const reached = await reach(new URL(`http://127.0.0.1:${port}`), () => undefined);
    expect(reached).toMatchObject({ addresses: 1, tls: null });
    // It never speaks TLS.
    server.on('connection', (socket) => socket.end('plain'));
    expect(await reach(new URL(`https://localhost:${port}`), () => undefined)).toBeUndefined();
  } finally {
    server.close();
  }
  expect(await reach(new URL(`http://127.0.0.1:${port}`), () => undefined)).toBeUndefined();
});

test('Targets makes each address once, and does not grow for ever', () => {
  let made = 0;
  const targets = new Targets((path) => ({ url: HTTP, name: `${path}`, host: `${made++}` }));
  for (let round = 0; round < 2; round++) for (let at = 0; at < 4096; at++) targets.of(`/${at}`);
  expect(made).toBe(4096);
  targets.of('/another');
  targets.of('/0');
  expect(made).toBe(4098);
});

test('PlannedReads asks for each size once, and counts what would be sent', async () => {
  const sizes: Record<string, number | undefined> = { a: 100, empty: 0, absent: undefined };
  let asked = 0;
  const client: Pick<HttpClient, 'read'> = {
    async read({ name }, _range, land, pin) {
      asked++;
      const sizeBytes = sizes[name];
      if (sizeBytes === undefined) return ABSENT;
      if (sizeBytes === 0) return { pastTheEnd: true, sizeBytes: undefined };
      expect(land(1, pin.version)).toHaveLength(1);
      return { offset: 0, bytes: 1, version: { sizeBytes } };
    },
  };
  const plan = new PlannedReads(client as HttpClient);
  const target = (name: string) => ({ name, url: new URL(`http://data.test/${name}`) });
  const landed: number[] = [];
  const land = (bytes: number) => new Uint8Array(landed.push(bytes));
  const read = (name: string, range: Parameters<typeof plan.read>[1]) =>
    plan.read(target(name), range, land, new Pin());
  expect(await read('a', { offset: 90, length: 50 })).toMatchObject({ offset: 90, bytes: 10 });
  expect(await read('a', { suffixLength: 30 })).toMatchObject({ offset: 70, bytes: 30 });
  expect(await read('a', { suffixLength: 300 })).toMatchObject({ offset: 0, bytes: 100 });
  expect(await read('a', { offset: 100, length: 1 })).toMatchObject({ pastTheEnd: true, sizeBytes: 100 });
  expect(await read('empty', { offset: 0, length: 1 })).toMatchObject({ pastTheEnd: true, sizeBytes: 0 });
  expect(await read('absent', { offset: 0, length: 1 })).toBe(ABSENT);
  plan.note(target('noted'), 7);
  expect(await read('noted', { offset: 0, length: 9 })).toMatchObject({ bytes: 7 });
  expect({ asked, planned: plan.asked, ...plan.counts }).toEqual({ asked: 3, planned: 3, requests: 7, bytes: 147 });
  expect(landed).toEqual([10, 30, 100, 7]);
});
