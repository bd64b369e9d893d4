import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LeanTransport } from './lean.js';
import { type Answer, COLLECT_BYTES_MAX, type HttpRequest, type Landing, type Transport } from './message.js';

const OPTIONS = { connections: 2, timeouts: { connectMs: 10_000, firstByteMs: 10_000, idleMs: 10_000 } };

let server: Server;
let url: URL;
/** What the server does with the n-th request. */
let respond: (socket: Socket, text: string, request: number) => void;
let requests = 0;
let connections = 0;
let transport: LeanTransport;
/** What the general transport was given, which answers 299. */
const general: HttpRequest[] = [];

const GENERAL: Transport = {
  name: 'general',
  async exchange(request): Promise<Answer> {
    general.push(request);
    return { head: { status: 299, header: () => undefined }, bytes: 0, body: new Uint8Array(0) };
  },
  close: async () => {},
};

beforeEach(async () => {
  requests = connections = general.length = 0;
  server = createServer((socket) => {
    connections++;
    socket.on('error', () => {});
    socket.on('data', (data) => respond(socket, data.toString('latin1'), requests++));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = new URL(`http://127.0.0.1:${(server.address() as { port: number }).port}/a?b`);
  transport = new LeanTransport(OPTIONS, async () => GENERAL);
});
afterEach(async () => {
  await transport.close();
  server.close();
});

/** Waits for something that the server sees. */
async function until(seen: () => boolean): Promise<void> {
  while (!seen()) await sleep(5);
}

const get = (more: Partial<HttpRequest> = {}): HttpRequest => ({ method: 'GET', url, headers: {}, ...more });
const exchange = (request = get(), landing: Landing = 'collect', signal?: AbortSignal) =>
  transport.exchange(request, { land: () => landing, signal });
const answer = (body: string, headers = '') =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`;

test('sends what was asked for over one connection, one request after the other', async () => {
  const seen: string[] = [];
  respond = (socket, text, request) => {
    seen.push(text);
    socket.write(answer(`body ${request}`));
  };
  for (const at of [0, 1, 2]) {
    const { body } = await exchange(get({ headers: { range: `bytes=${at}-9` } }));
    expect(Buffer.from(body).toString()).toBe(`body ${at}`);
    // Idle for a while, it keeps no process alive; then it is used again.
    if (at === 0) await sleep(150);
  }
  expect(connections).toBe(1);
  expect(seen[1]).toBe(`GET /a?b HTTP/1.1\r\nhost: ${url.host}\r\nrange: bytes=1-9\r\n\r\n`);
});

test('a body lands in the memory that is given, and nowhere else', async () => {
  respond = (socket) => {
    socket.write(answer('x').replace('1\r\n', '6\r\n'));
    setTimeout(() => socket.write('yz'), 20);
    setTimeout(() => socket.write('abc'), 40);
  };
  const memory = Buffer.from('..........');
  expect(await exchange(get(), memory.subarray(2, 8))).toMatchObject({ bytes: 6 });
  expect(memory.toString()).toBe('..xyzabc..');
});

test.each([
  ['longer', 5, 'LONG_BODY'],
  ['shorter', 15, 'SHORT_BODY'],
])('a body that is %s than its memory is refused', async (_, bytes, code) => {
  respond = (socket) => socket.write(answer('0123456789'));
  await expect(exchange(get(), new Uint8Array(bytes))).rejects.toMatchObject({ code, landedBytes: 0 });
});

test('a body that ends early tells how much of it landed', async () => {
  respond = (socket) => socket.write(answer('0123456789').slice(0, -4), () => setTimeout(() => socket.end(), 30));
  await expect(exchange(get(), new Uint8Array(10))).rejects.toMatchObject({ code: 'SHORT_BODY', landedBytes: 6 });
  await expect(exchange(get(), 'collect')).rejects.toMatchObject({ code: 'SHORT_BODY', landedBytes: 0 });
});

test('a text that would fill the memory is refused by its head', async () => {
  respond = (socket) => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${COLLECT_BYTES_MAX + 1}\r\n\r\n`);
  await expect(exchange()).rejects.toMatchObject({ code: 'LONG_BODY' });
});

test('a body that is not wanted is read when it is short, else the connection is closed', async () => {
  respond = (socket, _, request) => socket.write(answer('d'.repeat(request === 0 ? 100 : 70_000)));
  expect(await exchange(get(), 'drop')).toMatchObject({ head: { status: 200 } });
  expect(await exchange(get(), 'drop')).toMatchObject({ head: { status: 200 }, bytes: 0 });
  expect(connections).toBe(1);
  await exchange(get(), 'drop');
  expect(connections).toBe(2);
});

test('HEAD, 204 and 304 have no body, whatever their length says', async () => {
  respond = (socket, text, request) =>
    socket.write(
      `HTTP/1.1 ${text.startsWith('HEAD') ? 200 : request === 1 ? 204 : 304} X\r\ncontent-length: 9\r\n\r\n`,
    );
  const head = await exchange(get({ method: 'HEAD' }));
  expect(head).toMatchObject({ head: { status: 200 }, bytes: 0 });
  expect((await exchange()).head.status).toBe(204);
  expect((await exchange()).head.status).toBe(304);
  expect(connections).toBe(1);
});

test('Connection: close is heeded, and bytes that nobody asked for end a connection', async () => {
  let closed = false;
  respond = (socket, _, request) => {
    if (request === 0) socket.write(answer('one', 'Connection: close\r\n'));
    else if (request === 1) socket.write(`${answer('two')}more`);
    else {
      socket.on('close', () => {
        closed = true;
      });
      socket.write(answer('three'), () => setTimeout(() => socket.write('unasked'), 200));
    }
  };
  for (const text of ['one', 'two', 'three']) {
    const { body } = await exchange();
    expect(Buffer.from(body).toString()).toBe(text);
  }
  await until(() => closed);
  await exchange();
  expect(connections).toBe(4);
});

test.each([
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n'],
  ['a coded transfer', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'],
  ['no length', 'HTTP/1.1 200 OK\r\netag: "a"\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n'],
  ['a folded line', 'HTTP/1.1 200 OK\r\na: b\r\n c\r\ncontent-length: 0\r\n\r\n'],
  ['a long head', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(17_000)}\r\ncontent-length: 0\r\n\r\n`],
  ['a head without end', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(40_000)}`],
])('%s is left to the general transport', async (_, text) => {
  respond = (socket) => socket.write(text);
  expect((await exchange()).head.status).toBe(299);
  expect([general.length, transport.fallbacks]).toEqual([1, 1]);
});

test('a head that comes in pieces is put together', async () => {
  const whole = answer('body', `x-long: ${'x'.repeat(9000)}\r\netag: "a"\r\netag: "b"\r\n`);
  respond = async (socket) => {
    for (let at = 0; at < whole.length; at += 1500) {
      socket.write(whole.slice(at, at + 1500));
      await sleep(2);
    }
  };
  const { head, body } = await exchange();
  expect([head.header('etag'), head.header('x-none'), Buffer.from(body).toString()]).toEqual([
    '"a", "b"',
    undefined,
    'body',
  ]);
});

test('requests with a body, and of other methods, go to the general transport', async () => {
  await exchange(get({ body: 'x' }));
  await exchange(get({ method: 'PUT' }));
  expect(general).toHaveLength(2);
  expect(requests).toBe(0);
});

test.each([{ 'bad name': 'x' }, { range: 'a\r\nb: c' }, { 'x-a': 'a\0b' }])('header %j is refused', async (headers) => {
  await expect(exchange(get({ headers }))).rejects.toMatchObject({ kind: 'usage' });
  expect(requests).toBe(0);
});

test('a request is sent again when the server had just closed its connection, not when it closes a new one', async () => {
  respond = (socket, _, request) => (request === 1 ? socket.destroy() : socket.write(answer('again')));
  await exchange();
  expect(Buffer.from((await exchange()).body).toString()).toBe('again');
  expect([requests, connections]).toEqual([3, 2]);
  respond = (socket) => socket.destroy();
  await transport.close();
  transport = new LeanTransport(OPTIONS, async () => GENERAL);
  await expect(exchange()).rejects.toMatchObject({ code: 'ECONNRESET', landedBytes: 0 });
});

test('a server that says nothing is given up', async () => {
  respond = () => {};
  await transport.close();
  const timeouts = { connectMs: 10_000, firstByteMs: 200, idleMs: 200 };
  transport = new LeanTransport({ ...OPTIONS, timeouts }, async () => GENERAL);
  await expect(exchange()).rejects.toMatchObject({ code: 'ETIMEDOUT' });
});

test('signals end requests before, while and where they wait for a connection', async () => {
  respond = () => {};
  await expect(exchange(get(), 'drop', AbortSignal.abort('before'))).rejects.toBe('before');
  const stop = new AbortController();
  const three = [1, 2, 3].map(() => exchange(get(), 'drop', stop.signal));
  await until(() => requests === 2);
  stop.abort('while');
  for (const { status, reason } of (await Promise.allSettled(three)) as PromiseRejectedResult[])
    expect([status, reason]).toEqual(['rejected', 'while']);
  expect(requests).toBe(2);
});

test('close() ends what waits for a connection, and what comes later', async () => {
  respond = () => {};
  const ends = Promise.allSettled([1, 2, 3].map(() => exchange()));
  await until(() => requests === 2);
  await transport.close();
  const late = exchange();
  await expect(late).rejects.toMatchObject({ kind: 'closed' });
  expect((await ends).map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
});
