import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Serves a directory as web servers do: ranges, an ETag, 404, 403 for directories; and as S3 does, unsigned: directories
 * directly below it are buckets, which have listings. In a process of its own, since tests run the program and wait for it.
 */
export class FileServer {
  readonly url: string;
  readonly #child: ChildProcess;

  static async start(directory: string): Promise<FileServer> {
    const child = spawn(process.execPath, ['-e', PROGRAM, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await new Promise<string>((resolve) =>
      child.stdout!.once('data', (data) => resolve(String(data).trim())),
    );
    return new FileServer(child, `http://127.0.0.1:${port}`);
  }

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  stop(): void {
    this.#child.kill();
  }
}

const PROGRAM = `
const { createServer } = require('node:http');
const { readFileSync, readdirSync, statSync } = require('node:fs');
const encode = (text) => encodeURIComponent(text).replace(/%2F/g, '/');
function listing(bucket, query) {
  const prefix = query.get('prefix');
  const keys = readdirSync(bucket, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => (entry.parentPath ?? entry.path).slice(bucket.length).replace(/^\\//, '') + '/' + entry.name)
    .map((key) => key.replace(/^\\//, ''))
    .filter((key) => key.startsWith(prefix))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  // Pages of two, so that every test of a listing has several.
  const from = Number(query.get('continuation-token') ?? 0);
  const page = keys.slice(from, from + 2);
  const next = from + 2 < keys.length;
  return '<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>' + next + '</IsTruncated>' +
    (next ? '<NextContinuationToken>' + (from + 2) + '</NextContinuationToken>' : '') +
    page.map((key) => '<Contents><Key>' + encode(key) + '</Key><Size>' + statSync(bucket + '/' + key).size +
      '</Size></Contents>').join('') + '</ListBucketResult>';
}
const server = createServer((request, response) => {
  let bytes;
  try {
    const [name, search] = request.url.split('?');
    const path = process.argv[1] + decodeURIComponent(name);
    const query = new URLSearchParams(search);
    if (query.has('list-type')) return response.end(listing(path.replace(/\\/$/, ''), query));
    if (statSync(path).isDirectory()) return response.writeHead(403).end();
    bytes = readFileSync(path);
  } catch {
    return response.writeHead(404).end();
  }
  const [, first, last] = /^bytes=(\\d*)-(\\d*)$/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined) return response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  const begin = first === '' ? Math.max(0, bytes.length - Number(last)) : Number(first);
  const end = first === '' || last === '' ? bytes.length : Math.min(Number(last) + 1, bytes.length);
  if (begin >= end) return response.writeHead(416, { 'content-range': 'bytes */' + bytes.length }).end();
  const range = 'bytes ' + begin + '-' + (end - 1) + '/' + bytes.length;
  response.writeHead(206, { 'content-range': range, 'content-length': end - begin, etag: '"' + bytes.length + '"' });
  response.end(bytes.subarray(begin, end));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;
