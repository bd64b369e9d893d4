import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Certificates, missingOpenssl } from '../src/engine/http/certificates.testing.js';
import { runLsioBeside } from './helpers/run-lsio.js';

const REGION = 'eu-west-1';
const HOST = `s3.${REGION}.amazonaws.com`;
const [KEY_ID, SECRET] = ['AKIATESTTESTTEST', 'planted-1f2e3d4c'];
const CONTENT = Buffer.from(Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) % 251));
const KEY = "dir/a b+c'é.bin";
const ENV = {
  ...{ HTTP_PROXY: '', http_proxy: '', https_proxy: '', NO_PROXY: '', no_proxy: '', NODE_EXTRA_CA_CERTS: '' },
  ...{ AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_S3: '', AWS_SESSION_TOKEN: '', AWS_PROFILE: '', AWS_REQUEST_PAYER: '' },
  ...{
    AWS_ACCESS_KEY_ID: KEY_ID,
    AWS_SECRET_ACCESS_KEY: SECRET,
    AWS_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
  },
};

/** The signature of a request as it came, by the text of AWS: the host and all signed headers as the server sees them. */
function isSigned({ method, url, headers }: IncomingMessage): boolean {
  const [, day, signed, signature] =
    /^AWS4-HMAC-SHA256 Credential=\w+\/(\d+)\/eu-west-1\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  if (day === undefined || signed === undefined) return false;
  const names = signed.split(';');
  // The header that says who pays must be signed, too.
  if (!names.includes('host') || ('x-amz-request-payer' in headers && !names.includes('x-amz-request-payer')))
    return false;
  const [pathname, query = ''] = url!.split('?');
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = [
    method,
    pathname,
    query.split('&').sort().join('&'),
    lines,
    signed,
    headers['x-amz-content-sha256'],
  ];
  const scope = `${day}/${REGION}/s3/aws4_request`;
  const hash = createHash('sha256').update(canonical.join('\n')).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const key = [day, REGION, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${SECRET}`);
  return hmac(key, `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${scope}\n${hash}`).toString('hex') === signature;
}

/** Buckets whose requests the requester pays, in either style of address. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  const { host = '', range, 'x-amz-request-payer': payer } = request.headers;
  const refuse = (status: number, code: string) =>
    response.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${code}</Code></Error>`);
  if (!isSigned(request)) return void refuse(403, 'SignatureDoesNotMatch');
  if (payer !== 'requester') return void refuse(403, 'AccessDenied');
  const bucket = host === HOST ? '' : host.slice(0, -HOST.length - 1);
  const { pathname, searchParams } = new URL(request.url!, 'https://x');
  const name = decodeURIComponent(bucket === '' ? pathname : `/${bucket}${pathname}`).replace(/\/$/, '');
  if (searchParams.get('list-type') === '2' && name === '/lsio-test') {
    const entry = `<Contents><Key>${encodeURIComponent(KEY)}</Key><Size>${CONTENT.length}</Size></Contents>`;
    response.end(
      `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${entry}</ListBucketResult>`,
    );
    return;
  }
  if (name !== `/lsio-test/${KEY}` && name !== `/with.dots/${KEY}`) return void refuse(404, 'NoSuchKey');
  const [, first, last] = (/^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []).map(Number) as number[];
  const body = CONTENT.subarray(first, last! + 1);
  const shown = `bytes ${first}-${first! + body.length - 1}/${CONTENT.length}`;
  response.writeHead(206, { 'content-range': shown, 'content-length': body.length, etag: '"v1"' }).end(body);
}

const why = missingOpenssl();

describe.skipIf(why !== undefined)(`S3 by the names of AWS${why === undefined ? '' : `: ${why}`}`, () => {
  /** Stands for the network: all names lead to the server of the test. */
  const proxy = createServer();
  const asked: string[] = [];
  const servers: Server[] = [proxy];
  let made: Certificates;
  let env: Record<string, string> = {};
  let ca = '';

  const portOf = async (server: Server) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  beforeAll(async () => {
    made = new Certificates();
    const authority = made.self('authority');
    ca = made.file(authority);
    const tls = createHttps(made.signed(authority, `DNS:${HOST},DNS:*.${HOST}`), serve);
    servers.push(tls);
    const port = await portOf(tls);
    proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
      asked.push(request.url!);
      const through = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(through).pipe(socket);
      });
      socket.on('error', () => through.destroy());
      through.on('error', () => socket.destroy());
    });
    env = { ...ENV, HTTPS_PROXY: `http://127.0.0.1:${await portOf(proxy)}` };
  });
  afterAll(() => {
    for (const server of servers) server.close();
    made.remove();
  });
  beforeEach(() => {
    asked.length = 0;
  });

  const get = async (bucket: string, more: readonly string[] = [], others: Record<string, string> = {}) => {
    const args = ['get', `s3://${bucket}/${KEY}`, '-R', '1000-50999', '--retries', '1', '--ca', ca, ...more];
    const run = await runLsioBeside(args, { env: { ...env, ...others } });
    return { ...run, isRight: Buffer.compare(run.stdout, CONTENT.subarray(1000, 51_000)) === 0 };
  };
  const good = { status: 0, isRight: true };

  test('the bucket is a part of the host, and that the requester pays is signed', async () => {
    expect(await get('lsio-test', ['--requester-pays'])).toMatchObject(good);
    expect(await get('lsio-test', [], { AWS_REQUEST_PAYER: 'requester' })).toMatchObject(good);
    expect(new Set(asked)).toEqual(new Set([`lsio-test.${HOST}:443`]));
  });

  test.each([
    ['--path-style', 'lsio-test', ['--path-style']],
    ['a dot in its name, which no certificate stands for,', 'with.dots', []],
  ])('%s puts the bucket into the path', async (_, bucket, more) => {
    expect(await get(bucket, ['--requester-pays', ...more])).toMatchObject(good);
    expect(new Set(asked)).toEqual(new Set([`${HOST}:443`]));
  });

  test('a listing is signed for the host of the bucket, too', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'lsio-s3-'));
    const args = [
      'get',
      '-r',
      's3://lsio-test/dir/',
      '-o',
      directory,
      '--requester-pays',
      '--ca',
      ca,
      '--retries',
      '1',
    ];
    expect(await runLsioBeside(args, { env })).toMatchObject({ status: 0 });
    expect(readFileSync(path.join(directory, KEY))).toEqual(CONTENT);
    rmSync(directory, { recursive: true });
  });

  test('who pays for nothing is denied, and so is a wrong secret, which is not shown', async () => {
    const unpaid = await get('lsio-test');
    expect(unpaid.status).toBe(1);
    expect(unpaid.stderr).toMatch(/access denied \(403 AccessDenied, signed as AKIA…ST/);
    const wrong = await get('lsio-test', ['--requester-pays'], { AWS_SECRET_ACCESS_KEY: `${SECRET}-x` });
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toMatch(/access denied \(403 SignatureDoesNotMatch/);
    expect(`${unpaid.stderr}${wrong.stderr}${wrong.stdout}`).not.toContain(SECRET);
  });
});
