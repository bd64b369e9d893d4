import { createServer, type Server, type Socket } from 'node:net';

/** What faults do to a connection. */
type Out = { write(data: Uint8Array | string): unknown; end(): unknown; resetAndDestroy(): unknown };

/** The size of every object, in bytes. */
export const OBJECT_BYTES = 1_000_000;
const SEEN_MAX = 20_000;
/** Bytes a prime period apart differ, so that a misplaced slice can't pass. */
const PERIOD = 251;

const contents = new Map<number, Buffer>();

/** The bytes of an object from `offset` on; another version has other bytes everywhere. */
export function objectBytes(offset: number, length: number, version = 1): Buffer {
  let content = contents.get(version);
  if (content === undefined) {
    // Some bytes more than the object has: a server may send too many.
    content = Buffer.alloc(OBJECT_BYTES + 1000);
    for (let i = 0; i < content.length; i++) content[i] = (i * version + version * 7) % PERIOD;
    contents.set(version, content);
  }
  return content.subarray(offset, offset + length);
}

/** One request as it came in. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How many requests of that path came before. */
  readonly number: number;
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Answers a request; `asked` is undefined without a range. */
type Fault = (socket: Out, seen: Seen, asked: Range | undefined) => void;

const ok = (
  socket: Out,
  range: Range,
  options: { version?: number; headers?: string[]; etag?: string | null } = {},
) => {
  const { version = 1, headers = [], etag = `"v${version}"` } = options;
  const body = objectBytes(range.first, range.last - range.first + 1, version);
  send(
    socket,
    206,
    [
      `Content-Range: bytes ${range.first}-${range.last}/${OBJECT_BYTES}`,
      ...(etag === null ? [] : [`ETag: ${etag}`]),
      ...headers,
    ],
    body,
  );
};

/** Sends a head and a body of the length that it names. */
function send(
  socket: Out,
  status: number,
  headers: string[],
  body: Uint8Array | string = '',
  length = Buffer.byteLength(body),
): void {
  socket.write(
    `HTTP/1.1 ${status} X\r\nContent-Length: ${length}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`,
  );
  socket.write(body);
}

const s3Error = (code: string, extra = '') =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>about it</Message><RequestId>R1</RequestId>${extra}</Error>`;

const isMatched = (seen: Seen, etag: string) =>
  seen.headers['if-match'] === undefined || seen.headers['if-match'] === etag;

const half = ({ first, last }: Range): Range => ({ first, last: first + Math.max(0, Math.floor((last - first) / 2)) });

/** What the server does for a path that begins with this name. */
const FAULTS: Readonly<Record<string, Fault>> = {
  good: (socket, _seen, asked) => ok(socket, asked!),
  'same-etag-other-bytes': (socket, { number }, asked) =>
    ok(socket, asked!, { version: number % 2 === 0 ? 1 : 2, etag: '"v1"' }),
  'clock-of-2020': (socket, _seen, asked) => ok(socket, asked!, { headers: ['Date: Wed, 01 Jan 2020 00:00:00 GMT'] }),
  'whole-200': (socket) => send(socket, 200, ['ETag: "v1"'], objectBytes(0, OBJECT_BYTES)),
  'whole-200-once': (socket, { number }, asked) =>
    number === 0 ? send(socket, 200, ['ETag: "v1"'], objectBytes(0, OBJECT_BYTES)) : ok(socket, asked!),
  shifted: (socket, _seen, asked) => ok(socket, { first: asked!.first + 1, last: asked!.last + 1 }),
  'shifted-once': (socket, { number }, asked) =>
    ok(socket, number === 0 ? { first: asked!.first + 1, last: asked!.last + 1 } : asked!),
  half: (socket, _seen, asked) => ok(socket, half(asked!)),
  'half-unpinned': (socket, _seen, asked) =>
    ok(socket, half(asked!), { etag: null, headers: ['Last-Modified: Mon, 02 Nov 2026 10:00:00 GMT'] }),
  'no-content-range': (socket, _seen, asked) =>
    send(socket, 206, ['ETag: "v1"'], objectBytes(asked!.first, asked!.last - asked!.first + 1)),
  multipart: (socket) =>
    send(socket, 206, ['Content-Type: multipart/byteranges; boundary=x'], '--x\r\n\r\nabc\r\n--x--'),
  'early-end': (socket, { number }, asked) => {
    if (number > 0) return ok(socket, asked!);
    cutOff(socket, asked!, 1, () => socket.end());
  },
  'reset-midway': (socket, { number }, asked) => {
    if (number > 0) return ok(socket, asked!);
    cutOff(socket, asked!, 1, () => socket.resetAndDestroy());
  },
  'reset-always': (socket) => socket.resetAndDestroy(),
  'other-version-after-reset': (socket, seen, asked) => {
    if (seen.number > 0)
      return isMatched(seen, '"v2"') ? ok(socket, asked!, { version: 2 }) : send(socket, 412, ['ETag: "v2"']);
    cutOff(socket, asked!, 1, () => socket.resetAndDestroy());
  },
  'other-version-deaf': (socket, { number }, asked) => {
    if (number > 0) return ok(socket, asked!, { version: 2 });
    cutOff(socket, asked!, 1, () => socket.resetAndDestroy());
  },
  replaced: (socket, seen, asked) => {
    const version = seen.number === 0 ? 1 : 2;
    if (isMatched(seen, `"v${version}"`)) ok(socket, asked!, { version });
    else send(socket, 412, [], s3Error('PreconditionFailed'));
  },
  'slow-down-twice': (socket, { number }, asked) =>
    number < 2 ? send(socket, 503, [], s3Error('SlowDown')) : ok(socket, asked!),
  'slow-down-always': (socket) => send(socket, 503, [], s3Error('SlowDown')),
  'retry-after': (socket, { number }, asked) =>
    number === 0 ? send(socket, 429, ['Retry-After: 1']) : ok(socket, asked!),
  'internal-once': (socket, { number }, asked) =>
    number === 0 ? send(socket, 500, [], 'secret-signature') : ok(socket, asked!),
  silent: (_socket, { number }, asked) => {
    if (number > 0) ok(_socket, asked!);
  },
  'silent-midway': (socket, { number }, asked) => {
    if (number > 0) return ok(socket, asked!);
    cutOff(socket, asked!, 1, () => undefined);
  },
  portal: (socket) => send(socket, 200, ['Content-Type: text/html'], '<html>log in</html>'.repeat(1000)),
  gzip: (socket, _seen, asked) => ok(socket, asked!, { headers: ['Content-Encoding: gzip'] }),
  'chunked-long': (socket, _seen, asked) => {
    const { first, last } = asked!;
    const body = objectBytes(first, last - first + 1 + 100);
    socket.write(
      `HTTP/1.1 206 X\r\nTransfer-Encoding: chunked\r\nContent-Range: bytes ${first}-${last}/${OBJECT_BYTES}\r\nETag: "v1"\r\n\r\n`,
    );
    socket.write(`${body.length.toString(16)}\r\n`);
    socket.write(body);
    socket.write('\r\n0\r\n\r\n');
  },
  absent: (socket) => send(socket, 404, [], s3Error('NoSuchKey')),
  denied: (socket) => send(socket, 403, [], s3Error('AccessDenied', '<StringToSign>secret-signature</StringToSign>')),
  skewed: (socket) => send(socket, 403, [], s3Error('RequestTimeTooSkewed')),
  expired: (socket) => send(socket, 400, [], s3Error('ExpiredToken')),
  archived: (socket) => send(socket, 403, [], s3Error('InvalidObjectState')),
  elsewhere: (socket) => send(socket, 301, ['x-amz-bucket-region: eu-west-1'], s3Error('PermanentRedirect')),
  moved: (socket) => send(socket, 307, ['Location: /good/elsewhere']),
  'moved-round': (socket) => send(socket, 302, ['Location: /moved-round/again']),
  empty: (socket) => send(socket, 416, ['Content-Range: bytes */0']),
  'past-the-end': (socket) => send(socket, 416, ['Content-Range: bytes */1000']),
  'long-head': (socket, _seen, asked) => ok(socket, asked!, { headers: [`X-Long: ${'x'.repeat(20_000)}`] }),
  continued: (socket, _seen, asked) => {
    socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    ok(socket, asked!);
  },
  'two-lengths': (socket, _seen, asked) => ok(socket, asked!, { headers: ['Content-Length: 7'] }),
  unasked: (socket, _seen, asked) => {
    ok(socket, asked!);
    socket.write('more than anybody asked for');
  },
};

/** Sends the head and half of the body, then does something else. */
function cutOff(socket: Out, { first, last }: Range, version: number, then: () => void): void {
  const length = last - first + 1;
  const headers = [`Content-Range: bytes ${first}-${last}/${OBJECT_BYTES}`, `ETag: "v${version}"`];
  send(socket, 206, headers, objectBytes(first, Math.floor(length / 2), version), length);
  // A reset takes what was not read yet: the client must have its turn before.
  setTimeout(() => setImmediate(() => setImmediate(then)), 50);
}

/** Where the bytes of one write are cut into several. */
export type Cuts = (length: number) => readonly number[];

/** Writes bytes in pieces, each in a turn of its own; what is done after them waits for them. */
class CutSocket implements Out {
  readonly #socket: Socket;
  readonly #cuts: Cuts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(socket: Socket, cuts: Cuts) {
    this.#socket = socket;
    this.#cuts = cuts;
  }

  write(data: Uint8Array | string): void {
    const bytes = Buffer.from(data as Uint8Array);
    const ends = [...this.#cuts(bytes.length), bytes.length];
    this.#then(async () => {
      let begin = 0;
      for (const end of ends) {
        this.#socket.write(bytes.subarray(begin, end));
        begin = end;
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
  }

  end(): void {
    this.#then(() => this.#socket.end());
  }

  resetAndDestroy(): void {
    this.#then(() => this.#socket.resetAndDestroy());
  }

  #then(step: () => unknown): void {
    this.#last = this.#last.then(step);
  }
}

/** A server of faults: `/KIND/any/path` answers as {@link FAULTS} says. */
export class FaultServer {
  /** Requests, the last so many of them. */
  readonly seen: Seen[] = [];
  readonly #counts = new Map<string, number>();
  readonly #cuts: Cuts | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  port = 0;

  /** @param cuts absent: each write is one */
  constructor(cuts?: Cuts) {
    this.#cuts = cuts;
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  static kinds(): string[] {
    return Object.keys(FAULTS);
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = (this.#server.address() as { port: number }).port;
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  url(path: string): URL {
    return new URL(`http://127.0.0.1:${this.port}/${path}`);
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    const out = this.#cuts === undefined ? socket : new CutSocket(socket, this.#cuts);
    let text = '';
    socket.on('data', (data) => {
      text += data.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        this.#answer(out, text.slice(0, end));
        text = text.slice(end + 4);
      }
    });
  }

  #answer(socket: Out, head: string): void {
    const [first = '', ...lines] = head.split('\r\n');
    const [method = '', path = ''] = first.split(' ');
    const headers = Object.fromEntries(
      lines.map((line) => [line.split(':')[0]!.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const number = this.#counts.get(path) ?? 0;
    this.#counts.set(path, number + 1);
    const seen = { method, path, headers, number };
    if (this.seen.push(seen) > SEEN_MAX) this.seen.splice(0, SEEN_MAX / 2);
    // Listings and pages have no range: they get the whole of it.
    const asked = rangeOf(headers.range) ?? { first: 0, last: OBJECT_BYTES - 1 };
    const fault = FAULTS[path.split(/[/?]/)[1] ?? ''] ?? FAULTS.absent!;
    fault(socket, seen, asked);
  }
}

function rangeOf(text: string | undefined): Range | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(text ?? '');
  if (match === null) return undefined;
  if (match[1] === '') return { first: OBJECT_BYTES - Number(match[2]), last: OBJECT_BYTES - 1 };
  return {
    first: Number(match[1]),
    last: Math.min(OBJECT_BYTES - 1, match[2] === '' ? OBJECT_BYTES - 1 : Number(match[2])),
  };
}
